// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/core/harness.hpp"

#include <algorithm>
#include <stdexcept>

namespace regent::core::test {
namespace {

// An engine that has nothing to do is content after a few turns: the answers of its kernel, then publishing.
constexpr unsigned turns_at_one_instant = 1000;

IpAddress parsed(const std::string& text) {
    const auto address = IpAddress::parse(text);
    if (!address) throw std::logic_error("not an address: " + text);
    return *address;
}

}  // namespace

Node& World::add_node(const std::string& name) {
    auto& node = nodes_.emplace_back();
    node.name = name;
    return node;
}

void World::plug(Node& node, const std::string& interface, const std::string& lan, const std::string& own,
                 std::uint8_t prefix) {
    tell(node, node.kernel.add_link(interface, parsed(own), prefix));
    node.lan_of[node.kernel.link(interface)->index] = lan;
}

void World::start(Node& node, const Settings& settings) {
    node.engine = std::make_unique<Engine>();
    node.invariants = {};
    node.inbox.clear();
    node.stopped = false;
    step(node, ConfigApplied{std::make_shared<const Settings>(settings)});
    step(node, node.kernel.snapshot());
}

void World::tell(Node& node, Input input) {
    if (node.engine) step(node, input);
}

void World::tell(Node& node, VirtualKernel::Inputs inputs) {
    for (auto& input : inputs)
        tell(node, std::move(input));
}

void World::reload(Node& node, const Settings& settings) {
    tell(node, ConfigApplied{std::make_shared<const Settings>(settings)});
}

void World::step(Node& node, const Input& input) {
    const auto actions = node.engine->step(input, now_);
    node.invariants.check(*node.engine, input, actions);
    for (const auto& action : actions) {
        done_.push_back({now_, node.name, action});
        perform(node, action);
    }
}

void World::perform(Node& node, const Action& action) {
    std::visit(
        [&](const auto& what) {
            if constexpr (requires { node.kernel.perform(what); }) {
                for (auto& answer : node.kernel.perform(what))
                    node.inbox.push_back(std::move(answer));
            } else if constexpr (std::is_same_v<std::decay_t<decltype(what)>, SendAdvert>) {
                transmit(node, what);
            } else if constexpr (std::is_same_v<std::decay_t<decltype(what)>, Stopped>) {
                node.stopped = true;
            }
        },
        action);
}

void World::transmit(const Node& from, const SendAdvert& advert) {
    const auto plugged = from.lan_of.find(advert.interface_index);
    const auto* out = from.kernel.link(advert.interface_index);
    if (plugged == from.lan_of.end() || !out || !out->up || !out->carrier) return;
    for (auto& to : nodes_) {
        if (to.name == from.name || lost_.contains({plugged->second, from.name, to.name})) continue;
        for (const auto& [index, lan] : to.lan_of) {
            const auto* in = to.kernel.link(index);
            if (lan != plugged->second || !in || !in->up || !in->carrier) continue;
            if (!advert.destination.is_multicast() && !to.kernel.holds(advert.destination)) continue;
            wire_.emplace(
                now_ + latency,
                Datagram{&to, {index, advert.source, advert.destination, advert.ttl, advert.message}});
        }
    }
}

bool World::deliver() {
    bool any = false;
    while (!wire_.empty() && wire_.begin()->first <= now_) {
        const Datagram datagram = wire_.begin()->second;
        wire_.erase(wire_.begin());
        tell(*datagram.to, datagram.packet);
        any = true;
    }
    return any;
}

bool World::read_inboxes() {
    bool any = false;
    for (auto& node : nodes_) {
        while (!node.inbox.empty()) {
            const Input input = node.inbox.front();
            node.inbox.pop_front();
            tell(node, input);
            any = true;
        }
    }
    return any;
}

bool World::fire_timers() {
    bool any = false;
    for (auto& node : nodes_) {
        if (!node.engine) continue;
        const auto due = node.engine->next_deadline();
        if (!due || *due > now_) continue;
        step(node, TimerFired{});
        any = true;
    }
    return any;
}

void World::settle() {
    for (unsigned turn = 0; turn < turns_at_one_instant; ++turn) {
        const bool heard = deliver();
        const bool told = read_inboxes();
        const bool fired = fire_timers();
        if (!heard && !told && !fired) return;
    }
    throw std::runtime_error("an engine asks for the same instant for ever");
}

std::optional<Instant> World::next() const {
    std::optional<Instant> next;
    const auto consider = [&next](std::optional<Instant> at) {
        if (at && (!next || *at < *next)) next = at;
    };
    if (!wire_.empty()) consider(wire_.begin()->first);
    for (const auto& node : nodes_) {
        if (node.engine) consider(node.engine->next_deadline());
    }
    return next;
}

void World::run_until(Instant end) {
    settle();
    for (auto at = next(); at && *at <= end; at = next()) {
        now_ = *at;
        settle();
    }
    now_ = std::max(now_, end);
}

Instant World::run_until(const std::function<bool()>& condition, Duration limit) {
    const Instant end = now_ + limit;
    settle();
    while (!condition()) {
        const auto at = next();
        if (!at || *at > end) throw std::runtime_error("the condition did not come true in time");
        now_ = *at;
        settle();
    }
    return now_;
}

std::vector<SeenAdvert> World::adverts(const std::string& node, const std::string& instance) const {
    std::vector<SeenAdvert> seen;
    for (const auto& [at, sent] : all<SendAdvert>(node)) {
        if (sent.instance != instance) continue;
        const auto decoded =
            vrrp::decode(sent.message, sent.source, sent.destination, sent.ttl, vrrp::Leniency{true, true});
        if (!decoded) throw std::runtime_error("an engine sent what nobody can decode");
        seen.push_back({at, node, instance, sent.source, sent.destination, sent.ttl, *decoded});
    }
    return seen;
}

std::size_t World::logged(const std::string& node, const std::string& text) const {
    const auto lines = all<Log>(node);
    return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const auto& l) {
        return l.second.text.find(text) != std::string::npos;
    }));
}

std::size_t World::logged(const std::string& node, LogLevel level, const std::string& text) const {
    const auto lines = all<Log>(node);
    return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const auto& l) {
        return l.second.level == level && l.second.text.find(text) != std::string::npos;
    }));
}

Instant World::entered(const std::string& node, const std::string& instance, vrrp::State state) const {
    Instant at = Instant::min();
    for (const auto& [when, transition] : all<Transition>(node)) {
        if (transition.instance == instance && transition.to == state) at = when;
    }
    return at;
}

InstanceStatus status(const Node& node, const std::string& instance) {
    for (auto& status : node.engine->status()) {
        if (status.name == instance) return status;
    }
    throw std::runtime_error("no instance " + instance + " on " + node.name);
}

vrrp::State state(const Node& node, const std::string& instance) {
    return status(node, instance).state;
}

bool is_master(const Node& node, const std::string& instance) {
    return state(node, instance) == vrrp::State::master;
}

}  // namespace regent::core::test
