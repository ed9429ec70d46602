/* SPDX-License-Identifier: Apache-2.0
 *
 * A check type: says whether something works, when asked and, if it can, by itself.
 *
 * Life of an instance:  create -> start -> { probe, cancel, on_fd, on_timer, on_wake } -> stop -> destroy.
 * All operations are called on the host's one loop thread and must return at once: every other check of the
 * plugin waits meanwhile. More than 5 ms is logged. destroy may follow create directly. An optional operation
 * may be NULL. */
#ifndef REGENT_ABI_CHECK_H
#define REGENT_ABI_CHECK_H

#include "host.h"
#include "param.h"
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct regent_check_ops {
    uint32_t struct_size;
    uint32_t reserved;

    /* Optional. Judges values beyond what the schema says, without touching anything: no file, no network.
     * Returns 0, or 1 and says why in `error`. May be called at any time, also when no instance exists. */
    int (*validate)(const regent_value* values, size_t count, regent_error* error);

    /* Makes an instance: copies what it needs of `values`, which stand in the order of the schema and hold
     * every default. validate need not have been called with them before. Touches nothing yet. Returns what
     * the other operations are handed as `self`, or NULL and says why in `error`. */
    void* (*create)(const regent_host* host, regent_instance instance, const regent_value* values,
                    size_t count, regent_error* error);

    /* Optional. From here on it may watch, set timers and report. Returns 0, or 1 and says why in `error`:
     * then destroy follows, without stop. */
    int (*start)(void* self, regent_error* error);

    /* Look now. Starts the work and returns; the answer comes by host->report with this `probe_id`, before or
     * after probe() returns. Without one by `deadline_ns` the host calls cancel() and reports DOWN (timeout)
     * itself (UNKNOWN where operations that did not return have taken most of the time): a check needs no
     * clock of its own. At most one probe of an instance is under way. */
    void (*probe)(void* self, uint64_t probe_id, int64_t deadline_ns);

    /* The answer is no longer wanted: give up the work. Do not answer any more; what another thread answers
     * meanwhile is ignored. */
    void (*cancel)(void* self, uint64_t probe_id);

    /* Optional, unless it watches, sets timers or wakes. A descriptor that became ready may have been
     * unwatched in the same round: on_fd is not called for it any more. */
    void (*on_fd)(void* self, int fd, uint32_t events);
    void (*on_timer)(void* self, uint64_t timer_id);
    void (*on_wake)(void* self);

    /* Optional. The end of what start began; a probe under way ends with it, without cancel. Unwatch, close,
     * join threads. After it returns nothing may be reported. */
    void (*stop)(void* self);

    /* Frees it. The host has unwatched what was still watched after stop. */
    void (*destroy)(void* self);

    /* Optional. Writes one JSON object about the state inside, at most `capacity` bytes, and returns its
     * length; more than `capacity`: it did not fit. For a person who looks for a fault. Unit tests and
     * regent-plugin-check ask for it; the agent of version 1.0 does not yet. */
    size_t (*describe)(void* self, char* json, size_t capacity);
} regent_check_ops;

#ifdef __cplusplus
}
#endif

#endif
