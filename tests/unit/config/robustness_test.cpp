// SPDX-License-Identifier: Apache-2.0
// No text ends the process: it gives either settings or at least one error, and what it says can be printed.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <rapidcheck/catch.h>
#include <sstream>

#include "agent/config/report.hpp"
#include "agent/config/source_text.hpp"

#include "tests/unit/config/settings_generator.hpp"
#include "tests/unit/config/support.hpp"

namespace regent::config {
namespace {

namespace fs = std::filesystem;

/// The promises that hold for any text; empty when they do.
std::string broken_promise(const std::string& text) {
    const Loaded loaded = test::load(text);
    if (loaded.settings.has_value() == has_errors(loaded.diagnostics)) return "settings and errors";
    if (loaded.diagnostics.size() > maximum_diagnostics + 1) return "too many diagnostics";
    const bool sorted =
        std::is_sorted(loaded.diagnostics.begin(), loaded.diagnostics.end(), [](auto& a, auto& b) {
            return a.code != "too_many" && b.code != "too_many" &&
                   std::pair(a.line, a.column) < std::pair(b.line, b.column);
        });
    if (!sorted) return "not in the order of the file";
    for (const Diagnostic& each : loaded.diagnostics) {
        if (each.code.empty() || each.message.empty()) return "a diagnostic without code or message";
        if (each.line > static_cast<unsigned>(std::count(text.begin(), text.end(), '\n')) + 1)
            return "no such line";
    }
    const std::string shown = render(loaded.diagnostics, false);
    if (encode_utf8(decode_utf8(shown)) != shown) return "not UTF-8";
    if (shown.find('\x1b') != std::string::npos) return "an escape character got through";
    const auto json = nlohmann::json::parse(to_json("f", loaded.diagnostics));
    if (json.at("ok") != loaded.settings.has_value()) return "the JSON says otherwise";
    if (!loaded.settings) return {};
    const std::string dumped = test::dump(loaded);
    if (dumped.size() > maximum_file_size) return {};
    const Loaded again = test::load(dumped);
    if (again.settings != loaded.settings || again.plan != loaded.plan)
        return "the dump means something else";
    return {};
}

std::vector<std::string> seeds() {
    std::vector<std::string> texts;
    for (const char* folder : {"/tests/unit/config/gallery", "/etc/examples"}) {
        for (const auto& entry : fs::directory_iterator(std::string(REGENT_SOURCE_DIR) + folder)) {
            if (entry.path().extension() != ".toml" || fs::file_size(entry.path()) > 2000) continue;
            std::ifstream file(entry.path(), std::ios::binary);
            std::ostringstream text;
            text << file.rdbuf();
            texts.push_back(text.str());
        }
    }
    std::sort(texts.begin(), texts.end());
    return texts;
}

/// One change to a text: a byte replaced, a piece removed, doubled or moved, or a word of the language put
/// in.
std::string mutate(std::string text) {
    static const std::vector<std::string> words{"\"",
                                                "'",
                                                "[",
                                                "]",
                                                "{",
                                                "}",
                                                "=",
                                                ",",
                                                "\n",
                                                ".",
                                                "#",
                                                "\"\"\"",
                                                "-1",
                                                "99999999999999999999",
                                                "nan",
                                                "true",
                                                "[[instance]]",
                                                "[instance.x]",
                                                "\\u0000",
                                                "fe80::1",
                                                "1979-05-27T07:32:00Z",
                                                "0x33"};
    const auto position = [&] { return *rc::gen::inRange<std::size_t>(0, text.size() + 1); };
    const std::size_t at = position();
    const std::size_t length = std::min(*rc::gen::inRange<std::size_t>(0, 40), text.size() - at);
    switch (*rc::gen::inRange(0, 4)) {
        case 0:
            if (at < text.size()) text[at] = *rc::gen::arbitrary<char>();
            break;
        case 1: text.erase(at, length); break;
        case 2: text.insert(position(), text.substr(at, length)); break;
        default: text.insert(at, *rc::gen::elementOf(words));
    }
    return text;
}

TEST_CASE("any text") {
    rc::prop("random bytes", [](const std::string& text) { RC_ASSERT(broken_promise(text) == ""); });
    rc::prop("mutated files", [] {
        static const std::vector<std::string> files = seeds();
        std::string text = *rc::gen::elementOf(files);
        for (int i = *rc::gen::inRange(1, 6); i > 0; --i)
            text = mutate(std::move(text));
        RC_ASSERT(broken_promise(text) == "");
    });
    rc::prop("mutated dumps", [] {
        const auto [settings, plan] = test::any_configuration();
        std::string text = dump(settings, plan, test::installed().plugins, Secrets::show);
        for (int i = *rc::gen::inRange(1, 4); i > 0; --i)
            text = mutate(std::move(text));
        RC_ASSERT(broken_promise(text) == "");
    });
}

TEST_CASE("hostile sizes are refused in bounded time") {
    const std::size_t most = maximum_file_size;
    const auto repeated = [&](const std::string& part) {
        std::string text;
        while (text.size() + part.size() <= most)
            text += part;
        return text;
    };
    CHECK(broken_promise("[" + repeated("a.").substr(0, most - 4) + "a]") == "");
    CHECK(broken_promise("a = " + repeated("[").substr(0, most - 4)) == "");
    CHECK(broken_promise("a = " + repeated("{a=").substr(0, most - 4)) == "");
    CHECK(broken_promise(repeated("x = {a.b.c.d.e.f = [").substr(0, most)) == "");
    CHECK(broken_promise("addresses = \"" + std::string(most - 20, 'x') + "\"") == "");
    CHECK(broken_promise(std::string(most - 4, 'k') + " = 1") == "");
    CHECK(broken_promise(std::string(most, '\n')) == "");
    CHECK(broken_promise(std::string(most, '\0')) == "");
    CHECK(broken_promise(std::string(most + 1, ' ')) == "");
}

TEST_CASE("a file full of entries takes no quadratic step") {
    std::string keys = "[agent]\n";
    for (int i = 0; keys.size() < maximum_file_size - 20; ++i)
        keys += fmt::format("k{} = 1\n", i);
    CHECK(broken_promise(keys) == "");
    std::string addresses = "[";
    for (unsigned i = 1; i < 40000; ++i)
        addresses += fmt::format("\"10.{}.{}.{}\",", i >> 16, (i >> 8) & 255, i & 255);
    CHECK(broken_promise(test::instance("", addresses + "]")) == "");
    std::string instances;
    for (int i = 0; i < 5000; ++i) {
        instances += fmt::format(
            "[instance.i{0}]\ninterface = \"e{0}\"\nvirtual_router_id = 1\npriority = 9\n"
            "addresses = [\"10.{1}.{2}.1\"]\n",
            i, i >> 8, i & 255);
    }
    CHECK(broken_promise(instances) == "");
}

}  // namespace
}  // namespace regent::config
