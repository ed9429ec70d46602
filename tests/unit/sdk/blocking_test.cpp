// SPDX-License-Identifier: Apache-2.0
// BlockingCheck: the loop never waits for the thread, and a cancelled run is never heard of. Under preset
// tsan too.
#include "regent/blocking.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <future>

#include "regent/testing.hpp"

using namespace std::chrono_literals;
namespace sdk = regent::sdk;
using sdk::testing::FakeHost;

namespace {

/// Its run() is the test's.
class Slow : public sdk::BlockingCheck {
  public:
    static constexpr std::string_view name = "slow", summary = "takes its time";
    static inline std::function<sdk::Result(sdk::Instant)> body;
    static inline Slow* last = nullptr;

    Slow(sdk::Context context, const sdk::Values&) : BlockingCheck(context) { last = this; }
    using BlockingCheck::is_wanted;

  private:
    sdk::Result run(sdk::Instant deadline) override { return body(deadline); }
};

/// A started instance whose run() waits for the gate; bounded, so that a test that fails ends.
struct Gated {
    FakeHost host;
    std::promise<void> entered, gate;
    sdk::testing::Instance instance;

    Gated() : instance(host.create(sdk::check<Slow>)) {
        Slow::body = [this, first = true](sdk::Instant) mutable {
            if (std::exchange(first, false)) {
                entered.set_value();
                gate.get_future().wait_for(20s);
                return sdk::down(sdk::Reason::refused, "the first run");
            }
            return sdk::up("a later run");
        };
        instance.start();
    }
    void wait_until_inside() { REQUIRE(entered.get_future().wait_for(20s) == std::future_status::ready); }
};

}  // namespace

TEST_CASE("A run answers its probe, and knows the deadline") {
    FakeHost host;
    std::promise<sdk::Instant> told;
    Slow::body = [&](sdk::Instant deadline) {
        told.set_value(deadline);
        return sdk::up("fine");
    };
    auto instance = host.create(sdk::check<Slow>);
    instance.start();
    const auto probe = instance.probe(300ms);
    REQUIRE(host.run_until([&] { return instance.answer(probe).has_value(); }));
    CHECK(instance.answer(probe)->message == "fine");
    CHECK(told.get_future().get() == host.now() + 300ms);
    instance.stop();
    CHECK(host.violations().empty());
}

TEST_CASE("probe() returns at once, and a run that is cancelled is dropped") {
    Gated gated;
    const auto first = gated.instance.probe(100ms);
    gated.wait_until_inside();
    CHECK(Slow::last->is_wanted());
    gated.host.advance(100ms);  // the host gives up
    CHECK_FALSE(Slow::last->is_wanted());
    const auto second = gated.instance.probe(100ms);
    gated.gate.set_value();
    REQUIRE(gated.host.run_until([&] { return gated.instance.answer(second).has_value(); }));
    CHECK(gated.instance.answer(first)->by_host);
    CHECK(gated.instance.answer(second)->message == "a later run");
    CHECK(gated.instance.reports().size() == 2);
    CHECK(gated.host.late_answers() == 0);
    CHECK(gated.host.violations().empty());
}

TEST_CASE("stop() waits for a run, and reports nothing") {
    Gated gated;
    gated.instance.probe(100ms);
    gated.wait_until_inside();
    gated.gate.set_value();
    gated.instance.stop();
    CHECK(gated.instance.reports().size() <= 1);  // it may have been faster than stop()
    CHECK(gated.host.violations().empty());
}

TEST_CASE("An instance that was never asked stops, and so does one that never started") {
    FakeHost host;
    auto started = host.create(sdk::check<Slow>);
    started.start();
    started.stop();
    auto idle = host.create(sdk::check<Slow>);
    idle.destroy();
    CHECK(host.violations().empty());
}

TEST_CASE("What a run throws is UNKNOWN") {
    FakeHost host;
    Slow::body = [](sdk::Instant) -> sdk::Result { throw std::runtime_error("the library says no"); };
    auto instance = host.create(sdk::check<Slow>);
    instance.start();
    const auto probe = instance.probe();
    REQUIRE(host.run_until([&] { return instance.answer(probe).has_value(); }));
    CHECK(instance.answer(probe)->state == sdk::State::unknown);
    CHECK(instance.answer(probe)->message == "the library says no");
}

TEST_CASE("Probes and cancels in quick succession") {
    FakeHost host;
    Slow::body = [](sdk::Instant) { return sdk::up(); };
    auto instance = host.create(sdk::check<Slow>);
    instance.start();
    for (int round = 0; round < 2000; ++round) {
        const auto probe = instance.probe();
        if (round % 3 == 0) {
            instance.cancel();
        } else {
            REQUIRE(host.run_until([&] { return instance.answer(probe).has_value(); }));
        }
    }
    instance.stop();
    CHECK(host.late_answers() == 0);
    CHECK(host.violations().empty());
}
