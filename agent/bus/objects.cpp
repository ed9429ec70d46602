// SPDX-License-Identifier: Apache-2.0
#include "agent/bus/objects.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "agent/bus/authority.hpp"
#include "agent/bus/names.hpp"
#include "agent/vrrp/packet.hpp"

namespace regent::bus {
namespace {

using Command = core::OperatorCommand::Kind;
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

/// It goes to the log, to the service manager and to notifiers, where a line feed would begin something of
/// its own.
bool is_one_line(const std::string& reason) {
    const auto is_control = [](char letter) { return (letter >= 0 && letter < ' ') || letter == 0x7f; };
    return reason.size() <= longest_reason && std::none_of(reason.begin(), reason.end(), is_control);
}

/// Hands a command to the engine, for who is allowed to give it; its answer is that of the method.
void command(const Surroundings& around, sdbus::IObject& object, sdbus::Result<>&& result, Command kind,
             const std::string& target, std::string reason, const std::string& action) {
    const auto& message = *object.getCurrentlyProcessedMessage();
    demand(around.connection, message, action);
    if (!is_one_line(reason))
        throw sdbus::Error("org.freedesktop.DBus.Error.InvalidArgs",
                           "the reason must be one line of at most 256 bytes, without control characters");
    const auto shared = std::make_shared<sdbus::Result<>>(std::move(result));
    around.desk.ask(caller_of(message), core::OperatorCommand{0, kind, target, std::move(reason)},
                    [shared](const Answer& answer) {
                        const auto& outcome = std::get<core::OperatorAnswer>(answer.what);
                        if (outcome.outcome == Outcome::done) return shared->returnResults();
                        shared->returnError(sdbus::Error(error_name(outcome.outcome), outcome.text));
                    });
}

std::map<std::string, sdbus::Variant> diagnostic_of(const config::Diagnostic& from) {
    const bool error = from.severity == config::Diagnostic::Severity::error;
    return {{"severity", sdbus::Variant(std::string(error ? "error" : "warning"))},
            {"file", sdbus::Variant(from.file)},
            {"line", sdbus::Variant(static_cast<std::uint32_t>(from.line))},
            {"column", sdbus::Variant(static_cast<std::uint32_t>(from.column))},
            {"code", sdbus::Variant(from.code)},
            {"key", sdbus::Variant(from.key)},
            {"message", sdbus::Variant(from.message)},
            {"hint", sdbus::Variant(from.hint)}};
}

constexpr auto handover_action = "org.regent1.handover";

}  // namespace

ManagerObject::ManagerObject(const Surroundings& around)
    : AdaptorInterfaces(around.connection, root_path), around_(around) {
    registerAdaptor();
}

ManagerObject::~ManagerObject() {
    unregisterAdaptor();
}

void ManagerObject::changed(const std::vector<std::string>& properties) {
    getObject().emitPropertiesChangedSignal(Manager_adaptor::INTERFACE_NAME, properties);
}

void ManagerObject::Reload(sdbus::Result<bool, Diagnostics>&& result) {
    const auto& message = *getObject().getCurrentlyProcessedMessage();
    demand(around_.connection, message, "org.regent1.reload");
    const auto shared = std::make_shared<sdbus::Result<bool, Diagnostics>>(std::move(result));
    around_.desk.ask(caller_of(message), bus::Reload{}, [shared](const Answer& answer) {
        const auto& reloaded = std::get<ReloadAnswer>(answer.what);
        Diagnostics diagnostics;
        for (const auto& diagnostic : reloaded.diagnostics)
            diagnostics.push_back(diagnostic_of(diagnostic));
        shared->returnResults(reloaded.ok, diagnostics);
    });
}

void ManagerObject::SetMaintenance(sdbus::Result<>&& result, bool on, std::string reason) {
    command(around_, getObject(), std::move(result), on ? Command::maintenance_on : Command::maintenance_off,
            {}, std::move(reason), "org.regent1.maintenance");
}

core::Counters InstanceObject::counters() const {
    const auto found = around_.picture.counters.find(name_);
    return found == around_.picture.counters.end() ? core::Counters{} : found->second;
}

void InstanceObject::Handover(sdbus::Result<>&& result, std::string reason) {
    command(around_, getObject(), std::move(result), Command::handover, name_, std::move(reason),
            handover_action);
}

void InstanceObject::Release(sdbus::Result<>&& result) {
    command(around_, getObject(), std::move(result), Command::release, name_, {}, handover_action);
}

std::string InstanceObject::State() {
    return state_word(status().state);
}

std::vector<std::string> InstanceObject::Addresses() {
    std::vector<std::string> texts;
    for (const auto& address : status().addresses)
        texts.push_back(address.to_string());
    return texts;
}

sdbus::ObjectPath InstanceObject::Group() {
    return status().group.empty() ? "/" : path_of(Kind::group, status().group);
}

std::map<std::string, std::uint64_t> InstanceObject::Discarded() {
    const auto counted = counters();
    std::map<std::string, std::uint64_t> discarded;
    for (std::size_t reason = 0; reason < counted.discarded.size(); ++reason)
        discarded[std::string(vrrp::to_string(static_cast<vrrp::Discard>(reason)))] =
            counted.discarded[reason];
    return discarded;
}

void GroupObject::Handover(sdbus::Result<>&& result, std::string reason) {
    command(around_, getObject(), std::move(result), Command::handover, name_, std::move(reason),
            handover_action);
}

void GroupObject::Release(sdbus::Result<>&& result) {
    command(around_, getObject(), std::move(result), Command::release, name_, {}, handover_action);
}

std::vector<sdbus::ObjectPath> GroupObject::Instances() {
    std::vector<sdbus::ObjectPath> paths;
    for (const auto& name : view().instances)
        paths.emplace_back(path_of(Kind::instance, name));
    return paths;
}

}  // namespace regent::bus
