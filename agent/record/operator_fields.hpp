// SPDX-License-Identifier: Apache-2.0
// The members of an operator's command, which is an input of the engine and may be an action of it too.
#pragma once

#include "agent/core/input.hpp"
#include "agent/record/fields.hpp"

namespace regent::record {

REGENT_RECORD_WORDS(core::OperatorCommand::Kind, handover, release, maintenance_on, maintenance_off, announce,
                    override_check, clear_override, run_check, test_notifier, restart_plugin, reload);
REGENT_RECORD(core, OperatorCommand, id, kind, target, reason, who, up, lasts);

}  // namespace regent::record
