// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/host/reported.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

#include "agent/plugin/message_text.hpp"

namespace regent::plugin::host {
namespace {

constexpr std::size_t smallest_result =
    offsetof(regent_result, metric_count) + sizeof(regent_result::metric_count);
constexpr std::size_t longest_name = 64;

static_assert(maximum_message == REGENT_MESSAGE_MAX && maximum_metrics == REGENT_METRIC_MAX);

bool is_metric_name(std::string_view name) {
    const auto fits = [](char character, bool first) {
        return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
               character == '_' || (!first && character >= '0' && character <= '9');
    };
    if (name.empty() || name.size() > longest_name || !fits(name[0], true)) return false;
    return std::all_of(name.begin(), name.end(), [&](char character) { return fits(character, false); });
}

std::string_view view(regent_str text) {
    return text.ptr == nullptr ? std::string_view() : std::string_view(text.ptr, text.len);
}

Report impossible(InstanceId instance, std::uint64_t probe) {
    return {instance,
            probe,
            REGENT_STATE_UNKNOWN,
            REGENT_REASON_INTERNAL,
            0,
            0,
            "the plugin reported an impossible state",
            {}};
}

std::int64_t elapsed_ns(const regent_result& result, Instant asked, Instant now) {
    if (result.elapsed_ns > 0) return result.elapsed_ns;
    const auto end = now.time_since_epoch().count();
    const auto begin = result.started_ns > 0 ? result.started_ns : asked.time_since_epoch().count();
    return begin > 0 && begin < end ? end - begin : 0;
}

}  // namespace

std::uint64_t probe_of(const regent_result* result) {
    return result == nullptr || result->struct_size < smallest_result ? 0 : result->probe_id;
}

Report report_of(InstanceId instance, const regent_result* from, Instant asked, Instant now) {
    if (from == nullptr || from->struct_size < smallest_result) return impossible(instance, 0);
    const regent_result& result = *from;
    if (result.state < REGENT_STATE_UP || result.state > REGENT_STATE_UNKNOWN ||
        result.reason < REGENT_REASON_OK || result.reason > REGENT_REASON_INTERNAL)
        return impossible(instance, result.probe_id);
    Report report{instance,
                  result.probe_id,
                  result.state,
                  result.reason,
                  result.detail_code,
                  elapsed_ns(result, asked, now),
                  fit(view(result.message), maximum_message),
                  {}};
    const std::size_t count =
        result.metrics == nullptr ? 0 : std::min<std::size_t>(result.metric_count, maximum_metrics);
    for (std::size_t at = 0; at < count; ++at) {
        const auto& metric = result.metrics[at];
        if (!is_metric_name(view(metric.name)) || !std::isfinite(metric.value)) continue;
        report.metrics.push_back({std::string(view(metric.name)), metric.value});
    }
    return report;
}

}  // namespace regent::plugin::host
