// SPDX-License-Identifier: Apache-2.0
// The table of commands, what is made of it, and the man page, which must say the same.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <set>
#include <sstream>

#include "agent/ctl/arguments.hpp"
#include "agent/ctl/commands.hpp"
#include "agent/ctl/help.hpp"

using namespace regent::ctl;

namespace {

constexpr auto manual = REGENT_SOURCE_DIR "/docs/man/regentctl.1.scd";

std::string read_manual() {
    std::ostringstream text;
    text << std::ifstream(manual).rdbuf();
    return text.str();
}

/// What stands below a heading, and where.
struct Section {
    std::string text;
    std::size_t at = 0;
};

Section section(const std::string& page, const std::string& heading) {
    const std::string line = "\n# " + heading + "\n\n";
    const auto before = page.find(line);
    REQUIRE(before != std::string::npos);
    const auto at = before + line.size();
    const auto end = std::min(page.find("\n# ", at), page.size());
    return {page.substr(at, end - at), at};
}

bool has_line(const std::string& text, const std::string& beginning) {
    return text.starts_with(beginning) || text.find("\n" + beginning) != std::string::npos;
}

}  // namespace

TEST_CASE("man page: its synopsis is that of the table") {
    std::string page = read_manual();
    const auto [text, at] = section(page, "SYNOPSIS");
    if (std::getenv("REGENT_UPDATE_EXPECTED") != nullptr)
        std::ofstream(manual) << page.replace(at, text.size(), man_synopsis());
    CHECK(section(read_manual(), "SYNOPSIS").text == man_synopsis());
}

TEST_CASE("man page: every command, option and exit code is described") {
    const std::string page = read_manual();
    const auto commands_text = section(page, "DESCRIPTION").text, options = section(page, "OPTIONS").text;
    std::set<const Option*> all;
    for (const Command& command : commands()) {
        INFO(command.words);
        CHECK(has_line(commands_text, fmt::format("*{}*", command.words)));
        for (const Option& option : command.options)
            all.insert(&option);
    }
    for (const Option& option : common_options())
        all.insert(&option);
    for (const Option* option : all) {
        const auto name = fmt::format("*--{}*", option->name);
        INFO(name);
        CHECK((option->letter == 0 ? has_line(options, name)
                                   : has_line(options, fmt::format("*-{}*, {}", option->letter, name))));
    }
    const auto exits = section(page, "EXIT STATUS").text;
    for (const ExitMeaning& exit : exit_meanings)
        CHECK(has_line(exits, fmt::format("*{}*\n", static_cast<int>(exit.code))));
}

TEST_CASE("help: of every command, with every option of it") {
    for (const Command& command : commands()) {
        const std::string help = help_of(command);
        CHECK(help_of_all().find(fmt::format("\n  {} ", command.words)) != std::string::npos);
        CHECK(help.starts_with(fmt::format("Usage: regentctl {}\n", usage(command))));
        for (const Option& option : command.options)
            CHECK(help.find(fmt::format("--{} ", option.name)) != std::string::npos);
    }
}

namespace {

constexpr Command example{
    .words = "check override",
    .summary = "",
    .operands = {{.name = "NAME", .from = From::checks},
                 {.name = "STATE", .from = From::words, .words = {"up", "down"}},
                 {.name = "MORE", .least = 0, .most = 2}},
    .options = {{.name = "for", .help = "", .letter = 'f', .value = "DURATION"},
                {.name = "loudly", .help = "", .needs = "for"}},
};

std::string complaint(const std::vector<std::string>& words) {
    try {
        parse_arguments(words, example);
    } catch (const UsageError& error) {
        return error.text;
    }
    return "";
}

}  // namespace

TEST_CASE("arguments: read as the table says") {
    const auto given = parse_arguments({"a", "-f", "5m", "--loudly", "down", "b", "--color=never"}, example);
    CHECK(given.operands == std::vector<std::string>{"a", "down", "b"});
    CHECK(given.value("for") == "5m");
    CHECK(given.value("color") == "never");
    CHECK(given.is("loudly"));
    CHECK_FALSE(given.is("no-pager"));
    CHECK_FALSE(parse_arguments({"a", "up"}, example).value("for"));
    CHECK(parse_arguments({"--for", "", "--", "-a", "up"}, example).operands.front() == "-a");
    CHECK_THROWS_AS(given.is("louder"), std::out_of_range);
    CHECK(usage(example) == "check override NAME up|down [MORE…] [--for DURATION [--loudly]]");
}

TEST_CASE("arguments: what is wrong is said") {
    CHECK(complaint({}) == "check override: NAME is missing");
    CHECK(complaint({"a"}) == "check override: up or down is missing");
    CHECK(complaint({"a", "sideways"}) == "check override: 'sideways' is none of up, down");
    CHECK(complaint({"a", "up", "b", "c", "d"}) == "check override: unexpected 'd'");
    CHECK(complaint({"a", "up", "--loudly"}) == "check override: --loudly needs --for");
    CHECK(complaint({"a", "up", "--color", "pink"}) ==
          "check override: --color: 'pink' is none of auto, always, never");
    CHECK(complaint({"a", "up", "--lou"}) == "check override: unrecognised option '--lou'");
}
