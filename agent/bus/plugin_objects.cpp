// SPDX-License-Identifier: Apache-2.0
#include "agent/bus/plugin_objects.hpp"

#include <chrono>
#include <utility>

#include "agent/bus/commands.hpp"

namespace regent::bus {
namespace {

using namespace std::chrono_literals;
using Command = core::OperatorCommand::Kind;

constexpr auto override_action = "org.regent1.override";
constexpr auto maintenance_action = "org.regent1.maintenance";
constexpr std::chrono::microseconds shortest_override = 1s;
constexpr std::chrono::microseconds longest_override = 7 * 24h;

[[noreturn]] void refuse(const std::string& why) {
    throw sdbus::Error("org.freedesktop.DBus.Error.InvalidArgs", why);
}

}  // namespace

std::map<std::string, sdbus::Variant> CheckObject::Parameters() {
    std::map<std::string, sdbus::Variant> shown;
    for (const auto& [name, parameter] : view().parameters)
        shown[name] = std::visit([](const auto& value) { return sdbus::Variant(value); }, parameter);
    return shown;
}

void CheckObject::RunNow(sdbus::Result<std::string, std::string>&& result) {
    ask_for(around_, getObject(), std::move(result), {.kind = Command::run_check, .target = name_},
            override_action, [](const sdbus::Result<std::string, std::string>& shared, const Answer& answer) {
                const auto& ran = std::get<plugin::OrderAnswer>(answer.what);
                shared.returnResults(ran.state, ran.text);
            });
}

void CheckObject::Override(sdbus::Result<>&& result, std::string state, std::uint64_t duration_us) {
    if (state != "up" && state != "down") refuse("the state must be \"up\" or \"down\"");
    if (duration_us < static_cast<std::uint64_t>(shortest_override.count()) ||
        duration_us > static_cast<std::uint64_t>(longest_override.count()))
        refuse("the duration must be 1 second to 7 days");
    command(around_, getObject(), std::move(result),
            {.kind = Command::override_check,
             .target = name_,
             .up = state == "up",
             .lasts = std::chrono::microseconds(duration_us)},
            override_action);
}

void CheckObject::ClearOverride(sdbus::Result<>&& result) {
    command(around_, getObject(), std::move(result), {.kind = Command::clear_override, .target = name_},
            override_action);
}

void NotifierObject::Test(sdbus::Result<>&& result) {
    command(around_, getObject(), std::move(result), {.kind = Command::test_notifier, .target = name_},
            maintenance_action);
}

void PluginObject::Restart(sdbus::Result<>&& result) {
    command(around_, getObject(), std::move(result), {.kind = Command::restart_plugin, .target = name_},
            maintenance_action);
}

}  // namespace regent::bus
