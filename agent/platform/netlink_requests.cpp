// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/netlink_requests.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/socket.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <utility>

#include "agent/platform/clock.hpp"
#include "agent/platform/netlink_dump.hpp"
#include "agent/platform/netlink_messages.hpp"
#include "agent/platform/netlink_parse.hpp"
#include "agent/platform/ownership.hpp"
#include "agent/platform/system_error.hpp"

namespace regent::platform {

namespace {

constexpr std::size_t receive_buffer = 1024UL * 1024;
constexpr std::size_t answer_size = 8UL * 1024;
constexpr std::chrono::milliseconds answer_limit{100};

template <class... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

core::Input refusal(const core::AddAddress& request, std::string reason) {
    const core::VirtualAddress& wanted = request.address;
    return core::AddressRefused{request.interface_index, wanted.address, wanted.prefix, true,
                                std::move(reason)};
}
core::Input refusal(const core::RenewLease& request, std::string reason) {
    const core::VirtualAddress& held = request.address;
    return core::AddressRefused{request.interface_index, held.address, held.prefix, true, std::move(reason)};
}
core::Input refusal(const core::RemoveAddress& request, std::string reason) {
    return core::AddressRefused{request.interface_index, request.address, request.prefix, false,
                                std::move(reason)};
}
core::Input refusal(const core::AddRoute& request, std::string reason) {
    return core::RouteRefused{request.route, true, std::move(reason)};
}
core::Input refusal(const core::RemoveRoute& request, std::string reason) {
    return core::RouteRefused{request.route, false, std::move(reason)};
}

/// Whether the kernel is as the request wants it although it answered with `code`.
bool already_so(const core::AddAddress&, int code) {
    return code == EEXIST;
}
bool already_so(const core::RenewLease&, int code) {
    return code == ENODEV;  // gone with its interface
}
bool already_so(const core::RemoveAddress&, int code) {
    return code == EADDRNOTAVAIL || code == ENODEV;
}
bool already_so(const core::AddRoute&, int code) {
    return code == EEXIST;
}
bool already_so(const core::RemoveRoute&, int code) {
    return code == ESRCH || code == ENODEV;
}

/// The text that came with a negative answer (NLMSGERR_ATTR_MSG), or nothing. NETLINK_CAP_ACK leaves only the
/// header of the request in the answer; without it (kernel < 4.3) the whole request stands before the
/// attributes.
std::string extended_text(nlmsghdr& answer, const nlmsgerr& error) {
    if ((answer.nlmsg_flags & NLM_F_ACK_TLVS) == 0) return {};
    std::size_t skipped = sizeof(nlmsgerr);
    if ((answer.nlmsg_flags & NLM_F_CAPPED) == 0) skipped += error.msg.nlmsg_len - sizeof(nlmsghdr);
    std::array<nlattr*, NLMSGERR_ATTR_MAX + 1> attributes{};
    if (nlmsg_parse(&answer, static_cast<int>(skipped), attributes.data(), NLMSGERR_ATTR_MAX, nullptr) < 0) {
        return {};
    }
    const nlattr* text = attributes[NLMSGERR_ATTR_MSG];
    if (text == nullptr) return {};
    const auto* first = static_cast<const char*>(nla_data(text));
    return {first, ::strnlen(first, static_cast<std::size_t>(nla_len(text)))};
}

std::string words(nlmsghdr& answer, const nlmsgerr& error) {
    const std::string text = extended_text(answer, error);
    if (text.empty()) return kernel_words(-error.error);
    return fmt::format("{} ({})", kernel_words(-error.error), text);
}

std::string no_such_device(const core::Route& route) {
    return fmt::format("{} ({})", kernel_words(ENODEV), route.device);
}

core::Input not_tried(const core::AddAddress& request) {
    const core::VirtualAddress& wanted = request.address;
    return core::AddressNotTried{request.interface_index, wanted.address, wanted.prefix};
}

}  // namespace

core::Input refusal(const NetlinkRequests::Request& request, std::string reason) {
    return std::visit([&](const auto& which) { return refusal(which, std::move(reason)); }, request);
}

NetlinkRequests::NetlinkRequests(NetlinkSocket socket) : socket_(std::move(socket)), buffer_(answer_size) {}

Result<NetlinkRequests> NetlinkRequests::open() {
    Result<NetlinkSocket> socket = open_netlink(receive_buffer);
    if (!socket) return tl::unexpected(socket.error());
    return NetlinkRequests(*std::move(socket));
}

void NetlinkRequests::flush(std::vector<core::Input>& refused) {
    while (!empty())
        flush_slice(refused);
}

void NetlinkRequests::flush_slice(std::vector<core::Input>& refused) {
    Slice slice;
    slice.first_sequence = next_sequence_;
    const std::size_t end = std::min(queue_.size(), done_ + slice_requests);
    for (; done_ < end; ++done_)
        add_to_slice(queue_[done_], slice, refused);
    next_sequence_ += static_cast<std::uint32_t>(slice.requests.size());
    if (!slice.requests.empty()) send(slice, refused);
    if (done_ < queue_.size()) return;
    queue_.clear();
    done_ = 0;
}

void NetlinkRequests::add_to_slice(const Request& request, Slice& slice, std::vector<core::Input>& refused) {
    const std::uint32_t sequence = slice.first_sequence + static_cast<std::uint32_t>(slice.requests.size());
    const Bytes message = std::visit(
        Overloaded{
            [&](const core::AddAddress& add) {
                if (now() <= add.not_after) return add_address_message(add, sequence);
                refused.push_back(not_tried(add));
                return Bytes{};
            },
            [&](const core::RenewLease& renew) {
                return now() <= renew.not_after ? renew_lease_message(renew, sequence) : Bytes{};
            },
            [&](const core::RemoveAddress& remove) { return remove_address_message(remove, sequence); },
            [&](const core::AddRoute& add) -> Bytes {
                const unsigned device = ::if_nametoindex(add.route.device.c_str());
                if (device != 0) return add_route_message(add.route, device, sequence);
                refused.push_back(refusal(add, no_such_device(add.route)));
                return {};
            },
            [&](const core::RemoveRoute& remove) -> Bytes {
                // A route goes with its device, so there is nothing left to remove.
                const unsigned device = ::if_nametoindex(remove.route.device.c_str());
                return device != 0 ? remove_route_message(remove.route, device, sequence) : Bytes{};
            }},
        request);
    if (message.empty()) return;
    slice.requests.push_back(&request);
    slice.datagram.insert(slice.datagram.end(), message.begin(), message.end());
    slice.datagram.resize(NLMSG_ALIGN(slice.datagram.size()));
}

void NetlinkRequests::send(const Slice& slice, std::vector<core::Input>& refused) {
    const auto refuse = [&](const Request& request, const std::string& reason) {
        refused.push_back(refusal(request, reason));
    };
    if (const auto sent = transmit(slice); !sent) {
        for (const Request* request : slice.requests)
            refuse(*request, sent.error().text);
        return;
    }
    std::vector<bool> answered(slice.requests.size(), false);
    std::size_t missing = slice.requests.size();
    const Instant deadline = now() + answer_limit;
    while (missing > 0) {
        const std::size_t got = read_answers(slice, answered, refused);
        missing -= got;
        if (got == 0 && !wait_for_answers(deadline)) break;
    }
    for (std::size_t index = 0; missing > 0 && index < answered.size(); ++index) {
        if (!answered[index]) refuse(*slice.requests[index], "the kernel did not answer");
    }
}

Result<void> NetlinkRequests::transmit(const Slice& slice) const {
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    const ssize_t sent =
        ::sendto(nl_socket_get_fd(socket_.get()), slice.datagram.data(), slice.datagram.size(), MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
    if (sent >= 0) return {};
    const int code = errno;
    return failure(kernel_words(code), code);
}

/// Reads one datagram; the number of requests it answers, 0 when there is none.
std::size_t NetlinkRequests::read_answers(const Slice& slice, std::vector<bool>& answered,
                                          std::vector<core::Input>& refused) {
    const ssize_t size =
        ::recv(nl_socket_get_fd(socket_.get()), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (size <= 0) return 0;
    std::size_t count = 0;
    auto* message = reinterpret_cast<nlmsghdr*>(buffer_.data());
    int remaining = static_cast<int>(size);
    for (; nlmsg_ok(message, remaining) != 0; message = nlmsg_next(message, &remaining)) {
        if (message->nlmsg_type != NLMSG_ERROR) continue;
        if (nlmsg_datalen(message) < static_cast<int>(sizeof(nlmsgerr))) continue;
        // An answer that came too late for an earlier slice has an index far out of range.
        const std::uint32_t index = message->nlmsg_seq - slice.first_sequence;
        if (index >= answered.size() || answered[index]) continue;
        answered[index] = true;
        ++count;
        const auto& error = *static_cast<const nlmsgerr*>(nlmsg_data(message));
        if (error.error == 0) continue;
        std::visit(
            [&](const auto& request) {
                if (already_so(request, -error.error)) return;
                refused.push_back(refusal(request, words(*message, error)));
            },
            *slice.requests[index]);
    }
    return count;
}

bool NetlinkRequests::wait_for_answers(Instant deadline) const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now()).count();
    if (left <= 0) return false;
    pollfd waiting{nl_socket_get_fd(socket_.get()), POLLIN, 0};
    return ::poll(&waiting, 1, static_cast<int>(left)) > 0;
}

Result<std::vector<core::Route>> our_routes() {
    std::vector<core::Route> routes;
    for (const int family : {AF_INET, AF_INET6}) {
        rtmsg header{};
        header.rtm_family = static_cast<std::uint8_t>(family);
        header.rtm_protocol = route_protocol;
        const ByteView view(reinterpret_cast<const std::uint8_t*>(&header), sizeof header);
        auto found = dump_all<core::Route>(RTM_GETROUTE, view, parse_our_route);
        if (!found) return tl::unexpected(found.error());
        std::move(found->begin(), found->end(), std::back_inserter(routes));
    }
    return routes;
}

}  // namespace regent::platform
