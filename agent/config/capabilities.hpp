// SPDX-License-Identifier: Apache-2.0
// What the installation offers beyond the agent itself, as functions: this folder knows what a plugin says,
// and not how it is asked.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/config/schema.hpp"

namespace regent::config {

/// A plugin that cannot be used, and why.
struct PluginProblem {
    std::filesystem::path file;
    std::string text;

    bool operator==(const PluginProblem&) const = default;
};

struct Installed {
    std::vector<Plugin> plugins;
    std::vector<PluginProblem> problems;
};

/// Values that the schema allows, for the plugin to judge.
struct Candidate {
    const Plugin* plugin = nullptr;
    const PluginType* type = nullptr;
    const std::vector<Value>* values = nullptr;
};

struct Verdicts {
    /// For each candidate, in their order; a missing entry is none.
    std::vector<std::optional<Objection>> objections;
    /// Plugins that did not answer. Their candidates pass: a machine under load must not lose its
    /// configuration.
    std::vector<PluginProblem> problems;
};

struct Capabilities {
    /// Asked once for a file that has a check or a notifier, never for another. Empty: nothing is installed.
    std::function<Installed()> installed;
    /// Asked once, after everything was read, if there is a candidate. Empty: no plugin objects.
    std::function<Verdicts(const std::vector<Candidate>&)> validate;
};

}  // namespace regent::config
