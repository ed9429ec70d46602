/* SPDX-License-Identifier: Apache-2.0
 *
 * A plugin whose parameter `sin` says in which way an instance breaks the contract when it is probed. */
#define _GNU_SOURCE
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regent/abi/plugin.h"

#define TEXT(words) \
    { words, sizeof(words) - 1 }

enum { CRASH, BLOCK, SPAM, LATE, IMPOSSIBLE, GARBAGE, SLOW, STUCK_STOP, NONE };

typedef struct bad {
    const regent_host* host;
    regent_instance instance;
    int64_t sin;
} bad;

static void report(const bad* self, uint64_t probe, uint32_t state, regent_str message) {
    regent_metric metrics[100];
    for (size_t at = 0; at < 100; ++at)
        metrics[at] = (regent_metric){TEXT("fine"), (double)at};
    metrics[0].value = INFINITY;
    metrics[1].name = (regent_str)TEXT("0 wrong");
    const regent_result result = {.struct_size = sizeof result,
                                  .state = state,
                                  .probe_id = probe,
                                  .reason = REGENT_REASON_OK,
                                  .message = message,
                                  .metrics = metrics,
                                  .metric_count = self->sin == GARBAGE ? 100 : 0};
    self->host->report(self->host, self->instance, &result);
}

static void* create(const regent_host* host, regent_instance instance, const regent_value* values,
                    size_t count, regent_error* error) {
    (void)count;
    (void)error;
    bad* self = calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    *self = (bad){host, instance, values[0].integer};
    return self;
}

static void be_slow(const bad* self) {
    const int64_t begin = self->host->now_ns(self->host);
    while (self->host->now_ns(self->host) - begin < 20000000) {
    }
}

static void probe(void* handle, uint64_t id, int64_t deadline_ns) {
    const bad* self = handle;
    static char long_text[100000];
    (void)deadline_ns;
    switch (self->sin) {
        case CRASH: raise(SIGKILL); break;
        case BLOCK:
            for (;;)
                pause();
        case SPAM:
            for (int count = 0; count < 10000; ++count) {
                report(self, 0, REGENT_STATE_UP, (regent_str)TEXT("again"));
                self->host->log(self->host, self->instance, REGENT_LOG_ERROR, (regent_str)TEXT("again"));
            }
            report(self, 0, REGENT_STATE_DOWN, (regent_str)TEXT("the last"));
            report(self, id, REGENT_STATE_UP, (regent_str)TEXT("answer"));
            report(self, id, REGENT_STATE_DOWN, (regent_str)TEXT("second answer"));
            break;
        case IMPOSSIBLE: report(self, id, 77, (regent_str)TEXT("what")); break;
        case GARBAGE:
            memset(long_text, 0xff, sizeof long_text);
            report(self, id, REGENT_STATE_UP, (regent_str){long_text, sizeof long_text});
            break;
        case SLOW:
            be_slow(self);
            report(self, id, REGENT_STATE_UP, (regent_str)TEXT("slow"));
            break;
        default: report(self, id, REGENT_STATE_UP, (regent_str)TEXT("fine")); break;
    }
}

static void cancel(void* handle, uint64_t id) {
    (void)handle;
    (void)id;
}

static void stop(void* handle) {
    const bad* self = handle;
    while (self->sin == STUCK_STOP)
        pause();
}

static void destroy(void* handle) {
    const bad* self = handle;
    if (self->sin == LATE) report(self, 0, REGENT_STATE_DOWN, (regent_str)TEXT("from the grave"));
    free(handle);
}

static const regent_check_ops ops = {.struct_size = sizeof ops,
                                     .create = create,
                                     .probe = probe,
                                     .cancel = cancel,
                                     .stop = stop,
                                     .destroy = destroy};

static const regent_str sins[] = {TEXT("crash"), TEXT("block"),      TEXT("spam"),
                                  TEXT("late"),  TEXT("impossible"), TEXT("garbage"),
                                  TEXT("slow"),  TEXT("stuck-stop"), TEXT("none")};
static const regent_param sin_param = {.struct_size = sizeof sin_param,
                                       .type = REGENT_PARAM_CHOICE,
                                       .flags = REGENT_PARAM_REQUIRED,
                                       .name = TEXT("sin"),
                                       .summary = TEXT("what it does wrong"),
                                       .choice_count = 9,
                                       .choices = sins};
static const regent_param* const params[] = {&sin_param};
static const regent_type bad_check = {.struct_size = sizeof bad_check,
                                      .kind = REGENT_KIND_CHECK,
                                      .param_count = 1,
                                      .name = TEXT("bad"),
                                      .summary = TEXT("breaks the contract"),
                                      .params = params,
                                      .ops = &ops};
static const regent_type* const types[] = {&bad_check};

REGENT_EXPORT const regent_plugin regent_plugin_v1 = {.struct_size = sizeof regent_plugin_v1,
                                                      .abi_major = REGENT_ABI_MAJOR,
                                                      .abi_minor = REGENT_ABI_MINOR,
                                                      .type_count = 1,
                                                      .id = TEXT("org.example.misbehaving"),
                                                      .version = TEXT("1"),
                                                      .types = types};
