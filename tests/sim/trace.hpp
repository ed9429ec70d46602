// SPDX-License-Identifier: Apache-2.0
// What happened, as a number that two runs of one seed must share, and on request as lines for a person.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "agent/record/digest.hpp"

#include "tests/unit/core/harness.hpp"

namespace regent::sim {

class Trace {
  public:
    enum class Detail : std::uint8_t { digest_only, last_lines, print };
    explicit Trace(Detail detail) : detail_(detail) {}

    void step(Instant now, const core::test::Node& node, const core::Input& input,
              const core::Actions& actions);
    /// Something that the simulation did.
    void note(Instant now, const std::string& what);

    std::uint64_t digest() const { return digest_.value(); }
    const std::deque<std::string>& lines() const { return lines_; }

  private:
    bool wants_text() const { return detail_ != Detail::digest_only; }
    void line(Instant now, const std::string& text);

    Detail detail_;
    record::Digest digest_;
    std::deque<std::string> lines_;
};

}  // namespace regent::sim
