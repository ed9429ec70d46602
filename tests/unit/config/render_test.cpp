// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/unit/config/support.hpp"

namespace regent::config {
namespace {

Diagnostic sample() {
    Diagnostic diagnostic;
    diagnostic.file = "regent.toml";
    diagnostic.line = 14;
    diagnostic.column = 3;
    diagnostic.width = 4;
    diagnostic.code = "unknown_key";
    diagnostic.key = "check.web.prot";
    diagnostic.message = "check \"web\": unknown key \"prot\"";
    diagnostic.hint = "did you mean \"port\"?";
    diagnostic.source_line = "  prot = 80";
    return diagnostic;
}

TEST_CASE("a diagnostic prints as compilers do") {
    CHECK(render({sample()}, false) == R"(regent.toml:14:3: error: check "web": unknown key "prot"
   14 |   prot = 80
      |   ^~~~
      = hint: did you mean "port"?
)");
    CHECK(render({}, false).empty());
}

TEST_CASE("colour only adds to the words") {
    std::string coloured = render({sample()}, true);
    CHECK(coloured.find("\x1b[1;31merror:") != std::string::npos);
    for (std::size_t at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b')) {
        coloured.erase(at, coloured.find('m', at) - at + 1);
    }
    CHECK(coloured == render({sample()}, false));
}

TEST_CASE("a diagnostic about the whole file has no place") {
    Diagnostic whole;
    whole.severity = Diagnostic::Severity::warning;
    whole.file = "a\x1b[2Jb";
    whole.message = "no instance";
    CHECK(render({whole}, false) == "a\ufffd[2Jb: warning: no instance\n");
}

TEST_CASE("the caret stays under its column") {
    Diagnostic tabs = sample();
    tabs.source_line = "\t\tprot = \"é\" # é";
    tabs.hint.clear();
    CHECK(render({tabs}, false).ends_with("      | \t\t^~~~\n"));
    tabs.column = 16;  // beyond the end, where something is missing
    CHECK(render({tabs}, false).ends_with("      | \t\t" + std::string(13, ' ') + "^\n"));
    tabs.column = 1;
    tabs.width = 500;
    CHECK(render({tabs}, false).ends_with("| ^" + std::string(15, '~') + "\n"));
}

TEST_CASE("a long line is cut around the caret") {
    Diagnostic wide = sample();
    wide.hint.clear();
    wide.source_line = std::string(500, 'a') + "HERE" + std::string(500, 'b');
    wide.column = 501;
    const std::string text = render({wide}, false);
    CHECK(text.find("| …" + std::string(80, 'a') + "HERE" + std::string(76, 'b') + "…\n") !=
          std::string::npos);
    CHECK(text.ends_with("| " + std::string(81, ' ') + "^~~~\n"));
}

TEST_CASE("the JSON has the same as data") {
    const auto json = nlohmann::json::parse(to_json("regent.toml", {sample()}));
    CHECK(json == nlohmann::json::parse(R"({
        "schema": "regent.config-check.1", "file": "regent.toml", "ok": false,
        "diagnostics": [{"severity": "error", "file": "regent.toml", "line": 14, "column": 3, "code": "unknown_key",
            "key": "check.web.prot", "message": "check \"web\": unknown key \"prot\"",
            "hint": "did you mean \"port\"?"}]})"));
    CHECK(nlohmann::json::parse(to_json("x", {}))["ok"] == true);
    CHECK_NOTHROW(nlohmann::json::parse(to_json("\xff", {})));
}

}  // namespace
}  // namespace regent::config
