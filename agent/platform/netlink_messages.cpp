// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/netlink_messages.hpp"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <memory>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string>
#include <sys/socket.h>
#include <type_traits>

#include "agent/base/check.hpp"
#include "agent/platform/ownership.hpp"

namespace regent::platform {

namespace {

constexpr std::uint32_t forever = 0xffffffff;  // INFINITY_LIFE_TIME of the kernel's address lifetimes

std::uint8_t family_number(Family family) {
    return family == Family::ipv4 ? static_cast<std::uint8_t>(AF_INET) : static_cast<std::uint8_t>(AF_INET6);
}

/// One request being made by libnl. Room for the longest of them: running out would be an error of ours.
class MessageWriter {
  public:
    template <class Fixed>
    MessageWriter(int type, int flags, std::uint32_t sequence, Fixed fixed)
        : message_(nlmsg_alloc_size(size_limit)) {
        REGENT_CHECK(message_ != nullptr);
        REGENT_CHECK(nlmsg_put(message_.get(), 0, sequence, type, 0, flags | NLM_F_REQUEST | NLM_F_ACK));
        REGENT_CHECK(nlmsg_append(message_.get(), &fixed, sizeof fixed, NLMSG_ALIGNTO) == 0);
    }

    template <class T>
    void attribute(int type, const T& value) {
        static_assert(std::is_trivially_copyable_v<T>);
        put(type, &value, sizeof value);
    }

    void attribute(int type, const std::string& text) { put(type, text.c_str(), text.size() + 1); }

    void attribute(int type, const IpAddress& address) { put(type, address.bytes().data(), address.size()); }

    Bytes take() const {
        const nlmsghdr* header = nlmsg_hdr(message_.get());
        const auto* first = reinterpret_cast<const std::uint8_t*>(header);
        return {first, first + header->nlmsg_len};
    }

  private:
    static constexpr std::size_t size_limit = 512;

    struct Free {
        void operator()(nl_msg* message) const { nlmsg_free(message); }
    };

    void put(int type, const void* value, std::size_t size) {
        REGENT_CHECK(nla_put(message_.get(), type, static_cast<int>(size), value) == 0);
    }

    std::unique_ptr<nl_msg, Free> message_;
};

MessageWriter route_message(int type, int flags, std::uint32_t sequence, const core::Route& route,
                            unsigned device_index, std::uint8_t scope) {
    const std::uint32_t table = route.table.value_or(RT_TABLE_MAIN);
    rtmsg header{};
    header.rtm_family = family_number(route.destination.family());
    header.rtm_dst_len = route.prefix;
    header.rtm_table = table < 256 ? static_cast<std::uint8_t>(table) : std::uint8_t{RT_TABLE_UNSPEC};
    header.rtm_protocol = route_protocol;
    header.rtm_scope = scope;
    header.rtm_type = RTN_UNICAST;
    MessageWriter message(type, flags, sequence, header);
    message.attribute(RTA_TABLE, table);
    if (route.prefix > 0) message.attribute(RTA_DST, route.destination);
    if (route.gateway) message.attribute(RTA_GATEWAY, *route.gateway);
    message.attribute(RTA_OIF, device_index);
    if (route.source) message.attribute(RTA_PREFSRC, *route.source);
    if (route.metric) message.attribute(RTA_PRIORITY, *route.metric);
    return message;
}

/// A lease is a finite valid lifetime (linux/if_addr.h, ifa_cacheinfo): the kernel takes the address at its
/// end.
std::uint32_t valid_seconds(Duration lease) {
    if (lease == Duration::zero()) return forever;
    return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(lease).count());
}

Bytes address_message(const core::VirtualAddress& wanted, int interface_index, Duration lease, int mode,
                      std::uint32_t sequence) {
    std::uint32_t flags = 0;
    ifa_cacheinfo lifetime{};
    lifetime.ifa_valid = valid_seconds(lease);
    lifetime.ifa_prefered = lifetime.ifa_valid;
    if (wanted.address.is_ipv6()) {
        flags |= IFA_F_NODAD;
        if (wanted.prefix == wanted.address.full_prefix()) lifetime.ifa_prefered = 0;
    }

    ifaddrmsg header{};
    header.ifa_family = family_number(wanted.address.family());
    header.ifa_prefixlen = wanted.prefix;
    header.ifa_flags = static_cast<std::uint8_t>(flags);
    header.ifa_scope = static_cast<std::uint8_t>(wanted.scope);
    header.ifa_index = static_cast<std::uint32_t>(interface_index);
    MessageWriter message(RTM_NEWADDR, mode, sequence, header);
    message.attribute(IFA_LOCAL, wanted.address);
    message.attribute(IFA_ADDRESS, wanted.address);
    message.attribute(IFA_FLAGS, flags);
    message.attribute(IFA_CACHEINFO, lifetime);
    message.attribute(IFA_PROTO, address_protocol);
    if (wanted.broadcast) message.attribute(IFA_BROADCAST, *wanted.broadcast);
    if (!wanted.label.empty()) message.attribute(IFA_LABEL, wanted.label);
    return message.take();
}

}  // namespace

Bytes add_address_message(const core::AddAddress& request, std::uint32_t sequence) {
    return address_message(request.address, request.interface_index, request.lease, NLM_F_CREATE | NLM_F_EXCL,
                           sequence);
}

Bytes renew_lease_message(const core::RenewLease& request, std::uint32_t sequence) {
    return address_message(request.address, request.interface_index, request.lease, NLM_F_REPLACE, sequence);
}

Bytes remove_address_message(const core::RemoveAddress& request, std::uint32_t sequence) {
    ifaddrmsg header{};
    header.ifa_family = family_number(request.address.family());
    header.ifa_prefixlen = request.prefix;
    header.ifa_index = static_cast<std::uint32_t>(request.interface_index);
    MessageWriter message(RTM_DELADDR, 0, sequence, header);
    message.attribute(IFA_LOCAL, request.address);
    message.attribute(IFA_ADDRESS, request.address);
    return message.take();
}

Bytes add_route_message(const core::Route& route, unsigned device_index, std::uint32_t sequence) {
    const std::uint8_t scope = route.gateway || route.destination.is_ipv6() ? std::uint8_t{RT_SCOPE_UNIVERSE}
                                                                            : std::uint8_t{RT_SCOPE_LINK};
    return route_message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, sequence, route, device_index, scope)
        .take();
}

Bytes remove_route_message(const core::Route& route, unsigned device_index, std::uint32_t sequence) {
    return route_message(RTM_DELROUTE, 0, sequence, route, device_index, RT_SCOPE_NOWHERE).take();
}

}  // namespace regent::platform
