// SPDX-License-Identifier: Apache-2.0
// One value type for IPv4 and IPv6 addresses, in network byte order.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/bytes.hpp"

namespace regent {

enum class Family : std::uint8_t { ipv4 = 4, ipv6 = 6 };

/// "IPv4" or "IPv6".
std::string_view to_string(Family family);

/// An address of either family. Compares by family, then as an unsigned integer in network byte order, which
/// is the comparison RFC 9568 §6.4.3 asks for between addresses of one family.
class IpAddress {
  public:
    /// 0.0.0.0
    IpAddress() = default;

    /// 4 bytes make an IPv4 address, 16 bytes an IPv6 address, anything else is nullopt.
    static std::optional<IpAddress> from_bytes(ByteView bytes);

    /// Dotted quad or RFC 4291 text, without prefix, brackets, or zone.
    static std::optional<IpAddress> parse(std::string_view text);

    Family family() const { return family_; }
    bool is_ipv4() const { return family_ == Family::ipv4; }
    bool is_ipv6() const { return family_ == Family::ipv6; }

    /// 4 or 16 bytes, in network byte order.
    ByteView bytes() const { return ByteView(bytes_).first(size()); }
    std::size_t size() const { return is_ipv4() ? 4U : 16U; }
    /// 32 or 128.
    std::uint8_t full_prefix() const { return is_ipv4() ? 32 : 128; }

    bool is_multicast() const;
    bool is_link_local() const;   ///< fe80::/10 or 169.254.0.0/16
    bool is_loopback() const;     ///< 127.0.0.0/8 or ::1
    bool is_unspecified() const;  ///< all bits zero

    std::string to_string() const;

    auto operator<=>(const IpAddress&) const = default;

  private:
    Family family_ = Family::ipv4;
    std::array<std::uint8_t, 16> bytes_{};
};

}  // namespace regent
