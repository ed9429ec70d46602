// SPDX-License-Identifier: Apache-2.0
// STATUS=: one line that tells state, priority and cause.
#include "agent/app/status_line.hpp"

#include <catch2/catch.hpp>

using regent::app::status_line;
using regent::core::InstanceStatus;
using regent::vrrp::State;

namespace {

InstanceStatus instance(const std::string& name, State state, std::uint8_t priority,
                        const std::string& reason) {
    InstanceStatus status;
    status.name = name;
    status.state = state;
    status.effective_priority = priority;
    status.reason = reason;
    return status;
}

}  // namespace

TEST_CASE("Each of a few instances is listed with its cause") {
    std::map<std::string, InstanceStatus> instances;
    CHECK(status_line(instances) == "no instance is configured");
    instances["VI_1"] = instance("VI_1", State::master, 101, "no master heard for 3.605 s");
    instances["VI_2"] = instance("VI_2", State::fault, 101, "interface eth1 has no carrier");
    CHECK(status_line(instances) ==
          "VI_1 MASTER 101 (no master heard for 3.605 s); VI_2 FAULT 101 (interface eth1 has no carrier)");
}

TEST_CASE("A degraded master and a last resort are marked") {
    std::map<std::string, InstanceStatus> instances;
    instances["A"] = instance("A", State::master, 1, "alone");
    instances["A"].degraded = true;
    instances["B"] = instance("B", State::backup, 1, "sick");
    instances["B"].last_resort = true;
    CHECK(status_line(instances) == "A MASTER 1, degraded (alone); B BACKUP 1, last resort (sick)");
    instances.erase("A");
    instances["B"].last_resort_cause = "check web DOWN";
    CHECK(status_line(instances) == "B BACKUP 1, last resort: check web DOWN (sick)");
    instances["B"].reason = "nobody else serves; last resort: check web DOWN";
    CHECK(status_line(instances) ==
          "B BACKUP 1, last resort (nobody else serves; last resort: check web DOWN)");
}

TEST_CASE("rule 19: one that is held is marked, whatever its reason is about") {
    std::map<std::string, InstanceStatus> instances;
    instances["A"] = instance("A", State::backup, 101, "the fault has ended; listening for a master");
    instances["A"].held = true;
    CHECK(status_line(instances) == "A BACKUP 101, held (the fault has ended; listening for a master)");
    instances["A"].last_resort = true;
    CHECK(status_line(instances) ==
          "A BACKUP 101, held, last resort (the fault has ended; listening for a master)");
}

TEST_CASE("Many instances are counted, and those in FAULT are named") {
    std::map<std::string, InstanceStatus> instances;
    for (int i = 0; i < 255; ++i) {
        const auto name = "VI_" + std::to_string(i);
        instances[name] = instance(name, State::backup, 100, "listening");
    }
    instances["VI_7"] = instance("VI_7", State::fault, 100, "interface eth7 is down");
    CHECK(status_line(instances) ==
          "255 instances: 254 BACKUP, 1 FAULT; VI_7 FAULT 100 (interface eth7 is down)");
}

TEST_CASE("Many instances: those that are marked are named, too") {
    std::map<std::string, InstanceStatus> instances;
    for (int i = 0; i < 20; ++i) {
        const auto name = "VI_" + std::to_string(i);
        instances[name] = instance(name, State::master, 100, "alone");
    }
    instances["VI_3"].degraded = true;
    instances["VI_5"].last_resort = true;
    instances["VI_7"].held = true;
    CHECK(status_line(instances) ==
          "20 instances: 20 MASTER; VI_3 MASTER 100, degraded (alone); VI_5 MASTER 100, last resort (alone); "
          "VI_7 MASTER 100, held (alone)");
    for (auto& [name, status] : instances)
        status.last_resort = true;
    const auto line = status_line(instances);
    CHECK(line.find("VI_15 MASTER") != std::string::npos);
    CHECK(line.find("VI_16") == std::string::npos);
}
