// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/config/plan_generator.hpp"

#include <algorithm>

#include "agent/base/ip_address.hpp"

#include "tests/unit/config/fake_plugins.hpp"

namespace regent::config::test {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view text_characters = "ab \"\\'\n\t#=[]\x7f";

std::int64_t any_number(const Parameter& parameter, std::int64_t least, std::int64_t most) {
    const bool bounded = !parameter.list && (parameter.min != 0 || parameter.max != 0);
    if (bounded) return any(std::max(parameter.min, least), std::min(parameter.max, most));
    return any(least, most);
}

Value any_scalar(const Parameter& parameter) {
    constexpr std::int64_t large = INT64_MAX - 1;
    Value value;
    value.set = true;
    switch (parameter.type) {
        case ParameterType::boolean: value.integer = coin() ? 1 : 0; break;
        case ParameterType::integer: value.integer = any_number(parameter, -large / 2, large / 2); break;
        case ParameterType::real:
            value.number = static_cast<double>(any_number(parameter, -large / 2, large / 2));
            if (parameter.max == 0 && coin()) value.number /= 3;
            break;
        case ParameterType::text: value.text = any_text(text_characters, 0, 20); break;
        case ParameterType::duration:
            value.integer = any_number(parameter, 0, maximum_duration.count());
            break;
        case ParameterType::size: value.integer = any_number(parameter, 0, large); break;
        case ParameterType::address:
            value.text = IpAddress::parse(coin() ? "192.0.2.1" : "2001:db8::1").value().to_string();
            break;
        case ParameterType::port: value.integer = any_number(parameter, 1, 65535); break;
        case ParameterType::path: value.text = "/" + any_text(text_characters, 0, 20); break;
        case ParameterType::choice:
            value.integer = any<std::int64_t>(0, static_cast<std::int64_t>(parameter.choices.size()) - 1);
            value.text = parameter.choices.at(static_cast<std::size_t>(value.integer));
            break;
    }
    return value;
}

Value any_value(const Parameter& parameter) {
    const bool has_default = !parameter.default_toml.empty();
    if (!parameter.required && !has_default && coin()) return {};
    if (!parameter.list) return any_scalar(parameter);
    Value value;
    value.set = true;
    const bool bounded = parameter.min != 0 || parameter.max != 0;
    for (auto i = any<std::int64_t>(bounded ? parameter.min : 0, bounded ? parameter.max : 5); i > 0; --i) {
        value.items.push_back(any_scalar(parameter));
    }
    // What the fake plugin objects to is not random: "bad" cannot come out of these characters.
    return value;
}

PluginUse any_use(PluginKind kind, std::string_view type) {
    const Installed all = installed();
    const Offer offer = find_type(all.plugins, kind, type);
    PluginUse use;
    use.type = type;
    use.plugin = offer.plugin->file;
    use.needs_setuid = type == "exec";
    for (const Parameter& parameter : offer.type->parameters)
        use.values.push_back(any_value(parameter));
    return use;
}

}  // namespace

CheckPlan any_check(const std::string& name) {
    constexpr std::array<std::string_view, 3> types{"haproxy", "exec", "every"};
    CheckPlan plan;
    plan.use = any_use(PluginKind::check, types.at(any<std::size_t>(0, types.size() - 1)));
    core::Check& check = plan.settings;
    check.name = name;
    check.type = plan.use.type;
    check.interval = any_duration(10ms, 24h);
    check.timeout = any_duration(1ms, 24h);
    check.rise = any(1U, 100U);
    check.fall = any(1U, 100U);
    check.on_unknown = any(core::OnUnknown::hold, core::OnUnknown::ignore);
    if (check.on_unknown == core::OnUnknown::hold && coin()) check.hold_time = any_duration(1ms);
    plan.jitter = any_duration(0ns, check.interval - 1ns);
    plan.mode = any(check.type == "exec" ? Mode::poll : Mode::event, Mode::both);
    if (plan.mode == Mode::event) plan.resync = any_duration(1s, 24h);
    plan.confirm = coin();
    return plan;
}

NotifierPlan any_notifier(const std::string& name) {
    NotifierPlan plan;
    plan.name = name;
    plan.use = any_use(PluginKind::notifier, coin() ? "exec" : "mail");
    for (const std::string_view event : notifier_events) {
        if (coin()) plan.events.emplace(event);
    }
    if (plan.events.size() == notifier_events.size()) plan.events.clear();
    plan.timeout = any_duration(10ms, 1h);
    plan.queue = any<std::size_t>(1, 4096);
    return plan;
}

}  // namespace regent::config::test
