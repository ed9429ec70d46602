// SPDX-License-Identifier: Apache-2.0
#include "agent/app/log_sink.hpp"

#include <array>
#include <cstdio>
#include <fmt/core.h>
#include <string_view>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#include "agent/bus/names.hpp"

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

std::string text_of(const core::Log& message) {
    return message.instance.empty() ? message.text : fmt::format("({}) {}", message.instance, message.text);
}

// Never changes: journalctl(1) finds every change of state by it.
constexpr std::string_view transition_id = "edf1dc0ed3124fa1b44e15f960275fd8";

}  // namespace

void print_error(std::string_view text) {
    // fmt::print() throws where this fails.
    (void)std::fwrite(text.data(), 1, text.size(), stderr);
}

std::vector<std::string> journal_fields(const core::Log& message) {
    std::vector<std::string> fields{"MESSAGE=" + text_of(message),
                                    fmt::format("PRIORITY={}", level_of(message.level).priority),
                                    "SYSLOG_IDENTIFIER=regentd", "REGENT_INSTANCE=" + message.instance};
    if (const auto& change = message.change) {
        fields.push_back(fmt::format("MESSAGE_ID={}", transition_id));
        fields.push_back("REGENT_GROUP=" + change->group);
        fields.push_back(fmt::format("REGENT_FROM={}", bus::state_word(change->from)));
        fields.push_back(fmt::format("REGENT_TO={}", bus::state_word(change->to)));
        fields.push_back(fmt::format("REGENT_PRIORITY={}", change->priority));
        fields.push_back("REGENT_REASON=" + change->reason);
    }
    return fields;
}

void LogSink::write(const core::Log& message, Instant at) const {
    if (target_ == LogTarget::journal) {
        auto fields = journal_fields(message);
        std::vector<iovec> parts;
        for (auto& field : fields)
            parts.push_back({field.data(), field.size()});
        sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
        return;
    }
    const auto level = level_of(message.level);
    // Monotonic seconds as in the kernel's log: comparable between the nodes of one machine, and with packet
    // traces.
    const auto microseconds =
        std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
    print_error(fmt::format("[{}.{:06}] {}: {}\n", microseconds / 1'000'000, microseconds % 1'000'000,
                            level.word, text_of(message)));
}

}  // namespace regent::app
