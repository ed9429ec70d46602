/* SPDX-License-Identifier: Apache-2.0
 *
 * A plugin in C, of one check and one notifier, as small as the contract allows: what tests of the host and
 * of the SDK load, and the proof that no C++ is needed. */
#include <regent/abi/plugin.h>
#include <stdlib.h>
#include <string.h>

#define STR(literal) \
    { literal, sizeof(literal) - 1 }

typedef struct instance {
    const regent_host* host;
    regent_instance id;
    int64_t threshold;
} instance;

static int validate(const regent_value* values, size_t count, regent_error* error) {
    static const char sentence[] = "is 13, which brings bad luck";
    if (count == 0 || values[0].integer != 13) return 0;
    error->param_index = 0;
    error->len = sizeof sentence - 1 < error->capacity ? sizeof sentence - 1 : error->capacity;
    memcpy(error->text, sentence, error->len);
    return 1;
}

static void* create(const regent_host* host, regent_instance id, const regent_value* values, size_t count,
                    regent_error* error) {
    instance* made = calloc(1, sizeof *made);
    (void)error;
    if (made == NULL) return NULL;
    made->host = host;
    made->id = id;
    made->threshold = count > 0 ? values[0].integer : 0;
    return made;
}

/* UP when the threshold is not negative. */
static void probe(void* self, uint64_t probe_id, int64_t deadline_ns) {
    const instance* me = self;
    static const regent_str good = STR("not negative");
    static const regent_str bad = STR("negative");
    regent_result result = {0};
    (void)deadline_ns;
    result.struct_size = sizeof result;
    result.probe_id = probe_id;
    result.state = me->threshold >= 0 ? REGENT_STATE_UP : REGENT_STATE_DOWN;
    result.reason = me->threshold >= 0 ? REGENT_REASON_OK : REGENT_REASON_PROTOCOL;
    result.message = me->threshold >= 0 ? good : bad;
    me->host->report(me->host, me->id, &result);
}

static void notify(void* self, const regent_event* event) {
    const instance* me = self;
    me->host->ack(me->host, me->id, event->event_id, REGENT_ACK_DELIVERED, event->new_state);
}

static void cancel(void* self, uint64_t number) {
    (void)self;
    (void)number;
}

static const regent_param threshold = {
    .struct_size = sizeof(regent_param),
    .type = REGENT_PARAM_INT,
    .name = STR("threshold"),
    .summary = STR("a number"),
    .default_toml = STR("5"),
    .min = -100,
    .max = 100,
};
static const regent_param* const params[] = {&threshold};

static const regent_check_ops check_ops = {
    .struct_size = sizeof(regent_check_ops),
    .validate = validate,
    .create = create,
    .probe = probe,
    .cancel = cancel,
    .destroy = free,
};
static const regent_notifier_ops notifier_ops = {
    .struct_size = sizeof(regent_notifier_ops),
    .create = create,
    .notify = notify,
    .cancel = cancel,
    .destroy = free,
};

static const regent_type check = {
    .struct_size = sizeof(regent_type),
    .kind = REGENT_KIND_CHECK,
    .param_count = 1,
    .name = STR("fixture"),
    .summary = STR("compares a number with zero"),
    .params = params,
    .ops = &check_ops,
};
static const regent_type notifier = {
    .struct_size = sizeof(regent_type),
    .kind = REGENT_KIND_NOTIFIER,
    .name = STR("fixture"),
    .summary = STR("takes every event"),
    .ops = &notifier_ops,
};
static const regent_type* const types[] = {&check, &notifier};

REGENT_EXPORT const regent_plugin regent_plugin_v1 = {
    .struct_size = sizeof(regent_plugin),
    .abi_major = REGENT_ABI_MAJOR,
    .abi_minor = REGENT_ABI_MINOR,
    .type_count = 2,
    .id = STR("org.example.fixture"),
    .version = STR("1.0.0"),
    .summary = STR("what tests load"),
    .url = STR("https://example.org/"),
    .license = STR("Apache-2.0"),
    .types = types,
};
