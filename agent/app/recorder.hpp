// SPDX-License-Identifier: Apache-2.0
// Every input of the engine to a file (agent/record). The engine thread hands over a copy and never waits; a
// thread of its own writes, because a disk may stall for longer than a log.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <pthread.h>
#include <string>

#include "agent/app/messages.hpp"
#include "agent/app/record_file.hpp"
#include "agent/base/result.hpp"
#include "agent/platform/event_loop.hpp"
#include "agent/platform/spsc_queue.hpp"
#include "agent/platform/wakeup.hpp"
#include "agent/record/line.hpp"

namespace regent::app {

class Recorder {
  public:
    static constexpr std::size_t queue_capacity = 8192;
    /// Of packets that wait to be written, in bytes.
    static constexpr std::size_t most_waiting = 4UL * 1024 * 1024;

    /// Records into `directory` until the file has `limit` bytes. Reports go to Channels::record_reports.
    /// Touches no file yet.
    static Result<std::unique_ptr<Recorder>> open(Channels& channels, std::filesystem::path directory,
                                                  std::uint64_t limit, record::Header header);
    ~Recorder();
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    /// The engine thread, before all else: should this process die by its own fault, what has happened until
    /// then is still written, and last the input that the engine was given (begins()). Costs a tenth of a
    /// second at most.
    void guard();
    /// The engine thread: the engine is about to be given `input`, which stays where it is until record().
    void begins(const core::Input& input, Instant now);
    /// The engine thread: `actions` are what `input` made the engine do. What finds no room is counted, and
    /// the file has a gap there.
    void record(const core::Input& input, Instant now, const core::Actions& actions);
    /// The engine thread, after a while of record(): the writer begins.
    void wake();

    /// The body of the writing thread. Returns after finish(), unless the file system keeps it waiting.
    void run();
    /// Any thread, once the engine has ended: what waits is written. `stopped`: as it was asked to.
    void finish(bool stopped);

  private:
    struct Parts {
        platform::EventLoop loop;
        platform::Wakeup wakeup;
        platform::Wakeup last_words;
    };
    struct Entry {
        record::Step step;
        std::uint64_t lost = 0;  ///< before it, since the start
    };

    Recorder(Channels& channels, std::filesystem::path directory, std::uint64_t limit, record::Header header,
             Parts parts);

    Result<void> start();
    void take();
    /// False: the recording has ended.
    bool write(const record::Line& line);
    bool write_gap(std::uint64_t lost);
    bool flush();
    void end();
    static void on_fatal_signal(int signal);
    void log(core::LogLevel level, const std::string& text);

    Channels& channels_;
    const std::filesystem::path directory_;
    const std::uint64_t limit_;
    const record::Header header_;
    platform::EventLoop loop_;
    platform::Wakeup wakeup_;
    platform::Wakeup last_words_;  ///< are written

    platform::SpscQueue<Entry> queue_{queue_capacity};
    std::atomic<bool> records_{true};
    std::atomic<std::size_t> waiting_{0};  ///< bytes
    std::atomic<std::uint64_t> lost_{0};
    bool fresh_ = false;  ///< the engine thread's: something was pushed since wake()

    std::atomic<const core::Input*> current_{nullptr};
    Instant current_at_{};
    pthread_t engine_thread_{};
    enum class Death : std::uint8_t { no, elsewhere, of_the_engine };
    std::atomic<Death> death_{Death::no};

    enum class Finish : std::uint8_t { no, stopped, failed };
    std::atomic<Finish> finish_{Finish::no};

    std::optional<RecordFile> file_;  ///< the writing thread's, as all below
    std::string pending_;             ///< whole lines
    std::uint64_t gap_told_ = 0;
};

}  // namespace regent::app
