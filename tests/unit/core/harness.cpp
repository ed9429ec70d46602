// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/core/harness.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

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

void World::boot(Node& node) {
    kill(node);
    node.invariants = {};
    node.inbox.clear();
    node.stopped = false;
}

void World::start(Node& node, const Settings& settings, std::optional<Memory> memory) {
    boot(node);
    node.engine = std::make_unique<Engine>();
    if (memory) tell(node, Recalled{std::move(*memory)});
    tell(node, ConfigApplied{std::make_shared<const Settings>(settings)});
    tell(node, node.kernel.snapshot());
}

void World::start(Node& node, std::unique_ptr<OtherRouter> other, const Settings& settings) {
    boot(node);
    node.other = std::move(other);
    tell(node, ConfigApplied{std::make_shared<const Settings>(settings)});
    tell(node, node.kernel.snapshot());
}

void World::kill(Node& node) {
    node.engine.reset();
    node.other.reset();
    node.socket.clear();
    node.requests.clear();
    node.unperformed.clear();
    node.trapped = false;
}

void World::pause(Node& node, bool frozen) {
    node.paused = true;
    if (frozen && !node.frozen_at) node.frozen_at = now_;
}

void World::wake(Node& node) {
    node.paused = false;
    if (node.frozen_at) node.lag += now_ - *node.frozen_at;
    node.frozen_at.reset();
    node.kernel.clock = local(node);
    const auto rest = std::exchange(node.unperformed, {});
    for (const auto& action : rest)
        perform(node, action);
}

Instant World::local(const Node& node) const {
    return node.frozen_at.value_or(now_) - node.lag;
}

void World::tell(Node& node, Input input) {
    if (!node.runs()) return;
    if (!node.paused) return step(node, input);
    if (std::holds_alternative<PacketReceived>(input)) {
        node.socket.push_back(std::move(input));
    } else {
        node.requests.push_back(std::move(input));
    }
}

void World::tell(Node& node, VirtualKernel::Inputs inputs) {
    for (auto& input : inputs) {
        if (node.paused) {
            node.inbox.push_back(std::move(input));
        } else {
            tell(node, std::move(input));
        }
    }
}

void World::reload(Node& node, const Settings& settings) {
    tell(node, ConfigApplied{std::make_shared<const Settings>(settings)});
}

void World::step(Node& node, const Input& input) {
    const Instant now = local(node);
    node.kernel.clock = now;
    const auto actions = node.engine ? node.engine->step(input, now) : node.other->step(input, now);
    if (node.engine) node.invariants.check(*node.engine, input, actions);
    if (watch) watch(node, input, actions);
    std::vector<std::string> failed;
    for (const auto& action : actions) {
        if (records) done_.push_back({now_, node.name, action});
        const bool touches =
            std::holds_alternative<AddAddress>(action) || std::holds_alternative<RenewLease>(action);
        if (node.trapped && touches) {
            node.trapped = false;
            pause(node);
        }
        const auto* sent = std::get_if<SendAdvert>(&action);
        if (node.paused) {
            node.unperformed.push_back(action);
        } else if (sent && node.mute) {
            failed.push_back(sent->instance);
        } else {
            perform(node, action);
        }
    }
    for (const auto& instance : failed)
        tell(node, SendFailed{instance, "No buffer space available"});
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
            for (const Duration delay : delays(lan, from, to)) {
                wire_.emplace(
                    now_ + delay,
                    Datagram{&to, {index, advert.source, advert.destination, advert.ttl, advert.message}});
            }
        }
    }
}

std::vector<Duration> World::delays(const std::string& lan, const Node& from, const Node& to) const {
    if (carry) return carry(lan, from, to);
    return {latency};
}

void World::expire_leases() {
    for (auto& node : nodes_) {
        node.kernel.clock = local(node);
        for (auto& input : node.kernel.expire())
            node.inbox.push_back(std::move(input));
    }
}

bool World::read(Node& node, std::deque<Input>& queue) {
    bool any = false;
    while (!queue.empty() && !node.paused) {
        const Input input = std::move(queue.front());
        queue.pop_front();
        tell(node, input);
        any = true;
    }
    return any;
}

bool World::deliver() {
    bool any = false;
    while (!wire_.empty() && wire_.begin()->first <= now_) {
        const Datagram datagram = wire_.begin()->second;
        wire_.erase(wire_.begin());
        tell(*datagram.to, datagram.packet);
        any = true;
    }
    for (auto& node : nodes_)
        any = read(node, node.socket) || any;
    return any;
}

bool World::read_inboxes() {
    bool any = false;
    for (auto& node : nodes_) {
        any = read(node, node.inbox) || any;
        any = read(node, node.requests) || any;
    }
    return any;
}

std::optional<Instant> World::deadline(const Node& node) const {
    // After Stopped the agent would have ended.
    if (!node.runs() || node.paused || node.stopped) return std::nullopt;
    const auto due = node.engine ? node.engine->next_deadline() : node.other->next_deadline();
    // Instant::min() means at once: adding to it is well defined, and still before any now.
    return due ? std::optional(*due + node.lag) : std::nullopt;
}

bool World::fire_timers() {
    bool any = false;
    for (auto& node : nodes_) {
        const auto due = deadline(node);
        if (!due || *due > now_) continue;
        step(node, TimerFired{});
        any = true;
    }
    return any;
}

void World::settle() {
    for (unsigned turn = 0; turn < turns_at_one_instant; ++turn) {
        expire_leases();
        const bool heard = deliver();
        const bool told = read_inboxes();
        const bool fired = fire_timers();
        if (heard || told || fired) continue;
        if (settled) settled();
        return;
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
        consider(deadline(node));
        const auto expiry = node.kernel.next_expiry();
        if (expiry && !node.frozen_at) consider(*expiry + node.lag);
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
