// SPDX-License-Identifier: Apache-2.0
// What OpenJDK 17.0.15 says, byte for byte.
#pragma once

#include <string>
#include <string_view>

namespace regent::test::rmi {

/// Pairs of hexadecimal digits, nothing else.
inline std::string bytes(std::string_view digits) {
    const auto value = [](char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; };
    std::string made;
    for (std::size_t at = 0; at + 1 < digits.size(); at += 2)
        made += static_cast<char>(value(digits[at]) << 4 | value(digits[at + 1]));
    return made;
}

/// To 127.0.0.1 port 49702.
inline const std::string acknowledged = bytes("4e00093132372e302e302e310000c226");
inline const std::string pong = bytes("53");
inline const std::string lookup_request = bytes(
    "50aced00057722000000000000000000000000000000000000000000000000000244154dc9d4e63bdf"
    "7400097472617a6153657276");
/// Farhos$Traza at 127.0.0.1 port 9002.
inline const std::string bound = bytes(
    "51aced0005770f01a0777ee3000001a20d1a9e2f8008737d00000001000c466172686f73245472617a61"
    "70787200176a6176612e6c616e672e7265666c6563742e50726f7879e127da20cc1043cb0200014c0001"
    "687400254c6a6176612f6c616e672f7265666c6563742f496e766f636174696f6e48616e646c65723b70"
    "78707372002d6a6176612e726d692e7365727665722e52656d6f74654f626a656374496e766f63617469"
    "6f6e48616e646c65720000000000000002020000707872001c6a6176612e726d692e7365727665722e52"
    "656d6f74654f626a656374d361b4910c61331e0300007078707732000a556e6963617374526566000931"
    "32372e302e302e310000232ac42027723273e4eda0777ee3000001a20d1a9e2f80010178");
inline const std::string uid = bytes("a0777ee3000001a20d1a9e2f8008");
/// The beginning of 1743 bytes: java.rmi.NotBoundException.
inline const std::string unbound = bytes(
    "51aced0005770f02a0777ee3000001a20d1a9e2f80097372001a6a6176612e726d692e4e6f74426f756e"
    "64457863657074696f6ee637f9a72d7c3afb02000070787200136a6176612e6c616e672e457863657074"
    "696f6ed0fd1f3e1a3b1cc402000070787200136a6176612e6c616e672e5468726f7761626c65d5c63527"
    "3977b8cb0300044c0005636175736574");
/// The beginning of 516 bytes: java.rmi.NoSuchObjectException.
inline const std::string no_registry = bytes(
    "51aced0005770f02a0777ee3000001a20d1a9e2f800a7372001e6a6176612e726d692e4e6f537563684f"
    "626a656374457863657074696f6e5bdcd18c0104501902000070787200186a6176612e726d692e52656d"
    "6f7465457863657074696f6eb88c9d4edee47a22");

}  // namespace regent::test::rmi
