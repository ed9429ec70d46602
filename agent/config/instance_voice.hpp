// SPDX-License-Identifier: Apache-2.0
// Words diagnostics about one instance the same way wherever a rule is judged.
#pragma once

#include "agent/config/draft.hpp"
#include "agent/config/report.hpp"

namespace regent::config {

class InstanceVoice {
  public:
    InstanceVoice(const InstanceDraft& draft, Report& report) : instance_(draft), report_(report) {}

    void error(Place place, std::string code, std::string_view key, const std::string& message,
               std::string hint = {}) const {
        report_.error(place, std::move(code), instance_.path(key), instance_.subject() + ": " + message,
                      std::move(hint));
    }
    void warning(Place place, std::string code, std::string_view key, const std::string& message,
                 std::string hint = {}) const {
        report_.warning(place, std::move(code), instance_.path(key), instance_.subject() + ": " + message,
                        std::move(hint));
    }

  private:
    const InstanceDraft& instance_;
    Report& report_;
};

}  // namespace regent::config
