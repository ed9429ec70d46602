// SPDX-License-Identifier: Apache-2.0
// Every file of convert/ must give exactly the diagnostics and the result in its .expected file. With
// REGENT_UPDATE_EXPECTED=1 in the environment these are rewritten, to be read before they are kept.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fmt/format.h>
#include <rapidcheck/catch.h>
#include <set>

#include "agent/config/config.hpp"
#include "agent/config/convert.hpp"

#include "tests/unit/config/approved.hpp"
#include "tests/unit/config/convert_support.hpp"

namespace regent::config {
namespace {

namespace fs = std::filesystem;

using test::check_approved;
using test::read_all;

std::set<fs::path> gallery() {
    return test::gallery("convert", ".conf");
}

/// What must hold for any text; empty when it does.
std::string broken_promise(const std::string& text) {
    const Converted converted = convert_text(text, "k", {"lb1"}, test::plugins_of_convert());
    const bool good = !has_errors(converted.diagnostics);
    if (!converted.toml) return good ? "no result, and no error" : "";
    const Loaded loaded = load_text(*converted.toml, "f", test::plugins_of_convert(), "host");
    if (good && !loaded.settings) return "no error, but the result has one:\n" + *converted.toml;
    for (const Diagnostic& each : loaded.diagnostics) {
        if (each.code == "syntax") return "the result is not TOML:\n" + *converted.toml;
    }
    for (const Diagnostic& each : converted.diagnostics) {
        const bool in_original = each.severity == Diagnostic::Severity::error && each.line > 0 &&
                                 !each.message.starts_with("the result");
        const auto has = [&](const char* word) {
            return converted.toml->find(fmt::format("# k:{}: {}: ", each.line, word)) != std::string::npos;
        };
        if (in_original && !has("LOST") && !has("UNKNOWN"))
            return "no comment about what is lost: " + each.message + "\n" + *converted.toml;
    }
    return "";
}

TEST_CASE("every keepalived.conf of the gallery gives the approved regent.toml") {
    REQUIRE(gallery().size() >= 10);
    for (const fs::path& path : gallery()) {
        const Converted converted =
            convert_text(read_all(path), path.filename(), {"lb1"}, test::plugins_of_convert());
        const std::string shown =
            render(converted.diagnostics, false) + "----\n" + converted.toml.value_or("nothing\n");
        INFO(path.filename());
        check_approved(path, shown);
        CHECK(broken_promise(read_all(path)) == "");
        if (has_errors(converted.diagnostics)) continue;
        const Loaded loaded = load_text(converted.toml.value(), "f", test::plugins_of_convert(), "host");
        CHECK(loaded.settings.has_value());
    }
}

TEST_CASE("whatever stands in a keepalived.conf, without an error the result has none") {
    rc::prop("mutated files", [] {
        std::vector<std::string> texts;
        for (const fs::path& path : gallery())
            texts.push_back(read_all(path));
        const auto piece = [&] {
            const std::string& from = texts[*rc::gen::inRange<std::size_t>(0, texts.size())];
            const std::size_t at = *rc::gen::inRange<std::size_t>(0, from.size());
            return from.substr(at, *rc::gen::inRange<std::size_t>(0, 60));
        };
        std::string text = texts[*rc::gen::inRange<std::size_t>(0, texts.size())];
        for (int i = *rc::gen::inRange(1, 6); i > 0; --i) {
            const std::size_t at = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
            if (*rc::gen::arbitrary<bool>()) text.erase(at, *rc::gen::inRange<std::size_t>(0, 40));
            text.insert(std::min(at, text.size()),
                        *rc::gen::arbitrary<bool>() ? piece() : *rc::gen::arbitrary<std::string>());
        }
        RC_ASSERT(broken_promise(text) == "");
    });
}

}  // namespace
}  // namespace regent::config
