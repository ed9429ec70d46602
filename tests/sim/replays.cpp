// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/replays.hpp"

#include <sstream>
#include <stdexcept>

#include "agent/base/text.hpp"
#include "agent/record/replay.hpp"

namespace regent::sim {

void Replays::started(Machine& machine) {
    runs_.erase(machine.node->name);
    if (!machine.keepalived) runs_.try_emplace(machine.node->name);
    next_.started(machine);
}

void Replays::stepped(Machine& machine, const core::Input& input, const core::Actions& actions) {
    const auto run = runs_.find(machine.node->name);
    if (run != runs_.end()) run->second.step(stage_.world.local(*machine.node), input, actions);
    next_.stepped(machine, input, actions);
}

void Replays::ended(Machine& machine) {
    const auto run = runs_.extract(machine.node->name);
    if (!run.empty()) replay(run.key(), run.mapped());
    next_.ended(machine);
}

void Replays::finish() {
    for (const auto& [node, recording] : runs_)
        replay(node, recording);
}

void Replays::replay(const std::string& node, const record::test::Recording& recording) const {
    std::istringstream in(recording.text());
    const auto replayed = record::replay(in, {});
    if (!replayed)
        throw std::runtime_error(concat("the recording of ", node, ", line ", replayed.error().text));
}

}  // namespace regent::sim
