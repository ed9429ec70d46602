// SPDX-License-Identifier: Apache-2.0
// The table of keys, and that docs/configuration.md has every key with its default.
#include "agent/config/keys.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/unit/config/support.hpp"

namespace regent::config {
namespace {

struct Heading {
    Section section;
    std::string text;
};

const std::vector<Heading>& headings() {
    static const std::vector<Heading> all{{Section::agent, "## [agent]"},
                                          {Section::instance, "## [instance.NAME]"},
                                          {Section::address, "### Entries of addresses"},
                                          {Section::route, "### Entries of routes"},
                                          {Section::check_tracker, "### Entries of track\n"},
                                          {Section::interface_tracker, "### Entries of track_interfaces"},
                                          {Section::auth, "### auth"},
                                          {Section::garp, "### garp"},
                                          {Section::group, "## [group.NAME]"},
                                          {Section::check, "## [check.NAME]"},
                                          {Section::notifier, "## [notifier.NAME]"}};
    return all;
}

std::string documentation() {
    std::ifstream file(REGENT_SOURCE_DIR "/docs/configuration.md");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// The text below a heading, up to the next one.
std::string chapter(const std::string& document, const std::string& heading) {
    const std::size_t start = document.find("\n" + heading);
    REQUIRE(start != std::string::npos);
    return document.substr(start + 1, document.find("\n#", start + 1 + heading.size()) - start);
}

TEST_CASE("the documentation has every key, and its default on the same line") {
    const std::string document = documentation();
    for (const Heading& heading : headings()) {
        const std::string text = chapter(document, heading.text);
        for (const KeyInfo& key : keys_of(heading.section)) {
            const std::size_t row = text.find(fmt::format("\n| `{}` |", key.name));
            INFO(heading.text << ": " << key.name);
            REQUIRE(row != std::string::npos);
            const std::string line = text.substr(row + 1, text.find('\n', row + 1) - row - 1);
            CHECK(line.find(key.preset) != std::string::npos);
        }
    }
}

TEST_CASE("the documentation has no row for a key that does not exist") {
    const std::string document = documentation();
    for (const Heading& heading : headings()) {
        std::istringstream lines(chapter(document, heading.text));
        for (std::string line; std::getline(lines, line);) {
            if (!line.starts_with("| `")) continue;
            const std::string name = line.substr(3, line.find('`', 3) - 3);
            INFO(heading.text << ": " << name);
            CHECK(find_key(heading.section, name) != nullptr);
        }
    }
}

TEST_CASE("keys are unique, and none is refused and known at once") {
    for (const Heading& heading : headings()) {
        std::set<std::string_view> seen;
        for (const KeyInfo& key : keys_of(heading.section)) {
            CHECK(seen.insert(key.name).second);
            CHECK(find_refused(heading.section, key.name) == nullptr);
            CHECK_FALSE(key.type.empty());
            CHECK_FALSE(key.example.empty());
        }
    }
}

}  // namespace
}  // namespace regent::config
