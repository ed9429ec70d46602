// SPDX-License-Identifier: Apache-2.0
// What the engine wants changed in the kernel: addresses and routes, many in one system call.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/base/bytes.hpp"
#include "agent/base/result.hpp"
#include "agent/base/time.hpp"
#include "agent/core/action.hpp"
#include "agent/core/input.hpp"
#include "agent/platform/netlink_socket.hpp"

struct nlmsghdr;

namespace regent::platform {

/// Collects requests and carries them out in order. Success is not reported here: it is heard from
/// NetlinkMonitor, at once for IPv4, for a new IPv6 address some milliseconds later, when the kernel's work
/// queue has announced it. One thread.
class NetlinkRequests {
  public:
    /// So many answers fit into the receive buffer at once, whatever their error texts are.
    static constexpr std::size_t slice_requests = 64;

    static Result<NetlinkRequests> open();

    using Request = std::variant<core::AddAddress, core::RenewLease, core::RemoveAddress, core::AddRoute,
                                 core::RemoveRoute>;

    /// One whose turn comes after its `not_after` is not sent. For AddAddress that is told as
    /// AddressNotTried: who still wants it asks again.
    void queue(Request request) { queue_.push_back(std::move(request)); }
    bool empty() const { return queue_.empty(); }

    /// Sends the next `slice_requests` of the queue, reads the answers, and appends AddressRefused or
    /// RouteRefused for each request that was not carried out, with the kernel's words. Not refused: adding
    /// what stands already, removing what is absent or whose interface is gone. The kernel works within the
    /// system call, about 20 µs for an IPv4 and 150 µs for an IPv6 address; where an answer is missing
    /// nevertheless, the wait for it ends after 100 ms and the request counts as refused.
    void flush_slice(std::vector<core::Input>& refused);

    /// All slices. A thousand IPv6 addresses take longer than the shortest advert interval: who has a
    /// deadline calls flush_slice() until empty() and looks at the clock in between.
    void flush(std::vector<core::Input>& refused);

  private:
    /// A part of the queue that travels in one datagram.
    struct Slice {
        std::vector<const Request*> requests;
        std::uint32_t first_sequence = 0;
        Bytes datagram;
    };

    explicit NetlinkRequests(NetlinkSocket socket);

    static void add_to_slice(const Request& request, Slice& slice, std::vector<core::Input>& refused);
    void send(const Slice& slice, std::vector<core::Input>& refused);
    Result<void> transmit(const Slice& slice) const;
    std::size_t read_answers(const Slice& slice, std::vector<bool>& answered,
                             std::vector<core::Input>& refused);
    bool wait_for_answers(Instant deadline) const;

    NetlinkSocket socket_;
    std::vector<Request> queue_;
    std::size_t done_ = 0;  ///< how much of queue_ has been sent
    std::vector<std::uint8_t> buffer_;
    std::uint32_t next_sequence_ = 1;
};

/// What is told when a request cannot be carried out: AddressRefused or RouteRefused.
core::Input refusal(const NetlinkRequests::Request& request, std::string reason);

/// The unicast routes of both families that carry our protocol number: leftovers of an earlier run.
Result<std::vector<core::Route>> our_routes();

}  // namespace regent::platform
