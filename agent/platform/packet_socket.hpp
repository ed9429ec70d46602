// SPDX-License-Identifier: Apache-2.0
// Ethernet frames out of any interface: gratuitous ARP and unsolicited neighbour advertisements.
#pragma once

#include "agent/base/result.hpp"
#include "agent/core/action.hpp"
#include "agent/platform/descriptor.hpp"

namespace regent::platform {

/// One AF_PACKET socket for all interfaces (packet(7)). It has no protocol and so never receives. Engine
/// thread.
class PacketSocket {
  public:
    /// Needs CAP_NET_RAW.
    static Result<PacketSocket> open();

    /// Sends a whole frame, Ethernet header first. Everything the kernel says against it is an error, also a
    /// full queue (EAGAIN, ENOBUFS) and an interface that is down (ENETDOWN) or gone (ENXIO).
    Result<void> send(const core::SendFrame& frame) const;

  private:
    explicit PacketSocket(Descriptor socket) : socket_(std::move(socket)) {}

    Descriptor socket_;
};

}  // namespace regent::platform
