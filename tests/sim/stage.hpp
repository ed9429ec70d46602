// SPDX-License-Identifier: Apache-2.0
// The machines of a scenario in their world, and all that can be done to them. Each deed is a plain function;
// which of them happens when is decided by storm.hpp, whether what follows is right by checkers.hpp.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/network.hpp"
#include "tests/sim/scenario.hpp"
#include "tests/sim/trace.hpp"
#include "tests/unit/core/harness.hpp"

namespace regent::sim {

struct Machine {
    std::size_t index = 0;
    core::test::Node* node = nullptr;
    core::Settings settings;  ///< in force, or at the next start
    bool keepalived = false;
    std::optional<core::Memory> memory;  ///< the state file
    bool leaving = false;                ///< was told to stop or to suspend
    bool sick = false;                   ///< its check said DOWN last
    bool blind = false;                  ///< events of its kernel were lost, the snapshot is still to come
    /// What happens to an interface that is cut off from its LAN.
    enum class Outage : std::uint8_t { no_carrier, down, renamed, deleted };
    std::vector<Outage> outages;  ///< by LAN: the last
    std::vector<bool> plugged;    ///< by LAN: it is not cut off
    std::vector<bool> deaf;       ///< by LAN: its socket cannot be had

    bool acts() const { return node->runs() && !node->paused; }
};

class Stage {
  public:
    Stage(std::uint64_t seed, Trace& trace);

    /// What must be told to a checker beside steps and instants.
    struct Listener {
        virtual ~Listener() = default;
        virtual void stepped(Machine& machine, const core::Input& input, const core::Actions& actions) = 0;
        virtual void settled() = 0;
        virtual void started(Machine& machine) = 0;
        virtual void ended(Machine& machine) = 0;   ///< the agent is gone: crash, stop, reboot
        virtual void waking(Machine& machine) = 0;  ///< it has not had its first turn yet
    };
    Listener* listener = nullptr;

    void run_for(Duration duration);
    void later(Duration after, std::function<void()> what) { queue_.emplace(now() + after, std::move(what)); }
    void forget_plans() { queue_.clear(); }

    enum class Start : std::uint8_t { fresh, resume };
    void start(Machine& machine, Start how);
    void crash(Machine& machine);
    void reboot(Machine& machine);
    void stop(Machine& machine);
    void suspend(Machine& machine);
    void pause(Machine& machine, bool frozen);
    /// It is paused as soon as it is about to touch an address, in the middle of a turn.
    void trap(Machine& machine);
    void wake(Machine& machine);
    /// Wakes it after the notifications that wait, and with `packets` the datagrams too, were lost.
    void wake_after_overrun(Machine& machine, bool packets);
    void reload(Machine& machine, const core::Settings& settings, const std::string& what);
    void verdict(Machine& machine, core::CheckState state);
    void steal(Machine& machine, const core::VirtualAddress& address, bool told);
    void refuse(Machine& machine, const core::VirtualAddress& address);
    void accept_all(Machine& machine);
    void command(Machine& machine, core::OperatorCommand::Kind kind);
    /// Without `up` the override ends.
    void override_check(Machine& machine, std::optional<bool> up, Duration lasts = {});
    void plug(Machine& machine, unsigned lan, bool in);
    void mute(Machine& machine, bool on);
    void deafen(Machine& machine, unsigned lan, bool on);
    /// A router that has nothing to do with ours advertises addresses of its own under the VRID of an
    /// instance.
    void stranger(std::size_t k, std::uint8_t priority);
    void impair(unsigned lan, const Impairment& how);
    void mend(unsigned lan);
    void cut(unsigned lan, const Machine& from, const Machine& to);
    void join(unsigned lan, const Machine& from, const Machine& to);
    /// Everything is put right, and every machine runs.
    void heal();

    Instant now() const { return world.now(); }
    void note(const std::string& what) { trace.note(now(), what); }
    /// Since when every datagram has arrived and every agent has had its turns; nullopt: not now.
    std::optional<Instant> calm_since() const { return calm_since_; }
    /// When the last thing was done to any machine.
    Instant last_deed() const { return last_deed_; }
    /// The same, without what is to cost nobody his address: stops, commands, reloads, checks.
    Instant last_blow() const { return last_blow_; }
    /// Whether anything has happened that a recover delay follows (rule 15).
    bool was_sick() const { return sick_; }
    /// Deeds since then.
    std::size_t deeds_since(Instant when) const;

    Random random;
    Trace& trace;
    Scenario scenario;
    core::test::World world;
    std::vector<Machine> machines;

  private:
    void add_link(const Machine& machine, unsigned lan);
    void build();
    enum class Force : std::uint8_t { soft, hard };
    static Force force_of_check(const Machine& machine);
    void deed(const std::string& what, Force force = Force::hard);
    void watch(const core::test::Node& node, const core::Input& input, const core::Actions& actions);
    void remember(Machine& machine, const core::Actions& actions);
    void tell_hearing(Machine& machine, unsigned lan);
    void bury_the_stopped();
    void update_calm();
    bool disturbed() const;

    Network network_;
    std::multimap<Instant, std::function<void()>> queue_;
    std::optional<Instant> calm_since_;
    Instant last_deed_{};
    Instant last_blow_{};
    bool sick_ = false;
    std::vector<Instant> deeds_;
    Instant stragglers_until_{};  ///< datagrams that were delayed may still arrive
    std::uint64_t next_command_ = 1;
};

}  // namespace regent::sim
