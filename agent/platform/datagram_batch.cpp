// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/datagram_batch.hpp"

#include <algorithm>

#include "agent/platform/system_error.hpp"

namespace regent::platform {

DatagramBatch::DatagramBatch() : slots_(capacity), headers_(capacity) {}

Result<std::size_t> DatagramBatch::receive(int fd, std::size_t limit) {
    const std::size_t wanted = std::min(limit, capacity);
    for (std::size_t index = 0; index < wanted; ++index) {
        Slot& slot = slots_[index];
        slot.vector = {slot.bytes.data(), slot.bytes.size()};
        msghdr& header = headers_[index].msg_hdr;
        header = {};
        header.msg_name = &slot.sender;
        header.msg_namelen = sizeof slot.sender;
        header.msg_iov = &slot.vector;
        header.msg_iovlen = 1;
        header.msg_control = slot.control.data();
        header.msg_controllen = slot.control.size();
    }
    const int count = ::recvmmsg(fd, headers_.data(), static_cast<unsigned>(wanted), MSG_DONTWAIT, nullptr);
    if (count >= 0) return static_cast<std::size_t>(count);
    const int code = errno;
    if (code == EAGAIN || code == EINTR) return std::size_t{0};
    return system_failure("cannot receive", code);
}

Datagram DatagramBatch::operator[](std::size_t index) {
    const std::size_t size = std::min<std::size_t>(headers_[index].msg_len, buffer_size);
    return {ByteView(slots_[index].bytes).first(size), &headers_[index].msg_hdr};
}

}  // namespace regent::platform
