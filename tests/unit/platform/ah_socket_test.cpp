// SPDX-License-Identifier: Apache-2.0
// Authentication Headers over a real cable: which are heard, and with what.
#include "agent/platform/ah_socket.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>

#include "agent/platform/datagram_batch.hpp"
#include "agent/platform/vrrp_socket.hpp"

#include "network.hpp"

using namespace regent;
using namespace regent::platform;
using namespace regent::platform::test;

namespace {

/// left0 sends AH; at right0 a VRRP socket, which alone has joined the group, and the AH socket.
struct Ends {
    Ends() : sender(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_AH)) {
        REQUIRE(sender);
        ip_mreqn outgoing{};
        outgoing.imr_ifindex = cable.left_index;
        set(IP_MULTICAST_IF, outgoing);
        cable.right.enter();
        vrrp = VrrpSocket::open(cable.right_index, Family::ipv4);
        REQUIRE(vrrp);
        REQUIRE(vrrp->set_groups({ip("224.0.0.18"), ip("224.0.0.19")}));
        ah = AhSocket::open();
        REQUIRE(ah);
    }

    template <class T>
    void set(int option, const T& value) const {
        REQUIRE(::setsockopt(sender.get(), IPPROTO_IP, option, &value, sizeof value) == 0);
    }

    void send(std::string_view to, std::uint8_t next_header) const {
        Bytes bytes(44);
        bytes[0] = next_header;
        bytes[1] = 4;  // 24 bytes of AH
        sockaddr_in destination{};
        destination.sin_family = AF_INET;
        std::copy_n(ip(to).bytes().begin(), 4, reinterpret_cast<std::uint8_t*>(&destination.sin_addr));
        const auto sent = ::sendto(sender.get(), bytes.data(), bytes.size(), 0,
                                   reinterpret_cast<const sockaddr*>(&destination), sizeof destination);
        REQUIRE(sent == static_cast<ssize_t>(bytes.size()));
    }

    std::vector<core::Input> heard(std::size_t count) const {
        return collect(
            ah->fd(), [&](std::vector<core::Input>& out) { ah->drain(out); },
            [&](const std::vector<core::Input>& inputs) { return inputs.size() >= count; });
    }

    Cable cable;
    Descriptor sender;
    Result<VrrpSocket> vrrp = failure("not open yet");
    Result<AhSocket> ah = failure("not open yet");
};

}  // namespace

TEST_CASE("VRRP inside AH to 224.0.0.18 is heard with interface and sender, and nothing else is") {
    REQUIRE_NETWORK();
    Ends ends;
    ends.send("192.0.2.2", 112);
    ends.send("224.0.0.19", 112);
    ends.send("224.0.0.18", 50);
    ends.send("224.0.0.18", 112);
    // Behind an IP header that is longer than most.
    ends.set(IP_OPTIONS, std::array<std::uint8_t, 4>{0x94, 4, 0, 0});
    ends.send("224.0.0.18", 50);
    ends.send("224.0.0.18", 112);
    const auto all = ends.heard(2);
    const auto found = only<core::AhHeard>(all);
    REQUIRE(all.size() == 2);
    REQUIRE(found.size() == 2);
    for (const auto& one : found) {
        CHECK(one.interface_index == ends.cable.right_index);
        CHECK(one.source == ip("192.0.2.1"));
    }
    DatagramBatch batch;
    std::vector<core::Input> others;
    CHECK(ends.vrrp->receive(batch, others, 10) == 0);
}

TEST_CASE("A flood of AH is bounded in each drain and in what waits") {
    REQUIRE_NETWORK();
    Ends ends;
    constexpr std::size_t sent = 2000;
    for (std::size_t i = 0; i < sent; ++i)
        ends.send("224.0.0.18", 112);
    auto inputs = ends.heard(1);
    CHECK(inputs.size() <= AhSocket::datagrams_per_drain);
    for (std::size_t before = 0; before != inputs.size();) {
        before = inputs.size();
        ends.ah->drain(inputs);
        CHECK(inputs.size() - before <= AhSocket::datagrams_per_drain);
    }
    CHECK(inputs.size() < sent / 4);
}

TEST_CASE("Without CAP_NET_RAW there is no AH socket, and the reason names it") {
    REQUIRE_NETWORK();
    const WithoutCapability without(CAP_NET_RAW);
    const auto refused = AhSocket::open();
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().text, Catch::Matchers::Contains("CAP_NET_RAW"));
}
