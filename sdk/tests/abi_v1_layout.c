/* SPDX-License-Identifier: Apache-2.0
 *
 * The layout of version 1 on a machine with 64-bit pointers, as it was given away. Nothing here may ever
 * change but by lines that are added: a field at the end of a struct that begins with struct_size, and that
 * struct's new size. Compiled as C11 and as C++20. */
#include <assert.h>
#include <regent/abi/plugin.h>

/* clang-format off: a table. */
#define AT(type, field, offset) static_assert(offsetof(type, field) == (offset), #type "." #field)
#define SIZE(type, bytes) static_assert(sizeof(type) == (bytes), #type)

#if defined(__LP64__)

SIZE(regent_str, 16);
AT(regent_str, ptr, 0);
AT(regent_str, len, 8);

SIZE(regent_error, 32);
AT(regent_error, struct_size, 0);
AT(regent_error, param_index, 4);
AT(regent_error, text, 8);
AT(regent_error, capacity, 16);
AT(regent_error, len, 24);

SIZE(regent_param, 88);
AT(regent_param, struct_size, 0);
AT(regent_param, type, 4);
AT(regent_param, flags, 8);
AT(regent_param, choice_count, 12);
AT(regent_param, name, 16);
AT(regent_param, summary, 32);
AT(regent_param, default_toml, 48);
AT(regent_param, min, 64);
AT(regent_param, max, 72);
AT(regent_param, choices, 80);

SIZE(regent_value, 56);
AT(regent_value, is_set, 0);
AT(regent_value, reserved, 4);
AT(regent_value, integer, 8);
AT(regent_value, number, 16);
AT(regent_value, text, 24);
AT(regent_value, items, 40);
AT(regent_value, item_count, 48);

SIZE(regent_metric, 24);
AT(regent_metric, name, 0);
AT(regent_metric, value, 16);

SIZE(regent_result, 72);
AT(regent_result, struct_size, 0);
AT(regent_result, state, 4);
AT(regent_result, probe_id, 8);
AT(regent_result, started_ns, 16);
AT(regent_result, elapsed_ns, 24);
AT(regent_result, reason, 32);
AT(regent_result, detail_code, 36);
AT(regent_result, message, 40);
AT(regent_result, metrics, 56);
AT(regent_result, metric_count, 64);

SIZE(regent_host, 72);
AT(regent_host, struct_size, 0);
AT(regent_host, abi_major, 4);
AT(regent_host, abi_minor, 6);
AT(regent_host, now_ns, 8);
AT(regent_host, log, 16);
AT(regent_host, report, 24);
AT(regent_host, ack, 32);
AT(regent_host, watch_fd, 40);
AT(regent_host, set_timer, 48);
AT(regent_host, wake, 56);
AT(regent_host, extension, 64);

SIZE(regent_check_ops, 96);
AT(regent_check_ops, struct_size, 0);
AT(regent_check_ops, reserved, 4);
AT(regent_check_ops, validate, 8);
AT(regent_check_ops, create, 16);
AT(regent_check_ops, start, 24);
AT(regent_check_ops, probe, 32);
AT(regent_check_ops, cancel, 40);
AT(regent_check_ops, on_fd, 48);
AT(regent_check_ops, on_timer, 56);
AT(regent_check_ops, on_wake, 64);
AT(regent_check_ops, stop, 72);
AT(regent_check_ops, destroy, 80);
AT(regent_check_ops, describe, 88);

SIZE(regent_event, 152);
AT(regent_event, struct_size, 0);
AT(regent_event, kind, 4);
AT(regent_event, event_id, 8);
AT(regent_event, sequence, 16);
AT(regent_event, wall_ns, 24);
AT(regent_event, priority, 32);
AT(regent_event, reserved, 36);
AT(regent_event, node, 40);
AT(regent_event, name, 56);
AT(regent_event, group, 72);
AT(regent_event, old_state, 88);
AT(regent_event, new_state, 104);
AT(regent_event, reason, 120);
AT(regent_event, json, 136);

SIZE(regent_notifier_ops, 96);
AT(regent_notifier_ops, struct_size, 0);
AT(regent_notifier_ops, reserved, 4);
AT(regent_notifier_ops, validate, 8);
AT(regent_notifier_ops, create, 16);
AT(regent_notifier_ops, start, 24);
AT(regent_notifier_ops, notify, 32);
AT(regent_notifier_ops, cancel, 40);
AT(regent_notifier_ops, on_fd, 48);
AT(regent_notifier_ops, on_timer, 56);
AT(regent_notifier_ops, on_wake, 64);
AT(regent_notifier_ops, stop, 72);
AT(regent_notifier_ops, destroy, 80);
AT(regent_notifier_ops, describe, 88);

SIZE(regent_type, 64);
AT(regent_type, struct_size, 0);
AT(regent_type, kind, 4);
AT(regent_type, flags, 8);
AT(regent_type, param_count, 12);
AT(regent_type, name, 16);
AT(regent_type, summary, 32);
AT(regent_type, params, 48);
AT(regent_type, ops, 56);

SIZE(regent_plugin, 104);
AT(regent_plugin, struct_size, 0);
AT(regent_plugin, abi_major, 4);
AT(regent_plugin, abi_minor, 6);
AT(regent_plugin, needs_host_minor, 8);
AT(regent_plugin, reserved, 10);
AT(regent_plugin, type_count, 12);
AT(regent_plugin, id, 16);
AT(regent_plugin, version, 32);
AT(regent_plugin, summary, 48);
AT(regent_plugin, url, 64);
AT(regent_plugin, license, 80);
AT(regent_plugin, types, 96);

#endif

/* No value is used twice, and none changes. */
#define IS(name, value) static_assert((name) == (value), #name)

IS(REGENT_PARAM_BOOL, 1);
IS(REGENT_PARAM_INT, 2);
IS(REGENT_PARAM_FLOAT, 3);
IS(REGENT_PARAM_STRING, 4);
IS(REGENT_PARAM_DURATION, 5);
IS(REGENT_PARAM_SIZE, 6);
IS(REGENT_PARAM_ADDRESS, 7);
IS(REGENT_PARAM_PORT, 8);
IS(REGENT_PARAM_PATH, 9);
IS(REGENT_PARAM_CHOICE, 10);

IS(REGENT_PARAM_REQUIRED, 1);
IS(REGENT_PARAM_LIST, 2);
IS(REGENT_PARAM_SECRET, 4);
IS(REGENT_PARAM_DEPRECATED, 8);

IS(REGENT_STATE_UP, 1);
IS(REGENT_STATE_DEGRADED, 2);
IS(REGENT_STATE_DOWN, 3);
IS(REGENT_STATE_UNKNOWN, 4);

IS(REGENT_REASON_OK, 1);
IS(REGENT_REASON_TIMEOUT, 2);
IS(REGENT_REASON_REFUSED, 3);
IS(REGENT_REASON_UNREACHABLE, 4);
IS(REGENT_REASON_RESET, 5);
IS(REGENT_REASON_PROTOCOL, 6);
IS(REGENT_REASON_AUTH, 7);
IS(REGENT_REASON_NOT_FOUND, 8);
IS(REGENT_REASON_EXITED, 9);
IS(REGENT_REASON_RESOURCE, 10);
IS(REGENT_REASON_PERMISSION, 11);
IS(REGENT_REASON_CONFIG, 12);
IS(REGENT_REASON_INTERNAL, 13);

IS(REGENT_LOG_ERROR, 1);
IS(REGENT_LOG_WARNING, 2);
IS(REGENT_LOG_INFO, 3);
IS(REGENT_LOG_DEBUG, 4);

IS(REGENT_FD_READ, 1);
IS(REGENT_FD_WRITE, 2);
IS(REGENT_FD_ERROR, 4);

IS(REGENT_ACK_DELIVERED, 1);
IS(REGENT_ACK_FAILED, 2);

IS(REGENT_EVENT_INSTANCE, 1);
IS(REGENT_EVENT_GROUP, 2);
IS(REGENT_EVENT_TEST, 3);

IS(REGENT_KIND_CHECK, 1);
IS(REGENT_KIND_NOTIFIER, 2);

IS(REGENT_TYPE_PUSHES, 1);
IS(REGENT_TYPE_NEEDS_NET_RAW, 2);
IS(REGENT_TYPE_NEEDS_SETUID, 4);

/* clang-format on */

/* A translation unit has at least one declaration. */
extern const int regent_abi_v1_layout;
const int regent_abi_v1_layout = REGENT_ABI_MAJOR;
