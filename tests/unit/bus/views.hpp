// SPDX-License-Identifier: Apache-2.0
// Views for the tests of this folder.
#pragma once

#include "agent/bus/picture.hpp"

namespace regent::test {

inline bus::InstanceView instance(const std::string& name, vrrp::State state = vrrp::State::master) {
    bus::InstanceView view;
    view.status.name = name;
    view.status.interface = "enp0s3";
    view.status.group = "SG1";
    view.status.virtual_router_id = 51;
    view.status.state = state;
    view.status.priority = view.status.effective_priority = 101;
    view.status.reason = "no master heard for 3.605 s";
    view.status.master = *IpAddress::parse("10.0.2.21");
    view.status.addresses = {*IpAddress::parse("10.0.2.210")};
    view.status.peers = {*IpAddress::parse("10.0.2.22")};
    view.version = 2;
    view.since = 1'000'000'000;
    return view;
}

inline bus::Picture picture() {
    bus::Picture made;
    made.agent = {"0.1.0",       "lb1",       "/etc/regent/regent.toml", "", "9f86d081884c7d65",
                  1'000'000'000, std::nullopt};
    made.instances["VI_1"] = instance("VI_1");
    made.instances["VI_2"] = instance("VI_2");
    made.groups["SG1"] = {"SG1", "master", "no master heard for 3.605 s", {"VI_1", "VI_2"}};
    made.counters["VI_1"].adverts_sent = 7;
    made.counters["VI_1"].discarded[0] = 3;
    made.checks["haproxy"] = {{"haproxy",
                               "haproxy",
                               "regent-haproxy",
                               "up",
                               "HAProxy 2.6.12, pid 812",
                               "ok",
                               {},
                               {},
                               1,
                               3,
                               {{"sessions", 7}}},
                              1'000'000'000,
                              {{"pidfile", "/run/haproxy.pid"}},
                              "",
                              0};
    made.checks["lan"].status.name = "lan";
    made.notifiers["pager"] = {"pager", "exec", "regent-exec", 0, 5, 0, 0, "", false};
    made.plugins["regent-haproxy"] = {{"regent-haproxy",
                                       "/usr/lib/regent/plugins/regent-haproxy.so",
                                       "running",
                                       815,
                                       1,
                                       {{"slow_calls", 2}}},
                                      "org.regent.haproxy",
                                      "0.1.0",
                                      {"haproxy"}};
    return made;
}

/// Something is wrong with all of it.
inline void spoil(bus::Picture& picture) {
    picture.agent.config_problem = "regent.toml was not applied: it has errors";
    picture.agent.maintenance = "new disk";
    auto& check = picture.checks["haproxy"].status;
    check.state = "down";
    check.message = "process 812 exited";
    auto& notifier = picture.notifiers["pager"];
    notifier.failed = 2;
    notifier.failing = true;
    notifier.last_failure = "exit status 1";
    auto& first = picture.instances["VI_1"].status;
    first.last_resort = true;
    first.last_resort_cause = "check haproxy DOWN: process 812 exited";
    first.effective_priority = 1;
    auto& second = picture.instances["VI_2"].status;
    second.state = vrrp::State::fault;
    second.reason = "interface enp0s8 has no carrier";
    second.addresses.clear();
    second.master.reset();
}

}  // namespace regent::test
