// SPDX-License-Identifier: Apache-2.0
#include "fifo_notifier.hpp"

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "plugins/support/keepalived_words.hpp"

namespace regent::plugins::fifo {

namespace {

// Nothing tells a writer that somebody waits for one (a reader's open() blocks unseen), so it must try.
constexpr std::chrono::milliseconds retry{100};
constexpr std::uint64_t retry_timer = 1;

}  // namespace

void FifoNotifier::validate(const sdk::Values& values) {
    const std::string& mode = values.text("mode");
    const bool octal =
        mode.size() == 4 && mode.front() == '0' && mode.find_first_not_of("01234567") == std::string::npos;
    if (!octal) throw sdk::Blame(values, "mode", "\"" + mode + "\" is no mode such as \"0644\"");
}

FifoNotifier::FifoNotifier(sdk::Context context, const sdk::Values& values)
    : context_(context),
      path_(values.text("path")),
      pipe_(path_, static_cast<mode_t>(std::stoul(values.text("mode"), nullptr, 8))) {}

void FifoNotifier::reopen_later() {
    context_.set_timer(retry_timer, context_.now() + retry);
}

void FifoNotifier::close() {
    if (pipe_.is_open()) context_.unwatch(pipe_.fd());
    pipe_.close();
}

void FifoNotifier::open() {
    close();
    const Outcome outcome = pipe_.open();
    if (outcome != Outcome::done) {
        if (outcome == Outcome::failed && pipe_.error() != complaint_) {
            complaint_ = pipe_.error();
            context_.log(sdk::Level::warning, complaint_);
        }
        reopen_later();
        return;
    }
    complaint_.clear();
    if (lost_ != lost_said_) {
        context_.log(sdk::Level::warning, path_ + ": read again; " + std::to_string(lost_ - lost_said_) +
                                              " events were lost, the current states are repeated");
        lost_said_ = lost_;
    }
    for (const auto& [key, told] : states_)
        owed_.insert(key);
    write_more();
}

void FifoNotifier::notify(const sdk::Event& event) {
    const auto words = keepalived_words(event);
    waiting_ = event.id;
    if (words) {
        const std::string key = words->kind + " " + words->name;
        states_[key] = {words->line(), event.new_state == "deleted"};
        owed_.insert(key);
    }
    if (pipe_.is_open() && !pipe_.is_current()) close();
    if (pipe_.is_open()) {
        write_more();
    } else {
        open();
        if (!pipe_.is_open()) lose(complaint_.empty() ? "nobody reads " + path_ : complaint_);
    }
}

void FifoNotifier::write_more() {
    while (!owed_.empty()) {
        const auto next = states_.find(*owed_.begin());
        switch (pipe_.write(next->second.line)) {
            case Outcome::done:
                owed_.erase(owed_.begin());
                if (next->second.deleted) states_.erase(next);
                break;
            case Outcome::full: context_.watch(pipe_.fd(), REGENT_FD_WRITE); return;
            case Outcome::no_reader:
                close();
                reopen_later();
                lose("nobody reads " + path_ + " any more");
                return;
            case Outcome::failed:
                close();
                reopen_later();
                lose(pipe_.error());
                return;
        }
    }
    // Never readable: what is told is that the last reader has gone.
    context_.watch(pipe_.fd(), REGENT_FD_READ);
    if (waiting_ != 0) context_.ack(std::exchange(waiting_, 0), true);
}

void FifoNotifier::lose(std::string_view why) {
    if (waiting_ == 0) return;
    ++lost_;
    context_.ack(std::exchange(waiting_, 0), false, why);
}

void FifoNotifier::cancel(std::uint64_t) {
    waiting_ = 0;
    ++lost_;
}

void FifoNotifier::on_fd(int, std::uint32_t events) {
    if ((events & REGENT_FD_ERROR) != 0) {
        close();
        lose("nobody reads " + path_ + " any more");
        open();
    } else {
        write_more();
    }
}

std::string FifoNotifier::describe() const {
    return nlohmann::json{{"reader", pipe_.is_open()}, {"lost", lost_}, {"owed", owed_.size()}}.dump();
}

}  // namespace regent::plugins::fifo
