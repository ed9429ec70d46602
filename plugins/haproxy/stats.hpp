// SPDX-License-Identifier: Apache-2.0
// What HAProxy answers on its stats socket (management guide, §9): read from text alone. The text may be
// anybody's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace regent::plugins::haproxy {

/// Of `show info`.
struct Info {
    std::string version;    ///< "2.6.12", without what a distribution appends
    std::uint64_t pid = 0;  ///< of the worker that answered
    std::uint64_t uptime_s = 0;
    std::uint64_t sessions = 0;
    bool is_stopping = false;  ///< it has been told to end and takes no new connections
};

/// One line of `show stat`.
struct Proxy {
    enum class Kind : std::uint8_t { frontend = 0, backend = 1, server = 2 };  // as in column `type`
    Kind kind{};
    std::string name;    ///< of the frontend or backend
    std::string server;  ///< empty unless it is one
    std::string
        status;  ///< frontends: OPEN PAUSED STOP. Servers: UP DOWN MAINT DRAIN NOLB "no check" "UP 1/3" …

    /// Whether a server takes new sessions. One without checks does.
    bool is_up() const;
};

struct Stats {
    Info info;
    std::vector<Proxy> proxies;
};

/// Why an answer was not understood, for a person.
template <class Value>
using Parsed = tl::expected<Value, std::string>;

/// One command of the two is sent; each answer ends with an empty line.
inline constexpr std::string_view query = "show info;show stat\n";

Parsed<Info> parse_info(std::string_view text);
/// CSV whose header begins with "# ". Columns are found by their names; unknown ones do no harm, nor do
/// listeners.
Parsed<std::vector<Proxy>> parse_stat(std::string_view text);
/// The whole answer to `query`.
Parsed<Stats> parse_answer(std::string_view text);

/// Whether `text` ends as a whole answer to `query` does. If not, whoever spoke was cut short.
bool is_complete(std::string_view text);

}  // namespace regent::plugins::haproxy
