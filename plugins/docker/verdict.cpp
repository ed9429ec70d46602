// SPDX-License-Identifier: Apache-2.0
#include "plugins/docker/verdict.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace regent::plugins::docker {
namespace {

/// Fewer digits than that are taken for a name.
constexpr std::size_t shortest_id = 12;

std::string plural(std::size_t count, const char* word) {
    return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

sdk::Result ended(const std::string& who, const Container& container) {
    if (container.status == "created")
        return sdk::down(sdk::Reason::exited, who + " was created and has never run");
    return sdk::down(sdk::Reason::exited,
                     fmt::format("{} has ended with status {}{}", who, container.exit_code,
                                 container.is_oom_killed ? ", killed for lack of memory" : ""),
                     container.exit_code);
}

sdk::Result unwell(const std::string& who, const Container& container) {
    std::string text =
        fmt::format("{} is unhealthy, {} failed in a row", who,
                    plural(static_cast<std::size_t>(std::max(container.failures, 0L)), "health check"));
    if (!container.health_output.empty()) text += ": " + container.health_output;
    return sdk::down(sdk::Reason::protocol, text);
}

}  // namespace

bool Wanted::concerns(const Event& event) const {
    if (container.empty()) {
        const auto found = event.attributes.find(label_key);
        return found != event.attributes.end() && (!has_label_value || found->second == label_value);
    }
    if (event.name == container || event.old_name == container) return true;
    return container.size() >= shortest_id && event.id.starts_with(container);
}

void apply(const Event& event, Container& container) {
    container.is_by_event = true;
    if (event.action == "start") {
        // Another run, of which nothing is known yet.
        container.is_by_event = container.is_process_gone = container.is_paused = container.is_restarting =
            false;
        container.is_running = true;
        container.pid = unknown_pid;
        container.started_at.clear();
    } else if (event.action == "unpause") {
        container.is_by_event = container.is_paused = false;
    } else if (event.action == "health_status: healthy") {
        container.is_by_event = false;
        container.health = Health::healthy;
    } else if (event.action == "die") {
        container.is_running = container.is_restarting = false;
        container.status = "exited";
        const auto code = event.attributes.find("exitCode");
        if (code != event.attributes.end())
            std::from_chars(code->second.data(), code->second.data() + code->second.size(),
                            container.exit_code);
    } else if (event.action == "pause") {
        container.is_paused = true;
    } else if (event.action == "health_status: unhealthy") {
        container.health = Health::unhealthy;
        container.failures = std::max(container.failures, 1L);
    } else {
        container.is_by_event = false;
    }
}

sdk::Result judge(const Container& container) {
    const std::string who = "container " + container.name;
    if (container.is_restarting)
        return sdk::down(
            sdk::Reason::exited,
            fmt::format("{} is about to be restarted after exit status {}", who, container.exit_code),
            container.exit_code);
    if (!container.is_running) return ended(who, container);
    if (container.is_process_gone)
        return sdk::down(sdk::Reason::exited,
                         fmt::format("{} has ended: its process {} is gone", who, container.pid));
    if (container.pid == 0) return sdk::down(sdk::Reason::exited, who + " has no process");
    if (container.is_paused) return sdk::down(sdk::Reason::config, who + " is paused");
    switch (container.health) {
        case Health::none: return sdk::up(who + " runs");
        case Health::healthy: return sdk::up(who + " runs and is healthy");
        case Health::starting:
            return sdk::down(sdk::Reason::protocol, who + " has not passed its health check yet");
        case Health::unhealthy: break;
    }
    return unwell(who, container);
}

sdk::Result judge(const std::vector<Container>& containers, const Wanted& wanted) {
    if (!wanted.container.empty()) {
        if (containers.empty())
            return sdk::down(sdk::Reason::not_found,
                             fmt::format("there is no container {}", wanted.container));
        sdk::Result result = judge(containers.front());
        result.metrics.push_back({"restarts", static_cast<double>(containers.front().restarts)});
        return result;
    }
    if (containers.empty())
        return sdk::down(sdk::Reason::not_found,
                         fmt::format("there is no container with label {}", wanted.label()));
    std::size_t good = 0;
    sdk::Result worst;
    for (const Container& container : containers) {
        sdk::Result result = judge(container);
        if (result.state == sdk::State::up) {
            ++good;
        } else if (worst.message.empty()) {
            worst = std::move(result);
        }
    }
    std::vector<sdk::Metric> metrics{{"containers", static_cast<double>(containers.size())},
                                     {"containers_up", static_cast<double>(good)}};
    std::string text = fmt::format("{} of {} with label {} up", good, plural(containers.size(), "container"),
                                   wanted.label());
    if (good >= wanted.min_running) return sdk::up(text, std::move(metrics));
    text += fmt::format(", want {}", wanted.min_running);
    if (!worst.message.empty()) text += ": " + worst.message;
    const auto reason = worst.message.empty() ? sdk::Reason::not_found : worst.reason;
    return sdk::down(reason, text, 0, std::move(metrics));
}

}  // namespace regent::plugins::docker
