// SPDX-License-Identifier: Apache-2.0
// All VRRP sockets of the agent: one per interface and family, whatever the number of virtual routers on it.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/base/ip_address.hpp"
#include "agent/base/result.hpp"
#include "agent/core/action.hpp"
#include "agent/core/input.hpp"
#include "agent/platform/datagram_batch.hpp"
#include "agent/platform/descriptor.hpp"
#include "agent/platform/vrrp_socket.hpp"

namespace regent::platform {

/// Engine thread.
class VrrpSockets {
  public:
    /// One socket that is wanted. Entries for the same interface and family add up their groups.
    struct Listen {
        std::string interface;  ///< for messages only
        int interface_index = 0;
        Family family = Family::ipv4;
        std::set<IpAddress> groups;
    };

    /// A wanted socket that could not be opened, or a group that could not be joined.
    struct Problem {
        std::string interface;
        int interface_index = 0;
        Family family = Family::ipv4;
        Error error;
    };

    static Result<VrrpSockets> open();

    /// Opens, closes, joins and leaves so that exactly `wanted` exists. What exists already and is still
    /// wanted is untouched. Appends what failed; a later call tries it again.
    void sync(const std::vector<Listen>& wanted, std::vector<Problem>& problems);

    /// Closes the sockets of an interface that is gone, so that a new interface, even one with the same
    /// index, gets new ones from the next sync().
    void interface_removed(int interface_index);

    /// Leaves all groups, so that the next sync() joins them anew: where it is not known what has happened to
    /// an interface, the kernel may have forgotten them.
    void leave_groups();

    /// Sends from the socket of the advert's interface and source family; see VrrpSocket::send().
    Result<void> send(const core::SendAdvert& advert) const;

    /// Appends at most `limit` waiting datagrams, in turns over the sockets that have any; returns how many
    /// were taken. Less than `limit` means that nothing is left waiting.
    std::size_t receive_all(std::vector<core::Input>& out, std::size_t limit);

    /// Readable, level-triggered, while any socket has something to receive.
    int fd() const { return epoll_.get(); }

    /// nullptr: there is none.
    const VrrpSocket* find(int interface_index, Family family) const;
    std::size_t size() const { return sockets_.size(); }
    /// Of all sockets since open(), closed ones included; see VrrpSocket::receive_errors().
    std::uint64_t receive_errors() const;

  private:
    struct Key {
        int interface_index = 0;
        Family family = Family::ipv4;
        auto operator<=>(const Key&) const = default;
    };
    using Wanted = std::map<Key, Listen>;

    explicit VrrpSockets(Descriptor epoll);

    Result<void> open_socket(const Key& key);
    template <class Predicate>
    void close_where(const Predicate& predicate);
    std::size_t receive_ready(int socket, std::vector<core::Input>& out, std::size_t limit);

    Descriptor epoll_;
    DatagramBatch batch_;
    std::map<Key, VrrpSocket> sockets_;
    std::uint64_t closed_receive_errors_ = 0;
};

}  // namespace regent::platform
