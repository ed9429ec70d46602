// SPDX-License-Identifier: Apache-2.0
#include "agent/core/lateness.hpp"

#include <algorithm>

#include "agent/base/text.hpp"

namespace regent::core {
namespace {

constexpr int told_share = 4;
constexpr Duration spacing = std::chrono::minutes(1);

}  // namespace

bool Lateness::note(const std::string& instance, Duration late, Duration margin, Instant now) {
    if (late * told_share <= margin) return false;
    if (count_ == 0) due_ = told_at_ ? std::max(now, *told_at_ + spacing) : now;
    ++count_;
    if (late > worst_) {
        worst_ = late;
        margin_ = margin;
        instance_ = instance;
    }
    return true;
}

void Lateness::run(Instant now, Actions& actions) {
    if (count_ == 0 || now < due_) return;
    actions.push_back(Log{LogLevel::warning, instance_,
                          concat(count_, " advertisements have left late, up to ", to_text(worst_),
                                 "; a peer takes over when one is ", to_text(margin_),
                                 " late: this machine, or what it runs on, is overloaded or was stopped")});
    told_at_ = now;
    count_ = 0;
    worst_ = {};
}

std::optional<Instant> Lateness::next_deadline() const {
    if (count_ == 0) return std::nullopt;
    return due_;
}

}  // namespace regent::core
