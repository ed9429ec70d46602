// SPDX-License-Identifier: Apache-2.0
#include "agent/app/recorder.hpp"

#include <array>
#include <csignal>
#include <fmt/core.h>
#include <poll.h>
#include <utility>

#include "agent/platform/clock.hpp"
#include "agent/record/digest.hpp"

namespace regent::app {
namespace {

constexpr std::size_t write_at_once = 256UL * 1024;
/// Room for a Gap and an End.
constexpr std::uint64_t room_for_the_end = 128;

constexpr std::array fatal_signals{SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
constexpr int longest_agony = 100;  // ms

/// Of this process; a handler of signals has no other way to it.
std::atomic<Recorder*> guarded{nullptr};
std::array<struct sigaction, fatal_signals.size()> handlers_before;

/// What an entry of the queue holds beside itself and may be large at a stranger's will.
std::size_t weight(const core::Input& input) {
    const auto* packet = std::get_if<core::PacketReceived>(&input);
    return packet ? packet->message.size() : 0;
}

}  // namespace

Result<std::unique_ptr<Recorder>> Recorder::open(Channels& channels, std::filesystem::path directory,
                                                 std::uint64_t limit, record::Header header) {
    auto loop = platform::EventLoop::open();
    if (!loop) return tl::unexpected(loop.error());
    auto wakeup = platform::Wakeup::open();
    if (!wakeup) return tl::unexpected(wakeup.error());
    auto last_words = platform::Wakeup::open();
    if (!last_words) return tl::unexpected(last_words.error());
    return std::unique_ptr<Recorder>(
        new Recorder(channels, std::move(directory), limit, std::move(header),
                     {std::move(*loop), std::move(*wakeup), std::move(*last_words)}));
}

Recorder::Recorder(Channels& channels, std::filesystem::path directory, std::uint64_t limit,
                   record::Header header, Parts parts)
    : channels_(channels),
      directory_(std::move(directory)),
      limit_(limit),
      header_(std::move(header)),
      loop_(std::move(parts.loop)),
      wakeup_(std::move(parts.wakeup)),
      last_words_(std::move(parts.last_words)) {}

Recorder::~Recorder() {
    auto* self = this;
    guarded.compare_exchange_strong(self, nullptr);
}

void Recorder::guard() {
    engine_thread_ = ::pthread_self();
    guarded.store(this, std::memory_order_release);
    struct sigaction action {};
    action.sa_handler = &Recorder::on_fatal_signal;
    sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < fatal_signals.size(); ++i)
        ::sigaction(fatal_signals[i], &action, &handlers_before[i]);
}

/// Async-signal-safe: atomics, eventfd, poll. When it returns the signal is raised once more, by abort()
/// or by the instruction itself, and finds the handler that was there before.
void Recorder::on_fatal_signal(int) {
    for (std::size_t i = 0; i < fatal_signals.size(); ++i)
        ::sigaction(fatal_signals[i], &handlers_before[i], nullptr);
    auto* const recorder = guarded.exchange(nullptr, std::memory_order_acquire);
    if (recorder == nullptr) return;
    const bool engine = ::pthread_equal(::pthread_self(), recorder->engine_thread_) != 0;
    recorder->death_.store(engine ? Death::of_the_engine : Death::elsewhere, std::memory_order_release);
    recorder->wakeup_.signal();
    pollfd written{recorder->last_words_.fd(), POLLIN, 0};
    ::poll(&written, 1, longest_agony);
}

void Recorder::begins(const core::Input& input, Instant now) {
    current_at_ = now;
    current_.store(&input, std::memory_order_relaxed);
}

void Recorder::record(const core::Input& input, Instant now, const core::Actions& actions) {
    current_.store(nullptr, std::memory_order_relaxed);
    if (!records_.load(std::memory_order_relaxed)) return;
    const auto bytes = weight(input);
    const auto lost = lost_.load(std::memory_order_relaxed);
    if (waiting_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= most_waiting) {
        Entry entry{{now, input, actions.size(), record::digest_of(actions)}, lost};
        fresh_ = true;
        if (queue_.try_push(std::move(entry))) return;
    }
    waiting_.fetch_sub(bytes, std::memory_order_relaxed);
    lost_.store(lost + 1, std::memory_order_release);
}

void Recorder::wake() {
    if (std::exchange(fresh_, false)) wakeup_.signal();
}

void Recorder::run() {
    auto done = start();
    if (done) done = loop_.run();
    if (done) return;
    log(core::LogLevel::warning, fmt::format("nothing is recorded: {}", done.error().text));
    end();
}

void Recorder::finish(bool stopped) {
    finish_.store(stopped ? Finish::stopped : Finish::failed, std::memory_order_release);
    wakeup_.signal();
}

Result<void> Recorder::start() {
    auto file = RecordFile::create(directory_);
    if (!file) return tl::unexpected(file.error());
    file_ = std::move(*file);
    if (write(header_) && flush()) log(core::LogLevel::notice, fmt::format("recording to {}", file_->path()));
    return loop_.watch(wakeup_.fd(), [this] { take(); });
}

void Recorder::take() {
    wakeup_.clear();
    // Read before the queue is: what the engine pushed before it ended is in it.
    const auto finish = finish_.load(std::memory_order_acquire);
    const auto death = death_.load(std::memory_order_acquire);
    bool records = records_.load(std::memory_order_relaxed);
    while (auto entry = queue_.try_pop()) {
        waiting_.fetch_sub(weight(entry->step.input), std::memory_order_relaxed);
        records = records && write_gap(entry->lost) && write(entry->step);
    }
    if (finish != Finish::no) {
        records = records && write_gap(lost_.load(std::memory_order_acquire));
        if (records && finish == Finish::stopped)
            pending_ += to_text(record::End{record::EndCause::stopped}) + '\n';
        loop_.quit();
    }
    // The engine thread stands in its handler of signals: its input stays where it is.
    const auto* const fatal = current_.load(std::memory_order_relaxed);
    if (records && death == Death::of_the_engine && fatal != nullptr)
        records = write(record::Fatal{current_at_, *fatal});
    if (records) flush();
    if (death != Death::no) last_words_.signal();
}

bool Recorder::write_gap(std::uint64_t lost) {
    if (lost == gap_told_) return true;
    const auto missing = lost - std::exchange(gap_told_, lost);
    log(core::LogLevel::warning,
        fmt::format("{} inputs are missing in the recording: the disk did not keep up", missing));
    return write(record::Gap{missing});
}

bool Recorder::write(const record::Line& line) {
    const auto text = to_text(line) + '\n';
    if (file_->size() + pending_.size() + text.size() + room_for_the_end > limit_) {
        pending_ += to_text(record::End{record::EndCause::limit}) + '\n';
        if (flush())
            log(core::LogLevel::notice, fmt::format("the recording ends: {} is full", file_->path()));
        end();
        return false;
    }
    pending_ += text;
    return pending_.size() < write_at_once || flush();
}

bool Recorder::flush() {
    const auto done = file_->append(std::exchange(pending_, {}));
    if (done) return true;
    log(core::LogLevel::warning, fmt::format("the recording ends: {}", done.error().text));
    end();
    return false;
}

void Recorder::end() {
    records_.store(false, std::memory_order_relaxed);
}

void Recorder::log(core::LogLevel level, const std::string& text) {
    channels_.record_reports.try_push({platform::now(), core::Log{level, {}, text}});
    channels_.wake_service.signal();
}

}  // namespace regent::app
