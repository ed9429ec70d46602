// SPDX-License-Identifier: Apache-2.0
// Expected failures are values: a sentence for a person, and the errno it came from where there is one.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace regent {

/// Why something expected did not work. `text` is a whole sentence part, fit to follow "error: ".
struct Error {
    std::string text;
    int code = 0;  ///< errno value, 0 when no system call was involved
};

template <class T>
using Result = tl::expected<T, Error>;

/// `return failure("…")` from any function that returns a Result.
inline tl::unexpected<Error> failure(std::string text, int code = 0) {
    return tl::unexpected<Error>(Error{std::move(text), code});
}

}  // namespace regent
