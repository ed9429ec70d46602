// SPDX-License-Identifier: Apache-2.0
// One function for each kind of block of a keepalived.conf; each puts what it read into the model.
#pragma once

#include <vector>

#include "agent/config/keepalived/model.hpp"
#include "agent/config/keepalived/reading.hpp"

namespace regent::config::keepalived {

/// Everything, in any order. What stands at the top and is left out is noted in globals.agent.
Model read_model(const std::vector<Statement>& statements, const Reading& reading);

void read_globals(const Statement& block, const Reading& reading, Globals& globals);
void read_debounce(const Statement& block, const Reading& reading, Globals& globals);
void read_script(const Statement& block, const Reading& reading, Model& model);
void read_process(const Statement& block, const Reading& reading, Model& model);
void read_instance(const Statement& block, const Reading& reading, Model& model);
void read_group(const Statement& block, const Reading& reading, Model& model);

/// The entries of virtual_ipaddress and virtual_ipaddress_excluded. Notes go into the instance's table.
void read_addresses(const Statement& block, const Reading& reading, Instance& instance,
                    std::vector<Address>& addresses);
void read_routes(const Statement& block, const Reading& reading, Instance& instance);

/// track_script, track_process, track_interface, track_file and track_bfd.
void read_trackers(const Statement& block, const Reading& reading, Table& table,
                   std::vector<Tracker>& trackers);

/// A notify… statement. False: the keyword is none.
bool read_notify(const Statement& statement, const Reading& reading, Table& table,
                 std::vector<Notify>& notifies);

/// Whether read_trackers() or read_notify() takes the keyword.
bool is_tracker(std::string_view keyword);
const std::vector<std::string>& notify_keywords();

}  // namespace regent::config::keepalived
