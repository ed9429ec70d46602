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

std::string read(const char* path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

std::string documentation() {
    return read(REGENT_SOURCE_DIR "/docs/configuration.md");
}

/// The text below a heading, up to the next one.
std::string chapter(const std::string& document, const std::string& heading) {
    const std::size_t start = document.find("\n" + heading);
    REQUIRE(start != std::string::npos);
    return document.substr(start + 1, document.find("\n#", start + 1 + heading.size()) - start);
}

/// The keys of a section of the manual, each as "*KEY* (TYPE; DEFAULT)".
std::set<std::string> keys_of_manual(const std::string& text) {
    std::set<std::string> keys;
    for (std::size_t at = text.find("\n*"); at != std::string::npos; at = text.find("\n*", at + 1)) {
        const std::string line = text.substr(at + 2, text.find('\n', at + 2) - at - 2);
        keys.insert(line.substr(0, line.find('*')));
        CHECK(line.find("* (") != std::string::npos);
    }
    return keys;
}

TEST_CASE("the manual has every key with its default, and no other") {
    const std::string manual = read(REGENT_SOURCE_DIR "/docs/man/regent.toml.5.scd");
    const std::vector<Heading> sections{{Section::agent, "# AGENT"},
                                        {Section::instance, "# INSTANCES"},
                                        {Section::address, "# ADDRESSES"},
                                        {Section::route, "# ROUTES"},
                                        {Section::check_tracker, "# TRACKED CHECKS"},
                                        {Section::interface_tracker, "# TRACKED INTERFACES"},
                                        {Section::auth, "# AUTHENTICATION"},
                                        {Section::garp, "# ANNOUNCEMENTS"},
                                        {Section::group, "# GROUPS"},
                                        {Section::check, "# CHECKS"},
                                        {Section::notifier, "# NOTIFIERS"}};
    CHECK(sections.size() == headings().size());
    for (const Heading& heading : sections) {
        const std::string text = chapter(manual, heading.text);
        std::set<std::string> known;
        for (const KeyInfo& key : keys_of(heading.section)) {
            INFO(heading.text << ": " << key.name);
            known.emplace(key.name);
            const std::size_t at = text.find(fmt::format("\n*{}* (", key.name));
            REQUIRE(at != std::string::npos);
            const std::string line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
            // The default itself, not a number of the range that looks like it.
            CHECK((key.preset.empty() || line.ends_with(fmt::format("; {})", key.preset))));
            CHECK((line.find("; required") != std::string::npos) == key.required);
        }
        CHECK(keys_of_manual(text) == known);
    }
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
            CHECK((key.preset.empty() || line.find(fmt::format("| {} |", key.preset)) != std::string::npos));
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
