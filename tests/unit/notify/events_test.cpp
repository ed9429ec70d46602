// SPDX-License-Identifier: Apache-2.0
// Which events follow from which transitions (keepalived.md §3: a drop-in must tell the same).
#include "agent/notify/events.hpp"

#include <catch2/catch.hpp>

using namespace regent;
using notify::EventKind;
using vrrp::State;

namespace {

core::Settings settings(std::vector<std::string> members) {
    core::Settings made;
    made.groups.push_back({"SG1", std::move(members), {}});
    return made;
}

core::Transition change(const std::string& instance, State from, State to, const std::string& group = "SG1") {
    return {1, instance, group, from, to, 101, "because"};
}

std::vector<std::string> words(const std::vector<notify::Event>& events) {
    std::vector<std::string> told;
    for (const auto& event : events) {
        told.push_back((event.kind == EventKind::group ? "GROUP " : "INSTANCE ") + event.name + " " +
                       event.old_state + " " + event.new_state);
    }
    return told;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("A transition is an event with its priority and reason") {
    notify::EventSource source;
    const auto events = source.transition(change("VI_1", State::init, State::backup, ""));
    REQUIRE(events.size() == 1);
    CHECK(events[0].priority == 101);
    CHECK(events[0].reason == "because");
    CHECK(words(events) == Words{"INSTANCE VI_1 init backup"});
    CHECK(words(source.transition(change("VI_1", State::backup, State::master, ""))) ==
          Words{"INSTANCE VI_1 backup master"});
    CHECK(words(source.transition(change("VI_1", State::master, State::init, ""))) ==
          Words{"INSTANCE VI_1 master stop"});
}

TEST_CASE("A group is told of once all members are there, after them and with priority 0") {
    notify::EventSource source;
    source.configure(settings({"VI_1", "VI_2"}));
    CHECK(words(source.transition(change("VI_1", State::init, State::backup))).size() == 1);
    const auto both = source.transition(change("VI_2", State::init, State::backup));
    CHECK(words(both) == Words{"INSTANCE VI_2 init backup", "GROUP SG1 init backup"});
    CHECK(both[1].priority == 0);
    CHECK(source.transition(change("VI_1", State::backup, State::master)).size() == 1);
    CHECK(words(source.transition(change("VI_2", State::backup, State::master))) ==
          Words{"INSTANCE VI_2 backup master", "GROUP SG1 backup master"});
}

TEST_CASE("A group that comes back to where it was has not changed") {
    notify::EventSource source;
    source.configure(settings({"VI_1", "VI_2"}));
    source.transition(change("VI_1", State::init, State::backup));
    source.transition(change("VI_2", State::init, State::backup));
    source.transition(change("VI_1", State::backup, State::master));
    CHECK(source.transition(change("VI_1", State::master, State::backup)).size() == 1);
}

TEST_CASE("A removed instance is deleted, and the group goes on with the others") {
    notify::EventSource source;
    source.configure(settings({"VI_1", "VI_2"}));
    source.transition(change("VI_1", State::init, State::backup));
    source.transition(change("VI_2", State::init, State::backup));
    CHECK(words(source.forget({"VI_2"})) == Words{"INSTANCE VI_2 backup deleted"});
    source.configure(settings({"VI_1"}));
    CHECK(words(source.transition(change("VI_1", State::backup, State::master))) ==
          Words{"INSTANCE VI_1 backup master", "GROUP SG1 backup master"});
}

TEST_CASE("The sequence has no gap") {
    notify::EventSource source;
    source.configure(settings({"VI_1"}));
    std::uint64_t last = 0;
    for (int number = 0; number < 20; ++number) {
        const bool up = number % 2 == 0;
        const auto events = source.transition(
            change("VI_1", up ? State::backup : State::master, up ? State::master : State::backup));
        for (const auto& event : events)
            CHECK(event.sequence == ++last);
    }
    CHECK(last == 40);
}

TEST_CASE("What was lost is told as one change, of the group too, and nothing where nothing was lost") {
    notify::EventSource source;
    source.configure(settings({"VI_1", "VI_2"}));
    core::InstanceStatus first, second;
    first.name = "VI_1";
    second.name = "VI_2";
    first.group = second.group = "SG1";
    CHECK(source.catch_up(first).empty());  // it has not left INIT
    source.transition(change("VI_1", State::init, State::backup));
    source.transition(change("VI_2", State::init, State::backup));
    first.state = second.state = State::backup;
    CHECK(source.catch_up(first).empty());
    first.state = second.state = State::fault;
    first.reason = "interface eth1 is down";
    first.effective_priority = 90;
    const auto missed = source.catch_up(first);
    CHECK(words(missed) == Words{"INSTANCE VI_1 backup fault"});
    REQUIRE(missed.size() == 1);
    CHECK(missed[0].reason == "interface eth1 is down");
    CHECK(missed[0].priority == 90);
    CHECK(missed[0].group == "SG1");
    CHECK(words(source.catch_up(second)) == Words{"INSTANCE VI_2 backup fault", "GROUP SG1 backup fault"});
    CHECK(source.catch_up(second).empty());
    second.state = State::init;
    CHECK(words(source.catch_up(second)) == Words{"INSTANCE VI_2 fault stop"});
}
