// SPDX-License-Identifier: Apache-2.0
// The notifier type `fifo`: a line for each event into a named pipe, as keepalived writes it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "pipe.hpp"
#include "regent/notifier.hpp"

namespace regent::plugins::fifo {

/// Never waits for a reader longer than the agent waits for the event. What a reader has missed is counted,
/// and made good by the current state of each instance and group as soon as one reads again.
class FifoNotifier {
  public:
    static constexpr std::string_view name = "fifo",
                                      summary = "writes a line for each event into a named pipe";
    static constexpr std::array params{
        sdk::Param::path("path", "the named pipe; made where there is none").required(),
        sdk::Param::text("mode", "its permissions, octal, if it is made").or_else("\"0644\""),
    };

    static void validate(const sdk::Values& values);
    FifoNotifier(sdk::Context context, const sdk::Values& values);

    void start() { open(); }
    void notify(const sdk::Event& event);
    void cancel(std::uint64_t event_id);
    void on_fd(int fd, std::uint32_t events);
    void on_timer(std::uint64_t) { open(); }
    void stop() { close(); }
    std::string describe() const;

  private:
    struct Told {
        std::string line;
        bool deleted = false;  ///< once that is written, there is nothing to repeat
    };

    void open();
    void close();
    void reopen_later();
    /// Writes what is owed, then acks the event that waits, until the pipe is full or nobody reads.
    void write_more();
    /// The event that waits will not be written as such.
    void lose(std::string_view why);

    sdk::Context context_;
    std::string path_;
    Pipe pipe_;
    std::map<std::string, Told> states_;  ///< the last of each, by "INSTANCE name" or "GROUP name"
    std::set<std::string> owed_;          ///< those of them that were not written to who reads now
    std::uint64_t waiting_ = 0;           ///< the event to be acked once nothing is owed; 0: none
    std::uint64_t lost_ = 0;              ///< events, since the start
    std::uint64_t lost_said_ = 0;         ///< of them, those that the log knows of
    std::string complaint_;               ///< the last one logged, so that each is logged once
};

}  // namespace regent::plugins::fifo
