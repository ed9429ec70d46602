// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/netlink_socket.hpp"

#include <linux/netlink.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include "agent/platform/socket_options.hpp"

namespace regent::platform {

void NetlinkClose::operator()(nl_sock* socket) const {
    nl_socket_free(socket);
}

Result<NetlinkSocket> open_netlink(std::size_t receive_buffer) {
    NetlinkSocket socket(nl_socket_alloc());
    if (!socket) return failure("cannot allocate a netlink socket");
    if (const int error = nl_connect(socket.get(), NETLINK_ROUTE); error < 0) {
        return failure(fmt::format("cannot open a netlink socket: {}", nl_geterror(error)));
    }
    const int fd = nl_socket_get_fd(socket.get());
    set_receive_buffer(fd, receive_buffer);
    // Older kernels know neither option; errors then come as bare errno values.
    (void)set_option(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1, "NETLINK_EXT_ACK");
    (void)set_option(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1, "NETLINK_CAP_ACK");
    return socket;
}

}  // namespace regent::platform
