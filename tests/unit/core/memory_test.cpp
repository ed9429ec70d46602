// SPDX-License-Identifier: Apache-2.0
#include "agent/core/memory.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;

namespace {

Memory full() {
    Memory memory;
    Memory::Router router;
    router.key = {"eth0", Family::ipv6, 51};
    router.addresses = {{"eth0", ip("fe80::1"), 64}, {"eth1", ip("10.0.0.1"), 32}};
    router.master = true;
    router.held = true;
    router.last_advert = Instant(17s);
    router.trusted = {ip("10.0.0.2")};
    router.peer_down = 3s;
    memory.routers = {router, Memory::Router{{"eth2", Family::ipv4, 1}, {}, false, false, {}, {}, {}}};
    memory.checks = {{"web", Memory::Verdict::down, "refused"}, {"rmi", Memory::Verdict::ignored, ""}};
    memory.resumes = {Instant(1s), Instant(2s)};
    memory.maintenance = "disk";
    return memory;
}

}  // namespace

TEST_CASE("memory: what is written is read back") {
    CHECK(*decode_memory(encode(full())) == full());
    CHECK(*decode_memory(encode(Memory{})) == Memory{});
}

TEST_CASE("memory: every shortened form is refused, and so is anything after the end") {
    Bytes bytes = encode(full());
    for (std::size_t size = 0; size < bytes.size(); ++size)
        CHECK_FALSE(decode_memory(ByteView(bytes).first(size)));
    bytes.push_back(0);
    CHECK_FALSE(decode_memory(bytes));
}

TEST_CASE("memory: hostile bytes are refused or mean something that can be written again") {
    const Bytes good = encode(full());
    rc::check("random changes", [&] {
        Bytes bytes = good;
        const auto changes = *rc::gen::inRange<std::size_t>(1, 6);
        for (std::size_t i = 0; i < changes; ++i)
            bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = *rc::gen::arbitrary<std::uint8_t>();
        const auto memory = decode_memory(bytes);
        if (memory) RC_ASSERT(encode(*memory) == bytes);
    });
    rc::check("random bytes", [](const Bytes& bytes) {
        const auto memory = decode_memory(bytes);
        if (memory) RC_ASSERT(encode(*memory) == bytes);
    });
}

TEST_CASE("memory: a text too long for the format is cut, not refused") {
    Memory memory;
    memory.maintenance = std::string(70'000, 'x');
    CHECK(decode_memory(encode(memory))->maintenance == std::string(65'535, 'x'));
}

TEST_CASE("memory: times before the clock began are no times") {
    const Instant never = Instant::min();
    Memory memory;
    SECTION("of a resume") {
        memory.resumes = {never};
    }
    SECTION("of an override") {
        memory.overrides = {{"haproxy", true, never, {}}};
    }
    SECTION("of an advertisement") {
        memory.routers.push_back({{"eth0", Family::ipv4, 51}, {}, true, false, never, {}});
    }
    CHECK_FALSE(decode_memory(encode(memory)));
}

TEST_CASE("memory: a resume in a far future is forgotten") {
    Memory memory;
    memory.resumes.assign(3, Instant::max());
    const auto read = decode_memory(encode(memory));
    REQUIRE(read);
    Solo solo(only(make_instance("VI_1", "eth0", 51, 100, {"10.0.0.100"})), false);
    solo.world.start(solo.node, solo.settings, *read);
    solo.world.run_for(0s);
    CHECK(solo.world.logged("lb1", "resumes within a minute") == 0);
}
