/* SPDX-License-Identifier: Apache-2.0
 *
 * What a plugin is: a shared object that exports one constant object, regent_plugin_v1, and nothing else.
 * Looking at it runs no code, so nothing happens at load. Start here. */
#ifndef REGENT_ABI_PLUGIN_H
#define REGENT_ABI_PLUGIN_H

#include "check.h"
#include "notifier.h"
#include "param.h"
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { REGENT_KIND_CHECK = 1, REGENT_KIND_NOTIFIER = 2 };

/* Flags of a type. A plugin runs without any capability but what its types declare here, and only as far as
 * the agent has it itself. 0: none. */
enum {
    REGENT_TYPE_PUSHES = 1 << 0, /* reports by itself, without being probed: `mode = "event"` is possible */
    REGENT_TYPE_NEEDS_NET_RAW = 1 << 1, /* CAP_NET_RAW */
    REGENT_TYPE_NEEDS_SETUID = 1 << 2   /* CAP_SETUID, CAP_SETGID, CAP_KILL: runs programs as another user */
};

typedef struct regent_type {
    uint32_t struct_size;
    uint32_t kind;  /* REGENT_KIND_… */
    uint32_t flags; /* REGENT_TYPE_… */
    uint32_t param_count;
    regent_str name; /* what `type = "…"` names: [a-z][a-z0-9-]*, unique among all plugins for its kind */
    regent_str summary; /* one line, no full stop */
    const regent_param* const* params;
    const void* ops; /* a regent_check_ops or regent_notifier_ops */
} regent_type;

typedef struct regent_plugin {
    uint32_t struct_size;
    uint16_t abi_major;        /* REGENT_ABI_MAJOR: must be the host's */
    uint16_t abi_minor;        /* REGENT_ABI_MINOR of the headers it was built with */
    uint16_t needs_host_minor; /* the smallest minor version of a host that it can live with */
    uint16_t reserved;
    uint32_t type_count;
    regent_str id;      /* reverse domain, "org.example.ftp" */
    regent_str version; /* of the plugin */
    regent_str summary;
    regent_str url;
    regent_str license; /* an SPDX expression */
    const regent_type* const* types;
} regent_plugin;

#define REGENT_PLUGIN_SYMBOL "regent_plugin_v1"
#define REGENT_EXPORT __attribute__((visibility("default")))

extern REGENT_EXPORT const regent_plugin regent_plugin_v1;

#ifdef __cplusplus
}
#endif

#endif
