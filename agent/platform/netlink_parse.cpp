// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/netlink_parse.hpp"

#include <net/if.h>
// After net/if.h: the two are compatible in this order only.
#include <algorithm>
#include <array>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#include "agent/platform/ownership.hpp"

namespace regent::platform {

namespace {

template <std::size_t last>
using Attributes = std::array<nlattr*, last + 1>;
template <std::size_t last>
using Policy = std::array<nla_policy, last + 1>;

nla_policy of_type(std::uint16_t type) {
    nla_policy policy{};
    policy.type = type;
    return policy;
}

const Policy<IFLA_MAX>& link_policy() {
    static const auto policy = [] {
        Policy<IFLA_MAX> made{};
        made[IFLA_IFNAME] = of_type(NLA_NUL_STRING);
        made[IFLA_MTU] = of_type(NLA_U32);
        made[IFLA_CARRIER] = of_type(NLA_U8);
        return made;
    }();
    return policy;
}

const Policy<IFA_MAX>& address_policy() {
    static const auto policy = [] {
        Policy<IFA_MAX> made{};
        made[IFA_FLAGS] = of_type(NLA_U32);
        made[IFA_PROTO] = of_type(NLA_U8);
        return made;
    }();
    return policy;
}

const Policy<RTA_MAX>& route_policy() {
    static const auto policy = [] {
        Policy<RTA_MAX> made{};
        made[RTA_OIF] = of_type(NLA_U32);
        made[RTA_PRIORITY] = of_type(NLA_U32);
        made[RTA_TABLE] = of_type(NLA_U32);
        return made;
    }();
    return policy;
}

template <class Header, std::size_t count>
const Header* parse(nlmsghdr& message, std::array<nlattr*, count>& attributes,
                    const std::array<nla_policy, count>& policy) {
    constexpr int last = static_cast<int>(count) - 1;
    if (nlmsg_parse(&message, sizeof(Header), attributes.data(), last, policy.data()) < 0) return nullptr;
    return static_cast<const Header*>(nlmsg_data(&message));
}

ByteView bytes_of(const nlattr* attribute) {
    return {static_cast<const std::uint8_t*>(nla_data(attribute)),
            static_cast<std::size_t>(nla_len(attribute))};
}

/// nullopt when the attribute is absent or not an address of `family`.
std::optional<IpAddress> address_of(const nlattr* attribute, Family family) {
    if (attribute == nullptr) return std::nullopt;
    const auto address = IpAddress::from_bytes(bytes_of(attribute));
    if (!address || address->family() != family) return std::nullopt;
    return address;
}

std::optional<Family> family_of(int family) {
    if (family == AF_INET) return Family::ipv4;
    if (family == AF_INET6) return Family::ipv6;
    return std::nullopt;
}

IpAddress unspecified(Family family) {
    const std::array<std::uint8_t, 16> zeros{};
    return *IpAddress::from_bytes(ByteView(zeros).first(family == Family::ipv4 ? 4 : 16));
}

}  // namespace

std::optional<core::Link> parse_link(nlmsghdr& message) {
    Attributes<IFLA_MAX> attributes{};
    const auto* header = parse<ifinfomsg>(message, attributes, link_policy());
    if (header == nullptr || header->ifi_family != AF_UNSPEC) return std::nullopt;
    // Wireless events come as RTM_NEWLINK too, without MTU and hardware address (net/wireless/wext-core.c).
    if (attributes[IFLA_MTU] == nullptr) return std::nullopt;

    core::Link link;
    link.index = header->ifi_index;
    link.up = (header->ifi_flags & IFF_UP) != 0;
    link.carrier = (header->ifi_flags & IFF_LOWER_UP) != 0;
    link.arp = (header->ifi_flags & IFF_NOARP) == 0;
    if (const auto* name = attributes[IFLA_IFNAME]) link.name = nla_get_string(name);
    link.mtu = nla_get_u32(attributes[IFLA_MTU]);
    // A message made between the loss of carrier and the update of the flags still says LOWER_UP.
    if (const auto* carrier = attributes[IFLA_CARRIER]; carrier != nullptr && nla_get_u8(carrier) == 0) {
        link.carrier = false;
    }
    if (const auto* mac = attributes[IFLA_ADDRESS];
        mac != nullptr && bytes_of(mac).size() == link.mac.bytes.size()) {
        std::ranges::copy_n(bytes_of(mac).begin(), link.mac.bytes.size(), link.mac.bytes.begin());
    }
    return link;
}

std::optional<core::KernelAddress> parse_address(nlmsghdr& message) {
    Attributes<IFA_MAX> attributes{};
    const auto* header = parse<ifaddrmsg>(message, attributes, address_policy());
    if (header == nullptr) return std::nullopt;
    const auto family = family_of(header->ifa_family);
    if (!family) return std::nullopt;

    // On a point-to-point link IFA_ADDRESS is the other end (linux/if_addr.h).
    const nlattr* own = attributes[IFA_LOCAL] != nullptr ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
    const auto address = address_of(own, *family);
    if (!address) return std::nullopt;

    core::KernelAddress result;
    result.interface_index = static_cast<int>(header->ifa_index);
    result.address = *address;
    result.prefix = header->ifa_prefixlen;
    const auto* protocol = attributes[IFA_PROTO];
    result.ours = protocol != nullptr && nla_get_u8(protocol) == address_protocol;
    result.marked = protocol != nullptr;
    const std::uint32_t flags =
        attributes[IFA_FLAGS] != nullptr ? nla_get_u32(attributes[IFA_FLAGS]) : header->ifa_flags;
    result.usable = (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) == 0;
    return result;
}

std::optional<core::Route> parse_our_route(nlmsghdr& message) {
    Attributes<RTA_MAX> attributes{};
    const auto* header = parse<rtmsg>(message, attributes, route_policy());
    if (header == nullptr || header->rtm_protocol != route_protocol) return std::nullopt;
    if ((header->rtm_flags & RTM_F_CLONED) != 0) return std::nullopt;
    const auto family = family_of(header->rtm_family);
    if (!family) return std::nullopt;

    core::Route route;
    route.destination = address_of(attributes[RTA_DST], *family).value_or(unspecified(*family));
    route.prefix = header->rtm_dst_len;
    route.gateway = address_of(attributes[RTA_GATEWAY], *family);
    route.source = address_of(attributes[RTA_PREFSRC], *family);
    if (const auto* metric = attributes[RTA_PRIORITY]) route.metric = nla_get_u32(metric);
    const std::uint32_t table =
        attributes[RTA_TABLE] != nullptr ? nla_get_u32(attributes[RTA_TABLE]) : header->rtm_table;
    if (table != RT_TABLE_MAIN) route.table = table;
    if (const auto* device = attributes[RTA_OIF]) {
        std::array<char, IF_NAMESIZE> name{};
        if (::if_indextoname(nla_get_u32(device), name.data()) != nullptr) route.device = name.data();
    }
    return route;
}

}  // namespace regent::platform
