// SPDX-License-Identifier: Apache-2.0
// A supervisor whose plugin hosts the test plays.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <regent/abi/result.h>
#include <string>
#include <vector>

#include "agent/platform/clock.hpp"
#include "agent/plugin/supervisor.hpp"

#include "tests/unit/plugin/fake_hosts.hpp"

namespace regent::plugin::test {

using namespace std::chrono_literals;

inline config::PluginUse use_of(const std::string& type) {
    config::PluginUse use;
    use.type = type;
    use.plugin = "/plugins/regent-" + type + ".so";
    return use;
}

inline config::CheckPlan check(const std::string& name, const std::string& type = "tcp") {
    config::CheckPlan plan;
    plan.settings.name = name;
    plan.settings.type = type;
    plan.use = use_of(type);
    return plan;
}

inline config::NotifierPlan notifier(const std::string& name) {
    config::NotifierPlan plan;
    plan.name = name;
    plan.queue = 4;
    plan.use = use_of("exec");
    return plan;
}

inline notify::Event event(std::uint64_t sequence) {
    notify::Event made;
    made.sequence = sequence;
    made.name = "VI_1";
    made.old_state = "backup";
    made.new_state = "master";
    return made;
}

struct Bench {
    explicit Bench(config::Plan first)
        : plan(std::move(first)),
          loop(open_loop()),
          supervisor(std::make_unique<FakeLauncher>(hosts), loop,
                     {[this](core::CheckVerdict verdict) { verdicts.push_back(std::move(verdict)); },
                      [this](core::LogLevel, const std::string& text) { log.push_back(text); },
                      [this](OrderAnswer answer) { answers.push_back(std::move(answer)); },
                      [this](Incident incident) { incidents.push_back(std::move(incident)); }}) {
        supervisor.apply(plan, begin);
        for (const auto& host : hosts)
            host->say(HostHello{protocol_version, "id", "1"});
        settle(loop);
    }
    /// The host makes everything that it is asked for; returns that.
    std::vector<Create> make_all(const FakeHost& host) {
        auto creations = host.heard_of<Create>();
        for (const auto& creation : creations)
            host.say(Created{creation.instance});
        settle(loop);
        supervisor.run(begin);
        return creations;
    }
    void answer(const FakeHost& host, const Probe& probe, std::uint32_t state) {
        Report report;
        report.instance = probe.instance;
        report.probe = probe.probe;
        report.state = state;
        report.reason = REGENT_REASON_REFUSED;
        report.message = "said";
        host.say(report);
        settle(loop);
    }

    template <class What>
    std::vector<What> incidents_of() const {
        std::vector<What> found;
        for (const auto& incident : incidents) {
            if (const auto* one = std::get_if<What>(&incident)) found.push_back(*one);
        }
        return found;
    }

    config::Plan plan;
    // Later than any real time of this test, on a machine that stands still in it as well: what is due by the
    // clock is due in it. Sooner than a delivery that began by the clock has had its time.
    const Instant begin = platform::now() + 5s;
    std::vector<std::unique_ptr<FakeHost>> hosts;
    std::vector<core::CheckVerdict> verdicts;
    std::vector<std::string> log;
    std::vector<OrderAnswer> answers;
    std::vector<Incident> incidents;
    platform::EventLoop loop;
    Supervisor supervisor;
};

}  // namespace regent::plugin::test
