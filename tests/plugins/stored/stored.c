/* SPDX-License-Identifier: Apache-2.0
 *
 * A plugin as somebody could have built it with the headers of version 1.0: the source of
 * regent-stored-1.0.so, which is not built again (README.md). It uses all that version 1.0 has: every type of
 * parameter, every operation, every function of the host. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "regent/abi/plugin.h"

#define TEXT(words) \
    { words, sizeof(words) - 1 }
#define PARAM(variable, kind, words, preset, ...)                         \
    static const regent_param variable = {.struct_size = sizeof variable, \
                                          .type = kind,                   \
                                          .name = TEXT(#variable),        \
                                          .summary = TEXT(words),         \
                                          .default_toml = TEXT(preset),   \
                                          __VA_ARGS__}

enum { FLAG, COUNT, RATIO, WORDS, WAIT, ROOM, ADDRESS, PORT, PATH, WAY, NAMES, PARAMS };
enum { AT_ONCE, BY_FD, BY_TIMER, BY_THREAD };

typedef struct stored {
    const regent_host* host;
    regent_instance instance;
    uint64_t probe; /* open; 0: none */
    int64_t way;
    int64_t wait;
    int event;
    int working;
    pthread_t worker;
    char values[160];
} stored;

static int refuse(regent_error* error, uint32_t param, const char* text) {
    error->param_index = param;
    error->len = strlen(text) < error->capacity ? strlen(text) : error->capacity;
    memcpy(error->text, text, error->len);
    return 1;
}

static int validate(const regent_value* values, size_t count, regent_error* error) {
    if (count != PARAMS) return refuse(error, REGENT_NO_PARAM, "not as many values as parameters");
    return values[COUNT].integer == 7 ? refuse(error, COUNT, "7 is not liked") : 0;
}

static void* create(const regent_host* host, regent_instance instance, const regent_value* values,
                    size_t count, regent_error* error) {
    if (validate(values, count, error) != 0) return NULL;
    stored* self = calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    self->host = host;
    self->instance = instance;
    self->event = -1;
    self->way = values[WAY].integer;
    self->wait = values[WAIT].integer;
    snprintf(self->values, sizeof self->values, "%d %lld %.2f %.*s %lld %lld %.*s %lld %d %.*s %zu %.*s",
             (int)values[FLAG].integer, (long long)values[COUNT].integer, values[RATIO].number,
             (int)values[WORDS].text.len, values[WORDS].text.ptr, (long long)values[WAIT].integer,
             (long long)values[ROOM].integer, (int)values[ADDRESS].text.len, values[ADDRESS].text.ptr,
             (long long)values[PORT].integer, (int)values[PATH].is_set, (int)values[WAY].text.len,
             values[WAY].text.ptr, values[NAMES].item_count, (int)values[NAMES].items[0].text.len,
             values[NAMES].items[0].text.ptr);
    return self;
}

static void answer(stored* self) {
    const uint64_t probe = self->probe;
    const regent_metric metrics[] = {{TEXT("stored_ratio"), 0.5}};
    const regent_result result = {.struct_size = sizeof result,
                                  .state = REGENT_STATE_DEGRADED,
                                  .probe_id = probe,
                                  .reason = REGENT_REASON_PROTOCOL,
                                  .detail_code = 42,
                                  .message = {self->values, strlen(self->values)},
                                  .metrics = metrics,
                                  .metric_count = 1};
    self->probe = 0;
    if (probe != 0) self->host->report(self->host, self->instance, &result);
}

static int start(void* handle, regent_error* error) {
    stored* self = handle;
    if (self->host->extension(self->host, (regent_str)TEXT("org.example.unknown")) != NULL)
        return refuse(error, REGENT_NO_PARAM, "an extension that nobody has");
    self->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (self->event < 0) return refuse(error, REGENT_NO_PARAM, "no descriptor is free");
    self->host->log(self->host, self->instance, REGENT_LOG_INFO, (regent_str)TEXT("started"));
    return self->host->watch_fd(self->host, self->instance, self->event, REGENT_FD_READ);
}

static void* work(void* handle) {
    const stored* self = handle;
    self->host->wake(self->host, self->instance);
    return NULL;
}

static void join(stored* self) {
    if (self->working) pthread_join(self->worker, NULL);
    self->working = 0;
}

static void probe(void* handle, uint64_t id, int64_t deadline_ns) {
    stored* self = handle;
    const uint64_t one = 1;
    (void)deadline_ns;
    self->probe = id;
    if (self->way == AT_ONCE) answer(self);
    if (self->way == BY_FD && write(self->event, &one, sizeof one) < 0) answer(self);
    if (self->way == BY_TIMER)
        self->host->set_timer(self->host, self->instance, 3, self->host->now_ns(self->host) + self->wait);
    if (self->way != BY_THREAD) return;
    join(self);
    self->working = pthread_create(&self->worker, NULL, work, self) == 0;
}

static void cancel(void* handle, uint64_t id) {
    stored* self = handle;
    (void)id;
    self->probe = 0;
}

static void on_fd(void* handle, int fd, uint32_t events) {
    stored* self = handle;
    uint64_t count = 0;
    if (fd == self->event && (events & REGENT_FD_READ) != 0 && read(fd, &count, sizeof count) > 0)
        answer(self);
}

static void on_timer(void* handle, uint64_t timer) {
    if (timer == 3) answer(handle);
}

static void on_wake(void* handle) {
    answer(handle);
}

static void notify(void* handle, const regent_event* event) {
    const stored* self = handle;
    self->host->ack(self->host, self->instance, event->event_id, REGENT_ACK_DELIVERED, event->new_state);
}

static void stop(void* handle) {
    stored* self = handle;
    join(self);
    self->host->watch_fd(self->host, self->instance, self->event, 0);
    self->host->set_timer(self->host, self->instance, 3, 0);
    self->host->log(self->host, self->instance, REGENT_LOG_INFO, (regent_str)TEXT("stopped"));
}

static void destroy(void* handle) {
    stored* self = handle;
    if (self->event >= 0) close(self->event);
    free(self);
}

static size_t describe(void* handle, char* json, size_t capacity) {
    static const char text[] = "{\"stored\":\"1.0\"}";
    (void)handle;
    if (sizeof text - 1 <= capacity) memcpy(json, text, sizeof text - 1);
    return sizeof text - 1;
}

static const regent_str ways[] = {TEXT("at-once"), TEXT("fd"), TEXT("timer"), TEXT("thread")};
PARAM(flag, REGENT_PARAM_BOOL, "yes or no", "true", .flags = 0);
PARAM(count, REGENT_PARAM_INT, "a number, and not 7", "3", .min = 1, .max = 10);
PARAM(ratio, REGENT_PARAM_FLOAT, "a part of one", "0.25", .flags = 0);
PARAM(words, REGENT_PARAM_STRING, "a text", "\"two words\"", .flags = REGENT_PARAM_SECRET);
PARAM(wait, REGENT_PARAM_DURATION, "until the timer", "\"1ms\"", .min = 0, .max = 1000000000);
PARAM(room, REGENT_PARAM_SIZE, "bytes", "\"64KiB\"", .min = 0, .max = 1 << 20);
PARAM(address, REGENT_PARAM_ADDRESS, "an address", "\"192.0.2.1\"", .flags = REGENT_PARAM_DEPRECATED);
PARAM(port, REGENT_PARAM_PORT, "a port", "443", .flags = 0);
PARAM(path, REGENT_PARAM_PATH, "a path that may be left out", "", .flags = 0);
PARAM(way, REGENT_PARAM_CHOICE, "how the answer comes", "\"at-once\"", .choice_count = 4, .choices = ways);
PARAM(names, REGENT_PARAM_STRING, "one to three names", "", .min = 1, .max = 3,
      .flags = REGENT_PARAM_LIST | REGENT_PARAM_REQUIRED);
static const regent_param* const params[] = {&flag,    &count, &ratio, &words, &wait, &room,
                                             &address, &port,  &path,  &way,   &names};

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
                                           .destroy = destroy,
                                           .describe = describe};
static const regent_notifier_ops notifier_ops = {.struct_size = sizeof notifier_ops,
                                                 .validate = validate,
                                                 .create = create,
                                                 .start = start,
                                                 .notify = notify,
                                                 .cancel = cancel,
                                                 .on_fd = on_fd,
                                                 .on_timer = on_timer,
                                                 .on_wake = on_wake,
                                                 .stop = stop,
                                                 .destroy = destroy,
                                                 .describe = describe};
static const regent_type check = {.struct_size = sizeof check,
                                  .kind = REGENT_KIND_CHECK,
                                  .flags = REGENT_TYPE_PUSHES,
                                  .param_count = PARAMS,
                                  .name = TEXT("stored"),
                                  .summary = TEXT("a check of version 1.0"),
                                  .params = params,
                                  .ops = &check_ops};
static const regent_type notifier = {.struct_size = sizeof notifier,
                                     .kind = REGENT_KIND_NOTIFIER,
                                     .param_count = PARAMS,
                                     .name = TEXT("stored"),
                                     .summary = TEXT("a notifier of version 1.0"),
                                     .params = params,
                                     .ops = &notifier_ops};
static const regent_type* const types[] = {&check, &notifier};

REGENT_EXPORT const regent_plugin regent_plugin_v1 = {.struct_size = sizeof regent_plugin_v1,
                                                      .abi_major = 1,
                                                      .abi_minor = 0,
                                                      .type_count = 2,
                                                      .id = TEXT("org.example.stored"),
                                                      .version = TEXT("1.0.0"),
                                                      .summary = TEXT("a plugin of version 1.0"),
                                                      .url = TEXT("https://example.org/stored"),
                                                      .license = TEXT("Apache-2.0"),
                                                      .types = types};
