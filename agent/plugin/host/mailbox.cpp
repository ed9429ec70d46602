// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/host/mailbox.hpp"

#include <algorithm>
#include <utility>

#include "agent/plugin/host/reported.hpp"
#include "agent/plugin/message_text.hpp"

namespace regent::plugin::host {
namespace {

bool is_unasked(const ToAgent& message) {
    const auto* report = std::get_if<Report>(&message);
    return report != nullptr && report->probe == 0;
}

}  // namespace

template <class Work>
void Mailbox::with_box(InstanceId instance, const Work& work) noexcept {
    try {
        const std::lock_guard guard(lock_);
        const auto found = boxes_.find(instance);
        if (found == boxes_.end() || !work(found->second)) ++counters_.late_calls;
    } catch (...) {
        const std::lock_guard guard(lock_);
        ++counters_.dropped_reports;
    }
}

void Mailbox::signal() {
    // The loop thread looks here itself after whatever it has called.
    if (!on_loop_thread()) wakeup_.signal();
}

void Mailbox::put(InstanceId instance, Box& box, ToAgent message) {
    if (box.said.empty()) full_.push_back(instance);
    box.said.push_back(std::move(message));
    signal();
}

void Mailbox::open(InstanceId instance, bool notifier) {
    const std::lock_guard guard(lock_);
    boxes_[instance].notifier = notifier;
}

void Mailbox::started(InstanceId instance) {
    const std::lock_guard guard(lock_);
    boxes_[instance].started = true;
}

void Mailbox::ended(InstanceId instance) {
    const std::lock_guard guard(lock_);
    const auto found = boxes_.find(instance);
    if (found == boxes_.end()) return;
    Box& box = found->second;
    box.started = false;
    box.question = 0;
    box.unasked = 0;
    std::erase_if(box.said, [](const ToAgent& message) { return !std::holds_alternative<LogLine>(message); });
}

void Mailbox::close(InstanceId instance) {
    const std::lock_guard guard(lock_);
    boxes_.erase(instance);
}

void Mailbox::ask(InstanceId instance, std::uint64_t question, Instant now) {
    const std::lock_guard guard(lock_);
    Box& box = boxes_[instance];
    box.question = question;
    box.asked = now;
}

bool Mailbox::is_open(InstanceId instance, std::uint64_t question) {
    const std::lock_guard guard(lock_);
    const auto found = boxes_.find(instance);
    return found != boxes_.end() && question != 0 && found->second.question == question;
}

bool Mailbox::give_up(InstanceId instance, std::uint64_t question) {
    const std::lock_guard guard(lock_);
    const auto found = boxes_.find(instance);
    if (found == boxes_.end() || question == 0 || found->second.question != question) return false;
    found->second.question = 0;
    return true;
}

std::vector<ToAgent> Mailbox::take(std::size_t enough) {
    const std::lock_guard guard(lock_);
    std::vector<ToAgent> taken;
    std::size_t emptied = 0;
    while (emptied < full_.size() && taken.size() < enough) {
        const auto found = boxes_.find(full_[emptied++]);
        if (found == boxes_.end()) continue;
        Box& box = found->second;
        std::move(box.said.begin(), box.said.end(), std::back_inserter(taken));
        box.said.clear();
        box.unasked = box.lines = 0;
    }
    full_.erase(full_.begin(), full_.begin() + static_cast<std::ptrdiff_t>(emptied));
    return taken;
}

std::vector<InstanceId> Mailbox::take_wakes() {
    const std::lock_guard guard(lock_);
    std::vector<InstanceId> taken = std::exchange(woken_, {});
    for (const InstanceId instance : taken) {
        if (const auto found = boxes_.find(instance); found != boxes_.end()) found->second.woken = false;
    }
    return taken;
}

void Mailbox::signal_if_woken() {
    const std::lock_guard guard(lock_);
    if (!woken_.empty()) wakeup_.signal();
}

Mailbox::Counters Mailbox::counters() {
    const std::lock_guard guard(lock_);
    return counters_;
}

void Mailbox::report(InstanceId instance, const regent_result* result, Instant now) noexcept {
    with_box(instance, [&](Box& box) {
        if (!box.started || box.notifier) return false;
        const std::uint64_t probe = probe_of(result);
        if (probe != 0 && probe != box.question) return false;
        Report report = report_of(instance, result, probe != 0 ? box.asked : Instant{}, now);
        if (probe != 0) box.question = 0;
        if (probe == 0 && box.unasked++ == maximum_unasked) drop_oldest_unasked(box);
        put(instance, box, std::move(report));
        return true;
    });
}

void Mailbox::drop_oldest_unasked(Box& box) {
    box.said.erase(std::find_if(box.said.begin(), box.said.end(), is_unasked));
    --box.unasked;
    ++counters_.dropped_reports;
}

void Mailbox::ack(InstanceId instance, std::uint64_t event, std::uint32_t status,
                  std::string_view text) noexcept {
    with_box(instance, [&](Box& box) {
        if (!box.started || !box.notifier || event == 0 || event != box.question) return false;
        box.question = 0;
        put(instance, box, Ack{instance, event, status == REGENT_ACK_DELIVERED, fit(text, maximum_text)});
        return true;
    });
}

void Mailbox::log(InstanceId instance, std::uint32_t level, std::string_view text, Instant now) noexcept {
    with_box(instance, [&](Box& box) {
        if (now - box.lines_from >= std::chrono::seconds(1)) {
            box.lines_from = now;
            box.lines_since = 0;
        }
        if (box.lines_since == lines_a_second || box.lines == maximum_lines) {
            ++counters_.dropped_logs;
            return true;
        }
        ++box.lines_since;
        ++box.lines;
        const std::uint32_t known = std::clamp<std::uint32_t>(level, REGENT_LOG_ERROR, REGENT_LOG_DEBUG);
        put(instance, box, LogLine{instance, known, fit(text, maximum_text)});
        return true;
    });
}

void Mailbox::wake(InstanceId instance) noexcept {
    with_box(instance, [&](Box& box) {
        if (!box.started) return false;
        if (!std::exchange(box.woken, true)) woken_.push_back(instance);
        signal();
        return true;
    });
}

}  // namespace regent::plugin::host
