// SPDX-License-Identifier: Apache-2.0
// How long the texts of messages may be, and how a text of unknown origin is made to fit.
#pragma once

#include <string>
#include <string_view>

namespace regent::plugin {

constexpr std::size_t maximum_name = 256;     ///< of nodes, instances, groups, types, states, metrics; ids
constexpr std::size_t maximum_message = 256;  ///< of a report; REGENT_MESSAGE_MAX
constexpr std::size_t maximum_text = 4096;    ///< of reasons, refusals, lines for the log
constexpr std::size_t maximum_metrics = 64;   ///< of a report; REGENT_METRIC_MAX
constexpr std::size_t maximum_values = 64;    ///< of an instance

/// Printable UTF-8 on one line, at most `limit` bytes, cut between two characters. Reads no more than `limit`
/// bytes of `text`.
std::string fit(std::string_view text, std::size_t limit);

}  // namespace regent::plugin
