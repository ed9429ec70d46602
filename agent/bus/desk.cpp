// SPDX-License-Identifier: Apache-2.0
#include "agent/bus/desk.hpp"

#include <sdbus-c++/Error.h>
#include <utility>

namespace regent::bus {

void Desk::ask(Caller caller, core::OperatorCommand command, Instant now, Done done) {
    give_up(now);
    command.id = ++last_;
    if (pending_.size() == maximum_pending || !submit_({std::move(caller), std::move(command)}))
        throw sdbus::Error("org.regent1.Error.Busy",
                           "too many requests wait for their answers: try again later");
    pending_[last_] = {now + patience, std::move(done)};
}

void Desk::answer(const Answer& answer) {
    const auto found = pending_.find(answer.id);
    if (found == pending_.end()) return;
    const Done done = std::move(found->second.done);
    pending_.erase(found);
    done(answer);
}

void Desk::give_up(Instant now) {
    while (!pending_.empty() && pending_.begin()->second.until <= now)
        pending_.erase(pending_.begin());
}

}  // namespace regent::bus
