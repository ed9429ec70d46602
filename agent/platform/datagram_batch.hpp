// SPDX-License-Identifier: Apache-2.0
// Buffers for receiving many datagrams with one system call, shared by all VRRP sockets.
#pragma once

#include <array>
#include <cstddef>
#include <sys/socket.h>
#include <vector>

#include "agent/base/bytes.hpp"
#include "agent/base/result.hpp"
#include "agent/vrrp/packet.hpp"

namespace regent::platform {

/// One received datagram; valid until the next receive().
struct Datagram {
    ByteView bytes;
    msghdr* header = nullptr;  ///< sender (msg_name), control messages, MSG_TRUNC
};

class DatagramBatch {
  public:
    static constexpr std::size_t capacity = 32;
    /// The longest legal message, IPv6 with 255 addresses, behind the longest IPv4 header. What is longer is
    /// cut to this size, which no count of addresses matches.
    static constexpr std::size_t buffer_size =
        60 + vrrp::header_size + vrrp::maximum_addresses * 16 + vrrp::authentication_size;

    DatagramBatch();
    DatagramBatch(DatagramBatch&&) = default;
    DatagramBatch& operator=(DatagramBatch&&) = default;

    /// Takes what is waiting, at most `limit` and `capacity` datagrams, without blocking. 0 means nothing
    /// waits.
    Result<std::size_t> receive(int fd, std::size_t limit);

    /// `index` below the last result of receive().
    Datagram operator[](std::size_t index);

  private:
    struct Slot {
        std::array<std::uint8_t, buffer_size> bytes;
        sockaddr_storage sender;
        alignas(cmsghdr) std::array<std::uint8_t, 256> control;
        iovec vector;
    };

    std::vector<Slot> slots_;
    std::vector<mmsghdr> headers_;
};

}  // namespace regent::platform
