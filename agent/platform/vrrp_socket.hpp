// SPDX-License-Identifier: Apache-2.0
// The raw socket for VRRP (IP protocol 112) of one interface and one address family.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "agent/base/ip_address.hpp"
#include "agent/base/result.hpp"
#include "agent/core/action.hpp"
#include "agent/core/input.hpp"
#include "agent/platform/datagram_batch.hpp"
#include "agent/platform/descriptor.hpp"

namespace regent::platform {

/// Sends and receives on its interface only; hears unicast to this host and the joined groups, and not
/// itself. Sends with TOS/traffic class 0xc0 and without DF. Engine thread.
class VrrpSocket {
  public:
    /// Needs CAP_NET_RAW. Joins no group yet.
    static Result<VrrpSocket> open(int interface_index, Family family);

    /// Joins and leaves so that exactly `groups` are joined, leaving alone what is joined already. Returns
    /// the first failure; the rest is done all the same, and what failed is tried again on the next call.
    Result<void> set_groups(const std::set<IpAddress>& groups);

    /// Sends one message to one destination, source and TTL as given. Everything the kernel says against it
    /// is an error, also a full queue (EAGAIN, ENOBUFS). The source must be an address of this host.
    Result<void> send(const core::SendAdvert& advert) const;

    /// Takes at most `limit` waiting datagrams and appends them as PacketReceived, but for those to groups
    /// that are not joined; returns how many were taken. A datagram longer than any legal message is
    /// delivered cut, to be discarded for its length.
    std::size_t receive(DatagramBatch& batch, std::vector<core::Input>& out, std::size_t limit);

    int fd() const { return socket_.get(); }
    const std::set<IpAddress>& groups() const { return groups_; }
    /// Errors of the socket and datagrams without the data that the kernel always gives.
    std::uint64_t receive_errors() const { return receive_errors_; }

  private:
    VrrpSocket(Descriptor socket, int interface_index, Family family);

    Result<void> change_membership(const IpAddress& group, bool join) const;

    Descriptor socket_;
    int interface_index_ = 0;
    Family family_ = Family::ipv4;
    std::set<IpAddress> groups_;
    std::uint64_t receive_errors_ = 0;
};

}  // namespace regent::platform
