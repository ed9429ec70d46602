// SPDX-License-Identifier: Apache-2.0
// What dockerd says, read from text alone; and text that it would never say.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "plugins/docker/event.hpp"
#include "plugins/docker/json.hpp"
#include "plugins/docker/verdict.hpp"
#include "plugins/docker/watched.hpp"
#include "tests/unit/plugins/fake_dockerd.hpp"

using namespace regent;
using namespace regent::plugins::docker;

TEST_CASE("docker: lines are put together however they are cut, and held to one") {
    CHECK(rc::check([] {
        const auto text = *rc::gen::container<std::string>(rc::gen::element('a', 'b', '\n', ' '));
        std::vector<std::string> whole, cut;
        LineReader once, often;
        RC_ASSERT(once.add(text, [&](std::string_view line) { return whole.emplace_back(line), true; }));
        std::string_view left = text;
        while (!left.empty()) {
            const auto size = *rc::gen::inRange<std::size_t>(1, left.size() + 1);
            RC_ASSERT(often.add(left.substr(0, size),
                                [&](std::string_view line) { return cut.emplace_back(line), true; }));
            left.remove_prefix(size);
        }
        RC_ASSERT(whole == cut);
        RC_ASSERT(once.held() == text.size() - (text.rfind('\n') + 1));
    }));
    LineReader reader;
    const auto none = [](std::string_view) { return true; };
    CHECK(reader.add(std::string(LineReader::maximum_line, 'x'), none));
    CHECK_FALSE(reader.add("x", none));
    CHECK(reader.is_too_long());
    CHECK(reader.held() == 0);
    CHECK_FALSE(reader.add("\n", none));
}

TEST_CASE("docker: what is nested beyond anything that dockerd says is not read") {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + R"("[[[\\\"[[[")" + std::string(depth, ']');
    };
    CHECK_FALSE(parse_json(nested(32)).is_discarded());
    CHECK(parse_json(nested(33)).is_discarded());
    CHECK(parse_json(std::string(1 << 20, '{')).is_discarded());
    // Side by side is not within each other.
    CHECK_FALSE(
        parse_json("[" + std::string(R"([[]],{"a":{}},)") + std::string(R"([])") + "]").is_discarded());
}

TEST_CASE("docker: an answer that is changed a little is read or refused, never more") {
    const std::string good =
        test::inspected("web", R"(,"Health":{"Status":"healthy","Log":[{"Output":"x"}]})");
    REQUIRE(parse_container(good));
    const std::string event = test::event_line("die", "web");
    REQUIRE(parse_event(event));
    CHECK(rc::check([&] {
        std::string text = good, line = event;
        for (std::string* const changed : {&text, &line}) {
            const auto at = *rc::gen::inRange<std::size_t>(0, changed->size());
            (*changed)[at] = *rc::gen::arbitrary<char>();
            if (*rc::gen::arbitrary<bool>()) changed->resize(at);
        }
        if (const auto read = parse_container(text)) {
            RC_ASSERT(!judge(*read).message.empty());
        } else {
            RC_ASSERT(!read.error().empty());
        }
        (void)parse_event(line);
        (void)parse_list(text);
        (void)parse_message(text);
    }));
}

TEST_CASE("docker: whose event it is") {
    const auto event = *parse_event(test::event_line("rename", "new", test::docker_id("abcdef012345"),
                                                     R"(,"oldName":"/old","app":"web","n":1)"));
    CHECK(event.time_ns == 1700000000123456789);
    const auto named = [&](const std::string& name) {
        Wanted wanted;
        wanted.container = name;
        return wanted.concerns(event);
    };
    CHECK(named("new"));
    CHECK(named("old"));
    CHECK(named("abcdef012345"));
    CHECK_FALSE(named("abc"));
    CHECK_FALSE(named("other"));
    const auto labelled = [&](const std::string& key, const std::string& value, bool has_value) {
        Wanted wanted;
        wanted.label_key = key;
        wanted.label_value = value;
        wanted.has_label_value = has_value;
        return wanted.concerns(event);
    };
    CHECK(labelled("app", "web", true));
    CHECK(labelled("app", "", false));
    CHECK_FALSE(labelled("app", "", true));
    CHECK_FALSE(labelled("n", "", false));
}

TEST_CASE("docker: what an event tells of itself") {
    const Container good = *parse_container(test::inspected("web"));
    const auto after = [&](const std::string& action, const std::string& attributes = "") {
        Container container = good;
        apply(*parse_event(test::event_line(action, "web", test::docker_id("c0ffee"), attributes)),
              container);
        CHECK(container.is_by_event == (judge(container).state == sdk::State::down));
        return judge(container).message;
    };
    CHECK(after("die", R"(,"exitCode":"137")") == "container web has ended with status 137");
    CHECK(after("die", R"(,"exitCode":"x")") == "container web has ended with status 0");
    CHECK(after("pause") == "container web is paused");
    CHECK(after("health_status: unhealthy") == "container web is unhealthy, 1 health check failed in a row");
    CHECK(after("health_status: healthy") == "container web runs and is healthy");
    CHECK(after("start") == "container web runs");
    Container ended = good;
    apply(*parse_event(test::event_line("die", "web")), ended);
    ended.is_process_gone = ended.is_paused = true;
    ended.pid = 0;
    apply(*parse_event(test::event_line("start", "web")), ended);
    CHECK(judge(ended).state == sdk::State::up);
    CHECK(after("unpause") == "container web runs");
}

TEST_CASE("docker: whose process it is") {
    const std::string id = test::docker_id("abc");
    CHECK(is_in_container("0::/system.slice/docker-" + id + ".scope\n", id));
    CHECK(is_in_container("4:memory:/docker/" + id + "\n0::/docker/" + id + "\n", id));
    CHECK_FALSE(is_in_container("0::/init.scope\n", id));
    CHECK_FALSE(is_in_container("", ""));
}
