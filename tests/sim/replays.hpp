// SPDX-License-Identifier: Apache-2.0
// Records every run of every machine as regentd would, and shows that it replays to the same actions.
#pragma once

#include <map>
#include <string>

#include "tests/sim/stage.hpp"
#include "tests/unit/record/recording.hpp"

namespace regent::sim {

/// Stands in front of another listener. Throws where a replay differs.
class Replays : public Stage::Listener {
  public:
    /// Both must outlive it.
    Replays(Stage& stage, Stage::Listener& next) : stage_(stage), next_(next) {}

    void stepped(Machine& machine, const core::Input& input, const core::Actions& actions) override;
    void settled() override { next_.settled(); }
    void started(Machine& machine) override;
    void ended(Machine& machine) override;
    void waking(Machine& machine) override { next_.waking(machine); }

    /// The runs that have not ended.
    void finish();

  private:
    void replay(const std::string& node, const record::test::Recording& recording) const;

    Stage& stage_;
    Stage::Listener& next_;
    std::map<std::string, record::test::Recording> runs_;
};

}  // namespace regent::sim
