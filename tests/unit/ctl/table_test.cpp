// SPDX-License-Identifier: Apache-2.0
// The table of commands, what is made of it, and the man page, which must say the same.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "agent/ctl/arguments.hpp"
#include "agent/ctl/commands.hpp"
#include "agent/ctl/help.hpp"
#include "agent/vrrp/packet.hpp"

using namespace regent::ctl;

namespace {

constexpr auto manual = REGENT_SOURCE_DIR "/docs/man/regentctl.1.scd";

std::string read(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

std::string read_manual() {
    return read(manual);
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

TEST_CASE("man page of the bus: every reason of a discard is explained, and every error") {
    const std::string page = read(REGENT_SOURCE_DIR "/docs/man/org.regent1.5.scd");
    const auto reasons = section(page, "ORG.REGENT1.INSTANCE.STATISTICS").text;
    for (std::size_t at = 0; at < regent::vrrp::discard_count; ++at) {
        const auto word = to_string(static_cast<regent::vrrp::Discard>(at));
        INFO(word);
        CHECK(reasons.find(fmt::format("_{}_", word)) != std::string::npos);
    }
    const auto errors = section(page, "ERRORS").text;
    std::set<std::string> given;
    for (const auto& file : std::filesystem::directory_iterator(REGENT_SOURCE_DIR "/agent/bus")) {
        if (file.path().extension() != ".cpp") continue;
        const std::string code = read(file.path());
        const std::regex name(R"re("(org\.(regent1|freedesktop\.DBus)\.Error\.\w+)")re");
        for (std::sregex_iterator found(code.begin(), code.end(), name); found != std::sregex_iterator();
             ++found)
            given.insert((*found)[1]);
    }
    given.erase("org.freedesktop.DBus.Error.NoReply");  // what polkit's silence is called
    CHECK(given.size() > 6);
    for (const std::string& name : given) {
        INFO(name);
        CHECK(errors.find("_" + name + "_") != std::string::npos);
    }
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

/// What stands in the gallery's files of a command: the lines with what was run, and the exit codes that were
/// seen.
struct Shown {
    std::string text;
    std::set<int> exits;
    bool has(const std::string& what) const {
        return std::regex_search(text, std::regex("\\$ regentctl( --[^\n]*)? " + what));
    }
};

Shown gallery(std::string name) {
    std::replace(name.begin(), name.end(), ' ', '-');
    std::ostringstream text;
    for (const auto& file :
         std::filesystem::directory_iterator(REGENT_SOURCE_DIR "/tests/unit/ctl/gallery")) {
        const std::string stem = file.path().stem();
        if (stem == name || stem.starts_with(name + "-")) text << std::ifstream(file.path()).rdbuf();
    }
    Shown shown{text.str(), {}};
    const std::regex exit("\\[exit ([0-9]+)\\]");
    for (std::sregex_iterator found(shown.text.begin(), shown.text.end(), exit), end; found != end; ++found)
        shown.exits.insert(std::stoi((*found)[1]));
    return shown;
}

}  // namespace

TEST_CASE("gallery: every command is in it, in text, in JSON and with every exit code that it has") {
    const Shown help = gallery("help");
    for (const Command& command : commands()) {
        const std::string words(command.words);
        INFO(words);
        const Shown shown = gallery(words);
        CHECK(shown.has(words));
        CHECK(help.has(words + " --help\n"));
        const bool json = std::any_of(command.options.begin(), command.options.end(),
                                      [](const Option& option) { return option.name == "json"; });
        if (json) CHECK(shown.has(words + "[^\n]* --json"));
        for (const ExitCode exit : command.exits)
            CHECK(shown.exits.contains(static_cast<int>(exit)));
        for (const int exit : shown.exits)
            CHECK((exit <= 2 || std::find(command.exits.begin(), command.exits.end(), ExitCode{exit}) !=
                                    command.exits.end()));
    }
}

TEST_CASE("gallery: every schema in it is in the man page") {
    const std::string json = section(read_manual(), "JSON").text;
    const std::regex schema("\"schema\": ?\"([a-z0-9.-]+)\"");
    std::set<std::string> schemas;
    for (const Command& command : commands()) {
        const std::string text = gallery(std::string(command.words)).text;
        for (std::sregex_iterator found(text.begin(), text.end(), schema), end; found != end; ++found)
            schemas.insert((*found)[1]);
    }
    CHECK(schemas.size() >= 10);
    for (const std::string& name : schemas) {
        INFO(name);
        CHECK(json.find("*" + name + "*") != std::string::npos);
    }
}

namespace {

constexpr Command demanding{
    .words = "x", .summary = "", .options = {{.name = "for", .help = "", .value = "TIME", .required = true}}};

constexpr Command example{
    .words = "check override",
    .summary = "",
    .operands = {{.name = "NAME", .from = From::checks},
                 {.name = "STATE", .from = From::words, .words = {"up", "down"}},
                 {.name = "MORE", .least = 0, .most = 2}},
    .options = {{.name = "for", .help = "", .letter = 'f', .value = "DURATION"},
                {.name = "loudly", .help = "", .needs = "for"}},
};

std::string complaint(const std::vector<std::string>& words, const Command& command = example) {
    try {
        parse_arguments(words, command);
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
    CHECK(duration_value(given, "for") == std::chrono::minutes(5));
    CHECK_FALSE(duration_value(parse_arguments({"a", "up"}, example), "for"));
    CHECK_THROWS_AS(duration_value(parse_arguments({"a", "up", "--for", "long"}, example), "for"),
                    UsageError);
    CHECK(usage(demanding) == "x --for TIME");
    CHECK(usage(example) == "check override NAME up|down [MORE…] [--for DURATION [--loudly]]");
}

TEST_CASE("arguments: what is wrong is said") {
    CHECK(complaint({}) == "NAME is missing");
    CHECK(complaint({"a"}) == "up or down is missing");
    CHECK(complaint({"a", "sideways"}) == "'sideways' is none of up, down");
    CHECK(complaint({"a", "up", "b", "c", "d"}) == "unexpected 'd'");
    CHECK(complaint({"a", "up", "--loudly"}) == "--loudly needs --for");
    CHECK(complaint({"a", "up", "--color", "pink"}) == "--color: 'pink' is none of auto, always, never");
    CHECK(complaint({}, demanding) == "--for TIME is missing");
    CHECK(complaint({"a", "up", "--lou"}) == "unrecognised option '--lou'");
}
