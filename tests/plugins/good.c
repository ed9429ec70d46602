/* SPDX-License-Identifier: Apache-2.0
 *
 * A plugin that keeps the contract, in C11: check "good" does what its parameter `way` says, notifier "note"
 * acks. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "regent/abi/plugin.h"

#ifndef ABI_MAJOR_OF_PLUGIN
#define ABI_MAJOR_OF_PLUGIN REGENT_ABI_MAJOR
#endif

#define TEXT(words) \
    { words, sizeof(words) - 1 }

/* How a probe comes to its answer. */
enum { AT_ONCE, BY_FD, BY_TIMER, BY_THREAD, BY_WAKE, NEVER, STALLED };

typedef struct good {
    const regent_host* host;
    regent_instance instance;
    int64_t way;
    int64_t port;
    uint64_t probe; /* open; 0: none */
    uint64_t for_worker;
    int event;
    int working;
    pthread_t worker;
} good;

static void answer(good* self, uint64_t probe, const char* message) {
    const regent_metric metrics[] = {{TEXT("port"), (double)self->port}};
    const regent_result result = {.struct_size = sizeof result,
                                  .state = REGENT_STATE_UP,
                                  .probe_id = probe,
                                  .reason = REGENT_REASON_OK,
                                  .message = {message, strlen(message)},
                                  .metrics = metrics,
                                  .metric_count = 1};
    self->host->report(self->host, self->instance, &result);
}

/* Of the loop's thread, which knows what was cancelled. */
static void answer_open(good* self, const char* message) {
    const uint64_t probe = self->probe;
    self->probe = 0;
    if (probe != 0) answer(self, probe, message);
}

static void blame(regent_error* error, uint32_t param, const char* text) {
    error->param_index = param;
    error->len = strlen(text) < error->capacity ? strlen(text) : error->capacity;
    memcpy(error->text, text, error->len);
}

static int validate(const regent_value* values, size_t count, regent_error* error) {
    (void)count;
    if (values[1].integer != 13) return 0;
    blame(error, 1, "port 13 brings bad luck");
    return 1;
}

static void* create(const regent_host* host, regent_instance instance, const regent_value* values,
                    size_t count, regent_error* error) {
    if (validate(values, count, error) != 0) return NULL;
    good* self = calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    self->host = host;
    self->instance = instance;
    self->way = values[0].integer;
    self->port = values[1].integer;
    self->event = -1;
    return self;
}

static int start(void* handle, regent_error* error) {
    good* self = handle;
    if (self->port == 14) {
        blame(error, REGENT_NO_PARAM, "port 14 cannot be used here");
        return 1;
    }
    self->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (self->event < 0) {
        blame(error, REGENT_NO_PARAM, "no descriptor is free");
        return 1;
    }
    return self->host->watch_fd(self->host, self->instance, self->event, REGENT_FD_READ);
}

static void join(good* self) {
    if (self->working) pthread_join(self->worker, NULL);
    self->working = 0;
}

static void* work(void* handle) {
    good* self = handle;
    if (self->way == BY_THREAD) {
        /* Neither is for another thread, and both must say so. */
        const int watched = self->host->watch_fd(self->host, self->instance, self->event, REGENT_FD_READ);
        const int timed = self->host->set_timer(self->host, self->instance, 1, 1);
        answer(self, self->for_worker, watched == EPERM && timed == EPERM ? "thread" : "thread was let in");
    } else {
        self->host->wake(self->host, self->instance);
    }
    return NULL;
}

static void probe(void* handle, uint64_t id, int64_t deadline_ns) {
    good* self = handle;
    const uint64_t one = 1;
    self->probe = id;
    switch (self->way) {
        case AT_ONCE: answer(self, id, "at once"); break;
        case BY_FD:
            if (write(self->event, &one, sizeof one) < 0) abort();
            break;
        case STALLED:
            /* The answer lies in the descriptor, and the loop comes to it when the time is over. */
            if (write(self->event, &one, sizeof one) < 0) abort();
            while (self->host->now_ns(self->host) <= deadline_ns) {
            }
            break;
        case BY_TIMER:
            self->host->set_timer(self->host, self->instance, 7, self->host->now_ns(self->host));
            break;
        case BY_THREAD:
        case BY_WAKE:
            join(self);
            self->for_worker = id;
            self->working = pthread_create(&self->worker, NULL, work, self) == 0;
            break;
        default: break;
    }
}

static void cancel(void* handle, uint64_t id) {
    good* self = handle;
    char text[64];
    const int length = snprintf(text, sizeof text, "cancelled %llu", (unsigned long long)id);
    self->probe = 0;
    self->host->log(self->host, self->instance, REGENT_LOG_INFO, (regent_str){text, (size_t)length});
}

static void on_fd(void* handle, int fd, uint32_t events) {
    good* self = handle;
    uint64_t count = 0;
    if (events != REGENT_FD_READ || fd != self->event || read(fd, &count, sizeof count) < 0) return;
    answer_open(self, "descriptor");
}

static void on_timer(void* handle, uint64_t timer) {
    if (timer == 7) answer_open(handle, "timer");
}

static void on_wake(void* handle) {
    answer_open(handle, "woken");
}

static void stop(void* handle) {
    good* self = handle;
    join(self);
    self->host->watch_fd(self->host, self->instance, self->event, 0);
    self->host->log(self->host, self->instance, REGENT_LOG_INFO, (regent_str)TEXT("stopped"));
}

static void destroy(void* handle) {
    good* self = handle;
    if (self->event >= 0) close(self->event);
    free(self);
}

static const regent_check_ops check_ops = {.struct_size = sizeof check_ops,
                                           .validate = validate,
                                           .create = create,
                                           .start = start,
                                           .probe = probe,
                                           .cancel = cancel,
                                           .on_fd = on_fd,
                                           .on_timer = on_timer,
                                           .on_wake = on_wake,
                                           .stop = stop,
                                           .destroy = destroy};

/* The notifier acks with what it was told, and never event 99. */
static void notify(void* handle, const regent_event* event) {
    good* self = handle;
    if (event->event_id != 99)
        self->host->ack(self->host, self->instance, event->event_id, REGENT_ACK_DELIVERED, event->json);
}

static void* create_note(const regent_host* host, regent_instance instance, const regent_value* values,
                         size_t count, regent_error* error) {
    (void)values;
    (void)count;
    (void)error;
    good* self = calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    self->host = host;
    self->instance = instance;
    self->event = -1;
    return self;
}

static const regent_notifier_ops notifier_ops = {.struct_size = sizeof notifier_ops,
                                                 .create = create_note,
                                                 .notify = notify,
                                                 .cancel = cancel,
                                                 .destroy = destroy};

static const regent_str ways[] = {TEXT("at-once"), TEXT("fd"),    TEXT("timer"),  TEXT("thread"),
                                  TEXT("wake"),    TEXT("never"), TEXT("stalled")};
static const regent_param way = {.struct_size = sizeof way,
                                 .type = REGENT_PARAM_CHOICE,
                                 .name = TEXT("way"),
                                 .summary = TEXT("how the answer comes"),
                                 .default_toml = TEXT("\"at-once\""),
                                 .choice_count = 7,
                                 .choices = ways};
static const regent_param port = {.struct_size = sizeof port,
                                  .type = REGENT_PARAM_PORT,
                                  .flags = REGENT_PARAM_REQUIRED,
                                  .name = TEXT("port"),
                                  .summary = TEXT("any but 13")};
static const regent_param* const params[] = {&way, &port};

static const regent_type good_check = {.struct_size = sizeof good_check,
                                       .kind = REGENT_KIND_CHECK,
                                       .flags = REGENT_TYPE_PUSHES,
                                       .param_count = 2,
                                       .name = TEXT("good"),
                                       .summary = TEXT("answers in many ways"),
                                       .params = params,
                                       .ops = &check_ops};
static const regent_type note = {.struct_size = sizeof note,
                                 .kind = REGENT_KIND_NOTIFIER,
                                 .name = TEXT("note"),
                                 .summary = TEXT("acks"),
                                 .ops = &notifier_ops};
static const regent_type* const types[] = {&good_check, &note};

REGENT_EXPORT const regent_plugin regent_plugin_v1 = {.struct_size = sizeof regent_plugin_v1,
                                                      .abi_major = ABI_MAJOR_OF_PLUGIN,
                                                      .abi_minor = REGENT_ABI_MINOR,
                                                      .type_count = 2,
                                                      .id = TEXT("org.example.good"),
                                                      .version = TEXT("1.2.3"),
                                                      .summary = TEXT("keeps the contract"),
                                                      .url = TEXT("https://example.org/good"),
                                                      .license = TEXT("Apache-2.0"),
                                                      .types = types};

#ifdef BLOCK_AT_LOAD
__attribute__((constructor)) static void block(void) {
    for (;;)
        pause();
}
#endif
