// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/trace.hpp"

#include <iostream>
#include <sstream>

#include "agent/base/text.hpp"

namespace regent::sim {

using namespace core;

namespace {

constexpr std::size_t kept_lines = 40;

struct Words {
    std::string operator()(const SendAdvert& a) const {
        return concat(a.instance, " sends priority ", a.message.at(2), " to ", a.destination);
    }
    std::string operator()(const AddAddress& a) const {
        return concat("adds ", a.address.address, " for ", to_text(a.lease));
    }
    std::string operator()(const RenewLease& a) const { return concat("renews ", a.address.address); }
    std::string operator()(const RemoveAddress& a) const { return concat("removes ", a.address); }
    std::string operator()(const AddRoute&) const { return "adds a route"; }
    std::string operator()(const RemoveRoute&) const { return "removes a route"; }
    std::string operator()(const SendFrame&) const { return "announces"; }
    std::string operator()(const PublishState&) const { return {}; }
    std::string operator()(const Transition& a) const {
        return concat(a.instance, " ", vrrp::to_string(a.from), " -> ", vrrp::to_string(a.to), ": ",
                      a.reason);
    }
    std::string operator()(const Forget& a) const { return concat("forgets ", a.instance); }
    std::string operator()(const Log& a) const { return concat("log ", a.instance, ": ", a.text); }
    std::string operator()(const Remember&) const { return "remembers"; }
    std::string operator()(const RecordAdvert&) const { return {}; }
    std::string operator()(const OperatorAnswer& a) const {
        return concat("answers ", a.id, ": ", static_cast<int>(a.outcome), " ", a.text);
    }
    std::string operator()(const PassOn& a) const { return concat("passes on command ", a.command.id); }
    std::string operator()(const Stopped&) const { return "has stopped"; }
};

std::string describe(const Input& input) {
    if (const auto* packet = std::get_if<PacketReceived>(&input))
        return concat("hears priority ", packet->message.at(2), " of VRID ", packet->message.at(1), " from ",
                      packet->source);
    if (const auto* gone = std::get_if<AddressVanished>(&input))
        return concat("sees ", gone->address.address, " vanish");
    if (const auto* come = std::get_if<AddressAppeared>(&input))
        return concat("sees ", come->address.address, " appear");
    if (std::holds_alternative<TimerFired>(input)) return "timer";
    constexpr std::array names{
        "packet",           "AH",          "timer",    "link changed",    "link removed",
        "address appeared", "vanished",    "snapshot", "address refused", "address not tried",
        "route refused",    "send failed", "hearing",  "verdict",         "recalled",
        "config",           "stop",        "suspend",  "operator",        "dump"};
    static_assert(names.size() == std::variant_size_v<Input>);
    return names.at(input.index());
}

}  // namespace

void Trace::step(Instant now, const test::Node& node, const Input& input, const Actions& actions) {
    digest_.number(static_cast<std::uint64_t>(now.time_since_epoch().count()));
    digest_.number(input.index());
    digest_.actions(actions);
    if (!wants_text()) return;
    std::string text = concat(node.name, " ", describe(input));
    bool any = !std::holds_alternative<TimerFired>(input);
    for (const auto& action : actions) {
        const auto words = std::visit(Words{}, action);
        if (words.empty()) continue;
        any = true;
        text += "\n                  . " + words;
    }
    if (any) line(now, text);
}

void Trace::note(Instant now, const std::string& what) {
    if (wants_text()) line(now, "== " + what);
}

void Trace::line(Instant now, const std::string& text) {
    std::ostringstream out;
    out.precision(6);
    const Duration since = now - (Instant{} + std::chrono::hours(1));
    out << std::fixed << std::chrono::duration<double>(since).count() << "  " << text;
    if (detail_ == Detail::print) {
        std::cout << out.str() << '\n';
        return;
    }
    lines_.push_back(out.str());
    if (lines_.size() > kept_lines) lines_.pop_front();
}

}  // namespace regent::sim
