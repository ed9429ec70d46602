// SPDX-License-Identifier: Apache-2.0
// A case through a real engine, on a machine and a clock that are made up.
#pragma once

#include <filesystem>
#include <string>

namespace regent::conformance {

/// Starts an agent with DIRECTORY/regent.toml, or with regent.toml two folders up, on a machine with eth0
/// (10.0.0.5, fe80::5) and eth1 (192.168.1.5), and lets the steps of its input.jsonl happen. Returns what the
/// agent did, a line of JSON each: what it sent, what it asked of the kernel, its transitions and its log
/// from notice up; then its counters that are not 0. Throws std::runtime_error when the case is wrong or the
/// engine breaks an invariant.
std::string play(const std::filesystem::path& directory);

}  // namespace regent::conformance
