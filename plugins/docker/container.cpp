// SPDX-License-Identifier: Apache-2.0
#include "plugins/docker/container.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "plugins/docker/json.hpp"
#include "plugins/support/printable.hpp"

namespace regent::plugins::docker {
namespace {

using nlohmann::json;

constexpr std::size_t maximum_word = 64, maximum_name = 256, maximum_output = 100, maximum_message = 120;

tl::unexpected<std::string> unclear(std::string text) {
    return tl::unexpected(std::move(text));
}

/// What follows from State.Health; absent or "none": there is no health check.
bool read_health(const json& state, Container& made) {
    const json* const health = member(state, "Health");
    if (health == nullptr) return true;
    const std::string word = text_of(*health, "Status", maximum_word);
    if (word == "healthy") {
        made.health = Health::healthy;
    } else if (word == "unhealthy") {
        made.health = Health::unhealthy;
    } else if (word == "starting") {
        made.health = Health::starting;
    } else {
        return word.empty() || word == "none";
    }
    made.failures = number_of(*health, "FailingStreak").value_or(0);
    const json* const log = member(*health, "Log");
    if (log != nullptr && log->is_array() && !log->empty())
        made.health_output = text_of(log->back(), "Output", maximum_output);
    return true;
}

}  // namespace

Parsed<Container> parse_container(std::string_view text) {
    const json document = parse_json(text);
    const json* const state = member(document, "State");
    if (state == nullptr || !state->is_object()) return unclear("the answer is not that of a container");
    Container made;
    made.id = text_of(document, "Id", maximum_word);
    if (!is_id(made.id)) return unclear("the container has no Id");
    made.name = text_of(document, "Name", maximum_name);
    if (made.name.starts_with('/')) made.name.erase(0, 1);
    if (made.name.empty()) made.name = made.id.substr(0, 12);
    made.status = text_of(*state, "Status", maximum_word);
    made.started_at = text_of(*state, "StartedAt", maximum_word);
    const auto running = truth_of(*state, "Running");
    const auto paused = truth_of(*state, "Paused");
    const auto pid = number_of(*state, "Pid");
    if (!running || !paused || !pid || *pid < 0 || *pid > std::numeric_limits<pid_t>::max())
        return unclear("the container's State lacks Running, Paused or Pid");
    made.is_running = *running;
    made.is_paused = *paused;
    made.pid = static_cast<pid_t>(*pid);
    made.is_restarting = truth_of(*state, "Restarting").value_or(false);
    made.is_oom_killed = truth_of(*state, "OOMKilled").value_or(false);
    made.exit_code = static_cast<int>(std::clamp(number_of(*state, "ExitCode").value_or(0), -1L, 65535L));
    made.restarts = std::max(number_of(document, "RestartCount").value_or(0), 0L);
    if (!read_health(*state, made)) return unclear("the container's health is a word that is not known");
    return made;
}

Parsed<std::vector<Listed>> parse_list(std::string_view text) {
    const json document = parse_json(text);
    if (!document.is_array()) return unclear("the answer is not a list of containers");
    std::vector<Listed> list;
    for (const json& item : document) {
        const std::string state = text_of(item, "State", maximum_word);
        list.push_back({text_of(item, "Id", maximum_word),
                        state == "exited" || state == "dead" || state == "created" || state == "removing"});
        if (!is_id(list.back().id)) return unclear("a container in the list has no Id");
    }
    return list;
}

std::string parse_message(std::string_view text) {
    return text_of(parse_json(text), "message", maximum_message);
}

}  // namespace regent::plugins::docker
