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
    made.plugins["regent-haproxy"] = {
        {"regent-haproxy", "/usr/lib/regent/plugins/regent-haproxy.so", "running", 815, 1},
        "org.regent.haproxy",
        "0.1.0",
        {"haproxy"}};
    return made;
}

}  // namespace regent::test
