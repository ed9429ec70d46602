// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/version_command.hpp"

#include <fmt/format.h>
#include <optional>

#include "agent/ctl/bus_client.hpp"
#include "agent/ctl/json_text.hpp"

namespace regent::ctl {

namespace {

using nlohmann::ordered_json;

std::optional<ordered_json> ask_agent() {
    try {
        return BusClient().describe();
    } catch (const BusError&) {
        return std::nullopt;
    }
}

}  // namespace

std::string version_line() {
    return "regentctl " REGENT_VERSION "\n";
}

ExitCode version(const Arguments& given, const Streams& streams) {
    const auto agent = ask_agent();
    if (given.is("json")) {
        print_json({{"schema", "regent.version.1"},
                    {"regentctl", REGENT_VERSION},
                    {"regentd", agent ? agent->at("version") : ordered_json(nullptr)}},
                   streams.out);
        return ExitCode::ok;
    }
    streams.out << version_line()
                << (agent ? fmt::format("regentd {}\n", agent->at("version").get<std::string>())
                          : "regentd does not answer on the system bus\n");
    return ExitCode::ok;
}

}  // namespace regent::ctl
