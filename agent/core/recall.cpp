// SPDX-License-Identifier: Apache-2.0
// Engine, from one run of the agent to the next: what is remembered, and what a new run makes of it (rules.md
// 13, 17, 18).
#include "agent/core/engine_state.hpp"

namespace regent::core {

void Engine::State::on(const Recalled&, Turn&) {}
void Engine::State::on(const SuspendRequested&, Turn&) {}
void Engine::State::on(const OperatorCommand&, Turn&) {}

}  // namespace regent::core
