// SPDX-License-Identifier: Apache-2.0
// errno values as words, in the same form everywhere.
#pragma once

#include <cerrno>
#include <fmt/core.h>
#include <string>
#include <string_view>
#include <system_error>

#include "agent/base/result.hpp"

namespace regent::platform {

/// The C library's words for an errno value, as `perror` would print them. Any thread.
inline std::string kernel_words(int code) {
    return std::generic_category().message(code);
}

/// "<what>: <words of code>" as a failed Result that keeps the errno value.
inline tl::unexpected<Error> system_failure(std::string_view what, int code) {
    return failure(fmt::format("{}: {}", what, kernel_words(code)), code);
}

}  // namespace regent::platform
