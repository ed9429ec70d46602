// SPDX-License-Identifier: Apache-2.0
// rules.md 20: a stall of the service thread is counted.
#include "agent/app/service_stall.hpp"

#include <catch2/catch.hpp>

using namespace regent;
using namespace std::chrono_literals;

namespace {

struct Watched {
    app::ServiceStall stall;
    Instant now{1h};
    std::uint64_t progress = 1;

    /// How many stalls there are in that time, with a wakeup each second.
    int stalls(std::chrono::seconds time, bool works) {
        int found = 0;
        for (const auto end = now + time; now < end; now += 1s) {
            found += stall.woken(progress, now) ? 1 : 0;
            progress += works ? 1 : 0;
        }
        return found;
    }
};

}  // namespace

TEST_CASE("rule 20: a service thread that does nothing for more than 5 s has stalled, once") {
    Watched watched;
    CHECK(watched.stalls(60s, true) == 0);
    CHECK(watched.stalls(7s, false) == 1);
    CHECK(watched.stalls(60s, false) == 0);
    CHECK(watched.stalls(60s, true) == 0);
    CHECK(watched.stalls(5s, false) == 0);
    CHECK(watched.stalls(1s, true) == 0);
    CHECK(watched.stalls(7s, false) == 1);
}

TEST_CASE("rule 20: a machine that stood still is no stall of the service thread") {
    Watched watched;
    CHECK(watched.stalls(1s, false) == 0);
    watched.now += 1h;
    CHECK(watched.stalls(2s, false) == 0);
}
