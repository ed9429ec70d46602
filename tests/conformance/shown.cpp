// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/shown.hpp"

#include <stdexcept>

#include "agent/base/text.hpp"
#include "agent/record/action_fields.hpp"
#include "agent/vrrp/packet.hpp"

namespace regent::record {

REGENT_RECORD_WORDS(core::LogLevel, error, warning, notice, info, debug);
REGENT_RECORD_WORDS(core::OperatorAnswer::Outcome, done, unknown_target, in_group, no_peer, not_master, busy);

}  // namespace regent::record

namespace regent::conformance {
namespace {

using record::Json;
using record::written;
using Shown = std::optional<Json>;
using Kernel = core::test::VirtualKernel;

std::string device(const Kernel& kernel, int index) {
    const auto* link = kernel.link(index);
    return link ? link->name : std::to_string(index);
}

Shown shown(const core::SendAdvert& sent, const Kernel& kernel) {
    const auto decoded = vrrp::decode(sent.message, sent.source, sent.destination, sent.ttl, {true, true});
    if (!decoded) throw std::runtime_error("an advert that nobody can decode was sent");
    const auto& advert = decoded->advert;
    Json fields;
    fields["instance"] = sent.instance;
    fields["device"] = device(kernel, sent.interface_index);
    fields["from"] = written(sent.source);
    fields["to"] = written(sent.destination);
    fields["ttl"] = sent.ttl;
    fields["version"] = static_cast<int>(advert.version);
    fields["vrid"] = advert.virtual_router_id;
    fields["priority"] = advert.priority;
    fields["interval_ms"] = in_ms(advert.interval);
    fields["addresses"] = written(advert.addresses);
    if (decoded->checksum_form) fields["checksum"] = vrrp::to_string(*decoded->checksum_form);
    fields["message"] = written(sent.message);
    return fields;
}

Shown shown(const core::AddAddress& add, const Kernel& kernel) {
    Json fields;
    fields["device"] = device(kernel, add.interface_index);
    fields["address"] = concat(add.address.address, "/", add.address.prefix);
    fields["lease_ms"] = in_ms(add.lease);
    return fields;
}

Shown shown(const core::RemoveAddress& remove, const Kernel& kernel) {
    Json fields;
    fields["device"] = device(kernel, remove.interface_index);
    fields["address"] = concat(remove.address, "/", remove.prefix);
    return fields;
}

Shown shown(const core::SendFrame& sent, const Kernel& kernel) {
    Json fields;
    fields["device"] = device(kernel, sent.interface_index);
    fields["frame"] = written(sent.frame);
    return fields;
}

Shown shown(const core::Transition& change, const Kernel& /*kernel*/) {
    Json fields;
    fields["instance"] = change.instance;
    fields["from"] = vrrp::to_string(change.from);
    fields["to"] = vrrp::to_string(change.to);
    fields["priority"] = change.priority;
    fields["reason"] = change.reason;
    return fields;
}

Shown shown(const core::Log& log, const Kernel& /*kernel*/) {
    if (log.change || log.level > core::LogLevel::notice) return std::nullopt;
    Json fields;
    fields["level"] = written(log.level);
    fields["instance"] = log.instance;
    fields["text"] = log.text;
    return fields;
}

Shown shown(const core::OperatorAnswer& answer, const Kernel& /*kernel*/) {
    Json fields;
    fields["outcome"] = written(answer.outcome);
    fields["text"] = answer.text;
    return fields;
}

Shown shown(const core::Stopped& /*stopped*/, const Kernel& /*kernel*/) {
    return Json::object();
}

template <class What>
Shown shown(const What& /*what*/, const Kernel& /*kernel*/) {
    return std::nullopt;
}

}  // namespace

double in_ms(Duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

std::optional<Json> shown(const core::Action& action, const Kernel& kernel) {
    return std::visit(
        [&](const auto& what) -> std::optional<Json> {
            const auto fields = shown(what, kernel);
            if (!fields) return std::nullopt;
            Json line = Json::object();
            line[std::string(record::Fields<std::decay_t<decltype(what)>>::type_name)] = *fields;
            return line;
        },
        action);
}

Json shown(const core::Counters& counters) {
    Json fields = Json::object();
    const auto show = [&fields](const std::string& name, std::uint64_t count) {
        if (count > 0) fields[name] = count;
    };
    show("adverts_sent", counters.adverts_sent);
    show("adverts_received", counters.adverts_received);
    show("priority_zero_sent", counters.priority_zero_sent);
    show("priority_zero_received", counters.priority_zero_received);
    show("transitions", counters.transitions);
    show("address_repairs", counters.address_repairs);
    for (std::size_t reason = 0; reason < counters.discarded.size(); ++reason)
        show(concat("discarded_", vrrp::to_string(static_cast<vrrp::Discard>(reason))),
             counters.discarded[reason]);
    return fields;
}

}  // namespace regent::conformance
