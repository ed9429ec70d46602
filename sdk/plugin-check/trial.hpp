// SPDX-License-Identifier: Apache-2.0
// What a test works with: the plugin, loaded when the first asks for it, and values that its types accept.
#pragma once

#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "agent/plugin/host/contract.hpp"

#include "regent/abi/plugin.h"
#include "regent/testing.hpp"
#include "sdk/plugin-check/options.hpp"
#include "sdk/plugin-check/test.hpp"

namespace regent::plugin_check {

/// A type, and values that it accepts.
struct Subject {
    const regent_type* type = nullptr;
    std::string label{};  ///< "check tcp"
    bool is_check = true;
    sdk::testing::Settings settings{};
};

class Trial {
  public:
    explicit Trial(const Options& options) : options_(options), random_(options.seed) {}
    Trial(const Trial&) = delete;
    Trial& operator=(const Trial&) = delete;

    const Options& options() const { return options_; }
    const std::filesystem::path& file() const { return options_.plugin; }
    std::mt19937_64& random() { return random_; }

    /// Throws Failed when it cannot be loaded.
    const regent_plugin& plugin();
    /// What regent-plugin-host reads. Throws Failed when it would refuse the plugin.
    const plugin::host::Contract& contract();
    /// Each type with values that it accepts. Throws Failed when there is one without.
    const std::vector<Subject>& subjects();
    /// Runs `work` for each type. What it throws is told with the type's name; Skipped, when every type is.
    void each(const std::function<void(const Subject&)>& work);

    /// Says something that is no breach.
    void note(std::string text) { notes_.push_back(std::move(text)); }
    const std::vector<std::string>& notes() const { return notes_; }

  private:
    const Options& options_;
    std::mt19937_64 random_;
    std::optional<plugin::host::Contract> contract_;
    std::vector<Subject> subjects_;
    std::vector<std::string> notes_;
};

/// "check tcp".
std::string label_of(const regent_type& type);

}  // namespace regent::plugin_check
