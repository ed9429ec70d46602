// SPDX-License-Identifier: Apache-2.0
// Bounds-checked reading and writing of network byte order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace regent {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// Reads big-endian integers from a view. Reading past the end gives zeros and makes ok() false for good.
class ByteReader {
  public:
    explicit ByteReader(ByteView view) : view_(view) {}

    std::uint8_t u8() {
        if (position_ >= view_.size()) {
            ok_ = false;
            return 0;
        }
        return view_[position_++];
    }

    std::uint16_t u16() {
        const std::uint16_t high = u8();
        return static_cast<std::uint16_t>((high << 8) | u8());
    }

    std::uint32_t u32() {
        const std::uint32_t high = u16();
        return (high << 16) | u16();
    }

    std::uint64_t u64() {
        const std::uint64_t high = u32();
        return (high << 32) | u32();
    }

    /// The next `size` bytes, or an empty view (and ok() false) when fewer remain.
    ByteView take(std::size_t size) {
        if (size > remaining()) {
            ok_ = false;
            position_ = view_.size();
            return {};
        }
        const ByteView taken = view_.subspan(position_, size);
        position_ += size;
        return taken;
    }

    std::size_t remaining() const { return view_.size() - position_; }
    bool ok() const { return ok_; }

  private:
    ByteView view_;
    std::size_t position_ = 0;
    bool ok_ = true;
};

/// Appends big-endian integers to a growing buffer.
class ByteWriter {
  public:
    void u8(std::uint8_t value) { bytes_.push_back(value); }

    void u16(std::uint16_t value) {
        u8(static_cast<std::uint8_t>(value >> 8));
        u8(static_cast<std::uint8_t>(value & 0xff));
    }

    void u32(std::uint32_t value) {
        u16(static_cast<std::uint16_t>(value >> 16));
        u16(static_cast<std::uint16_t>(value & 0xffff));
    }

    void u64(std::uint64_t value) {
        u32(static_cast<std::uint32_t>(value >> 32));
        u32(static_cast<std::uint32_t>(value & 0xffffffff));
    }

    void append(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }

    std::size_t size() const { return bytes_.size(); }
    Bytes& bytes() { return bytes_; }
    Bytes take() { return std::move(bytes_); }

  private:
    Bytes bytes_;
};

}  // namespace regent
