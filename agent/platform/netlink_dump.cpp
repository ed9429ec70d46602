// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/netlink_dump.hpp"

#include <chrono>
#include <cstring>
#include <linux/netlink.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "agent/platform/clock.hpp"
#include "agent/platform/netlink_socket.hpp"
#include "agent/platform/socket_options.hpp"

namespace regent::platform {

namespace {

constexpr std::chrono::seconds time_limit{1};
constexpr std::size_t receive_buffer = 1024UL * 1024;
/// The kernel fills at most 32 KiB a datagram of a dump.
constexpr std::size_t datagram_size = 64UL * 1024;

/// Progress of one dump over the datagrams it comes in.
struct Reading {
    bool done = false;
    bool interrupted = false;
    int error = 0;  ///< positive errno value
};

void read_messages(nlmsghdr* message, int remaining, const std::function<void(nlmsghdr&)>& handler,
                   Reading& reading) {
    for (; nlmsg_ok(message, remaining) != 0 && !reading.done; message = nlmsg_next(message, &remaining)) {
        if ((message->nlmsg_flags & NLM_F_DUMP_INTR) != 0) reading.interrupted = true;
        if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) {
            int result = 0;  // both carry a negative errno value first
            if (nlmsg_datalen(message) >= static_cast<int>(sizeof result)) {
                std::memcpy(&result, nlmsg_data(message), sizeof result);
            }
            reading.error = result < 0 ? -result : 0;
            reading.done = true;
        } else if (message->nlmsg_type == NLMSG_OVERRUN) {
            reading.interrupted = true;
        } else if (message->nlmsg_type >= NLMSG_MIN_TYPE) {
            handler(*message);
        }
    }
}

Result<NetlinkSocket> open_for_dump() {
    Result<NetlinkSocket> socket = open_netlink(receive_buffer);
    if (!socket) return socket;
    const int fd = nl_socket_get_fd(socket->get());
    const timeval limit{time_limit.count(), 0};
    if (auto set = set_option(fd, SOL_SOCKET, SO_RCVTIMEO, limit, "SO_RCVTIMEO"); !set) {
        return tl::unexpected(set.error());
    }
    (void)set_option(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1, "NETLINK_GET_STRICT_CHK");
    return socket;
}

}  // namespace

Result<DumpEnd> dump_once(int type, ByteView header, const std::function<void(nlmsghdr&)>& handler) {
    const Result<NetlinkSocket> socket = open_for_dump();
    if (!socket) return tl::unexpected(socket.error());
    const int fd = nl_socket_get_fd(socket->get());
    Bytes copy(header.begin(), header.end());  // libnl wants it as void*
    const int sent = nl_send_simple(socket->get(), type, NLM_F_DUMP, copy.data(), copy.size());
    if (sent < 0) return failure(fmt::format("cannot ask for the kernel's tables: {}", nl_geterror(sent)));

    const Instant deadline = now() + time_limit;
    std::vector<std::uint8_t> buffer(datagram_size);
    Reading reading;
    while (!reading.done) {
        const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), MSG_TRUNC);
        if (size < 0 && errno == EINTR && now() < deadline) continue;
        if (size < 0) {
            const int code = errno == EAGAIN ? ETIMEDOUT : errno;
            return system_failure("cannot read the kernel's tables", code);
        }
        if (static_cast<std::size_t>(size) > buffer.size()) {
            return system_failure("cannot read the kernel's tables", EMSGSIZE);
        }
        read_messages(reinterpret_cast<nlmsghdr*>(buffer.data()), static_cast<int>(size), handler, reading);
        if (!reading.done && now() >= deadline) {
            return system_failure("cannot read the kernel's tables", ETIMEDOUT);
        }
    }
    if (reading.error != 0) return system_failure("cannot read the kernel's tables", reading.error);
    return reading.interrupted ? DumpEnd::interrupted : DumpEnd::complete;
}

}  // namespace regent::platform
