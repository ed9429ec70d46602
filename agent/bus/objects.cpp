// SPDX-License-Identifier: Apache-2.0
#include "agent/bus/objects.hpp"

#include <memory>
#include <utility>

#include "agent/bus/authority.hpp"
#include "agent/bus/commands.hpp"
#include "agent/bus/names.hpp"
#include "agent/vrrp/packet.hpp"

namespace regent::bus {
namespace {

using Command = core::OperatorCommand::Kind;

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

std::vector<std::string> texts_of(const std::vector<IpAddress>& addresses) {
    std::vector<std::string> texts;
    for (const auto& address : addresses)
        texts.push_back(address.to_string());
    return texts;
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
    ask_for(around_, getObject(), std::move(result), {.kind = Command::reload}, "org.regent1.reload",
            [](const sdbus::Result<bool, Diagnostics>& shared, const Answer& answer) {
                const auto& reloaded = std::get<ReloadAnswer>(answer.what);
                Diagnostics diagnostics;
                for (const auto& diagnostic : reloaded.diagnostics)
                    diagnostics.push_back(diagnostic_of(diagnostic));
                shared.returnResults(reloaded.ok, diagnostics);
            });
}

void ManagerObject::SetMaintenance(sdbus::Result<>&& result, bool on, std::string reason) {
    command(around_, getObject(), std::move(result),
            {.kind = on ? Command::maintenance_on : Command::maintenance_off, .reason = std::move(reason)},
            "org.regent1.maintenance");
}

core::Counters InstanceObject::counters() const {
    const auto found = around_.picture.counters.find(name_);
    return found == around_.picture.counters.end() ? core::Counters{} : found->second;
}

void InstanceObject::SendGratuitous(sdbus::Result<>&& result) {
    command(around_, getObject(), std::move(result), {.kind = Command::announce, .target = name_},
            handover_action);
}

void InstanceObject::Handover(sdbus::Result<>&& result, std::string reason) {
    command(around_, getObject(), std::move(result),
            {.kind = Command::handover, .target = name_, .reason = std::move(reason)}, handover_action);
}

void InstanceObject::Release(sdbus::Result<>&& result) {
    command(around_, getObject(), std::move(result), {.kind = Command::release, .target = name_},
            handover_action);
}

std::string InstanceObject::State() {
    return state_word(status().state);
}

std::vector<std::string> InstanceObject::Addresses() {
    return texts_of(status().addresses);
}

std::vector<std::string> InstanceObject::Peers() {
    return texts_of(status().peers);
}

std::vector<InstanceObject::Change> InstanceObject::LastTransitions() {
    std::vector<Change> changes;
    const auto kept = around_.picture.histories.find(name_);
    if (kept == around_.picture.histories.end()) return changes;
    for (const auto& change : kept->second)
        changes.emplace_back(change.at, change.old_state, change.new_state, change.sequence, change.reason);
    return changes;
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
    command(around_, getObject(), std::move(result),
            {.kind = Command::handover, .target = name_, .reason = std::move(reason)}, handover_action);
}

void GroupObject::Release(sdbus::Result<>&& result) {
    command(around_, getObject(), std::move(result), {.kind = Command::release, .target = name_},
            handover_action);
}

}  // namespace regent::bus
