// SPDX-License-Identifier: Apache-2.0
// Reading a whole kernel table in one consistent piece.
#pragma once

#include <cerrno>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "agent/base/bytes.hpp"
#include "agent/base/result.hpp"

struct nlmsghdr;

namespace regent::platform {

enum class DumpEnd {
    complete,
    interrupted,  ///< NLM_F_DUMP_INTR: the table changed under the dump, entries may be missing
};

/// Requests a dump of `type` (RTM_GET…) with the fixed header `header` and hands each message to `handler`.
/// Has its own socket and gives up after 1 s; in practice the kernel answers within the system call. The
/// kernel checks `header` strictly and filters by it (NETLINK_GET_STRICT_CHK, 4.20).
Result<DumpEnd> dump_once(int type, ByteView header, const std::function<void(nlmsghdr&)>& handler);

/// dump_once() until it is complete, at most `dump_attempts` times. `parse` gives optional<T>.
constexpr int dump_attempts = 10;
template <class T, class Parse>
Result<std::vector<T>> dump_all(int type, ByteView header, const Parse& parse) {
    for (int attempt = 0; attempt < dump_attempts; ++attempt) {
        std::vector<T> found;
        const Result<DumpEnd> end = dump_once(type, header, [&](nlmsghdr& message) {
            if (std::optional<T> entry = parse(message)) found.push_back(*std::move(entry));
        });
        if (!end) return tl::unexpected(end.error());
        if (*end == DumpEnd::complete) return found;
    }
    return failure("the kernel's table kept changing while it was read", EINTR);
}

}  // namespace regent::platform
