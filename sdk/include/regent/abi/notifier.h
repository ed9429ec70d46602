/* SPDX-License-Identifier: Apache-2.0
 *
 * A notifier type: tells others what happened. Same life and threads as a check (check.h). The agent hands
 * over one event at a time, in order, and waits for its ack or for the timeout; what comes meanwhile waits in
 * the agent. */
#ifndef REGENT_ABI_NOTIFIER_H
#define REGENT_ABI_NOTIFIER_H

#include "host.h"
#include "param.h"
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    REGENT_EVENT_INSTANCE = 1, /* a virtual router changed its state */
    REGENT_EVENT_GROUP = 2,    /* a sync group did, as a whole */
    REGENT_EVENT_TEST = 3      /* somebody tries the notifier */
};

typedef struct regent_event {
    uint32_t struct_size;
    uint32_t kind;     /* REGENT_EVENT_… */
    uint64_t event_id; /* for ack; never 0 */
    uint64_t sequence; /* of the change in this run of the agent, from 1 on; a gap: events were dropped */
    int64_t wall_ns;   /* when it happened, since 1970 */
    uint32_t priority; /* effective, 0 to 255; 0 for a group */
    uint32_t reserved;
    regent_str node;
    regent_str name;      /* of the instance or group */
    regent_str group;     /* that the instance is in; empty: none */
    regent_str old_state; /* init backup master fault */
    regent_str new_state; /* backup master fault stop deleted */
    regent_str reason;    /* a sentence */
    regent_str json;      /* all of the above as one JSON object */
} regent_event;

typedef struct regent_notifier_ops {
    uint32_t struct_size;
    uint32_t reserved;
    int (*validate)(const regent_value* values, size_t count,
                    regent_error* error); /* optional, as of a check */
    void* (*create)(const regent_host* host, regent_instance instance, const regent_value* values,
                    size_t count, regent_error* error);
    int (*start)(void* self, regent_error* error); /* optional */

    /* Tell it. Starts the work and returns; its end is said by host->ack. */
    void (*notify)(void* self, const regent_event* event);

    /* The time is over: give up. Not acked any more. */
    void (*cancel)(void* self, uint64_t event_id);

    void (*on_fd)(void* self, int fd, uint32_t events); /* optional, as of a check */
    void (*on_timer)(void* self, uint64_t timer_id);
    void (*on_wake)(void* self);
    void (*stop)(void* self); /* optional */
    void (*destroy)(void* self);
    size_t (*describe)(void* self, char* json, size_t capacity); /* optional */
} regent_notifier_ops;

#ifdef __cplusplus
}
#endif

#endif
