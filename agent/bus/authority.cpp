// SPDX-License-Identifier: Apache-2.0
#include "agent/bus/authority.hpp"

#include <fmt/core.h>
#include <fstream>
#include <map>

namespace regent::bus {
namespace {

constexpr auto polkit_timeout = std::chrono::seconds(2);

std::string process_name(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/comm", pid));
    std::string name;
    std::getline(file, name);
    return name;
}

/// False also when there is no polkit, or it does not answer.
bool polkit_allows(sdbus::IConnection& connection, const std::string& sender, const std::string& action) {
    using Details = std::map<std::string, std::string>;
    using Subject = sdbus::Struct<std::string, std::map<std::string, sdbus::Variant>>;
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
        return result.get<0>();
    } catch (const sdbus::Error&) {
        return false;
    }
}

}  // namespace

Caller caller_of(const sdbus::Message& message) {
    const pid_t pid = message.getCredsPid();
    return {message.getCredsEuid(), pid, process_name(pid)};
}

void demand(sdbus::IConnection& connection, const sdbus::Message& message, const std::string& action) {
    if (message.getCredsEuid() == 0 || polkit_allows(connection, message.getSender(), action)) return;
    throw sdbus::Error("org.regent1.Error.NotAuthorized",
                       fmt::format("uid {} may not do this: it takes root, or a polkit rule for {}",
                                   message.getCredsEuid(), action));
}

}  // namespace regent::bus
