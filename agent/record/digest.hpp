// SPDX-License-Identifier: Apache-2.0
// Actions as one number: two runs that did the same have the same.
#pragma once

#include <cstdint>

#include "agent/base/bytes.hpp"
#include "agent/core/action.hpp"

namespace regent::record {

/// FNV-1a over every member of what is added. Not for anything that somebody might forge.
class Digest {
  public:
    void number(std::uint64_t value) {
        value_ = (value_ ^ value) * prime;
        value_ ^= value_ >> 29;
    }
    void bytes(ByteView all) {
        number(all.size());
        for (const auto byte : all)
            value_ = (value_ ^ byte) * prime;
    }
    void actions(const core::Actions& actions);

    std::uint64_t value() const { return value_; }

  private:
    static constexpr std::uint64_t prime = 0x100000001b3U;

    std::uint64_t value_ = 0xcbf29ce484222325U;
};

inline std::uint64_t digest_of(const core::Actions& actions) {
    Digest digest;
    digest.actions(actions);
    return digest.value();
}

}  // namespace regent::record
