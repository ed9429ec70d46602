// SPDX-License-Identifier: Apache-2.0
#include "agent/record/replay.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "agent/core/engine.hpp"
#include "agent/record/trust.hpp"

#include "tests/unit/core/builders.hpp"
#include "tests/unit/record/any_input.hpp"
#include "tests/unit/record/recording.hpp"

using namespace regent;
using namespace regent::core::test;
using namespace regent::record;
using namespace std::chrono_literals;
using test::Recording;

namespace {

/// The reference cluster through a start, a failing check, a handover, a lost cable, a reload and a stop;
/// what lb1 saw of it.
std::string session() {
    Recording recording;
    Cluster cluster([](core::Settings& settings) {
        settings.checks = {make_check("service")};
        for (auto& instance : settings.instances) {
            instance.checks.push_back({"service", std::nullopt, core::OnDown::last_resort});
            instance.lease = 3s;
        }
    });
    cluster.world.watch = [&](const Node& node, const core::Input& input, const core::Actions& actions) {
        if (&node == &cluster.lb1) recording.step(cluster.world.local(node), input, actions);
    };
    auto& world = cluster.world;
    cluster.settle();
    for (const auto state : {core::CheckState::up, core::CheckState::down, core::CheckState::up}) {
        world.tell(cluster.lb1, core::CheckVerdict{"service", state, "seen", true});
        world.run_for(20s);
    }
    core::OperatorCommand handover;
    handover.id = 7;
    handover.target = "SG1";
    handover.reason = "update";
    world.tell(cluster.lb1, handover);
    world.run_for(5s);
    handover.kind = core::OperatorCommand::Kind::release;
    world.tell(cluster.lb1, handover);
    world.run_for(20s);
    cluster.cut("nat");
    world.run_for(10s);
    cluster.heal("nat");
    auto changed = cluster.settings1;
    changed.instances[0].priority = 120;
    world.reload(cluster.lb1, changed);
    world.run_for(5s);
    world.tell(cluster.lb1, core::StopRequested{});
    world.run_for(5s);
    recording.add(End{EndCause::stopped});
    return recording.text();
}

const std::string& whole() {
    static const std::string text = session();
    return text;
}

Result<Replayed> replayed(const std::string& text) {
    std::istringstream in(text);
    return replay(in, {});
}

std::string error_of(const std::string& text) {
    const auto found = replayed(text);
    return found ? "no error" : found.error().text;
}

std::uint64_t lines(const std::string& text) {
    return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

const std::string header = to_text(Header{}) + "\n";

std::string line_of(const core::Input& input, Duration at = 1s) {
    return to_text(Step{Instant(at), input, 0, digest_of({})}) + "\n";
}

}  // namespace

TEST_CASE("replay: a recorded node does the same again") {
    std::size_t transitions = 0, commands = 0;
    std::istringstream in(whole());
    const auto found =
        replay(in, {{}, {}, [&](const Step& step, const core::Actions& actions) {
                        commands += std::holds_alternative<core::OperatorCommand>(step.input) ? 1U : 0U;
                        for (const auto& action : actions)
                            transitions += std::holds_alternative<core::Transition>(action) ? 1U : 0U;
                    }});
    if (!found) FAIL(found.error().text);
    CHECK(found->ending == Replayed::Ending::stopped);
    CHECK(found->header.node == "lb1");
    CHECK(found->lines == lines(whole()));
    CHECK(found->inputs == lines(whole()) - 2);
    CHECK(found->actions > 100);
    CHECK(transitions >= 8);
    CHECK(commands == 2);
}

TEST_CASE("replay: what was changed afterwards is found where it has an effect") {
    auto text = whole();
    const auto at = text.find(R"("state":"down")");
    REQUIRE(at != std::string::npos);
    const auto line = 1 + lines(text.substr(0, at));
    text.replace(at, 14, R"("state":"up")");
    const auto error = error_of(text);
    INFO(error);
    // The verdict itself makes the engine do nothing yet; the turn after it does.
    CHECK(error.find("the actions differ: ") != std::string::npos);
    CHECK(std::stoull(error) >= line);
    CHECK(std::stoull(error) <= line + 2);
}

TEST_CASE("replay: another digest is another action") {
    auto text = whole();
    const auto at = text.find("\"digest\":\"") + 10;
    text[at] = text[at] == '0' ? '1' : '0';
    CHECK(error_of(text).find("the actions differ: as many as are recorded") != std::string::npos);
}

TEST_CASE("replay: a cut file is replayed as far as it goes") {
    const auto text = whole().substr(0, whole().size() * 2 / 3);
    const auto found = replayed(text);
    REQUIRE(found);
    CHECK(found->ending == Replayed::Ending::cut);
    CHECK(found->lines == lines(text));
    CHECK(error_of("") == "1: there is no header: the file is empty or was cut");
    CHECK(error_of(header.substr(0, 9)) == "1: there is no header: the file is empty or was cut");
}

TEST_CASE("replay: nothing is claimed beyond a gap") {
    const auto half = whole().find('\n', whole().size() / 2) + 1;
    const auto next = whole().find('\n', half) + 1;
    const auto text = whole().substr(0, half) + to_text(Gap{1}) + "\n" + whole().substr(next);
    const auto found = replayed(text);
    REQUIRE(found);
    CHECK(found->ending == Replayed::Ending::gap);
    CHECK(found->missing == 1);
    CHECK(found->lines == lines(whole().substr(0, half)) + 1);
}

TEST_CASE("replay: order is looked after") {
    CHECK(error_of(line_of(core::TimerFired{})) == "1: the first line is not a header");
    CHECK(error_of(to_text(Gap{1}) + "\n") == "1: the first line is not a header");
    CHECK(error_of(header + header) == "2: a header is the first line alone");
    CHECK(error_of(header + line_of(core::TimerFired{}, 2s) + line_of(core::TimerFired{}, 1s)) ==
          "3: at: time goes back");
    CHECK(error_of(header + "{}\n").starts_with("2: \"at\" is missing"));
    const auto found = replayed(header + to_text(End{EndCause::limit}) + "\n" + "behind the end\n");
    REQUIRE(found);
    CHECK(found->ending == Replayed::Ending::limit);
}

TEST_CASE("replay: an engine is given no settings that it must not trust") {
    auto settings = Cluster::settings(100);
    settings.groups[0].members.push_back("VI_9");
    CHECK(error_of(header + line_of(core::ConfigApplied{std::make_shared<const core::Settings>(settings)})) ==
          R"(2: group "SG1": there is no instance "VI_9")");
}

TEST_CASE("replay: no input that a line can hold harms an engine that serves") {
    rc::prop("any input", [] {
        core::Engine engine;
        Instant now{};
        engine.step(core::ConfigApplied{std::make_shared<const core::Settings>(Cluster::settings(100))}, now);
        const auto mac = MacAddress{{2, 0, 0, 0, 0, 1}};
        engine.step(core::KernelSnapshot{{{1, "enp0s3", true, true, true, 1500, mac},
                                          {2, "enp0s8", true, true, true, 1500, mac}},
                                         {{1, ip("10.0.2.5"), 24}, {2, ip("192.168.1.5"), 24}}},
                    now);
        for (auto left = *rc::gen::inRange(1, 60); left > 0; --left) {
            const auto kind = *rc::gen::inRange<std::size_t>(0, std::variant_size_v<core::Input>);
            auto input = test::any_input(kind);
            const auto* applied = std::get_if<core::ConfigApplied>(&input);
            const bool trusted = !applied || check_trust(*applied->settings).has_value();
            if (trusted && !std::holds_alternative<core::Recalled>(input)) engine.step(input, now);
            for (int turns = 0; turns < 20; ++turns) {
                const auto due = engine.next_deadline();
                if (!due) break;
                now = std::max(now, *due);
                engine.step(core::TimerFired{}, now);
            }
        }
    });
}

TEST_CASE("replay: no damage brings the engine down") {
    rc::prop("damage", [] {
        auto text = whole().substr(0, 60'000);
        for (auto left = *rc::gen::inRange(1, 6); left > 0; --left) {
            const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
            text[at] = *rc::gen::elementOf(std::string("0123456789abf\"{}[],:\n"));
        }
        const auto found = replayed(text);
        if (!found) RC_ASSERT(std::stoull(found.error().text) >= 1U);
    });
}
