// SPDX-License-Identifier: Apache-2.0
// Addresses as the kernel holds them after a request, and its own words when it says no.
#include "agent/platform/netlink_requests.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "agent/platform/clock.hpp"
#include "agent/platform/netlink_monitor.hpp"

#include "network.hpp"

using namespace regent;
using namespace regent::platform;
using namespace regent::platform::test;

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

struct Bench {
    Bench() : requests(*NetlinkRequests::open()), monitor(*NetlinkMonitor::open()) {}

    template <class... Requests>
    std::vector<core::Input> refused_of(const Requests&... all) {
        (requests.queue(all), ...);
        std::vector<core::Input> refused;
        requests.flush(refused);
        CHECK(requests.empty());
        return refused;
    }

    /// The next `count` notifications of one kind about addresses of ours: on a busy machine the kernel's
    /// own, of scope link, come late.
    template <class T>
    std::vector<T> heard(std::size_t count) {
        const auto ours = [](const std::vector<core::Input>& inputs) {
            auto all = only<T>(inputs);
            std::erase_if(all, [](const T& what) { return !what.address.ours; });
            return all;
        };
        return ours(collect(
            monitor.fd(), [&](std::vector<core::Input>& out) { monitor.drain(out); },
            [&](const std::vector<core::Input>& inputs) { return ours(inputs).size() >= count; }));
    }

    core::AddAddress add(std::string_view address, std::uint8_t prefix) const {
        return {cable.left_index, {ip(address), prefix, "left0", "", core::Scope::global, {}}};
    }
    core::RemoveAddress remove(std::string_view address, std::uint8_t prefix) const {
        return {cable.left_index, ip(address), prefix};
    }

    Cable cable;
    NetlinkRequests requests;
    NetlinkMonitor monitor;
};

std::string reason_of(const core::Input& input) {
    return std::get<core::AddressRefused>(input).reason;
}

/// Addresses 10.16.0.0 onwards, or 2001:db8:1:: onwards.
IpAddress numbered(Family family, unsigned number) {
    Bytes bytes = family == Family::ipv4 ? Bytes{10, 16, 0, 0}
                                         : Bytes{0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    bytes[bytes.size() - 2] = static_cast<std::uint8_t>(number >> 8);
    bytes[bytes.size() - 1] = static_cast<std::uint8_t>(number & 0xff);
    return *IpAddress::from_bytes(bytes);
}

}  // namespace

TEST_CASE("An address that was added is heard as ours, and as gone when removed") {
    REQUIRE_NETWORK();
    Bench bench;
    const auto [text, prefix] = GENERATE(std::pair{"192.0.2.210", 32}, std::pair{"192.0.2.211", 24},
                                         std::pair{"2001:db8::210", 128}, std::pair{"fe80::210", 64});
    const auto length = static_cast<std::uint8_t>(prefix);
    const core::KernelAddress expected{bench.cable.left_index, ip(text), length, true, true, true};

    CHECK(bench.refused_of(bench.add(text, length)).empty());
    const auto appeared = bench.heard<core::AddressAppeared>(1);
    REQUIRE(appeared.size() == 1);
    CHECK(appeared[0].address == expected);

    CHECK(bench.refused_of(bench.remove(text, length)).empty());
    const auto vanished = bench.heard<core::AddressVanished>(1);
    REQUIRE(vanished.size() == 1);
    CHECK(vanished[0].address.address == expected.address);
}

TEST_CASE("Label, scope, broadcast and lifetimes reach the kernel") {
    REQUIRE_NETWORK();
    Bench bench;
    core::AddAddress labelled = bench.add("192.0.2.210", 25);
    labelled.address.label = "left0:vip";
    labelled.address.scope = core::Scope::link;
    labelled.address.broadcast = ip("192.0.2.255");
    CHECK(
        bench.refused_of(labelled, bench.add("2001:db8::210", 128), bench.add("2001:db8::211", 64)).empty());

    CHECK_THAT(output_of("ip -o addr show dev left0 to 192.0.2.210"),
               Contains("192.0.2.210/25 brd 192.0.2.255 scope link left0:vip"));
    CHECK_THAT(output_of("ip -o addr show dev left0 to 2001:db8::210"),
               Contains("2001:db8::210/128 scope global nodad deprecated"));
    CHECK_THAT(output_of("ip -o addr show dev left0 to 2001:db8::211"),
               Contains("2001:db8::211/64 scope global nodad") && !Contains("deprecated"));
    CHECK_THAT(output_of("ip -o addr show dev left0 to 2001:db8::210"),
               Contains("valid_lft forever preferred_lft 0sec"));
    // RFC 9568 §6.4.2: the solicited-node groups are joined before anything is announced, which is done once
    // the kernel has told of the address. A thread of its own joins and tells (addrconf_dad_work() of
    // net/ipv6).
    CHECK(bench.heard<core::AddressAppeared>(3).size() == 3);
    CHECK_THAT(output_of("ip maddr show dev left0"),
               Contains("ff02::1:ff00:210") && Contains("ff02::1:ff00:211"));
}

TEST_CASE("Adding what stands and removing what is absent are no refusals") {
    REQUIRE_NETWORK();
    Bench bench;
    run("ip addr add 192.0.2.99/32 dev left0");
    CHECK(bench.refused_of(bench.add("192.0.2.99", 32)).empty());
    const auto addresses = NetlinkMonitor::snapshot()->addresses;
    const auto foreign = std::ranges::find(addresses, ip("192.0.2.99"), &core::KernelAddress::address);
    REQUIRE(foreign != addresses.end());
    CHECK_FALSE(foreign->ours);
    CHECK(bench
              .refused_of(bench.add("2001:db8::1", 64), bench.remove("192.0.2.98", 32),
                          bench.remove("2001:db8::98", 128))
              .empty());
    CHECK(bench
              .refused_of(core::RemoveAddress{9999, ip("192.0.2.97"), 32},
                          core::RemoveAddress{9999, ip("2001:db8::97"), 128})
              .empty());
}

TEST_CASE("A refusal carries the kernel's words and says what was refused") {
    REQUIRE_NETWORK();
    Bench bench;
    core::AddAddress nowhere = bench.add("192.0.2.210", 32);
    nowhere.interface_index = 9999;
    const auto missing = bench.refused_of(nowhere);
    REQUIRE(missing.size() == 1);
    const auto& refused = std::get<core::AddressRefused>(missing[0]);
    CHECK(refused.interface_index == 9999);
    CHECK(refused.address == ip("192.0.2.210"));
    CHECK(refused.prefix == 32);
    CHECK(refused.adding);
    CHECK_THAT(refused.reason, StartsWith("No such device"));

    run("sysctl -qw net.ipv6.conf.left0.disable_ipv6=1");
    const auto disabled = bench.refused_of(bench.add("2001:db8::210", 128));
    REQUIRE(disabled.size() == 1);
    CHECK_THAT(reason_of(disabled[0]), StartsWith("Permission denied"));

    const auto multicast = bench.refused_of(bench.add("ff02::1", 128));
    REQUIRE(multicast.size() == 1);
    CHECK_THAT(reason_of(multicast[0]), Contains("("));  // the extended text stands in brackets
}

TEST_CASE("Without CAP_NET_ADMIN every request is refused, none lost") {
    REQUIRE_NETWORK();
    Bench bench;
    const WithoutCapability without(CAP_NET_ADMIN);
    const auto refused = bench.refused_of(bench.add("192.0.2.210", 32), bench.remove("192.0.2.1", 24));
    REQUIRE(refused.size() == 2);
    CHECK_THAT(reason_of(refused[0]), StartsWith("Operation not permitted"));
    CHECK(std::get<core::AddressRefused>(refused[0]).adding);
    CHECK_FALSE(std::get<core::AddressRefused>(refused[1]).adding);
}

TEST_CASE("Refusals among many requests hit the right ones, in order") {
    REQUIRE_NETWORK();
    Bench bench;
    std::vector<IpAddress> expected;
    for (unsigned number = 0; number < 300; ++number) {
        core::AddAddress add = bench.add("10.0.0.1", 32);
        add.address.address = numbered(Family::ipv4, number);
        if (number % 3 == 0) {
            add.interface_index = 9999;
            expected.push_back(add.address.address);
        }
        bench.requests.queue(add);
    }
    std::vector<core::Input> refused;
    bench.requests.flush(refused);
    std::vector<IpAddress> found;
    for (const auto& one : only<core::AddressRefused>(refused))
        found.push_back(one.address);
    CHECK(found == expected);
    CHECK(bench.heard<core::AddressAppeared>(200).size() == 200);
}

TEST_CASE("flush_slice() does a part, so that adverts can leave in between") {
    REQUIRE_NETWORK();
    Bench bench;
    constexpr unsigned slice = NetlinkRequests::slice_requests;
    for (unsigned number = 0; number < slice + 1; ++number) {
        core::AddAddress add = bench.add("10.0.0.1", 32);
        add.address.address = numbered(Family::ipv4, number);
        bench.requests.queue(add);
    }
    std::vector<core::Input> refused;
    bench.requests.flush_slice(refused);
    CHECK_FALSE(bench.requests.empty());
    CHECK(bench.heard<core::AddressAppeared>(slice).size() == slice);
    bench.requests.queue(bench.add("10.77.0.1", 32));
    bench.requests.flush_slice(refused);
    CHECK(bench.requests.empty());
    const auto rest = bench.heard<core::AddressAppeared>(2);
    REQUIRE(rest.size() == 2);
    CHECK(rest[0].address.address == numbered(Family::ipv4, slice));
    CHECK(rest[1].address.address == ip("10.77.0.1"));
    CHECK(refused.empty());
}

TEST_CASE("A thousand IPv4 and 745 IPv6 addresses go in and out at once") {
    REQUIRE_NETWORK();
    Bench bench;
    for (const auto& [family, count] : {std::pair{Family::ipv4, 1000U}, std::pair{Family::ipv6, 745U}}) {
        std::vector<core::Input> refused;
        core::AddAddress add = bench.add("10.0.0.1", 32);
        const Instant start = now();
        for (unsigned number = 0; number < count; ++number) {
            add.address.address = numbered(family, number);
            add.address.prefix = add.address.address.full_prefix();
            bench.requests.queue(add);
        }
        bench.requests.flush(refused);
        const Instant added = now();
        CHECK(bench.heard<core::AddressAppeared>(count).size() == count);
        const Instant heard = now();
        for (unsigned number = 0; number < count; ++number) {
            const IpAddress address = numbered(family, number);
            bench.requests.queue(core::RemoveAddress{add.interface_index, address, address.full_prefix()});
        }
        bench.requests.flush(refused);
        const Instant removed = now();
        CHECK(bench.heard<core::AddressVanished>(count).size() == count);
        CHECK(refused.empty());
        const auto milliseconds = [](Duration time) { return static_cast<double>(time.count()) / 1e6; };
        WARN(count << " " << to_string(family) << " addresses: added in " << milliseconds(added - start)
                   << " ms, heard in " << milliseconds(heard - added) << " ms, removed in "
                   << milliseconds(removed - heard) << " ms");
    }
    CHECK(bench.monitor.overruns() == 0);
}
