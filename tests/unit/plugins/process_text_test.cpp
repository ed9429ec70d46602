// SPDX-License-Identifier: Apache-2.0
// Pidfiles and files of /proc: their text may be anybody's.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "plugins/process_watch/proc_text.hpp"

using namespace regent::plugins::process_watch;

namespace {
const std::string tail = " S 1 812 812 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1000 200 184467\n";
}

TEST_CASE("the stat file of a process is read") {
    const auto stat = parse_stat("812 (haproxy)" + tail);
    REQUIRE(stat);
    CHECK(stat->pid == 812);
    CHECK(stat->comm == "haproxy");
    CHECK(stat->state == 'S');
    CHECK(stat->start_ticks == 98765);
    CHECK_FALSE(stat->is_dead());
}

TEST_CASE("a comm may look like the rest of the line") {
    const auto stat = parse_stat("7 (a) R 1 (b)" + tail);
    REQUIRE(stat);
    CHECK(stat->comm == "a) R 1 (b");
    CHECK(stat->start_ticks == 98765);
}

TEST_CASE("a zombie is dead, a stopped process is not") {
    CHECK(parse_stat("7 (x) Z 1 1 1 0 -1 1 1 2 3 4 5 6 7 8 20 0 1 0 5 0")->is_dead());
    CHECK_FALSE(parse_stat("7 (x) T 1 1 1 0 -1 1 1 2 3 4 5 6 7 8 20 0 1 0 5 0")->is_dead());
}

TEST_CASE("what is no stat file is refused") {
    for (const char* text :
         {"", "812", "812 (haproxy", "812 haproxy) S", ") (", "(x) S 1", "812 (x)", "812 (x) ",
          "812 (x) S 1 2 3", "x (y) S 1 1 1 0 -1 1 1 2 3 4 5 6 7 8 20 0 1 0 5 0"})
        CHECK_FALSE(parse_stat(text));
}

TEST_CASE("a pidfile holds one number, and nothing else in its first line") {
    CHECK(parse_pidfile("812\n") == 812);
    CHECK(parse_pidfile("  812 \r\n813\n") == 812);
    CHECK(parse_pidfile("4194304") == 4194304);
    for (const char* text : {"", "\n", "\n812", "0\n", "-812\n", "812 813\n", "812x\n", "4194305\n", "1e3\n",
                             "99999999999999999999\n", "0x32c\n"})
        CHECK_FALSE(parse_pidfile(text));
}

TEST_CASE("arguments end with zero bytes") {
    using namespace std::string_literals;
    CHECK(parse_arguments("a\0-b\0\0c\0"s) == std::vector<std::string>{"a", "-b", "", "c"});
    CHECK(parse_arguments("cut") == std::vector<std::string>{"cut"});
    CHECK(parse_arguments("").empty());
}

TEST_CASE("the start of the machine") {
    CHECK(parse_boot_time("cpu 1 2\nbtime 1700000000\nprocesses 5\n") == 1700000000);
    CHECK_FALSE(parse_boot_time("cpu 1 2\nbtimes 17\n"));
    CHECK_FALSE(parse_boot_time("cpu 1 2\nbtime soon\n"));
}

TEST_CASE("a name is the comm, or the base name of argv[0]") {
    const Likeness haproxy{"haproxy", {}};
    CHECK(haproxy.is_settled_by("haproxy"));
    CHECK(haproxy.fits("haproxy", {}));
    CHECK(haproxy.fits("worker", {"/usr/sbin/haproxy", "-W"}));
    CHECK(haproxy.fits("worker", {"-haproxy"}));
    CHECK(haproxy.fits("worker", {"haproxy: worker process"}));
    CHECK_FALSE(haproxy.fits("haproxy2", {"/usr/sbin/haproxy2"}));
    CHECK_FALSE(haproxy.fits("sh", {"/bin/sh", "haproxy"}));
    CHECK_FALSE(haproxy.fits("sh", {}));
}

TEST_CASE("a name longer than a comm is looked for in argv[0]") {
    const Likeness name{"a-rather-long-name", {}};
    CHECK_FALSE(name.is_settled_by("a-rather-long-n"));
    CHECK_FALSE(name.fits("a-rather-long-n", {"/bin/a-rather-long-number"}));
    CHECK(name.fits("a-rather-long-n", {"/bin/a-rather-long-name"}));
}

TEST_CASE("arguments stand in argv in their order, with others between them") {
    const Likeness java{"java", {"-jar", "rmi.jar"}};
    CHECK_FALSE(java.is_settled_by("java"));
    CHECK(java.fits("java", {"java", "-Xmx64m", "-jar", "-ea", "rmi.jar", "9001"}));
    CHECK_FALSE(java.fits("java", {"java", "rmi.jar", "-jar"}));
    CHECK_FALSE(java.fits("java", {"java", "-jar"}));
    CHECK_FALSE(java.fits("java", {}));
    CHECK_FALSE(java.fits("sh", {"-jar", "rmi.jar"}));
}

TEST_CASE("no text does harm") {
    CHECK(rc::check("any bytes", [](const std::string& text) {
        parse_pidfile(text);
        parse_boot_time(text);
        const auto stat = parse_stat(text);
        if (stat) RC_ASSERT(text.find(stat->comm) != std::string::npos);
        Likeness{"x", {text}}.fits(text, parse_arguments(text));
    }));
    CHECK(rc::check("any comm", [](const std::string& comm) {
        const auto stat = parse_stat("812 (" + comm + ")" + tail);
        RC_ASSERT(stat.has_value());
        RC_ASSERT(stat->comm == comm);
        RC_ASSERT(stat->start_ticks == 98765U);
    }));
}
