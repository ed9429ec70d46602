// SPDX-License-Identifier: Apache-2.0
#include "network.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <memory>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/platform/capabilities.hpp"
#include "agent/platform/clock.hpp"
#include "agent/platform/netlink_monitor.hpp"

namespace regent::platform::test {

namespace {

constexpr std::chrono::seconds patience{5};

int milliseconds_until(Instant deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now()).count();
    return left > 0 ? static_cast<int>(left) : 0;
}

}  // namespace

bool network_allowed() {
    if (has_capability(CAP_SYS_ADMIN) && has_capability(CAP_NET_ADMIN) && has_capability(CAP_NET_RAW))
        return true;
    if (std::getenv("CI") != nullptr) FAIL("network tests need root");
    WARN("SKIP: network tests need root");
    return false;
}

IpAddress ip(std::string_view text) {
    const auto address = IpAddress::parse(text);
    REQUIRE(address);
    return *address;
}

void run(const std::string& command) {
    INFO(command);
    REQUIRE(std::system(command.c_str()) == 0);
}

std::string output_of(const std::string& command) {
    INFO(command);
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "re"), ::pclose);
    REQUIRE(pipe);
    std::string text;
    std::array<char, 4096> part{};
    while (const std::size_t size = std::fread(part.data(), 1, part.size(), pipe.get())) {
        text.append(part.data(), size);
    }
    return text;
}

bool readable(int fd) {
    pollfd waiting{fd, POLLIN, 0};
    return ::poll(&waiting, 1, milliseconds_until(now() + patience)) == 1;
}

void eventually(const std::function<bool()>& question) {
    const Instant deadline = now() + patience;
    while (!question()) {
        if (now() >= deadline) FAIL("it did not happen within 5 s");
        ::poll(nullptr, 0, 5);
    }
}

Namespace::Namespace() : before_(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
    REQUIRE(::unshare(CLONE_NEWNET) == 0);
    own_ = Descriptor(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    REQUIRE(own_);
    run("ip link set lo up");
}

Namespace::~Namespace() {
    (void)::setns(before_.get(), CLONE_NEWNET);
}

void Namespace::enter() const {
    REQUIRE(::setns(own_.get(), CLONE_NEWNET) == 0);
}

std::string Namespace::path() const {
    return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(own_.get());
}

Cable::Cable() {
    run("ip link add left0 type veth peer name right0 netns " + right.path());
    right.enter();
    run("ip link set right0 addrgenmode none && ip link set right0 up && ip addr add 192.0.2.2/24 dev right0 "
        "&& "
        "ip addr add fe80::2/64 dev right0 nodad && ip addr add 2001:db8::2/64 dev right0 nodad");
    right_index = static_cast<int>(::if_nametoindex("right0"));
    left.enter();
    auto monitor = NetlinkMonitor::open();
    REQUIRE(monitor);
    run("ip link set left0 addrgenmode none && ip link set left0 up && ip addr add 192.0.2.1/24 dev left0 && "
        "ip addr add fe80::1/64 dev left0 nodad && ip addr add 2001:db8::1/64 dev left0 nodad");
    left_index = static_cast<int>(::if_nametoindex("left0"));
    // The kernel tells of IPv6 addresses from a thread of its own (addrconf_dad_completed() of net/ipv6),
    // later.
    collect(
        monitor->fd(), [&](std::vector<core::Input>& out) { monitor->drain(out); },
        [](const std::vector<core::Input>& inputs) {
            return std::ranges::count_if(only<core::AddressAppeared>(inputs), [](const auto& appeared) {
                       return appeared.address.address.is_ipv6();
                   }) == 2;
        });
    // The end that was up first gets its queue when the kernel has seen the carrier.
    right.enter();
    eventually([] { return output_of("ip -o link show right0").find("qdisc noqueue") != std::string::npos; });
    left.enter();
    REQUIRE(left_index > 0);
    REQUIRE(right_index > 0);
}

void forbid_on_the_way(const Cable& cable) {
    cable.right.enter();
    run("echo 1 > /proc/sys/net/ipv6/conf/all/forwarding");
    run("ip -6 route add prohibit 2001:db8:7::/64");
    cable.left.enter();
    run("ip -6 route add 2001:db8:7::/64 via 2001:db8::2");
}

WithoutCapability::WithoutCapability(unsigned capability) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    REQUIRE(::syscall(SYS_capget, &header, before_.data()) == 0);
    auto fewer = before_;
    fewer[capability / 32].effective &= ~(1U << (capability % 32));
    REQUIRE(::syscall(SYS_capset, &header, fewer.data()) == 0);
}

WithoutCapability::~WithoutCapability() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    (void)::syscall(SYS_capset, &header, before_.data());
}

Capture::Capture(int interface_index)
    : socket_(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL))) {
    REQUIRE(socket_);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = interface_index;
    REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

Bytes Capture::next(std::uint16_t ethernet_type, const MacAddress& to) {
    const Instant deadline = now() + patience;
    pollfd waiting{socket_.get(), POLLIN, 0};
    while (::poll(&waiting, 1, milliseconds_until(deadline)) == 1) {
        Bytes frame(65536);
        const ssize_t size = ::recv(socket_.get(), frame.data(), frame.size(), MSG_DONTWAIT);
        if (size < 14) continue;
        frame.resize(static_cast<std::size_t>(size));
        const bool of_type = frame[12] == ethernet_type >> 8 && frame[13] == (ethernet_type & 0xff);
        if (of_type && std::equal(to.bytes.begin(), to.bytes.end(), frame.begin())) return frame;
    }
    FAIL("no frame arrived");
    return {};
}

std::vector<core::Input> collect(int fd, const std::function<void(std::vector<core::Input>&)>& drain,
                                 const std::function<bool(const std::vector<core::Input>&)>& enough) {
    std::vector<core::Input> inputs;
    const Instant deadline = now() + patience;
    pollfd waiting{fd, POLLIN, 0};
    while (!enough(inputs)) {
        if (::poll(&waiting, 1, milliseconds_until(deadline)) != 1) {
            FAIL("what was waited for did not come; inputs so far: " << inputs.size());
        }
        drain(inputs);
    }
    return inputs;
}

}  // namespace regent::platform::test
