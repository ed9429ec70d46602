// SPDX-License-Identifier: Apache-2.0
#include "agent/bus/desk.hpp"

#include <sdbus-c++/Error.h>
#include <utility>

namespace regent::bus {

void Desk::ask(Caller caller, decltype(Request::what) what, Done done) {
    Request request{++last_, std::move(caller), std::move(what)};
    if (auto* command = std::get_if<core::OperatorCommand>(&request.what)) command->id = request.id;
    if (auto* order = std::get_if<plugin::Order>(&request.what)) order->id = request.id;
    if (pending_.size() == maximum_pending || !submit_(std::move(request)))
        throw sdbus::Error("org.regent1.Error.Busy",
                           "too many requests wait for their answers: try again later");
    pending_[last_] = std::move(done);
}

void Desk::answer(const Answer& answer) {
    const auto found = pending_.find(answer.id);
    if (found == pending_.end()) return;
    const Done done = std::move(found->second);
    pending_.erase(found);
    done(answer);
}

}  // namespace regent::bus
