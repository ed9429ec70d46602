// SPDX-License-Identifier: Apache-2.0
// The engine's picture of the kernel must be right after any sequence of changes, lost notifications
// included.
#include "agent/platform/netlink_monitor.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <net/if.h>
// After net/if.h: the two are compatible in this order only.
#include <linux/rtnetlink.h>
#include <poll.h>
#include <thread>

#include "agent/platform/netlink_parse.hpp"
#include "agent/platform/netlink_requests.hpp"

#include "network.hpp"

using namespace regent;
using namespace regent::platform;
using namespace regent::platform::test;

namespace {

NetlinkMonitor opened(std::size_t receive_buffer = NetlinkMonitor::default_receive_buffer) {
    auto monitor = NetlinkMonitor::open(receive_buffer);
    REQUIRE(monitor);
    return *std::move(monitor);
}

std::vector<core::Input> heard(NetlinkMonitor& monitor,
                               const std::function<bool(const std::vector<core::Input>&)>& enough) {
    return collect(
        monitor.fd(), [&](std::vector<core::Input>& out) { monitor.drain(out); }, enough);
}

template <class T>
std::function<bool(const std::vector<core::Input>&)> count_of(std::size_t count) {
    return [count](const std::vector<core::Input>& inputs) { return only<T>(inputs).size() >= count; };
}

/// RTM_NEWLINK of the loopback interface, with its name, and with its MTU.
std::vector<std::uint8_t> link_message(bool with_mtu) {
    std::vector<std::uint8_t> bytes(NLMSG_SPACE(sizeof(ifinfomsg)));
    const auto append = [&](std::uint16_t type, const void* value, std::size_t size) {
        const rtattr header{static_cast<std::uint16_t>(RTA_LENGTH(size)), type};
        const std::size_t at = bytes.size();
        bytes.resize(at + RTA_SPACE(size));
        std::memcpy(bytes.data() + at, &header, sizeof header);
        std::memcpy(bytes.data() + at + RTA_LENGTH(0), value, size);
    };
    append(IFLA_IFNAME, "lo", 3);
    const std::uint32_t mtu = 65536;
    if (with_mtu) append(IFLA_MTU, &mtu, sizeof mtu);
    nlmsghdr header{};
    header.nlmsg_type = RTM_NEWLINK;
    header.nlmsg_len = static_cast<std::uint32_t>(bytes.size());
    std::memcpy(bytes.data(), &header, sizeof header);
    return bytes;
}

const core::Link* find_link(const core::KernelSnapshot& snapshot, const std::string& name) {
    const auto found = std::ranges::find(snapshot.links, name, &core::Link::name);
    return found == snapshot.links.end() ? nullptr : &*found;
}

const core::KernelAddress* find_address(const core::KernelSnapshot& snapshot, const IpAddress& address) {
    const auto found = std::ranges::find(snapshot.addresses, address, &core::KernelAddress::address);
    return found == snapshot.addresses.end() ? nullptr : &*found;
}

core::AddAddress add(int index, const IpAddress& address) {
    return {index, {address, address.full_prefix(), "left0", "", core::Scope::global, {}}};
}

IpAddress numbered(unsigned number) {
    const std::array<std::uint8_t, 4> bytes{10, 9, static_cast<std::uint8_t>(number >> 8),
                                            static_cast<std::uint8_t>(number & 0xff)};
    return *IpAddress::from_bytes(bytes);
}

/// Notifications made at once by the kernel: `count` additions and as many removals.
void make_changes(int index, unsigned count) {
    auto requests = NetlinkRequests::open();
    REQUIRE(requests);
    for (unsigned number = 0; number < count; ++number) {
        requests->queue(add(index, numbered(number)));
        requests->queue(core::RemoveAddress{index, numbered(number), 32});
    }
    std::vector<core::Input> refused;
    requests->flush(refused);
    REQUIRE(refused.empty());
}

}  // namespace

TEST_CASE("A message about a link that does not tell all of it, as of wireless events, is not its state") {
    auto whole = link_message(true);
    const auto link = parse_link(*reinterpret_cast<nlmsghdr*>(whole.data()));
    REQUIRE(link);
    CHECK(link->name == "lo");
    CHECK(link->mtu == 65536);
    auto event = link_message(false);
    CHECK_FALSE(parse_link(*reinterpret_cast<nlmsghdr*>(event.data())));
}

TEST_CASE("A snapshot tells links and addresses as they are") {
    REQUIRE_NETWORK();
    const Cable cable;
    run("ip link set left0 address 02:00:5e:00:00:07 mtu 1400");
    auto requests = NetlinkRequests::open();
    REQUIRE(requests);
    requests->queue(
        core::AddAddress{cable.left_index, {ip("198.51.100.7"), 25, "left0", "", core::Scope::global, {}}});
    std::vector<core::Input> refused;
    requests->flush(refused);
    run("ip link add name off0 type bridge");
    NetlinkMonitor monitor = opened();
    const auto snapshot = NetlinkMonitor::snapshot();
    REQUIRE(snapshot);

    const core::Link* left = find_link(*snapshot, "left0");
    REQUIRE(left != nullptr);
    CHECK(*left ==
          core::Link{cable.left_index, "left0", true, true, true, 1400, {{0x02, 0, 0x5e, 0, 0, 0x07}}});
    const core::Link* bridge = find_link(*snapshot, "off0");
    REQUIRE(bridge != nullptr);
    CHECK_FALSE(bridge->up);
    CHECK_FALSE(bridge->carrier);

    const core::KernelAddress* own = find_address(*snapshot, ip("198.51.100.7"));
    REQUIRE(own != nullptr);
    CHECK(*own == core::KernelAddress{cable.left_index, ip("198.51.100.7"), 25, true, true, true});
    const core::KernelAddress* other = find_address(*snapshot, ip("2001:db8::1"));
    REQUIRE(other != nullptr);
    CHECK(*other == core::KernelAddress{cable.left_index, ip("2001:db8::1"), 64, false, true, false});
    CHECK(find_address(*snapshot, ip("127.0.0.1")) != nullptr);
}

TEST_CASE("A snapshot has the addresses of an interface in the order in which they came") {
    REQUIRE_NETWORK();
    const Cable cable;
    for (const auto* address : {"192.0.2.7/24", "192.0.2.6/24", "fe80::7/64", "fe80::6/128"})
        run(std::string("ip addr add dev left0 ") + address);
    const auto snapshot = NetlinkMonitor::snapshot();
    REQUIRE(snapshot);
    std::vector<IpAddress> local;
    std::vector<IpAddress> ipv4;
    for (const auto& address : snapshot->addresses) {
        if (address.interface_index != cable.left_index) continue;
        if (address.address.is_ipv4()) ipv4.push_back(address.address);
        if (address.address.is_link_local()) local.push_back(address.address);
    }
    CHECK(ipv4 == std::vector{ip("192.0.2.1"), ip("192.0.2.7"), ip("192.0.2.6")});
    CHECK(local == std::vector{ip("fe80::1"), ip("fe80::7"), ip("fe80::6")});
}

TEST_CASE("On a point-to-point link the address is ours, not the other end's") {
    REQUIRE_NETWORK();
    const Cable cable;
    NetlinkMonitor monitor = opened();
    run("ip addr add 10.1.0.1 peer 10.1.0.2/32 dev left0");
    const auto appeared = only<core::AddressAppeared>(heard(monitor, count_of<core::AddressAppeared>(1)));
    CHECK(appeared.at(0).address.address == ip("10.1.0.1"));
}

TEST_CASE("Addresses of others appear and vanish in order") {
    REQUIRE_NETWORK();
    const Cable cable;
    NetlinkMonitor monitor = opened();
    run("ip addr add 10.0.0.1/32 dev left0 && ip addr del 10.0.0.1/32 dev left0 && "
        "ip addr add 10.0.0.1/24 dev left0");
    const auto inputs = heard(monitor, count_of<core::AddressAppeared>(2));
    REQUIRE(inputs.size() == 3);
    const core::KernelAddress first{cable.left_index, ip("10.0.0.1"), 32, false, true};
    CHECK(std::get<core::AddressAppeared>(inputs[0]).address == first);
    CHECK(std::get<core::AddressVanished>(inputs[1]).address == first);
    CHECK(std::get<core::AddressAppeared>(inputs[2]).address.prefix == 24);
}

TEST_CASE("An IPv6 address under duplicate detection is not usable, then it is") {
    REQUIRE_NETWORK();
    const Cable cable;
    NetlinkMonitor monitor = opened();
    run("sysctl -qw net.ipv6.conf.left0.accept_dad=1 && ip addr add 2001:db8::77/64 dev left0");
    // The end of the detection of the cable's own addresses may be told in between.
    const auto told_of_it = [](const std::vector<core::Input>& inputs) {
        std::vector<core::AddressAppeared> appeared = only<core::AddressAppeared>(inputs);
        std::erase_if(appeared, [](const auto& each) { return each.address.address != ip("2001:db8::77"); });
        return appeared;
    };
    const auto inputs = heard(
        monitor, [&](const std::vector<core::Input>& so_far) { return told_of_it(so_far).size() >= 2; });
    CHECK_FALSE(told_of_it(inputs).front().address.usable);
    CHECK(told_of_it(inputs).back().address.usable);
}

TEST_CASE("Carrier, administrative state, name and ARP of a link are followed") {
    REQUIRE_NETWORK();
    const Cable cable;
    NetlinkMonitor monitor = opened();
    const auto last_link = [&](const std::function<bool(const core::Link&)>& wanted) {
        heard(monitor, [&](const std::vector<core::Input>& inputs) {
            const auto changes = only<core::LinkChanged>(inputs);
            return !changes.empty() && changes.back().link.index == cable.left_index &&
                   wanted(changes.back().link);
        });
    };
    cable.right.enter();
    run("ip link set right0 down");
    cable.left.enter();
    last_link([](const core::Link& link) { return link.up && !link.carrier; });
    run("ip link set left0 down");
    last_link([](const core::Link& link) { return !link.up && !link.carrier; });
    run("ip link set left0 name renamed0 arp off");
    last_link([](const core::Link& link) { return link.name == "renamed0" && !link.arp; });
    run("ip link set renamed0 up");
    cable.right.enter();
    run("ip link set right0 up");
    cable.left.enter();
    last_link([](const core::Link& link) { return link.up && link.carrier; });
}

TEST_CASE("A link that is deleted and made again is another one") {
    REQUIRE_NETWORK();
    const Cable cable;
    NetlinkMonitor monitor = opened();
    run("ip link del left0");
    const auto removed = only<core::LinkRemoved>(heard(monitor, count_of<core::LinkRemoved>(1)));
    CHECK(removed.at(0).index == cable.left_index);
    run("ip link add left0 type veth peer name left1");
    const auto inputs = heard(monitor, count_of<core::LinkChanged>(2));
    const auto made = only<core::LinkChanged>(inputs);
    CHECK(std::ranges::any_of(made, [&](const core::LinkChanged& change) {
        return change.link.name == "left0" && change.link.index != cable.left_index;
    }));
}

TEST_CASE("A link that leaves a bridge is not removed") {
    REQUIRE_NETWORK();
    const Cable cable;
    run("ip link add br0 type bridge && ip link set left0 master br0");
    NetlinkMonitor monitor = opened();
    run("ip link set left0 nomaster && ip addr add 10.0.0.9/32 dev lo");
    const auto inputs = heard(monitor, count_of<core::AddressAppeared>(1));
    CHECK(only<core::LinkRemoved>(inputs).empty());
}

TEST_CASE("drain() is bounded and goes on where it stopped") {
    REQUIRE_NETWORK();
    const Cable cable;
    NetlinkMonitor monitor = opened();
    constexpr unsigned pairs = NetlinkMonitor::datagrams_per_drain / 2 + 50;
    make_changes(cable.left_index, pairs);
    std::vector<core::Input> inputs;
    monitor.drain(inputs);
    CHECK(inputs.size() == NetlinkMonitor::datagrams_per_drain);
    CHECK(readable(monitor.fd()));
    monitor.drain(inputs);
    CHECK(only<core::AddressAppeared>(inputs).size() == pairs);
    CHECK(only<core::AddressVanished>(inputs).size() == pairs);
    CHECK(monitor.overruns() == 0);
}

TEST_CASE("Lost notifications become one snapshot, and listening goes on") {
    REQUIRE_NETWORK();
    const Cable cable;
    NetlinkMonitor monitor = opened(4096);
    make_changes(cable.left_index, 2000);
    run("ip addr add 10.0.0.5/32 dev left0 && ip addr del 192.0.2.1/24 dev left0");

    const auto inputs = heard(monitor, count_of<core::KernelSnapshot>(1));
    CHECK(monitor.overruns() == 1);
    REQUIRE(std::holds_alternative<core::KernelSnapshot>(inputs.back()));
    const auto& snapshot = std::get<core::KernelSnapshot>(inputs.back());
    CHECK(find_link(snapshot, "left0") != nullptr);
    CHECK(find_address(snapshot, ip("10.0.0.5")) != nullptr);
    CHECK(find_address(snapshot, ip("192.0.2.1")) == nullptr);
    CHECK(find_address(snapshot, numbered(1)) == nullptr);

    run("ip addr del 10.0.0.5/32 dev left0");
    const auto after = heard(monitor, count_of<core::AddressVanished>(1));
    CHECK(only<core::AddressVanished>(after).at(0).address.address == ip("10.0.0.5"));
    CHECK(monitor.overruns() == 1);
}

TEST_CASE("A snapshot taken while addresses change misses none that stayed") {
    REQUIRE_NETWORK();
    const Cable cable;
    constexpr unsigned lasting = 600;
    auto requests = NetlinkRequests::open();
    REQUIRE(requests);
    for (unsigned number = 0; number < lasting; ++number)
        requests->queue(add(cable.left_index, numbered(number)));
    std::vector<core::Input> refused;
    requests->flush(refused);
    REQUIRE(refused.empty());
    NetlinkMonitor monitor = opened();

    // Addresses of loopback stand before those of left0 in a dump: their going moves all others.
    const core::AddAddress coming = add(static_cast<int>(::if_nametoindex("lo")), ip("10.8.0.1"));
    const core::RemoveAddress going{coming.interface_index, coming.address.address, 32};
    std::atomic<bool> done{false};
    std::thread changes([&] {
        auto own = NetlinkRequests::open();
        std::vector<core::Input> ignored;
        while (own && !done.load()) {
            own->queue(coming);
            own->queue(going);
            own->flush(ignored);
            ::poll(nullptr, 0, 1);  // so seldom that a dump fits in between
        }
    });
    unsigned complete = 0;
    for (int round = 0; round < 100; ++round) {
        const auto snapshot = NetlinkMonitor::snapshot();
        if (!snapshot) continue;
        ++complete;
        const auto held =
            std::ranges::count(snapshot->addresses, cable.left_index, &core::KernelAddress::interface_index);
        CHECK(held == lasting + 3);
    }
    done = true;
    changes.join();
    CHECK(complete > 0);
    WARN(complete << " of 100 snapshots under constant change were consistent");
}
