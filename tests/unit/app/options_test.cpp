// SPDX-License-Identifier: Apache-2.0
// The command line of regentd: what is accepted, and one line that says what is not.
#include "agent/app/options.hpp"

#include <catch2/catch.hpp>
#include <vector>

using regent::app::LogTarget;
using regent::app::parse_options;

namespace {

auto parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "regentd");
    return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

}  // namespace

TEST_CASE("The configuration file is required, the rest has defaults") {
    const auto command = parse({"--config", "a.toml"});
    REQUIRE(command);
    REQUIRE(command->run);
    CHECK(command->run->config == "a.toml");
    CHECK(command->run->run_dir == "/run/regent");
    CHECK(command->run->log == LogTarget::stderr_stream);
    CHECK(command->run->realtime);
    CHECK(command->run->plugins.directories.size() == 2);
    CHECK_FALSE(command->run->plugins.must_exist);
    CHECK_FALSE(command->run->record);

    const auto missing = parse({});
    REQUIRE_FALSE(missing);
    CHECK(missing.error().text == "--config FILE is missing; see regentd --help");
}

TEST_CASE("Every option is understood") {
    const auto command =
        parse({"--config=b.toml", "--run-dir", "/tmp/x", "--log", "journal", "--no-realtime", "--plugin-dir",
               "/tmp/plugins", "--plugin-host=/tmp/host", "--record", "/tmp/r", "--record-limit=2"});
    REQUIRE(command);
    REQUIRE(command->run);
    CHECK(command->run->run_dir == "/tmp/x");
    CHECK(command->run->log == LogTarget::journal);
    CHECK_FALSE(command->run->realtime);
    CHECK(command->run->plugins.directories == std::vector<std::filesystem::path>{"/tmp/plugins"});
    CHECK(command->run->plugins.host == "/tmp/host");
    CHECK(command->run->record == "/tmp/r");
    CHECK(command->run->record_limit == 2 * 1024 * 1024);
}

TEST_CASE("What is not understood is refused in one line") {
    for (const auto& arguments :
         std::vector<std::vector<const char*>>{{"--config", "a", "--colour"},
                                               {"--config", "a", "extra"},
                                               {"--config"},
                                               {"--config", "a", "--record-limit", "0"},
                                               {"--config", "a", "--record-limit", "-1"},
                                               {"--config", "a", "--log", "syslog"}}) {
        const auto command = parse(arguments);
        REQUIRE_FALSE(command);
        CHECK(command.error().text.find('\n') == std::string::npos);
    }
}

TEST_CASE("Help and version are printed without a configuration") {
    CHECK(parse({"--help"})->text.find("--run-dir") != std::string::npos);
    CHECK(parse({"--version"})->text.rfind("regentd ", 0) == 0);
    CHECK_FALSE(parse({"--version"})->run);
}
