// SPDX-License-Identifier: Apache-2.0
// What is longer than the screen, one screen at a time.
#pragma once

#include <string>

namespace regent::ctl {

/// Shows `text` through $REGENT_PAGER, $PAGER or less(1) and waits for its end. Standard output is a
/// terminal. False: nothing was shown, because it fits the screen, the terminal is dumb, no pager is wanted
/// ("" or "cat") or none can be started.
bool page(const std::string& text);

}  // namespace regent::ctl
