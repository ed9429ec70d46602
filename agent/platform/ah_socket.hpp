// SPDX-License-Identifier: Apache-2.0
// Hears VRRP inside an Authentication Header (IP protocol 51, RFC 2402), which no VRRP socket is given: a
// peer that wraps its advertisements is seen and named, not understood.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "agent/base/result.hpp"
#include "agent/core/input.hpp"
#include "agent/platform/descriptor.hpp"

namespace regent::platform {

/// One for all interfaces: IPv4 multicast to 224.0.0.18 alone, where a VrrpSocket has joined it. Engine
/// thread.
class AhSocket {
  public:
    static constexpr std::size_t datagrams_per_drain = 32;

    /// Needs CAP_NET_RAW.
    static Result<AhSocket> open();

    /// Appends an AhHeard for each waiting datagram, at most `datagrams_per_drain`. In a flood the kernel
    /// drops the rest.
    void drain(std::vector<core::Input>& out) const;

    int fd() const { return socket_.get(); }

  private:
    explicit AhSocket(Descriptor socket) : socket_(std::move(socket)) {}

    Descriptor socket_;
};

}  // namespace regent::platform
