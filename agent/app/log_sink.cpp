// SPDX-License-Identifier: Apache-2.0
#include "agent/app/log_sink.hpp"

#include <array>
#include <cstdio>
#include <fmt/core.h>
#include <string_view>
#include <systemd/sd-journal.h>

namespace regent::app {
namespace {

struct Level {
    std::string_view word;
    int priority;  ///< of syslog(3)
};

Level level_of(core::LogLevel level) {
    switch (level) {
        case core::LogLevel::error: return {"error", 3};
        case core::LogLevel::warning: return {"warning", 4};
        case core::LogLevel::notice: return {"notice", 5};
        case core::LogLevel::info: return {"info", 6};
        case core::LogLevel::debug: break;
    }
    return {"debug", 7};
}

}  // namespace

void print_error(std::string_view text) {
    // fmt::print() throws where this fails.
    (void)std::fwrite(text.data(), 1, text.size(), stderr);
}

void LogSink::write(const core::Log& message, Instant at) const {
    const auto level = level_of(message.level);
    const auto text =
        message.instance.empty() ? message.text : fmt::format("({}) {}", message.instance, message.text);
    if (target_ == LogTarget::journal) {
        sd_journal_send("MESSAGE=%s", text.c_str(), "PRIORITY=%d", level.priority,
                        "SYSLOG_IDENTIFIER=regentd", "REGENT_INSTANCE=%s", message.instance.c_str(), nullptr);
        return;
    }
    // Monotonic seconds as in the kernel's log: comparable between the nodes of one machine, and with packet
    // traces.
    const auto microseconds =
        std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
    print_error(fmt::format("[{}.{:06}] {}: {}\n", microseconds / 1'000'000, microseconds % 1'000'000,
                            level.word, text));
}

}  // namespace regent::app
