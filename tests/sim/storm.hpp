// SPDX-License-Identifier: Apache-2.0
// What happens when: draws deeds of stage.hpp from the seed, with their ends.
#pragma once

#include "tests/sim/stage.hpp"

namespace regent::sim {

class Storm {
  public:
    explicit Storm(Stage& stage) : stage_(stage), random_(stage.random.child()) {}

    /// All machines start, together or one after the other; some find a virtual address that is not theirs.
    void begin();
    /// Many things at once for a while.
    void rage();
    /// One thing in an otherwise quiet world.
    void strike();

  private:
    void anything();
    void network_trouble(Duration lasts);
    void machine_trouble(Duration lasts);
    void agent_trouble(Duration lasts);
    void stranger(Duration lasts);
    void pause(Machine& machine, bool frozen, Duration lasts);
    void restart(Machine& machine);
    void change_settings(Machine& machine);
    void flap_check(Machine& machine);
    void refuse(Machine& machine, Duration lasts);
    void operate(Machine& machine, Duration lasts);

    Machine& any() { return random_.pick(stage_.machines); }
    unsigned any_lan() { return static_cast<unsigned>(random_.below(stage_.scenario.lans)); }
    core::VirtualAddress any_address(const Machine& machine);
    /// A few intervals, or some seconds where an interval is short.
    Duration while_long();
    Duration peer_down() const { return stage_.scenario.interval * stage_.scenario.down_adverts; }

    Stage& stage_;
    Random random_;
};

}  // namespace regent::sim
