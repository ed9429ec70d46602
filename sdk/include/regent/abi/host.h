/* SPDX-License-Identifier: Apache-2.0
 *
 * What a plugin may ask of the process that runs it. The table lives as long as the process. Its first
 * argument is always the table itself.
 *
 * [loop]: only from the host's loop thread, that is from within an operation that the host has called.
 * [any]: from any thread, at any time; for an instance that is gone it does nothing and is counted. */
#ifndef REGENT_ABI_HOST_H
#define REGENT_ABI_HOST_H

#include "result.h"
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { REGENT_LOG_ERROR = 1, REGENT_LOG_WARNING = 2, REGENT_LOG_INFO = 3, REGENT_LOG_DEBUG = 4 };

/* What watch_fd() waits for and on_fd() tells. */
enum {
    REGENT_FD_READ = 1 << 0,
    REGENT_FD_WRITE = 1 << 1,
    REGENT_FD_ERROR = 1 << 2 /* told only: an error or a hang-up, even if not asked for */
};

/* How a notifier's delivery ended. */
enum {
    REGENT_ACK_DELIVERED = 1,
    REGENT_ACK_FAILED = 2 /* tried, and refused; it is not tried again */
};

typedef struct regent_host regent_host;

struct regent_host {
    uint32_t struct_size;
    uint16_t abi_major;
    uint16_t abi_minor;

    /* [any] CLOCK_MONOTONIC, or the virtual time of a test. */
    int64_t (*now_ns)(const regent_host* host);

    /* [any] One line of text to the agent's log; more than 20 a second of one instance are dropped and
     * counted. */
    void (*log)(const regent_host* host, regent_instance instance, uint32_t level, regent_str text);

    /* [any] Between start and the return of stop. The answer to a probe that was cancelled or answered is
     * ignored and counted. The host copies everything. */
    void (*report)(const regent_host* host, regent_instance instance, const regent_result* result);

    /* [any] Notifiers only: event `event_id` is done. */
    void (*ack)(const regent_host* host, regent_instance instance, uint64_t event_id, uint32_t status,
                regent_str text);

    /* [loop] Has on_fd() called while `fd` is ready (level-triggered); `events` 0 ends that. The descriptor
     * stays the plugin's: CLOEXEC, NONBLOCK, and unwatched before it is closed. Returns 0 or an errno: EBADF
     * for a descriptor that is not open. */
    int (*watch_fd)(const regent_host* host, regent_instance instance, int fd, uint32_t events);

    /* [loop] Has on_timer(timer_id) called once, at `at_ns` or soon after; a time that has passed means at
     * once. It replaces the time set before for this `timer_id`; `at_ns` 0 disarms. At most 64 timers an
     * instance. Returns 0 or an errno: ENOSPC beyond the 64. */
    int (*set_timer)(const regent_host* host, regent_instance instance, uint64_t timer_id, int64_t at_ns);

    /* [any] Has on_wake() called on the loop thread; many calls before that are one. How a worker thread
     * hands over its work. */
    void (*wake)(const regent_host* host, regent_instance instance);

    /* [any] A table of further functions by name, or NULL: how optional abilities are added without a new
     * version. */
    const void* (*extension)(const regent_host* host, regent_str name);
};

#ifdef __cplusplus
}
#endif

#endif
