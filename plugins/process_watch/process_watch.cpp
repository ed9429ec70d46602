// SPDX-License-Identifier: Apache-2.0
#include "plugins/process_watch/process_watch.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "plugins/support/printable.hpp"

namespace regent::plugins::process_watch {
namespace {

constexpr std::size_t maximum_shown = 64;
/// How long a look that nobody asked for may take.
constexpr sdk::Duration own_patience = std::chrono::seconds(1);
/// How long a daemon that takes over may take from making its pidfile to writing its number.
constexpr sdk::Duration takeover_patience = std::chrono::milliseconds(250);

std::string named(const Process& process) {
    return fmt::format("process {} ({})", process.pid, printable(process.comm, maximum_shown));
}

}  // namespace

void ProcessWatch::start() {
    finder_->start([this] { begin_find(context_.now() + own_patience); });
    begin_find(context_.now() + own_patience);
}

void ProcessWatch::stop() {
    finder_->stop();
    context_.clear_timer(timer::grace);
    processes_.clear();
}

void ProcessWatch::look(sdk::Instant deadline) {
    bury_dead();
    if (processes_.empty() || finder_->must_ask_while_alive()) {
        begin_find(deadline);
    } else {
        settle();
    }
}

void ProcessWatch::begin_find(sdk::Instant deadline) {
    // What is under way may have seen what was before; its end calls `seen` all the same.
    find_again_ = is_finding_;
    if (is_finding_) return finder_->hurry(deadline);
    is_finding_ = true;
    finder_->find(deadline, [this](Finder::Answer answer) {
        is_finding_ = false;
        take(std::move(answer));
        if (std::exchange(find_again_, false)) begin_find(context_.now() + own_patience);
    });
}

void ProcessWatch::take(Finder::Answer answer) {
    if (answer) {
        adopt(std::move(*answer));
    } else {
        failure_ = std::move(answer.error());
    }
    settle();
}

void ProcessWatch::adopt(std::vector<Process> found) {
    // A descriptor that is watched stays, so that nothing changes while nothing happens.
    std::vector<Process> next;
    for (Process& process : found) {
        const auto known = std::find_if(processes_.begin(), processes_.end(),
                                        [&](const Process& other) { return other.is_same_as(process); });
        if (known == processes_.end()) process.pidfd.watch(context_, REGENT_FD_READ);
        next.push_back(std::move(known == processes_.end() ? process : *known));
    }
    processes_ = std::move(next);
    if (!exited_.empty())
        context_.log(sdk::Level::info,
                     fmt::format("{}; {} is in its place", exited_, named(processes_.front())));
    exited_.clear();
    failure_.reset();
    wait_until_.reset();
    context_.clear_timer(timer::grace);
}

bool ProcessWatch::on_fd(int fd) {
    for (std::size_t index = 0; index < processes_.size(); ++index) {
        if (processes_[index].pidfd.get() != fd) continue;
        end_of(index);
        return true;
    }
    return finder_->on_fd(fd);
}

void ProcessWatch::bury_dead() {
    for (std::size_t index = processes_.size(); index-- > 0;) {
        if (index < processes_.size() && processes_[index].has_ended()) end_of(index);
    }
    // One that is meant is enough, so that no more than the first is looked at as a rule.
    if (!processes_.empty() && !finder_->is_still_meant(processes_.front())) end_of(0);
}

void ProcessWatch::drop_strangers() {
    while (!processes_.empty() && !finder_->is_still_meant(processes_.front()))
        processes_.erase(processes_.begin());
}

void ProcessWatch::end_of(std::size_t index) {
    finder_->forget(processes_[index]);
    std::string what = named(processes_[index]);
    what += processes_[index].has_ended() ? " exited" : " runs another program by now";
    processes_.erase(processes_.begin() + static_cast<std::ptrdiff_t>(index));
    drop_strangers();
    if (!processes_.empty()) return;
    exited_ = std::move(what);
    last_ended();
}

void ProcessWatch::last_ended() {
    const sdk::Instant now = context_.now();
    sdk::Duration patience = grace_;
    if (finder_->is_changing()) patience = std::max(patience, takeover_patience);
    failure_.reset();
    if (patience > sdk::Duration::zero()) {
        wait_until_ = now + patience;
        context_.set_timer(timer::grace, *wait_until_);
    }
    // Whoever has taken its place already is found before anything is told.
    begin_find(now + own_patience);
    if (is_finding_) settle();
}

bool ProcessWatch::on_timer(std::uint64_t timer) {
    if (timer != timer::grace) return finder_->on_timer(timer);
    wait_until_.reset();
    begin_find(context_.now() + own_patience);
    if (is_finding_) settle();
    return true;
}

sdk::Result ProcessWatch::judge() const {
    if (!processes_.empty()) {
        const std::string first = named(processes_.front());
        return sdk::up(processes_.size() == 1
                           ? fmt::format("{} is alive", first)
                           : fmt::format("{} and {} more are alive", first, processes_.size() - 1));
    }
    if (!exited_.empty() && wait_until_) {
        return {sdk::State::degraded, sdk::Reason::exited,
                fmt::format("{}, its successor is awaited", exited_)};
    }
    // That it ended is better known than why nothing is found in its place.
    if (!exited_.empty()) return sdk::down(sdk::Reason::exited, exited_);
    return failure_.value_or(sdk::unknown(sdk::Reason::internal, "not looked yet"));
}

void ProcessWatch::settle() {
    sight_ = judge();
    const bool is_verdict = sight_.state == sdk::State::up || sight_.state == sdk::State::down;
    const bool is_news = is_verdict && told_ && *told_ != sight_.state;
    if (is_verdict || !told_) told_ = sight_.state;
    seen_(is_news);
}

std::string ProcessWatch::describe() const {
    std::string pids;
    for (const Process& process : processes_)
        pids += fmt::format("{}{{\"pid\":{},\"start_ticks\":{}}}", pids.empty() ? "" : ",", process.pid,
                            process.start_ticks);
    return fmt::format(R"({{"processes":[{}],"waiting":{},"finding":{}}})", pids, wait_until_.has_value(),
                       is_finding_);
}

}  // namespace regent::plugins::process_watch
