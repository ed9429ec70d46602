// SPDX-License-Identifier: Apache-2.0
// What dockerd says of containers, read from text alone. The text may be anybody's. (Docker Engine API 1.41:
// ContainerInspect, ContainerList.)
#pragma once

#include <string>
#include <string_view>
#include <sys/types.h>
#include <tl/expected.hpp>
#include <vector>

namespace regent::plugins::docker {

template <class Value>
using Parsed = tl::expected<Value, std::string>;

/// Of a container's health check, as far as it has one.
enum class Health : std::uint8_t { none, starting, healthy, unhealthy };

/// Of a run that an event has told of.
constexpr pid_t unknown_pid = -1;

struct Container {
    std::string id;          ///< 64 hexadecimal digits
    std::string name;        ///< without the slash
    std::string status;      ///< "running", "exited", "created", ...: for people
    std::string started_at;  ///< with the id it names one run of it
    bool is_running = false;
    bool is_paused = false;
    bool is_restarting = false;  ///< `is_running` is said then, too
    bool is_oom_killed = false;
    bool is_by_event = false;  ///< that it is not UP was told by an event, and has not been asked for since
    bool is_process_gone = false;  ///< seen by ourselves; dockerd has yet to notice
    pid_t pid = 0;  ///< on the daemon's machine; 0: none, whatever else is said; or unknown_pid
    int exit_code = 0;
    long restarts = 0;
    Health health =
        Health::none;           ///< of the run before, until the first check of this one; stale after its end
    long failures = 0;          ///< health checks that failed in a row
    std::string health_output;  ///< of the last one
};

/// The answer to /containers/ID/json. The error is a sentence.
Parsed<Container> parse_container(std::string_view text);

struct Listed {
    std::string id;
    bool has_ended = false;  ///< or has never run
};

/// The answer to /containers/json.
Parsed<std::vector<Listed>> parse_list(std::string_view text);

/// What an answer that is an error says of itself, at most 120 printable bytes; "" if nothing.
std::string parse_message(std::string_view text);

}  // namespace regent::plugins::docker
