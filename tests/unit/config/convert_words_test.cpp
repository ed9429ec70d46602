// SPDX-License-Identifier: Apache-2.0
// Lines of a keepalived.conf as words and as blocks.
#include <catch2/catch.hpp>

#include "agent/config/keepalived/command.hpp"
#include "agent/config/keepalived/tree.hpp"
#include "agent/config/keepalived/words.hpp"

namespace regent::config::keepalived {
namespace {

using Texts = std::vector<std::string>;

Texts texts(std::string_view line) {
    Texts all;
    const auto words = split_line(without_comment(line));
    REQUIRE(words);
    for (const Word& word : *words)
        all.push_back(word.text);
    return all;
}

Texts command(std::string_view text) {
    return split_command(text).value();
}

std::vector<Statement> parse(const std::vector<std::string>& lines,
                             std::vector<Diagnostic>* found = nullptr) {
    Findings findings;
    const std::size_t file = findings.add_file("f", "");
    TreeBuilder tree(findings);
    unsigned number = 0;
    for (const std::string& line : lines)
        tree.line(file, ++number, split_line(without_comment(line)).value());
    auto statements = tree.finish();
    if (found != nullptr) *found = findings.take();
    return statements;
}

TEST_CASE("words end at blanks, comments at # and ! outside quotes") {
    CHECK(texts("  priority\t100  # why") == Texts{"priority", "100"});
    CHECK(texts("a!b") == Texts{"a"});
    CHECK(texts("! all of it").empty());
    CHECK(texts("script \"echo # ! \" x") == Texts{"script", "echo # ! ", "x"});
    CHECK(texts("a \"\\\"#\" b") == Texts{"a", "\"#", "b"});
    CHECK(texts("10.0.0.1\r") == Texts{"10.0.0.1"});
}

TEST_CASE("quotes hold words together and are taken off") {
    CHECK(texts("abcd\" efg h jkl \"mnop") == Texts{"abcd efg h jkl mnop"});
    CHECK(texts("'it''s' \"it's\"") == Texts{"its", "it's"});
    CHECK(texts("\"\"") == Texts{""});
    CHECK(texts(R"("\x41\102\n\e\\\cA\xzz")") == Texts{"AB\ne\\\x01xzz"});
    const auto open = split_line("script \"never closed");
    REQUIRE_FALSE(open);
    CHECK(open.error().column == 8);
}

TEST_CASE("what is not UTF-8 is replaced, escapes too") {
    CHECK(texts("a\xff \"\\xfe\"") == Texts{"a\xef\xbf\xbd", "\xef\xbf\xbd"});
}

TEST_CASE("braces are words of their own, but not those of ${…}") {
    CHECK(texts("group{") == Texts{"group", "{"});
    CHECK(texts("{ VI_1 }}") == Texts{"{", "VI_1", "}", "}"});
    CHECK(texts("10.0.0.1}") == Texts{"10.0.0.1", "}"});
    CHECK(texts("VI_${N}") == Texts{"VI_${N}"});
    CHECK(texts("'{'") == Texts{"{"});
    CHECK_FALSE(split_line("'{'")->front().is("{"));
}

TEST_CASE("columns count characters") {
    const auto words = split_line("  ä \"ö ü\" x{").value();
    REQUIRE(words.size() == 4);
    CHECK(words[0].column == 3);
    CHECK(words[1].column == 5);
    CHECK(words[1].width == 5);
    CHECK(words[2].column == 11);
    CHECK(words[3].column == 12);
}

TEST_CASE("a command is cut as keepalived cuts it") {
    CHECK(command("/bin/false 'a b' c") == Texts{"/bin/false", "a b", "c"});
    CHECK(command("  ").empty());
    CHECK_FALSE(split_command("/bin/x 'a"));
}

TEST_CASE("blocks open on the line of their name or below, and close anywhere") {
    const auto statements = parse({"a x {", "b", "c", "{", "d } e { f", "}", "} g"});
    REQUIRE(statements.size() == 2);
    const Statement& a = statements[0];
    CHECK(a.keyword() == "a");
    CHECK(a.last_line == 7);
    REQUIRE(a.children.size() == 3);
    CHECK_FALSE(a.children[0].is_block);
    CHECK(a.children[1].keyword() == "c");
    CHECK(a.children[1].children.at(0).keyword() == "d");
    CHECK(a.children[2].keyword() == "e");
    CHECK(statements[1].keyword() == "g");
}

TEST_CASE("braces that do not match are told with their places") {
    std::vector<Diagnostic> found;
    parse({"a {", "} }"}, &found);
    REQUIRE(found.size() == 1);
    CHECK(found[0].line == 2);
    CHECK(found[0].column == 3);
    parse({"a {", "b {"}, &found);
    REQUIRE(found.size() == 2);
    CHECK(found[0].line == 1);
    CHECK(found[1].line == 2);
    parse(std::vector<std::string>(maximum_nesting + 2, "{"), &found);
    CHECK(found.front().message.find("never closed") != std::string::npos);
    CHECK(found.back().message.find("nest deeper") != std::string::npos);
}

TEST_CASE("what is usual for a check has one of regent's own") {
    const auto type = [](std::string_view text) {
        const auto native = native_check(command(text));
        return native ? native->type + " " + native->parameters.front().second : std::string("exec");
    };
    CHECK(type("killall -0 haproxy") == "process \"haproxy\"");
    CHECK(type("/usr/bin/killall -0 haproxy") == "process \"haproxy\"");
    CHECK(type("pidof /usr/sbin/haproxy") == "process \"haproxy\"");
    CHECK(type("/bin/pidof -s haproxy") == "process \"haproxy\"");
    CHECK(type("pgrep -x haproxy") == "process \"haproxy\"");
    CHECK(type("kill -0 `cat /run/haproxy.pid`") == "process \"/run/haproxy.pid\"");
    CHECK(type("/bin/kill -0 $(/bin/cat /run/haproxy.pid)") == "process \"/run/haproxy.pid\"");
    CHECK(type("kill -0 $(pidof haproxy)") == "process \"haproxy\"");
    CHECK(type("</dev/tcp/127.0.0.1/80") == "tcp \"127.0.0.1\"");
    CHECK(type("bash -c '</dev/tcp/::1/80'") == "tcp \"::1\"");
    CHECK(type("nc -z localhost 80") == "tcp \"127.0.0.1\"");
    // Of these each means something else, or more.
    for (const char* text : {"killall haproxy",
                             "killall -9 haproxy",
                             "killall -0 a b",
                             "pidof a b",
                             "pidof -x a",
                             "pgrep haproxy",
                             "</dev/tcp/www.example.org/80",
                             "</dev/tcp/127.0.0.1/0",
                             "</dev/tcp/127.0.0.1",
                             "nc -z 127.0.0.1 80 81",
                             "nc -w1 127.0.0.1 80",
                             "bash -c 'exit 0'",
                             "</etc/passwd",
                             "killall -0 -q",
                             "kill -0 $(cat /run/a /run/b)",
                             "kill -9 $(cat /run/a)",
                             "kill -0 $(cat /run/a) 2>&1",
                             "kill -0 $(cat run/a)",
                             "kill -0 `cat /run/a)",
                             "kill -0 $( ",
                             "kill -0 ` `",
                             "kill -0 812",
                             "kill -0 $()x )"}) {
        CHECK(type(text) == "exec");
    }
}

TEST_CASE("operators of a shell are seen where they are none of an argument") {
    for (const char* text : {"/bin/a > /dev/null", "/bin/a 2>&1", "/bin/a && /bin/b", "/bin/a; /bin/b",
                             "kill -0 `cat /run/haproxy.pid`", "kill -0 $(cat /run/haproxy.pid)"}) {
        CAPTURE(text);
        CHECK(has_shell_operator(command(text)));
    }
    for (const char* text : {"curl http://lb/?a=1&b=2", "pgrep -f a|b", "bash -c 'kill -0 $(cat /run/a)'",
                             "bash -c '`cat /run/a` -x'", "awk $1"}) {
        CAPTURE(text);
        CHECK_FALSE(has_shell_operator(command(text)));
    }
}

}  // namespace
}  // namespace regent::config::keepalived
