// SPDX-License-Identifier: Apache-2.0
// Whether a check is right: --truth names commands that bring what is checked up and down.
#include <cerrno>
#include <fmt/core.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/platform/clock.hpp"
#include "agent/platform/system_error.hpp"

#include "sdk/plugin-check/session.hpp"
#include "sdk/plugin-check/tests.hpp"
#include "sdk/plugin-check/truth_file.hpp"

namespace regent::plugin_check::tests {
namespace {

using namespace std::chrono_literals;

std::string_view name_of(sdk::State state) {
    switch (state) {
        case sdk::State::up: return "UP";
        case sdk::State::degraded: return "DEGRADED";
        case sdk::State::down: return "DOWN";
        case sdk::State::unknown: break;
    }
    return "UNKNOWN";
}

void run(const std::string& command) {
    std::string shell = "/bin/sh", option = "-c", text = command;
    char* const words[] = {shell.data(), option.data(), text.data(), nullptr};
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, shell.c_str(), nullptr, nullptr, words, environ);
    if (error != 0) throw Skipped{"cannot run /bin/sh: " + platform::kernel_words(error)};
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0) throw Failed{fmt::format("the command \"{}\" failed", command)};
}

/// Probes until the verdict is the one that is expected; fails with the last one.
void demand_verdict(Session& session, Instance& instance, const Case& truth, const std::string& command,
                    sdk::State expected) {
    run(command);
    const Instant end = platform::now() + truth.within;
    for (;;) {
        const Answer answer = session.ask_and_wait(instance);
        if (answer.state == expected) return;
        if (platform::now() >= end)
            throw Failed{fmt::format("{} ms after \"{}\" it says {} ({}), and the truth is {}",
                                     truth.within.count(), command, name_of(answer.state), answer.text,
                                     name_of(expected))};
        session.serve(20ms);
    }
}

const regent_type& check_named(const regent_plugin& plugin, const std::string& name) {
    for (std::uint32_t at = 0; at < plugin.type_count; ++at) {
        const regent_type& type = *plugin.types[at];
        if (type.kind == REGENT_KIND_CHECK && sdk::from_abi(type.name) == name) return type;
    }
    throw Failed{fmt::format("--truth: the plugin has no check {}", name)};
}

}  // namespace

void truth_verdicts(Trial& trial) {
    if (trial.options().truth.empty()) throw Skipped{"no --truth"};
    for (const Case& truth : read_truth(trial.options().truth)) {
        const regent_type& type = check_named(trial.plugin(), truth.type);
        const Subject subject{&type, label_of(type), true, truth.settings};
        try {
            Session session(subject);
            run(truth.down);
            Instance instance = session.create();
            session.start(instance);
            demand_verdict(session, instance, truth, truth.up, truth.when_up);
            demand_verdict(session, instance, truth, truth.down, truth.when_down);
            demand_verdict(session, instance, truth, truth.up, truth.when_up);
            run(truth.down);
        } catch (const sdk::testing::Refused& refused) {
            throw Failed{fmt::format("{}: it refuses the parameters: {} {}", subject.label, refused.param,
                                     refused.what())};
        } catch (const Failed& failed) {
            throw Failed{fmt::format("{}: {}", subject.label, failed.text)};
        }
    }
}

}  // namespace regent::plugin_check::tests
