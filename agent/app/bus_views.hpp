// SPDX-License-Identifier: Apache-2.0
// What the bus is to show, made of configuration, reports and events. Service thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/bus/outbox.hpp"
#include "agent/config/config.hpp"
#include "agent/notify/events.hpp"

namespace regent::app {

class BusViews {
  public:
    BusViews(bus::Outbox& outbox, std::string version, const std::string& config_path);

    /// A configuration that is in force from now on.
    void configure(const config::Loaded& loaded);
    /// Why the file on disk is not in force; empty: it is.
    void set_problem(const std::string& problem);
    void set_maintenance(const std::optional<std::string>& reason);
    void set_overrides(const std::vector<core::Memory::Override>& overrides);
    void show(const core::InstanceStatus& status);
    void show(const plugin::Status& status);
    void forget(const std::string& instance);
    void count(const std::string& instance, const core::Counters& counters) {
        outbox_.put(instance, counters);
    }
    void tell(const std::vector<notify::Event>& events);

  private:
    void configure_routers(const core::Settings& settings);
    /// The state that all members of a new group are in already, if it is one.
    void adopt_state(bus::GroupView& group) const;

    void put(const bus::CheckView& check);
    void show_override(const std::string& check, bus::CheckView& view);
    /// In µs since 1970, and the same each time: two readings of two clocks differ by a little.
    std::uint64_t since(const std::string& what, Instant at);

    struct Router {
        std::uint8_t version = 0;
        Family family = Family::ipv4;
        std::vector<std::string> checks = {};
    };

    bus::Outbox& outbox_;
    bus::AgentView agent_;
    std::map<std::string, Router> routers_;
    std::map<std::string, core::InstanceStatus> instances_;
    std::map<std::string, std::pair<Instant, std::uint64_t>> since_;
    std::map<std::string, bus::GroupView> groups_;
    /// Of the configuration in force; those that have been heard of are on the bus.
    std::map<std::string, bus::CheckView> checks_;
    std::set<std::string> notifiers_;
    std::map<std::string, bus::PluginView> plugins_;
    std::map<std::string, core::Memory::Override> overrides_;  ///< by check
};

}  // namespace regent::app
