// SPDX-License-Identifier: Apache-2.0
// Sentences for people, built where no formatting library is allowed.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "agent/base/ip_address.hpp"
#include "agent/base/time.hpp"

namespace regent {

namespace detail {
inline void append(std::string& out, std::string_view text) {
    out += text;
}
inline void append(std::string& out, std::integral auto number) {
    out += std::to_string(number);
}
inline void append(std::string& out, const IpAddress& address) {
    out += address.to_string();
}
}  // namespace detail

/// The parts one after another: strings, integers (a std::uint8_t is a number here) and addresses.
template <class... Parts>
std::string concat(const Parts&... parts) {
    std::string out;
    (detail::append(out, parts), ...);
    return out;
}

/// "handover: new disk"; without a reason "handover".
inline std::string with_reason(std::string_view what, const std::string& reason) {
    return reason.empty() ? std::string(what) : concat(what, ": ", reason);
}

/// "3.6 s", "250 ms", "40 us": the largest unit that gives a number of at least 1, up to three decimals.
inline std::string to_text(Duration duration) {
    const bool negative = duration < Duration::zero();
    const auto ns = negative ? -duration.count() : duration.count();
    const auto unit = ns >= 1'000'000'000 ? 1'000'000'000 : ns >= 1'000'000 ? 1'000'000 : 1'000;
    std::string text = std::to_string(ns / unit);
    const auto thousandths = (ns % unit) * 1000 / unit;
    if (thousandths != 0) {
        std::string decimals = std::to_string(1000 + thousandths).substr(1);
        decimals.erase(decimals.find_last_not_of('0') + 1);
        text += '.' + decimals;
    }
    text += unit == 1'000'000'000 ? " s" : unit == 1'000'000 ? " ms" : " us";
    return negative ? '-' + text : text;
}

}  // namespace regent
