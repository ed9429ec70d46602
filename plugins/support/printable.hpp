// SPDX-License-Identifier: Apache-2.0
// Bytes of others, made fit for a log line.
#pragma once

#include <string>
#include <string_view>

namespace regent::plugins {

/// The first `limit` bytes; what is not printable ASCII becomes a dot, and "..." says that more followed.
inline std::string printable(std::string_view bytes, std::size_t limit) {
    std::string text(bytes.substr(0, limit));
    for (char& letter : text) {
        if (letter < ' ' || letter > '~') letter = '.';
    }
    if (bytes.size() > limit) text += "...";
    return text;
}

}  // namespace regent::plugins
