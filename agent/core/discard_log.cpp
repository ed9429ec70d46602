// SPDX-License-Identifier: Apache-2.0
#include "agent/core/discard_log.hpp"

#include "agent/base/text.hpp"

namespace regent::core {
namespace {

constexpr std::size_t kinds = 64;
constexpr Duration period = std::chrono::minutes(1);

}  // namespace

void DiscardLog::add(const std::string& where, const IpAddress& sender, vrrp::Discard reason,
                     const std::string& detail, Instant now, Actions& actions) {
    if (!next_summary_) next_summary_ = now + period;
    const Key key{where, sender, reason};
    const auto found = since_summary_.find(key);
    if (found != since_summary_.end()) {
        ++found->second;
        return;
    }
    if (since_summary_.size() >= kinds) {
        ++unlisted_;
        return;
    }
    since_summary_.emplace(key, 0);
    actions.push_back(Log{LogLevel::warning, where,
                          concat("discarded an advertisement from ", sender, ": ", vrrp::describe(reason),
                                 detail.empty() ? "" : " (", detail, detail.empty() ? "" : ")")});
}

void DiscardLog::run(Instant now, Actions& actions) {
    if (!next_summary_ || *next_summary_ > now) return;
    // A kind that was silent for a whole period is forgotten: when it comes back, it is news again.
    for (auto at = since_summary_.begin(); at != since_summary_.end();) {
        auto& [key, count] = *at;
        if (count == 0) {
            at = since_summary_.erase(at);
            continue;
        }
        actions.push_back(Log{LogLevel::warning, key.where,
                              concat("discarded ", count, " more from ", key.sender,
                                     " in the last minute: ", vrrp::describe(key.reason))});
        count = 0;
        ++at;
    }
    if (unlisted_ > 0) {
        actions.push_back(
            Log{LogLevel::warning,
                {},
                concat("discarded ", unlisted_, " more advertisements of other kinds and senders")});
        unlisted_ = 0;
    }
    if (since_summary_.empty()) {
        next_summary_.reset();
    } else {
        next_summary_ = now + period;
    }
}

}  // namespace regent::core
