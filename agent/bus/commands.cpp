// SPDX-License-Identifier: Apache-2.0
#include "agent/bus/commands.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "agent/bus/authority.hpp"

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

}  // namespace

void command(const Surroundings& around, sdbus::IObject& object, sdbus::Result<>&& result,
             core::OperatorCommand what, const std::string& action) {
    const auto& message = *object.getCurrentlyProcessedMessage();
    demand(around.connection, message, action);
    if (!is_one_line(what.reason))
        throw sdbus::Error("org.freedesktop.DBus.Error.InvalidArgs",
                           "the reason must be one line of at most 256 bytes, without control characters");
    const auto shared = std::make_shared<sdbus::Result<>>(std::move(result));
    around.desk.ask(caller_of(message), std::move(what), [shared](const Answer& answer) {
        const auto& outcome = std::get<core::OperatorAnswer>(answer.what);
        if (outcome.outcome == Outcome::done) return shared->returnResults();
        shared->returnError(sdbus::Error(error_name(outcome.outcome), outcome.text));
    });
}

void order(const Surroundings& around, sdbus::IObject& object, plugin::Order what, const std::string& action,
           OrderDone done, OrderFailed failed) {
    const auto& message = *object.getCurrentlyProcessedMessage();
    demand(around.connection, message, action);
    around.desk.ask(caller_of(message), std::move(what),
                    [done = std::move(done), failed = std::move(failed)](const Answer& answer) {
                        const auto& outcome = std::get<plugin::OrderAnswer>(answer.what);
                        if (outcome.outcome == plugin::OrderAnswer::Outcome::done) return done(outcome);
                        failed(sdbus::Error(error_name(outcome.outcome), outcome.text));
                    });
}

void order(const Surroundings& around, sdbus::IObject& object, sdbus::Result<>&& result, plugin::Order what,
           const std::string& action) {
    const auto shared = std::make_shared<sdbus::Result<>>(std::move(result));
    order(
        around, object, std::move(what), action,
        [shared](const plugin::OrderAnswer&) { shared->returnResults(); },
        [shared](const sdbus::Error& error) { shared->returnError(error); });
}

}  // namespace regent::bus
