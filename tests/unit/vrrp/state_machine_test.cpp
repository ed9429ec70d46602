// SPDX-License-Identifier: Apache-2.0
// The table against a second transcription of RFC 9568 §6.4 and rules.md, written as conditions instead of
// rows, for every state, every event and every combination of facts.
#include "agent/vrrp/state_machine.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>
#include <set>
#include <vector>

using namespace regent::vrrp;

namespace {

struct Outcome {
    State to;
    std::uint16_t operations;
};
using Expected = std::optional<Outcome>;

std::vector<Facts> all_facts() {
    std::vector<Facts> all;
    for (unsigned bits = 0; bits < 32; ++bits) {
        all.push_back({(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0, (bits & 16) != 0});
    }
    return all;
}

/// §6.4.1: an owner becomes Active at once, anybody else listens; rule 4: with skew in any case.
Expected begin(const Facts& facts) {
    return Outcome{State::backup, facts.owner ? expire_master_down : arm_first};
}

Expected in_init(Event event, const Facts& facts) {
    if (event == Event::startup) return begin(facts);
    if (event == Event::fault_raised) return Outcome{State::fault, none};
    if (event == Event::resume)  // rule 17: as if it had never been away
        return Outcome{State::master, send_advert | take_addresses | arm_adver};
    return std::nullopt;
}

Expected backup_hears(Event event, const Facts& facts) {
    const auto stay = [](auto operations) {
        return Outcome{State::backup, static_cast<std::uint16_t>(operations)};
    };
    switch (event) {
        case Event::advert_zero:  // §6.4.2: Master_Down_Timer to Skew_Time
            if (facts.last_resort) return stay(arm_master_down);
            return stay(facts.pair_group ? arm_skew | expire_group : arm_skew);
        case Event::advert_winning: return stay(learn_interval | arm_master_down);
        case Event::advert_losing:  // §6.4.2: accepted when Preempt_Mode is false, discarded otherwise
            return facts.no_preempt ? stay(learn_interval | arm_master_down) : stay(none);
        case Event::advert_last_resort: return stay(arm_skew);  // rules 12 and 15: no preempt = false here
        default: return std::nullopt;
    }
}

Expected in_backup(Event event, const Facts& facts) {
    switch (event) {
        case Event::master_down:
            if (!facts.group_ready) return Outcome{State::backup, none};
            return Outcome{State::master, send_advert | take_addresses | arm_adver};
        case Event::fault_raised: return Outcome{State::fault, disarm};
        case Event::shutdown: return Outcome{State::init, disarm};
        default: return backup_hears(event, facts);
    }
}

Expected in_master(Event event) {
    switch (event) {
        case Event::advert_due: return Outcome{State::master, send_advert | arm_adver};
        case Event::advert_zero:  // re-teach: its sender may have claimed the addresses until now (rule 3)
            return Outcome{State::master, answer_advert | announce_again | arm_adver};
        case Event::advert_losing:  // §6.4.3: discard, and answer at once; rule 3: announce again
        case Event::advert_last_resort:
            return Outcome{State::master, answer_advert | announce_again | arm_adver};
        case Event::advert_winning:  // rule 2: one last advert with the own priority
            return Outcome{State::backup, send_advert | drop_addresses | learn_interval | arm_master_down};
        case Event::group_left: return Outcome{State::backup, send_zero | drop_addresses | arm_master_down};
        case Event::yield: return Outcome{State::yielding, send_zero | disarm};  // rule 9: addresses stay
        case Event::fault_raised: return Outcome{State::fault, send_zero | drop_addresses | disarm};
        case Event::shutdown: return Outcome{State::init, send_zero | drop_addresses | disarm};
        case Event::overtaken:  // rule 6: nothing is sent, not even priority 0
            return Outcome{State::backup, drop_addresses | learn_interval | arm_master_down};
        case Event::lease_lost: return Outcome{State::backup, drop_addresses | arm_listen};
        default: return std::nullopt;
    }
}

Expected in_yielding(Event event) {
    switch (event) {
        case Event::advert_winning:  // rule 9: any advert of another master relieves; nothing more is sent
        case Event::advert_losing:
        case Event::advert_last_resort: return Outcome{State::yielding, drop_addresses | learn_interval};
        case Event::yield_relieved:
        case Event::group_left: return Outcome{State::backup, drop_addresses | arm_master_down};
        case Event::yield_unanswered: return Outcome{State::master, send_advert | take_addresses | arm_adver};
        case Event::fault_raised: return Outcome{State::fault, drop_addresses | disarm};
        case Event::shutdown: return Outcome{State::init, drop_addresses | disarm};
        default: return std::nullopt;
    }
}

Expected in_fault(Event event, const Facts& facts) {
    if (event == Event::fault_cleared) return begin(facts);
    if (event == Event::shutdown) return Outcome{State::init, disarm};
    return std::nullopt;
}

Expected expected(State state, Event event, const Facts& facts) {
    switch (state) {
        case State::init: return in_init(event, facts);
        case State::backup: return in_backup(event, facts);
        case State::master: return in_master(event);
        case State::yielding: return in_yielding(event);
        case State::fault: return in_fault(event, facts);
    }
    return std::nullopt;
}

template <class Visit>
void for_all(Visit visit) {
    for (std::size_t state = 0; state < state_count; ++state) {
        for (std::size_t event = 0; event < event_count; ++event) {
            for (const auto& facts : all_facts())
                visit(static_cast<State>(state), static_cast<Event>(event), facts);
        }
    }
}

}  // namespace

TEST_CASE("RFC 9568 6.4: every state, event and combination of facts leads where the text says") {
    for_all([](State state, Event event, const Facts& facts) {
        CAPTURE(to_string(state), static_cast<int>(event), facts.owner, facts.group_ready, facts.last_resort,
                facts.pair_group, facts.no_preempt);
        const auto want = expected(state, event, facts);
        const Row* row = find(state, event, facts);
        REQUIRE((row != nullptr) == want.has_value());
        if (!row) return;
        CHECK(row->to == want->to);
        CHECK(row->operations == want->operations);
    });
}

TEST_CASE("the table: every row is reached, none is shadowed, each names its section") {
    std::set<const Row*> reached;
    for_all([&](State state, Event event, const Facts& facts) { reached.insert(find(state, event, facts)); });
    for (const Row& row : table()) {
        CAPTURE(row.section, to_string(row.from), static_cast<int>(row.event), static_cast<int>(row.guard));
        CHECK(reached.contains(&row));
        CHECK_FALSE(row.section.empty());
    }
}

TEST_CASE("the table: no row takes addresses outside MASTER or keeps them on the way out of it") {
    for (const Row& row : table()) {
        CAPTURE(row.section, to_string(row.from), static_cast<int>(row.event));
        const bool held = row.from == State::master || row.from == State::yielding;
        const bool holds = row.to == State::master || row.to == State::yielding;
        if ((row.operations & take_addresses) != 0) CHECK(row.to == State::master);
        if (held && !holds) CHECK((row.operations & drop_addresses) != 0);
        if (holds && !held) CHECK((row.operations & take_addresses) != 0);
        if ((row.operations & send_zero) != 0) CHECK(row.from == State::master);
        if (row.to == State::init || row.to == State::fault) {
            CHECK(((row.operations & disarm) != 0 || row.from == State::init));
        }
    }
}

TEST_CASE("design 9: a yielding router is MASTER to the outside") {
    CHECK(visible(State::yielding) == State::master);
    CHECK(visible(State::backup) == State::backup);
    CHECK(to_string(State::init) == "INIT");
    CHECK(to_string(State::backup) == "BACKUP");
    CHECK(to_string(State::master) == "MASTER");
    CHECK(to_string(State::yielding) == "MASTER");
    CHECK(to_string(State::fault) == "FAULT");
}
