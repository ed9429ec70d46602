/* SPDX-License-Identifier: Apache-2.0
 *
 * A plugin that breaks the contract in exactly one way, which SIN names: what regent-plugin-check must find,
 * and by the test that is meant for it. With SIN=NONE it keeps the contract. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "regent/abi/plugin.h"

#define TEXT(words) \
    { words, sizeof(words) - 1 }

enum sins {
    NONE,
    /* The file: the build makes the sin, or these. */
    CONSTRUCTOR,
    CRASH_AT_LOAD,
    MORE_SYMBOLS,
    TEXT_RELOCATION,
    UNDEFINED_SYMBOL,
    AGENT_LIBRARY,
    /* The descriptor and the schema. */
    NEEDS_MORE,
    SMALL_STRUCT,
    NOT_UTF8,
    BAD_TYPE_NAME,
    UNKNOWN_FLAG,
    NO_CANCEL,
    LONG_DEFAULT,
    RESERVED_NAME,
    DUPLICATE_NAME,
    NO_SUMMARY,
    CROSSED_BOUNDS,
    DUPLICATE_CHOICE,
    BAD_DEFAULT,
    /* Values. */
    REFUSE_ALL,
    CRASH_AT_EDGE,
    CRASH_AT_PAIR,
    SILENT_REFUSAL,
    WRONG_BLAME,
    FICKLE_VALIDATE,
    LEAKY_VALIDATE,
    /* Life. */
    CRASH_UNSTARTED,
    CRASH_IN_STOP,
    STUCK_STOP,
    CRASH_IN_PROBE,
    BLOCK_IN_PROBE,
    SLOW_PROBE,
    ANSWER_CANCELLED,
    CRASH_STOP_MID_PROBE,
    GLOBAL_STATE,
    FULL_TABLE,
    LEAK_DESCRIPTOR,
    LEAK_THREAD,
    LEAK_CHILD,
    LEAK_MEMORY,
    /* Rules. */
    SLOW_START,
    ANSWER_TWICE,
    ACK_TWICE,
    TALK_AFTER_STOP,
    TALK_LATE,
    IMPOSSIBLE_STATE,
    BROKEN_MESSAGE,
    FOREIGN_THREAD,
    INHERITED_DESCRIPTOR,
    INHERITED_FILE,
    CLOSE_WATCHED,
    MANY_TIMERS,
    PRINT,
    CHANGE_SIGNAL,
    CHANGE_UMASK,
    CHANGE_FOLDER,
    CHANGE_LOCALE,
    CHANGE_ENVIRONMENT,
    BAD_JSON,
    LONG_JSON,
    /* Faults. */
    CRASH_WITHOUT_DESCRIPTOR,
    DOWN_WITHOUT_DESCRIPTOR,
    CRASH_ON_SPURIOUS,
    CRASH_ON_UNKNOWN,
    CRASH_ON_JUMP,
    CRASH_IN_A_CROWD,
    LIE
};

static const enum sins sin = SIN;

typedef struct broken {
    const regent_host* host;
    regent_instance instance;
    uint64_t asked; /* open, and answered by the timer */
    uint64_t cancelled;
    int64_t last;
    int event;
    int file;
    pthread_t worker;
    int started;
} broken;

static broken* newest;
static int running, starts;

#ifdef SIN_IS_CONSTRUCTOR
__attribute__((constructor)) static void construct(void) {
    starts = 0;
}
#endif
#ifdef SIN_IS_CRASH_AT_LOAD
__attribute__((constructor)) static void crash(void) {
    abort();
}
#endif
#ifdef SIN_IS_MORE_SYMBOLS
extern int one_more;
REGENT_EXPORT int one_more = 1;
#endif
#ifdef SIN_IS_TEXT_RELOCATION
__asm__(".pushsection .text\n .quad abort\n .popsection");
#endif
#ifdef SIN_IS_UNDEFINED_SYMBOL
extern void nobody_has_this(void);
void (*volatile undefined)(void) = nobody_has_this;
#endif
#ifdef SIN_IS_AGENT_LIBRARY
extern int regent_fake_of_the_agent;
int* volatile agents = &regent_fake_of_the_agent;
#endif

static void refuse(regent_error* error, uint32_t param, const char* text) {
    error->param_index = param;
    error->len = strlen(text) < error->capacity ? strlen(text) : error->capacity;
    memcpy(error->text, text, error->len);
}

static int validate(const regent_value* values, size_t count, regent_error* error) {
    static int calls;
    (void)count;
    if (sin == FICKLE_VALIDATE && ++calls % 2 == 0) {
        refuse(error, 0, "not this time");
        return 1;
    }
    if (sin == LEAKY_VALIDATE && fcntl(0, F_DUPFD_CLOEXEC, 3) < 0) abort();
    if (sin == REFUSE_ALL) {
        refuse(error, REGENT_NO_PARAM, "nothing is good enough");
        return 1;
    }
    if (sin == CRASH_AT_EDGE && values[0].integer == 100) abort();
    if (sin == CRASH_AT_PAIR && values[1].is_set && values[2].is_set) abort();
    if (sin == SILENT_REFUSAL && values[0].integer == 100) return 1;
    if (values[0].integer != 99 && !(sin == WRONG_BLAME && values[0].integer == 100)) return 0;
    refuse(error, sin == WRONG_BLAME ? 7 : 0, "it is too much");
    return 1;
}

static void* create(const regent_host* host, regent_instance instance, const regent_value* values,
                    size_t count, regent_error* error) {
    broken* self = calloc(1, sizeof *self);
    (void)values;
    (void)count;
    (void)error;
    if (self == NULL) return NULL;
    self->host = host;
    self->instance = instance;
    self->event = -1;
    newest = self;
    return self;
}

static void* wait_for_ever(void* nothing) {
    for (;;)
        pause();
    return nothing;
}

static void* set_a_timer(void* handle) {
    const broken* self = handle;
    self->host->set_timer(self->host, self->instance, 9, 1);
    return NULL;
}

static void change_process(void) {
    if (sin == CHANGE_SIGNAL) signal(SIGPIPE, SIG_IGN);
    if (sin == CHANGE_UMASK) umask(0123);
    if (sin == CHANGE_FOLDER && chdir("/") != 0) abort();
    if (sin == CHANGE_LOCALE) setlocale(LC_ALL, "C.UTF-8");
    if (sin == CHANGE_ENVIRONMENT) setenv("REGENT_BROKEN", "1", 1);
    if (sin == PRINT) puts("here I am");
}

static void block(int ms) {
    poll(NULL, 0, ms);
}

static void leak(void) {
    pthread_t thread;
    if (sin == LEAK_DESCRIPTOR) (void)fcntl(0, F_DUPFD_CLOEXEC, 3);
    if (sin == LEAK_MEMORY && malloc(1000) == NULL) abort();
    if (sin == LEAK_THREAD && pthread_create(&thread, NULL, wait_for_ever, NULL) == 0) pthread_detach(thread);
    if (sin == LEAK_CHILD && fork() == 0) wait_for_ever(NULL);
}

static int start(void* handle, regent_error* error) {
    broken* self = handle;
    const int flags = sin == INHERITED_DESCRIPTOR ? EFD_NONBLOCK : EFD_NONBLOCK | EFD_CLOEXEC;
    if (sin == FULL_TABLE && ++starts > 40) abort();
    self->event = eventfd(0, flags);
    if (self->event < 0) {
        if (sin == CRASH_WITHOUT_DESCRIPTOR) abort();
        refuse(error, REGENT_NO_PARAM, "no descriptor is free");
        return 1;
    }
    ++running;
    self->started = 1;
    if (sin == CRASH_IN_A_CROWD && running == 4) abort();
    if (sin == SLOW_START) block(70);
    change_process();
    leak();
    self->file = sin == INHERITED_FILE ? dup(0) : -1;
    if (sin == FOREIGN_THREAD && pthread_create(&self->worker, NULL, set_a_timer, self) == 0)
        pthread_join(self->worker, NULL);
    for (uint64_t timer = 100; sin == MANY_TIMERS && timer < 170; ++timer)
        self->host->set_timer(self->host, self->instance, timer, INT64_MAX);
    return self->host->watch_fd(self->host, self->instance, self->event, REGENT_FD_READ);
}

static void report(const broken* self, uint64_t probe, uint32_t state) {
    static const char wrong[] = "\xff\xfe";
    regent_result result = {.struct_size = sizeof result,
                            .state = state,
                            .probe_id = probe,
                            .reason = REGENT_REASON_OK,
                            .message = TEXT("fine")};
    if (state == REGENT_STATE_DOWN) result.reason = REGENT_REASON_RESOURCE;
    if (sin == IMPOSSIBLE_STATE) result.state = 77;
    if (sin == BROKEN_MESSAGE) result.message = (regent_str){wrong, 2};
    if (sin == GLOBAL_STATE) self = newest;
    self->host->report(self->host, self->instance, &result);
}

/* Some answer at once, some by a timer in the next millisecond. */
static int answers_later(void) {
    return sin == ANSWER_CANCELLED || sin == CRASH_STOP_MID_PROBE || sin == CRASH_ON_JUMP;
}

static uint32_t verdict(void) {
    if (sin != DOWN_WITHOUT_DESCRIPTOR && sin != CRASH_WITHOUT_DESCRIPTOR) return REGENT_STATE_UP;
    const int fd = fcntl(0, F_DUPFD_CLOEXEC, 3);
    if (fd < 0 && sin == CRASH_WITHOUT_DESCRIPTOR) abort();
    if (fd < 0) return REGENT_STATE_DOWN;
    close(fd);
    return REGENT_STATE_UP;
}

static void probe(void* handle, uint64_t id, int64_t deadline) {
    broken* self = handle;
    (void)deadline;
    if (sin == CRASH_IN_PROBE) abort();
    if (sin == BLOCK_IN_PROBE) wait_for_ever(NULL);
    if (sin == SLOW_PROBE) block(100);
    self->last = self->host->now_ns(self->host);
    if (answers_later()) {
        self->asked = id;
        self->host->set_timer(self->host, self->instance, 1, self->last + 1000000);
        return;
    }
    report(self, id, verdict());
    if (sin == ANSWER_TWICE) report(self, id, REGENT_STATE_UP);
}

static void notify(void* handle, const regent_event* event) {
    const broken* self = handle;
    for (int count = 0; count < (sin == ACK_TWICE ? 2 : 1); ++count)
        self->host->ack(self->host, self->instance, event->event_id, REGENT_ACK_DELIVERED,
                        (regent_str)TEXT("done"));
}

static void cancel(void* handle, uint64_t id) {
    broken* self = handle;
    (void)id;
    if (sin == ANSWER_CANCELLED) return;
    self->asked = 0;
}

static void on_fd(void* handle, int fd, uint32_t events) {
    const broken* self = handle;
    uint64_t count = 0;
    (void)events;
    if (fd != self->event) {
        if (sin == CRASH_ON_UNKNOWN) abort();
        return;
    }
    if (read(fd, &count, sizeof count) < 0 && sin == CRASH_ON_SPURIOUS) abort();
}

static void on_timer(void* handle, uint64_t timer) {
    broken* self = handle;
    const uint64_t asked = self->asked;
    (void)timer;
    if (sin == CRASH_ON_JUMP && self->host->now_ns(self->host) - self->last > 60000000000) abort();
    if (sin == CRASH_ON_JUMP) self->host->set_timer(self->host, self->instance, 2, self->last + 120000000000);
    self->asked = 0;
    if (asked != 0) report(self, asked, REGENT_STATE_UP);
}

/* A thread that nobody waits for. */
static void* talk_late(void* handle) {
    broken* copy = handle;
    block(3);
    report(copy, 0, REGENT_STATE_DOWN);
    free(copy);
    return NULL;
}

static void start_late_talk(const broken* self) {
    broken* copy = malloc(sizeof *copy);
    pthread_t thread;
    if (copy == NULL) return;
    *copy = *self;
    if (pthread_create(&thread, NULL, talk_late, copy) == 0) pthread_detach(thread);
}

static void stop(void* handle) {
    broken* self = handle;
    if (sin == CRASH_IN_STOP) abort();
    if (sin == STUCK_STOP) wait_for_ever(NULL);
    if (sin == CRASH_STOP_MID_PROBE && self->asked != 0) abort();
    if (sin == TALK_LATE) start_late_talk(self);
    --running;
    if (sin != CLOSE_WATCHED) {
        self->host->watch_fd(self->host, self->instance, self->event, 0);
        return;
    }
    close(self->event);
    self->event = -1;
}

static void destroy(void* handle) {
    broken* self = handle;
    static int unstarted;
    if (sin == CRASH_UNSTARTED && !self->started && ++unstarted == 500) abort();
    if (sin == TALK_AFTER_STOP && self->started) report(self, 0, REGENT_STATE_DOWN);
    if (self->event >= 0) close(self->event);
    if (self->started && self->file >= 0) close(self->file);
    free(self);
}

static size_t describe(void* handle, char* json, size_t capacity) {
    static const char good[] = "{\"fine\":true}", bad[] = "fine";
    const char* text = sin == BAD_JSON ? bad : good;
    const size_t length = strlen(text);
    (void)handle;
    if (length <= capacity || sin == LONG_JSON) memcpy(json, text, length);
    return length;
}

/* TOML allows blanks around a value, and the agent no default of more than 1024 bytes. */
#define BLANKS_64 "                                                                "
#define BLANKS_512 BLANKS_64 BLANKS_64 BLANKS_64 BLANKS_64 BLANKS_64 BLANKS_64 BLANKS_64 BLANKS_64

#define CHOOSE(condition, yes, no) \
    { (condition) ? yes : no, (condition) ? sizeof(yes) - 1 : sizeof(no) - 1 }

static const regent_param number = {
    .struct_size = SIN == SMALL_STRUCT ? 8 : sizeof number,
    .type = REGENT_PARAM_INT,
    .flags = SIN == UNKNOWN_FLAG ? 1U << 20 : 0,
    .name = CHOOSE(SIN == RESERVED_NAME, "interval", "number"),
    .summary = CHOOSE(SIN == NO_SUMMARY, "", "a number, and not 99"),
    .default_toml = CHOOSE(SIN == BAD_DEFAULT, "101", "5"),
    .min = SIN == CROSSED_BOUNDS ? 200 : 0,
    .max = 100,
};
static const regent_param first = {
    .struct_size = sizeof first,
    .type = REGENT_PARAM_BOOL,
    .name = TEXT("first"),
    .summary = TEXT("one of two"),
};
static const regent_param second = {
    .struct_size = sizeof second,
    .type = REGENT_PARAM_BOOL,
    .name = CHOOSE(SIN == DUPLICATE_NAME, "first", "second"),
    .summary = TEXT("the other"),
};
static const regent_str words[] = {TEXT("one"), CHOOSE(SIN == DUPLICATE_CHOICE, "one", "two")};
static const regent_param word = {
    .struct_size = sizeof word,
    .type = REGENT_PARAM_CHOICE,
    .name = TEXT("word"),
    .summary = TEXT("one of two words"),
    .default_toml = CHOOSE(SIN == LONG_DEFAULT, BLANKS_512 BLANKS_512 "\"one\"", "\"one\""),
    .choice_count = 2,
    .choices = words,
};
static const regent_param* const params[] = {&number, &first, &second, &word};

static const regent_check_ops check_ops = {
    .struct_size = sizeof check_ops,
    .validate = validate,
    .create = create,
    .start = start,
    .probe = probe,
    .cancel = SIN == NO_CANCEL ? NULL : cancel,
    .on_fd = on_fd,
    .on_timer = on_timer,
    .stop = stop,
    .destroy = destroy,
    .describe = describe,
};
static const regent_notifier_ops notifier_ops = {
    .struct_size = sizeof notifier_ops,
    .create = create,
    .start = start,
    .notify = notify,
    .cancel = cancel,
    .on_fd = on_fd,
    .stop = stop,
    .destroy = destroy,
};
static const regent_type check = {
    .struct_size = sizeof check,
    .kind = REGENT_KIND_CHECK,
    .param_count = 4,
    .name = CHOOSE(SIN == BAD_TYPE_NAME, "Broken Type", "broken"),
    .summary = TEXT("breaks the contract in one way"),
    .params = params,
    .ops = &check_ops,
};
static const regent_type notifier = {
    .struct_size = sizeof notifier,
    .kind = REGENT_KIND_NOTIFIER,
    .name = TEXT("broken"),
    .summary = TEXT("breaks the contract in one way"),
    .ops = &notifier_ops,
};
static const regent_type* const types[] = {&check, &notifier};

REGENT_EXPORT const regent_plugin regent_plugin_v1 = {
    .struct_size = sizeof regent_plugin_v1,
    .abi_major = REGENT_ABI_MAJOR,
    .abi_minor = REGENT_ABI_MINOR,
    .needs_host_minor = SIN == NEEDS_MORE ? REGENT_ABI_MINOR + 1 : 0,
    .type_count = 2,
    .id = TEXT("org.example.broken"),
    .version = TEXT("1.0.0"),
    .summary = CHOOSE(SIN == NOT_UTF8, "\xff", "a fixture"),
    .license = TEXT("Apache-2.0"),
    .types = types,
};
