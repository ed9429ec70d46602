/* SPDX-License-Identifier: Apache-2.0
 *
 * The parameters of a type: declared by the plugin, checked by the agent before the plugin sees a value. The
 * same table makes the error messages, `regentctl plugin show` and the documentation. */
#ifndef REGENT_ABI_PARAM_H
#define REGENT_ABI_PARAM_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    REGENT_PARAM_BOOL = 1,
    REGENT_PARAM_INT = 2,
    REGENT_PARAM_FLOAT = 3,
    REGENT_PARAM_STRING = 4,
    REGENT_PARAM_DURATION = 5, /* "250ms", "3s" */
    REGENT_PARAM_SIZE = 6,     /* bytes: 65536, "64KiB" */
    REGENT_PARAM_ADDRESS = 7,  /* an IPv4 or IPv6 address, no name */
    REGENT_PARAM_PORT = 8,     /* 1 to 65535 */
    REGENT_PARAM_PATH = 9,     /* an absolute path */
    REGENT_PARAM_CHOICE = 10   /* one of `choices` */
};

/* Flags of a parameter. */
enum {
    REGENT_PARAM_REQUIRED = 1 << 0,
    REGENT_PARAM_LIST = 1 << 1,   /* a list of values of the type */
    REGENT_PARAM_SECRET = 1 << 2, /* shown as *** wherever values are shown */
    REGENT_PARAM_DEPRECATED = 1 << 3
};

typedef struct regent_param {
    uint32_t struct_size;
    uint32_t type;  /* REGENT_PARAM_… */
    uint32_t flags; /* REGENT_PARAM_REQUIRED, … */
    uint32_t choice_count;
    /* [a-z][a-z0-9_]*, and none of the keys of every check (type interval timeout rise fall jitter mode
     * resync on_unknown hold_time confirm) or notifier (type events timeout queue). */
    regent_str name;
    regent_str summary; /* one line, no full stop */
    /* The default as it would stand in the file: `"1s"` with its quotes, `[80, 443]`. Empty: none. */
    regent_str default_toml;
    /* Both included: of INT, SIZE, DURATION (ns); with REGENT_PARAM_LIST of the number of entries, whatever
     * the type. min = max = 0: no bound. */
    int64_t min;
    int64_t max;
    const regent_str* choices; /* choice_count of them */
} regent_param;

/* One value, checked. Never changes. */
typedef struct regent_value {
    uint32_t is_set; /* 0: not in the file and without a default; everything else is then 0 */
    uint32_t reserved;
    int64_t integer; /* BOOL 0 or 1, INT, DURATION in ns, SIZE in bytes, PORT, CHOICE its index */
    double number;   /* FLOAT */
    regent_str text; /* STRING, ADDRESS, PATH, CHOICE */
    const struct regent_value* items; /* LIST */
    size_t item_count;
} regent_value;

#ifdef __cplusplus
}
#endif

#endif
