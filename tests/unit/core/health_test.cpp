// SPDX-License-Identifier: Apache-2.0
// Rules 13 and 14: what verdicts amount to.
#include "agent/core/health.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using HealthState = Health::State;

namespace {

struct Checked {
    explicit Checked(const std::function<void(Check&)>& edit = {}) {
        check = make_check("c");
        if (edit) edit(check);
        health.configure({check}, now);
    }
    bool see(CheckState state, bool unsolicited = false) {
        return health.verdict({"c", state, "words", unsolicited}, now);
    }
    bool wait(Duration duration) { return health.run(now += duration); }
    HealthState state() const { return health.judge("c").state; }

    Check check;
    Health health;
    Instant now = Instant{} + 1h;
};

}  // namespace

TEST_CASE(
    "rule 13: PENDING for timeout + (fall - 1) x interval, at least 5 s, then overdue until it reports") {
    SECTION("at least 5 s") {
        Checked c;
        CHECK(c.state() == HealthState::pending);
        CHECK(c.health.next_deadline() == c.now + 5s);
        CHECK_FALSE(c.wait(4999ms));
        CHECK(c.wait(1ms));
        CHECK(c.state() == HealthState::overdue);
        CHECK_FALSE(c.health.next_deadline());
        CHECK(c.see(CheckState::up));
        CHECK(c.state() == HealthState::up);
    }
    SECTION("longer") {
        Checked c([](Check& check) {
            check.timeout = 3s;
            check.interval = 2s;
            check.fall = 4;
        });
        CHECK(c.health.next_deadline() == c.now + 9s);
    }
    SECTION("the first verdict ends it, whatever rise and fall are") {
        Checked c([](Check& check) { check.rise = check.fall = 5; });
        CHECK(c.see(GENERATE(CheckState::up, CheckState::degraded)));
        CHECK(c.state() == HealthState::up);
        CHECK_FALSE(c.health.next_deadline());
    }
    SECTION("UNKNOWN is no verdict") {
        Checked c;
        CHECK_FALSE(c.see(CheckState::unknown));
        CHECK(c.state() == HealthState::pending);
        CHECK(c.wait(5s));
        CHECK(c.state() == HealthState::overdue);
    }
}

TEST_CASE("issue 5: rise and fall count verdicts in a row") {
    Checked c([](Check& check) {
        check.rise = 2;
        check.fall = 3;
    });
    c.see(CheckState::up);
    CHECK_FALSE(c.see(CheckState::down));
    CHECK_FALSE(c.see(CheckState::down));
    CHECK_FALSE(c.see(CheckState::up));  // interrupts the row
    CHECK_FALSE(c.see(CheckState::down));
    CHECK_FALSE(c.see(CheckState::down));
    CHECK(c.see(CheckState::down));
    CHECK(c.state() == HealthState::down);
    CHECK_FALSE(c.see(CheckState::up));
    CHECK_FALSE(c.see(CheckState::down));
    CHECK_FALSE(c.see(CheckState::up));
    CHECK(c.see(CheckState::degraded));
    CHECK(c.state() == HealthState::up);
}

TEST_CASE("design 8.7: an unsolicited DOWN counts as a full fall") {
    Checked c([](Check& check) { check.fall = 3; });
    c.see(CheckState::up);
    CHECK(c.see(CheckState::down, true));
    CHECK(c.state() == HealthState::down);
}

TEST_CASE("rule 14: UNKNOWN after a verdict holds it, marked stale") {
    Checked c([](Check& check) { check.on_unknown = OnUnknown::hold; });
    const auto before = GENERATE(CheckState::up, CheckState::down);
    c.see(before);
    const auto state = c.state();
    CHECK(c.see(CheckState::unknown));
    CHECK(c.state() == state);
    CHECK(c.health.judge("c").stale);
    CHECK_FALSE(c.see(CheckState::unknown));
    CHECK_FALSE(c.wait(24h));
    CHECK(c.see(before));
    CHECK_FALSE(c.health.judge("c").stale);
}

TEST_CASE("rule 14: hold_time bounds the hold from the first UNKNOWN on") {
    Checked c([](Check& check) { check.hold_time = 30s; });
    c.see(CheckState::up);
    c.see(CheckState::unknown);
    CHECK_FALSE(c.wait(20s));
    c.see(CheckState::unknown);
    CHECK(c.health.next_deadline() == c.now + 10s);
    CHECK(c.wait(10s));
    CHECK(c.state() == HealthState::down);
    SECTION("a verdict ends it") {
        CHECK(c.see(CheckState::up));
        CHECK(c.state() == HealthState::up);
    }
    SECTION("a further UNKNOWN does not") {
        c.see(CheckState::unknown);
        CHECK_FALSE(c.wait(60s));
        CHECK(c.state() == HealthState::down);
    }
}

TEST_CASE("rule 14: a hold_time that a reload brings, changes or takes away counts for a hold under way") {
    Checked c([](Check& check) { check.hold_time = 30s; });
    const auto reload = [&](std::optional<Duration> hold_time) {
        c.check.hold_time = hold_time;
        c.health.configure({c.check}, c.now);
    };
    c.see(CheckState::up);
    c.see(CheckState::unknown);
    CHECK_FALSE(c.wait(20s));
    reload(30s);
    CHECK(c.health.next_deadline() == c.now + 10s);
    reload(std::nullopt);
    CHECK_FALSE(c.wait(24h));
    reload(5s);
    CHECK_FALSE(c.wait(4s));
    CHECK(c.wait(1s));
    CHECK(c.state() == HealthState::down);
    c.see(CheckState::up);
    reload(8s);
    CHECK_FALSE(c.wait(24h));
}

TEST_CASE("rule 14: UNKNOWN as down counts like DOWN") {
    Checked c([](Check& check) {
        check.on_unknown = OnUnknown::down;
        check.fall = 2;
    });
    c.see(CheckState::up);
    CHECK_FALSE(c.see(CheckState::unknown));
    CHECK(c.see(CheckState::unknown));
    CHECK(c.state() == HealthState::down);
}

TEST_CASE("rule 14: UNKNOWN as ignore takes the check out until its next verdict") {
    Checked c([](Check& check) {
        check.on_unknown = OnUnknown::ignore;
        check.fall = 3;
    });
    c.see(CheckState::down);
    CHECK(c.see(CheckState::unknown));
    CHECK(c.state() == HealthState::ignored);
    CHECK(c.see(CheckState::down));
    CHECK(c.state() == HealthState::down);
}

TEST_CASE("a reload keeps the judgement of a check that stays and forgets one that goes") {
    Checked c;
    c.see(CheckState::down);
    auto changed = c.check;
    changed.interval = 7s;
    c.health.configure({changed, make_check("d")}, c.now);
    CHECK(c.state() == HealthState::down);
    CHECK(c.health.judge("d").state == HealthState::pending);
    c.health.configure({make_check("d")}, c.now);
    CHECK(c.state() == HealthState::pending);
    CHECK_FALSE(c.see(CheckState::up));
}
