// SPDX-License-Identifier: Apache-2.0
// The stream of dockerd's events, read from bytes alone: JSON objects, each in a line. (Docker Engine
// API 1.41: SystemEvents.)
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace regent::plugins::docker {

struct Event {
    std::string action;  ///< "die", "health_status: unhealthy"
    std::string id;      ///< of the container
    std::string name;
    std::string old_name;                           ///< of a rename
    std::map<std::string, std::string> attributes;  ///< labels among them, as they are
    std::int64_t time_ns = 0;                       ///< the daemon's clock, since 1970
};

/// Nothing when it is no event of a container.
std::optional<Event> parse_event(std::string_view line);

/// Puts lines together from parts of any size, and holds no more than one line.
class LineReader {
  public:
    static constexpr std::size_t maximum_line = 262144;

    /// Calls `take` with each line that is whole now and is not empty; a false from it ends this, and is
    /// returned. False as well when a line is longer than the maximum: then nothing is taken any more.
    bool add(std::string_view part, const std::function<bool(std::string_view)>& take);
    bool is_too_long() const { return is_too_long_; }
    std::size_t held() const { return begun_.size(); }
    void restart();

  private:
    std::string begun_;
    bool is_too_long_ = false;
};

}  // namespace regent::plugins::docker
