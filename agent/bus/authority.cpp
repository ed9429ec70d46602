// SPDX-License-Identifier: Apache-2.0
#include "agent/bus/authority.hpp"

#include <fmt/core.h>
#include <fstream>
#include <map>
#include <utility>

#include "agent/base/time.hpp"
#include "agent/config/source_text.hpp"

namespace regent::bus {
namespace {

constexpr Duration polkit_timeout = std::chrono::seconds(2);
constexpr auto not_authorized = "org.regent1.Error.NotAuthorized";
constexpr auto no_reply = "org.freedesktop.DBus.Error.NoReply";

/// Any process may call itself anything. It comes back in reasons, and the bus takes UTF-8 alone.
std::string process_name(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/comm", pid));
    std::string name;
    std::getline(file, name);
    return config::printable(name);
}

}  // namespace

Caller caller_of(const sdbus::Message& message) {
    const pid_t pid = message.getCredsPid();
    return {message.getCredsEuid(), pid, process_name(pid)};
}

Authority::Authority(sdbus::IConnection& connection)
    : polkit_(sdbus::createProxy(connection, "org.freedesktop.PolicyKit1",
                                 "/org/freedesktop/PolicyKit1/Authority")) {}

void Authority::demand(const sdbus::Message& message, const std::string& action, Allowed allowed,
                       Refused refused) {
    using Details = std::map<std::string, std::string>;
    using Subject = sdbus::Struct<std::string, std::map<std::string, sdbus::Variant>>;
    using Verdict = sdbus::Struct<bool, bool, Details>;
    const auto uid = message.getCredsEuid();
    if (uid == 0) return allowed();
    if (asked_ == maximum_asked)
        return refused(sdbus::Error(not_authorized, "too many others wait for polkit: try again later"));
    ++asked_;
    polkit_->callMethodAsync("CheckAuthorization")
        .onInterface("org.freedesktop.PolicyKit1.Authority")
        .withTimeout(polkit_timeout)
        .withArguments(Subject{"system-bus-name", {{"name", sdbus::Variant(message.getSender())}}}, action,
                       Details{}, std::uint32_t{0}, std::string{})
        .uponReplyInvoke([this, uid, action, allowed = std::move(allowed), refused = std::move(refused)](
                             const sdbus::Error* error, const Verdict& verdict) {
            --asked_;
            if (!error && verdict.get<0>()) return allowed();
            const bool silent = error != nullptr && error->getName() == no_reply;
            refused(
                sdbus::Error(not_authorized,
                             fmt::format("uid {} may not do this: it takes root, or a polkit rule for {}{}",
                                         uid, action, silent ? " (polkit does not answer)" : "")));
        });
}

}  // namespace regent::bus
