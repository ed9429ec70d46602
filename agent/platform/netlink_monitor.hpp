// SPDX-License-Identifier: Apache-2.0
// What the kernel says about links and addresses, as it happens. The engine's picture of the kernel comes
// from here alone: also what we ask for ourselves counts only when it is heard back (rules.md 8, 11).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "agent/base/result.hpp"
#include "agent/core/input.hpp"
#include "agent/platform/descriptor.hpp"
#include "agent/platform/netlink_socket.hpp"

struct nlmsghdr;

namespace regent::platform {

/// Notifications in order, and one full KernelSnapshot whenever some were lost. Engine thread.
class NetlinkMonitor {
  public:
    /// Holds about 8000 notifications.
    static constexpr std::size_t default_receive_buffer = 8UL * 1024 * 1024;
    /// Notifications that one drain() reads at most.
    static constexpr std::size_t datagrams_per_drain = 2048;

    /// Subscribes to links and to IPv4 and IPv6 addresses of the current network namespace. `receive_buffer`
    /// in bytes.
    static Result<NetlinkMonitor> open(std::size_t receive_buffer = default_receive_buffer);

    /// Readable, level-triggered, while drain() has something to do.
    int fd() const { return epoll_.get(); }

    /// All links and addresses, read now, of each interface and family in the order in which they came.
    /// Called after open(), nothing is missed: what changes meanwhile is still queued for drain().
    static Result<core::KernelSnapshot> snapshot();

    /// Appends what is queued as LinkChanged, LinkRemoved, AddressAppeared and AddressVanished, in kernel
    /// order. Bounded by `datagrams_per_drain`: fd() stays readable when more is waiting. After a loss a
    /// KernelSnapshot follows what was read before it and replaces everything older; when the kernel cannot
    /// be read just then, fd() becomes readable again 100 ms later and drain() tries again.
    void drain(std::vector<core::Input>& out);

    /// How many times notifications were lost since open().
    std::uint64_t overruns() const { return overruns_; }

  private:
    enum class Read { nothing, datagram, loss };

    NetlinkMonitor(NetlinkSocket socket, Descriptor epoll, Descriptor retry_timer);

    Read read_one(std::vector<core::Input>& out);
    void resynchronise(std::vector<core::Input>& out);
    void set_retry_timer(bool armed);

    NetlinkSocket socket_;
    Descriptor epoll_;
    Descriptor retry_timer_;
    std::vector<std::uint8_t> buffer_;
    std::uint64_t overruns_ = 0;
    bool lossy_ = false;  ///< something was lost and no snapshot has been delivered since
};

}  // namespace regent::platform
