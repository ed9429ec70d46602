// SPDX-License-Identifier: Apache-2.0
// Chance from one seed. The standard library's distributions differ between its versions; a seed must mean
// the same everywhere.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "agent/base/time.hpp"

namespace regent::sim {

class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    /// splitmix64 (Steele, Lea, Flood 2014).
    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }
    /// 0 to `count` − 1; `count` is not 0.
    std::size_t below(std::size_t count) { return static_cast<std::size_t>(next() % count); }
    unsigned between(unsigned low, unsigned high) {
        return low + static_cast<unsigned>(below(high - low + std::size_t{1}));
    }
    Duration between(Duration low, Duration high) {
        return low + Duration(static_cast<Duration::rep>(
                         next() % (static_cast<std::uint64_t>((high - low).count()) + 1)));
    }
    bool percent(unsigned chance) { return below(100) < chance; }
    template <class T>
    T& pick(std::vector<T>& choices) {
        return choices[below(choices.size())];
    }
    template <class T>
    T pick(std::initializer_list<T> choices) {
        return *(choices.begin() + below(choices.size()));
    }
    /// A stream of its own, so that what one part draws does not shift what another gets.
    Random child() { return Random(next()); }

  private:
    std::uint64_t state_;
};

}  // namespace regent::sim
