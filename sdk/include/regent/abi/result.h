/* SPDX-License-Identifier: Apache-2.0
 *
 * What a check says: what it saw, not what is to be done about it. Rise, fall, weights and timeouts are the
 * agent's. */
#ifndef REGENT_ABI_RESULT_H
#define REGENT_ABI_RESULT_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    REGENT_STATE_UP = 1,
    REGENT_STATE_DEGRADED = 2, /* works, but somebody should look */
    REGENT_STATE_DOWN = 3,     /* does not work: seen, not guessed */
    REGENT_STATE_UNKNOWN = 4   /* could not judge: the fault is ours, not that of what was checked */
};

enum {
    REGENT_REASON_OK = 1,
    REGENT_REASON_TIMEOUT = 2,
    REGENT_REASON_REFUSED = 3,
    REGENT_REASON_UNREACHABLE = 4,
    REGENT_REASON_RESET = 5,
    REGENT_REASON_PROTOCOL = 6, /* it answered, and not as it should */
    REGENT_REASON_AUTH = 7,
    REGENT_REASON_NOT_FOUND = 8,
    REGENT_REASON_EXITED = 9,
    REGENT_REASON_RESOURCE = 10, /* out of memory, descriptors, processes, servers */
    REGENT_REASON_PERMISSION = 11,
    REGENT_REASON_CONFIG = 12,
    REGENT_REASON_INTERNAL = 13 /* a fault of the plugin or of what runs it */
};

#define REGENT_MESSAGE_MAX 256
#define REGENT_METRIC_MAX 64

/* A number that was seen on the way, in base units (seconds, bytes). Never changes. */
typedef struct regent_metric {
    regent_str name; /* [a-zA-Z_][a-zA-Z0-9_]*, at most 64 bytes */
    double value;
} regent_metric;

typedef struct regent_result {
    uint32_t struct_size;
    uint32_t state;      /* REGENT_STATE_… */
    uint64_t probe_id;   /* which probe this answers; 0: nobody asked, the plugin noticed by itself */
    int64_t started_ns;  /* 0: when the probe was asked for, or now */
    int64_t elapsed_ns;  /* 0: until now */
    uint32_t reason;     /* REGENT_REASON_… */
    int32_t detail_code; /* an errno, an exit status, an HTTP status; 0: none */
    regent_str message;  /* a sentence without full stop, for a person; cut after REGENT_MESSAGE_MAX bytes */
    const regent_metric* metrics;
    size_t metric_count; /* at most REGENT_METRIC_MAX, the rest is dropped */
} regent_result;

#ifdef __cplusplus
}
#endif

#endif
