// SPDX-License-Identifier: Apache-2.0
// The arithmetic of RFC 9568 §6.1 and RFC 3768 §6.1: short intervals must keep their skew.
#include "agent/vrrp/timers.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

using namespace regent;
using namespace regent::vrrp;
using namespace std::chrono_literals;

TEST_CASE("timers of known priorities and intervals") {
    struct Row {
        Version version;
        std::uint8_t priority;
        Duration interval;
        Duration skew;
        Duration down;
    };
    const auto row = GENERATE(values<Row>({
        {Version::v2, 50, 1s, 804'687'500ns, 3'804'687'500ns},
        {Version::v2, 101, 1s, 605'468'750ns, 3'605'468'750ns},
        {Version::v2, 100, 10s, 609'375'000ns, 30'609'375'000ns},  // skew knows no interval in version 2
        {Version::v2, 1, 1s, 996'093'750ns, 3'996'093'750ns},
        {Version::v2, 254, 1s, 7'812'500ns, 3'007'812'500ns},
        {Version::v2, 255, 255s, 3'906'250ns, 765'003'906'250ns},
        {Version::v3, 50, 1s, 804'687'500ns, 3'804'687'500ns},
        {Version::v3, 100, 10s, 6'093'750'000ns, 36'093'750'000ns},
        {Version::v3, 50, 100ms, 80'468'750ns, 380'468'750ns},
        {Version::v3, 50, 10ms, 8'046'875ns, 38'046'875ns},
        {Version::v3, 254, 10ms, 78'125ns, 30'078'125ns},  // would be 0 in centiseconds
        {Version::v3, 255, 10ms, 39'062ns, 30'039'062ns},  // 39062.5 ns
        {Version::v3, 1, 40950ms, 40'790'039'062ns, 163'640'039'062ns},
        {Version::v3, 0, 1s, 1s, 4s},
    }));
    CAPTURE(static_cast<int>(row.version), static_cast<int>(row.priority), row.interval.count());
    CHECK(skew_time(row.version, row.priority, row.interval) == row.skew);
    CHECK(master_down_interval(row.version, row.priority, row.interval) == row.down);
}

TEST_CASE("the silence limit is a whole number of intervals") {
    CHECK(silence_limit(1s, 3) == 3s);
    CHECK(silence_limit(10ms, 1) == 10ms);
    CHECK(silence_limit(40950ms, 100) == 4095s);
    CHECK(master_down_interval(Version::v2, 50, 1s, 5) == 5'804'687'500ns);
    CHECK(master_down_interval(Version::v3, 50, 100ms, 2) == 280'468'750ns);
}

TEST_CASE("timer properties") {
    const auto interval_of = [](std::uint16_t centiseconds) {
        return Duration(10ms) * (centiseconds % 4095 + 1);
    };

    rc::prop("a higher priority always has the shorter skew",
             [&](std::uint8_t priority, std::uint16_t centiseconds, bool v2) {
                 RC_PRE(priority < 255);
                 const Version version = v2 ? Version::v2 : Version::v3;
                 const Duration interval = interval_of(centiseconds);
                 const auto higher = static_cast<std::uint8_t>(priority + 1);
                 RC_ASSERT(skew_time(version, higher, interval) < skew_time(version, priority, interval));
             });

    rc::prop("skew is above 0 and at most one interval in version 3, one second in version 2",
             [&](std::uint8_t priority, std::uint16_t centiseconds) {
                 const Duration interval = interval_of(centiseconds);
                 RC_ASSERT(skew_time(Version::v3, priority, interval) > 0ns);
                 RC_ASSERT(skew_time(Version::v3, priority, interval) <= interval);
                 RC_ASSERT(skew_time(Version::v2, priority, interval) > 0ns);
                 RC_ASSERT(skew_time(Version::v2, priority, interval) <= 1s);
             });

    rc::prop("the down interval is the silence limit and the skew",
             [&](std::uint8_t priority, std::uint16_t centiseconds, std::uint8_t adverts, bool v2) {
                 const Version version = v2 ? Version::v2 : Version::v3;
                 const Duration interval = interval_of(centiseconds);
                 RC_ASSERT(master_down_interval(version, priority, interval, adverts) ==
                           silence_limit(interval, adverts) + skew_time(version, priority, interval));
             });
}
