// SPDX-License-Identifier: Apache-2.0
// The file of --truth:
//
//     [[case]]
//     type       = "tcp"
//     parameters = { host = "127.0.0.1", port = 8080 }
//     up         = "systemctl start web"      # by /bin/sh; returns when it is done
//     down       = "systemctl stop web"
//     when_up    = "UP"                       # UP DEGRADED DOWN UNKNOWN; default UP
//     when_down  = "DOWN"                     # default DOWN
//     within     = 5000                       # ms until the verdict must be right; default 2000
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "regent/testing.hpp"

namespace regent::plugin_check {

struct Case {
    std::string type{};
    sdk::testing::Settings settings{};
    std::string up{};
    std::string down{};
    sdk::State when_up = sdk::State::up;
    sdk::State when_down = sdk::State::down;
    std::chrono::milliseconds within{2000};
};

/// Throws Failed with file and line of what is wrong.
std::vector<Case> read_truth(const std::filesystem::path& file);

}  // namespace regent::plugin_check
