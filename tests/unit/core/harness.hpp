// SPDX-License-Identifier: Apache-2.0
// Real engines on virtual machines, LANs and time. The world keeps the order of rules.md 1: packets that have
// arrived, then what the kernel says, then timers. It throws when an engine breaks an invariant that holds
// whatever the test is about, or asks for the same instant for ever.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "agent/core/engine.hpp"
#include "agent/core/input.hpp"

#include "tests/unit/core/invariants.hpp"
#include "tests/unit/core/virtual_kernel.hpp"

namespace regent::core::test {

/// A VRRP router that is not ours, on a machine of its own.
class OtherRouter {
  public:
    virtual ~OtherRouter() = default;
    virtual Actions step(const Input& input, Instant now) = 0;
    virtual std::optional<Instant> next_deadline() const = 0;
};

/// One machine with one agent.
struct Node {
    std::string name;
    std::unique_ptr<Engine> engine;      ///< nullptr: not running
    std::unique_ptr<OtherRouter> other;  ///< instead of `engine`
    VirtualKernel kernel;
    std::map<int, std::string> lan_of;  ///< by interface index
    std::deque<Input> inbox;            ///< of the kernel, not read yet
    Invariants invariants;
    bool stopped = false;  ///< has said Stopped
    bool mute = false;     ///< its advertisements fail to leave

    bool trapped = false;              ///< is paused in the middle of a turn, before it touches an address
    std::deque<Action> unperformed;    ///< the rest of that turn
    bool paused = false;               ///< gets no turns; what comes waits in the queues
    std::deque<Input> socket;          ///< packets that wait
    std::deque<Input> requests;        ///< commands and verdicts that wait
    std::optional<Instant> frozen_at;  ///< its clock stands still, and its kernel with it
    Duration lag = Duration::zero();   ///< its clock is so far behind the world's

    bool runs() const { return engine || other; }
};

/// An action and when it was asked for, by whom.
struct Done {
    Instant at;
    std::string node;
    Action action;
};

/// An advertisement that an engine sent.
struct SeenAdvert {
    Instant at;
    std::string node;
    std::string instance;
    IpAddress source;
    IpAddress destination;
    std::uint8_t ttl = 0;
    vrrp::Decoded decoded;

    std::uint8_t priority() const { return decoded.advert.priority; }
};

class World {
  public:
    static constexpr Duration latency = std::chrono::microseconds(50);

    Node& add_node(const std::string& name);
    /// A link of `node` with its own address, plugged into a LAN.
    void plug(Node& node, const std::string& interface, const std::string& lan, const std::string& own,
              std::uint8_t prefix = 24);
    /// Starts the agent of `node`. Without `memory` as after a boot: nothing of an earlier run is remembered.
    void start(Node& node, const Settings& settings, std::optional<Memory> memory = std::nullopt);
    /// Starts another router on `node` instead of our agent.
    void start(Node& node, std::unique_ptr<OtherRouter> other, const Settings& settings);
    /// The agent is gone without a word; its addresses stay.
    static void kill(Node& node);

    /// The agent gets no turns until it is woken; with `frozen` its clock and its kernel stand still too.
    void pause(Node& node, bool frozen = false);
    /// It goes on, in the order of rules.md 1.
    void wake(Node& node);
    /// CLOCK_MONOTONIC of that machine.
    Instant local(const Node& node) const;

    /// What agent/platform would tell, at once.
    void tell(Node& node, Input input);
    void tell(Node& node, VirtualKernel::Inputs inputs);
    void reload(Node& node, const Settings& settings);

    /// From now on nothing of `from` reaches `to` over `lan`, or everything does again.
    void cut(const std::string& lan, const Node& from, const Node& to) {
        lost_.insert({lan, from.name, to.name});
    }
    void heal(const std::string& lan, const Node& from, const Node& to) {
        lost_.erase({lan, from.name, to.name});
    }

    /// How late each copy of a datagram arrives; none: it is lost. Without: one copy after `latency`.
    std::function<std::vector<Duration>(const std::string& lan, const Node& from, const Node& to)> carry;
    /// Sees each step before its actions are performed.
    std::function<void(const Node& node, const Input& input, const Actions& actions)> watch;
    /// Called when everything that was to happen at an instant has happened.
    std::function<void()> settled;
    /// false: done() stays empty.
    bool records = true;

    Instant now() const { return now_; }
    void run_for(Duration duration) { run_until(now_ + duration); }
    void run_until(Instant end);
    /// Runs until the condition holds. Returns when that was; throws after `limit`.
    Instant run_until(const std::function<bool()>& condition, Duration limit);

    const std::vector<Done>& done() const { return done_; }
    /// Forgets what was done, to look at what comes next alone.
    void forget() { done_.clear(); }
    std::vector<SeenAdvert> adverts(const std::string& node, const std::string& instance) const;
    template <class What>
    std::vector<std::pair<Instant, What>> all(const std::string& node) const;
    /// How many log lines of `node` contain `text`.
    std::size_t logged(const std::string& node, const std::string& text) const;
    std::size_t logged(const std::string& node, LogLevel level, const std::string& text) const;
    /// When `node` entered a state the last time; Instant::min() if never.
    Instant entered(const std::string& node, const std::string& instance, vrrp::State state) const;

  private:
    struct Datagram {
        Node* to;
        PacketReceived packet;
    };

    void boot(Node& node);
    void step(Node& node, const Input& input);
    void perform(Node& node, const Action& action);
    void transmit(const Node& from, const SendAdvert& advert);
    std::vector<Duration> delays(const std::string& lan, const Node& from, const Node& to) const;
    void settle();
    void expire_leases();
    bool read(Node& node, std::deque<Input>& queue);
    bool deliver();
    bool read_inboxes();
    bool fire_timers();
    /// When its agent wants a turn, on the world's clock.
    std::optional<Instant> deadline(const Node& node) const;
    std::optional<Instant> next() const;

    std::deque<Node> nodes_;
    Instant now_ = Instant{} + std::chrono::hours(1);
    std::multimap<Instant, Datagram> wire_;
    std::set<std::tuple<std::string, std::string, std::string>> lost_;
    std::vector<Done> done_;
};

template <class What>
std::vector<std::pair<Instant, What>> World::all(const std::string& node) const {
    std::vector<std::pair<Instant, What>> found;
    for (const auto& done : done_) {
        if (done.node != node) continue;
        if (const auto* what = std::get_if<What>(&done.action)) found.emplace_back(done.at, *what);
    }
    return found;
}

/// The status of an instance; throws when there is none.
InstanceStatus status(const Node& node, const std::string& instance);
vrrp::State state(const Node& node, const std::string& instance);
bool is_master(const Node& node, const std::string& instance);

}  // namespace regent::core::test
