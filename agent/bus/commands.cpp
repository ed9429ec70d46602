// SPDX-License-Identifier: Apache-2.0
#include "agent/bus/commands.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "agent/bus/authority.hpp"
#include "agent/platform/clock.hpp"

namespace regent::bus {
namespace {

using Outcome = core::OperatorAnswer::Outcome;

constexpr std::size_t longest_reason = 256;

/// As the bus knows it: org.regent1.Error.NAME.
const char* error_name(Outcome outcome) {
    switch (outcome) {
        case Outcome::done: break;
        case Outcome::unknown_target: return "org.regent1.Error.NotFound";
        case Outcome::in_group: return "org.regent1.Error.InGroup";
        case Outcome::no_peer: return "org.regent1.Error.NoPeer";
        case Outcome::not_master: return "org.regent1.Error.NotMaster";
        case Outcome::busy: return "org.regent1.Error.Busy";
    }
    return "org.regent1.Error.Failed";
}

const char* error_name(plugin::OrderAnswer::Outcome outcome) {
    switch (outcome) {
        case plugin::OrderAnswer::Outcome::unknown_target: return "org.regent1.Error.NotFound";
        case plugin::OrderAnswer::Outcome::busy: return "org.regent1.Error.Busy";
        case plugin::OrderAnswer::Outcome::done:
        case plugin::OrderAnswer::Outcome::failed: break;
    }
    return "org.regent1.Error.Failed";
}

/// It goes to the log, to the service manager and to notifiers, where a line feed would begin something of
/// its own.
bool is_one_line(const std::string& reason) {
    const auto is_control = [](char letter) { return (letter >= 0 && letter < ' ') || letter == 0x7f; };
    return reason.size() <= longest_reason && std::none_of(reason.begin(), reason.end(), is_control);
}

/// Nothing when it is a yes.
std::optional<sdbus::Error> error_of(const Answer& answer) {
    if (const auto* engine = std::get_if<core::OperatorAnswer>(&answer.what)) {
        if (engine->outcome == Outcome::done) return std::nullopt;
        return sdbus::Error(error_name(engine->outcome), engine->text);
    }
    if (const auto* order = std::get_if<plugin::OrderAnswer>(&answer.what)) {
        if (order->outcome == plugin::OrderAnswer::Outcome::done) return std::nullopt;
        return sdbus::Error(error_name(order->outcome), order->text);
    }
    return std::nullopt;  // a reload says what became of it in what it returns
}

}  // namespace

void ask(const Surroundings& around, sdbus::IObject& object, core::OperatorCommand command,
         const std::string& action, Done done, const Failed& failed) {
    const auto& message = *object.getCurrentlyProcessedMessage();
    if (!is_one_line(command.reason))
        throw sdbus::Error("org.freedesktop.DBus.Error.InvalidArgs",
                           "the reason must be one line of at most 256 bytes, without control characters");
    // By then the object may be gone.
    const auto hand_in = [&desk = around.desk, caller = caller_of(message), command = std::move(command),
                          done = std::move(done), failed] {
        try {
            desk.ask(caller, command, platform::now(), [done, failed](const Answer& answer) {
                if (const auto error = error_of(answer)) return failed(*error);
                done(answer);
            });
        } catch (const sdbus::Error& error) {
            failed(error);
        }
    };
    around.authority.demand(message, action, hand_in, failed);
}

void command(const Surroundings& around, sdbus::IObject& object, sdbus::Result<>&& result,
             core::OperatorCommand command, const std::string& action) {
    ask_for(around, object, std::move(result), std::move(command), action,
            [](const sdbus::Result<>& shared, const Answer&) { shared.returnResults(); });
}

}  // namespace regent::bus
