// SPDX-License-Identifier: Apache-2.0
#include "agent/bus/authority.hpp"

#include <fmt/core.h>
#include <fstream>
#include <map>

#include "agent/config/source_text.hpp"
#include "agent/platform/clock.hpp"

namespace regent::bus {
namespace {

constexpr Duration polkit_timeout = std::chrono::seconds(2);
// Everybody waits behind a caller whom polkit is asked about: one that hangs is then left alone for this
// long.
constexpr Duration polkit_pause = std::chrono::seconds(5);

/// When polkit may be asked again. Of the bus thread.
thread_local Instant polkit_asked_from{};

enum class Verdict { allowed, refused, no_answer };

/// Any process may call itself anything. It comes back in reasons, and the bus takes UTF-8 alone.
std::string process_name(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/comm", pid));
    std::string name;
    std::getline(file, name);
    return config::printable(name);
}

/// Refused also when there is no polkit.
Verdict ask_polkit(sdbus::IConnection& connection, const std::string& sender, const std::string& action) {
    using Details = std::map<std::string, std::string>;
    using Subject = sdbus::Struct<std::string, std::map<std::string, sdbus::Variant>>;
    const Instant asked = platform::now();
    if (asked < polkit_asked_from) return Verdict::no_answer;
    try {
        const auto authority = sdbus::createProxy(connection, "org.freedesktop.PolicyKit1",
                                                  "/org/freedesktop/PolicyKit1/Authority");
        sdbus::Struct<bool, bool, Details> result;
        authority->callMethod("CheckAuthorization")
            .onInterface("org.freedesktop.PolicyKit1.Authority")
            .withTimeout(polkit_timeout)
            .withArguments(Subject{"system-bus-name", {{"name", sdbus::Variant(sender)}}}, action, Details{},
                           std::uint32_t{0}, std::string{})
            .storeResultsTo(result);
        return result.get<0>() ? Verdict::allowed : Verdict::refused;
    } catch (const sdbus::Error&) {
        const Instant ended = platform::now();
        if (ended - asked < polkit_timeout) return Verdict::refused;
        polkit_asked_from = ended + polkit_pause;
        return Verdict::no_answer;
    }
}

}  // namespace

Caller caller_of(const sdbus::Message& message) {
    const pid_t pid = message.getCredsPid();
    return {message.getCredsEuid(), pid, process_name(pid)};
}

void demand(sdbus::IConnection& connection, const sdbus::Message& message, const std::string& action) {
    if (message.getCredsEuid() == 0) return;
    const auto verdict = ask_polkit(connection, message.getSender(), action);
    if (verdict == Verdict::allowed) return;
    throw sdbus::Error("org.regent1.Error.NotAuthorized",
                       fmt::format("uid {} may not do this: it takes root, or a polkit rule for {}{}",
                                   message.getCredsEuid(), action,
                                   verdict == Verdict::no_answer ? " (polkit does not answer)" : ""));
}

}  // namespace regent::bus
