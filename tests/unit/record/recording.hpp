// SPDX-License-Identifier: Apache-2.0
// A recording in memory, as regentd writes it to a file.
#pragma once

#include <sstream>
#include <string>

#include "agent/core/action.hpp"
#include "agent/record/digest.hpp"
#include "agent/record/line.hpp"

namespace regent::record::test {

class Recording {
  public:
    Recording() {
        Header header;
        header.node = "lb1";
        add(header);
    }

    void add(const Line& line) { text_ += to_text(line) + '\n'; }
    void step(Instant now, const core::Input& input, const core::Actions& actions) {
        add(Step{now, input, actions.size(), digest_of(actions)});
    }
    const std::string& text() const { return text_; }

  private:
    std::string text_;
};

}  // namespace regent::record::test
