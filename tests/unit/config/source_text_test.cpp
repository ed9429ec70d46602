// SPDX-License-Identifier: Apache-2.0
#include "agent/config/source_text.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

namespace regent::config {
namespace {

TEST_CASE("UTF-8 survives, anything else becomes a replacement character") {
    CHECK(encode_utf8(decode_utf8("aé€😀")) == "aé€😀");
    CHECK(decode_utf8("aé€😀").size() == 4);
    CHECK(decode_utf8("\xff\xc3") == U"\ufffd\ufffd");
    CHECK(decode_utf8("\xc0\x80") == U"\ufffd\ufffd");                      // overlong NUL
    CHECK(decode_utf8("\xe0\x80\x80") == U"\ufffd\ufffd\ufffd");            // overlong
    CHECK(decode_utf8("\xed\xa0\x80") == U"\ufffd\ufffd\ufffd");            // surrogate
    CHECK(decode_utf8("\xf4\x90\x80\x80") == U"\ufffd\ufffd\ufffd\ufffd");  // beyond U+10FFFF
    rc::prop("what was decoded once is stable", [](const std::string& text) {
        const std::string once = encode_utf8(decode_utf8(text));
        RC_ASSERT(encode_utf8(decode_utf8(once)) == once);
    });
}

TEST_CASE("nothing that drives a terminal gets through") {
    CHECK(printable("a\tb\x1b[31m\x7f\n") == "a\tb\ufffd[31m\ufffd\ufffd");
    CHECK(printable("\xc2\x9b") == "\ufffd");  // C1 control sequence introducer
    // Noncharacters: U+FFFF, U+1FFFE, U+FDD0.
    CHECK(printable("\xef\xbf\xbf\xf0\x9f\xbf\xbe\xef\xb7\x90") == "\ufffd\ufffd\ufffd");
    CHECK(without_noncharacters("a\xef\xbf\xbf\r\n\x80") == "a\ufffd\r\n\ufffd");
    CHECK(in_quotes("a\tb") == "\"a\ufffdb\"");
    CHECK(in_quotes(std::string(61, 'x')) == "\"" + std::string(60, 'x') + "…\"");
    CHECK(path_part("VI_1") == "VI_1");
    CHECK(path_part("a b") == "\"a b\"");
    CHECK(path_part("") == "\"\"");
}

TEST_CASE("passwords are masked in place") {
    CHECK(mask_secrets("auth = { type = \"pass\", password = \"geheim\" }") ==
          "auth = { type = \"pass\", password = \"******\" }");
    CHECK(mask_secrets("password='a\\' # x") == "password='**' # x");
    CHECK(mask_secrets("password = \"a\\\"b\", x") == "password = \"****\", x");
    CHECK(mask_secrets("\"password\" = \"äö\" }") == "\"password\" = \"**\" }");
    CHECK(mask_secrets("auth.password = \"open") == "auth.password = \"****");
    CHECK(mask_secrets("password = \"\"\"abc\"\"\"") == "password = \"********");
    CHECK(mask_secrets("password = 1234") == "password = ****");
    CHECK(mask_secrets("password =") == "password =");
    CHECK(mask_secrets("password") == "password");
    CHECK(mask_secrets("a password is \"x\"") == "a password is \"x\"");
    CHECK(mask_secrets("password = \"a\", password = \"b\"") == "password = \"*\", password = \"*\"");
    CHECK(mask_secrets("pin = 1234, key = \"a\"", {"key"}) == "pin = 1234, key = \"*\"");
    CHECK(mask_secrets("tokens = [\"a\", \"b\"]", {"tokens"}) == "tokens = **********");
    CHECK(mask_secrets("api_key = \"a\"") == "api_key = \"*\"");
    CHECK(mask_secrets("password = \"ab\\") == "password = \"***");
}

TEST_CASE("lines are counted from 1") {
    const SourceText text("one\r\ntwo\n\nfour");
    CHECK(text.line(0).empty());
    CHECK(text.line(1) == "one");
    CHECK(text.line(2) == "two");
    CHECK(text.line(3).empty());
    CHECK(text.line(4) == "four");
    CHECK(text.line(5).empty());
}

TEST_CASE("deep keys are found, and nothing else is taken for one") {
    const std::string deep = "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a";
    std::string dots(50, '.');
    CHECK(find_deep_key("x = 1\n[" + deep + "]\n") == 2U);
    CHECK(find_deep_key("x = { " + deep + " = 1 }") == 1U);
    CHECK(find_deep_key("\"a\"" + deep.substr(1) + " = 1") == 1U);
    CHECK(find_deep_key("x = \"\"\"\n" + dots + "\n\"\"\"\n" + deep + " = 1") == 4U);
    CHECK(find_deep_key("x = \"a\\\"" + dots + "\"\n") == std::nullopt);
    CHECK(find_deep_key("x = 'a\\'\n# " + dots + "\n") == std::nullopt);
    CHECK(find_deep_key("x = '''\n" + dots + "'''\n") == std::nullopt);
    CHECK(find_deep_key(
              "x = [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5]") ==
          std::nullopt);
    CHECK(find_deep_key("# " + dots + "\nx = \"" + dots) == std::nullopt);
}

}  // namespace
}  // namespace regent::config
