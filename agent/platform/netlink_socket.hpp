// SPDX-License-Identifier: Apache-2.0
// libnl's socket with an owner, set up the way every user in this folder wants it.
#pragma once

#include <cstddef>
#include <memory>

#include "agent/base/result.hpp"

struct nl_sock;

namespace regent::platform {

struct NetlinkClose {
    void operator()(nl_sock* socket) const;
};
using NetlinkSocket = std::unique_ptr<nl_sock, NetlinkClose>;

/// A bound NETLINK_ROUTE socket, close-on-exec, with extended error texts where the kernel has them (4.12).
/// `receive_buffer` in bytes.
Result<NetlinkSocket> open_netlink(std::size_t receive_buffer);

}  // namespace regent::platform
