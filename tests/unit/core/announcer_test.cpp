// SPDX-License-Identifier: Apache-2.0
// Issue 6: gratuitous ARP and unsolicited NA: order, counts, pace.
#include "agent/core/announcer.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "agent/vrrp/gratuitous.hpp"

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;

namespace {

struct Stage {
    explicit Stage(bool arp = true, bool up = true) {
        Link link;
        link.index = 2;
        link.name = "eth0";
        link.up = up;
        link.carrier = true;
        link.arp = arp;
        link.mac.bytes = {2, 0, 0, 0, 0, 9};
        kernel.set_link(link, now);
    }
    AddressKey key(unsigned number) const {
        return {"eth0", ip("10.0." + std::to_string(number / 250) + "." + std::to_string(number % 250)), 32};
    }
    /// Frames sent now, and runs until nothing is due at this instant.
    std::size_t run() {
        Actions actions;
        announcer.run(now, kernel, actions);
        for (const auto& action : actions)
            frames.push_back({now, std::get<SendFrame>(action).frame});
        return actions.size();
    }
    void run_until(Instant end) {
        for (auto at = announcer.next_deadline(); at && *at <= end; at = announcer.next_deadline()) {
            now = std::max(now, *at);
            run();
        }
        now = end;
    }

    Instant now = Instant{} + 1h;
    KernelView kernel;
    Announcer announcer;
    std::vector<std::pair<Instant, Bytes>> frames;
};

}  // namespace

TEST_CASE("announcer: by default 5 at once and 5 after 5 s, then nothing") {
    Stage s;
    const Instant begin = s.now;
    s.announcer.start(s.key(1), Gratuitous{}, s.now);
    s.run_until(begin + 4999ms);
    CHECK(s.frames.size() == 5);
    CHECK(s.frames.back().first == begin);
    s.run_until(begin + 1h);
    CHECK(s.frames.size() == 10);
    CHECK(s.frames[5].first == begin + 5s);
    CHECK(s.frames.back().first == begin + 5s);
    CHECK_FALSE(s.announcer.next_deadline());
}

TEST_CASE("announcer: the frame carries the address and the MAC of the link") {
    Stage s;
    s.announcer.start(s.key(1), Gratuitous{}, s.now);
    s.run();
    CHECK(s.frames.front().second == vrrp::gratuitous_arp(s.kernel.link(2)->link.mac, s.key(1).address));
}

TEST_CASE("6.4.2: an IPv6 address is announced with the router flag") {
    Stage s;
    s.announcer.start({"eth0", ip("2001:db8::100"), 128}, Gratuitous{}, s.now);
    s.run();
    const auto& mac = s.kernel.link(2)->link.mac;
    CHECK(s.frames.front().second ==
          vrrp::unsolicited_neighbour_advertisement(mac, ip("2001:db8::100"), true));
}

TEST_CASE("announcer: delay 0 means no second burst") {
    Stage s;
    s.announcer.start(s.key(1), Gratuitous{3, 0s, 0s, 0s}, s.now);
    s.run_until(s.now + 1h);
    CHECK(s.frames.size() == 3);
}

TEST_CASE("announcer: refresh is one more each time, for as long as the address stands") {
    Stage s;
    const Instant begin = s.now;
    s.announcer.start(s.key(1), Gratuitous{1, 0s, 10s, 0s}, s.now);
    s.run_until(begin + 35s);
    REQUIRE(s.frames.size() == 4);
    for (unsigned i = 0; i < 4; ++i)
        CHECK(s.frames[i].first == begin + i * 10s);
    s.announcer.stop(s.key(1));
    s.run_until(begin + 1h);
    CHECK(s.frames.size() == 4);
}

TEST_CASE("announcer: at most 64 frames a slice, and the first of each address before any repetition") {
    Stage s;
    for (unsigned i = 0; i < 1000; ++i)
        s.announcer.start(s.key(i), Gratuitous{}, s.now);
    const Instant begin = s.now;
    CHECK(s.run() == 64);
    CHECK(s.run() == 0);  // the pause between slices
    CHECK(s.announcer.next_deadline() == begin + 1ms);
    s.run_until(begin + 4s);
    CHECK(s.frames.size() == 5000);
    CHECK(s.frames.back().first - begin == 78ms);
    std::map<Bytes, unsigned> seen;
    for (std::size_t i = 0; i < 1000; ++i)
        ++seen[s.frames[i].second];
    CHECK(seen.size() == 1000);
    std::map<Instant, unsigned> slices;
    for (const auto& [at, frame] : s.frames)
        CHECK(++slices[at] <= 64);
    s.run_until(begin + 1h);
    CHECK(s.frames.size() == 10'000);
}

TEST_CASE("announcer: a new address is announced before the repetitions of those before") {
    Stage s;
    for (unsigned i = 0; i < 100; ++i)
        s.announcer.start(s.key(i), Gratuitous{100, 0s, 0s, 0s}, s.now);
    s.run_until(s.now + 50ms);
    s.frames.clear();
    s.announcer.start(s.key(999), Gratuitous{}, s.now);
    s.run_until(s.now + 1ms);
    REQUIRE_FALSE(s.frames.empty());
    CHECK(s.frames.front().second == vrrp::gratuitous_arp(s.kernel.link(2)->link.mac, s.key(999).address));
}

TEST_CASE("announcer: interval spaces two frames") {
    Stage s;
    const Instant begin = s.now;
    s.announcer.start(s.key(1), Gratuitous{3, 0s, 0s, 20ms}, s.now);
    s.announcer.start(s.key(2), Gratuitous{3, 0s, 0s, 20ms}, s.now);
    s.run_until(begin + 1s);
    REQUIRE(s.frames.size() == 6);
    for (unsigned i = 0; i < 6; ++i)
        CHECK(s.frames[i].first == begin + i * 20ms);
}

TEST_CASE("announcer: what is stopped says no more, not even what was queued") {
    Stage s;
    s.announcer.start(s.key(1), Gratuitous{}, s.now);
    s.announcer.start(s.key(2), Gratuitous{}, s.now);
    s.announcer.stop(s.key(1));
    s.announcer.stop(s.key(3));
    s.run_until(s.now + 1h);
    CHECK(s.frames.size() == 10);
    CHECK_FALSE(s.announcer.next_deadline());
}

TEST_CASE("announcer: start, stop and start again: the counts of one start") {
    Stage s;
    for (int i = 0; i < 3; ++i) {
        s.announcer.start(s.key(1), Gratuitous{}, s.now);
        s.announcer.stop(s.key(1));
    }
    s.announcer.start(s.key(1), Gratuitous{}, s.now);
    s.run_until(s.now + 1h);
    CHECK(s.frames.size() == 10);
}

TEST_CASE("announcer: repeat is one more burst, merged with one that is under way") {
    Stage s;
    s.announcer.start(s.key(1), Gratuitous{5, 0s, 0s, 0s}, s.now);
    s.announcer.repeat(s.key(1));
    s.announcer.repeat(s.key(7));
    s.run_until(s.now + 1s);
    CHECK(s.frames.size() == 5);
    s.announcer.repeat(s.key(1));
    s.run_until(s.now + 1s);
    CHECK(s.frames.size() == 10);
}

TEST_CASE("announcer: nothing on links without ARP, links that are down, links that are gone") {
    SECTION("NOARP") {
        Stage s(false);
        s.announcer.start(s.key(1), Gratuitous{}, s.now);
        s.run_until(s.now + 1h);
        CHECK(s.frames.empty());
    }
    SECTION("down") {
        Stage s(true, false);
        s.announcer.start(s.key(1), Gratuitous{}, s.now);
        s.run_until(s.now + 1h);
        CHECK(s.frames.empty());
    }
    SECTION("gone, with a refresh") {
        Stage s;
        s.announcer.start(s.key(1), Gratuitous{1, 0s, 1s, 0s}, s.now);
        s.kernel.remove_link(2);
        s.run_until(s.now + 10s);
        CHECK(s.frames.empty());
        CHECK(s.announcer.next_deadline() > s.now);
    }
}
