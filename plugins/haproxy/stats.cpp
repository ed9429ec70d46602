// SPDX-License-Identifier: Apache-2.0
#include "plugins/haproxy/stats.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace regent::plugins::haproxy {
namespace {

constexpr std::string_view end_of_answer = "\n\n";

tl::unexpected<std::string> unclear(std::string text) {
    return tl::unexpected(std::move(text));
}

/// Takes a line off `text`, without its end.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// Takes a field off a line of CSV. Quotes as in RFC 4180.
std::string take_field(std::string_view& line) {
    std::string field;
    if (!line.starts_with('"')) {
        const std::size_t end = line.find(',');
        field = line.substr(0, end);
        line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
        return field;
    }
    std::size_t at = 1;
    for (; at < line.size(); ++at) {
        if (line[at] == '"' && !(at + 1 < line.size() && line[++at] == '"')) break;
        field += line[at];
    }
    const std::size_t end = line.find(',', std::min(at, line.size()));
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    return field;
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// What is wanted of a line of CSV, and where.
enum Column : std::size_t { proxy_name, server_name, status, type, column_count };
constexpr std::array<std::string_view, column_count> column_names{"pxname", "svname", "status", "type"};
constexpr std::size_t maximum_columns = 1024;

Parsed<std::array<std::size_t, column_count>> find_columns(std::string_view header) {
    if (!header.starts_with("# ")) return unclear("show stat has no header");
    header.remove_prefix(2);
    std::array<std::size_t, column_count> places{};
    places.fill(maximum_columns);
    for (std::size_t place = 0; !header.empty() && place < maximum_columns; ++place) {
        const std::string name = take_field(header);
        const auto* const known = std::find(column_names.begin(), column_names.end(), name);
        if (known != column_names.end())
            places[static_cast<std::size_t>(known - column_names.begin())] = place;
    }
    for (std::size_t column = 0; column < column_count; ++column) {
        if (places[column] == maximum_columns)
            return unclear("show stat has no column " + std::string(column_names[column]));
    }
    return places;
}

}  // namespace

bool Proxy::is_up() const {
    return status.starts_with("UP") || status == "no check";
}

Parsed<Info> parse_info(std::string_view text) {
    Info info;
    std::optional<std::uint64_t> pid, uptime, sessions, stopping;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        const std::size_t colon = line.find(": ");
        if (colon == std::string_view::npos) continue;
        const std::string_view key = line.substr(0, colon), value = line.substr(colon + 2);
        if (key == "Version") info.version = value.substr(0, value.find_first_of("-+ "));
        if (key == "Pid") pid = number(value);
        if (key == "Uptime_sec") uptime = number(value);
        if (key == "CurrConns") sessions = number(value);
        if (key == "Stopping") stopping = number(value);
    }
    if (info.version.empty() || !pid || !uptime || !sessions)
        return unclear("show info lacks Version, Pid, Uptime_sec or CurrConns");
    info.pid = *pid;
    info.uptime_s = *uptime;
    info.sessions = *sessions;
    info.is_stopping = stopping.value_or(0) != 0;
    return info;
}

Parsed<std::vector<Proxy>> parse_stat(std::string_view text) {
    const auto places = find_columns(take_line(text));
    if (!places) return unclear(places.error());
    const std::size_t last = *std::max_element(places->begin(), places->end());
    std::vector<Proxy> proxies;
    while (!text.empty()) {
        std::string_view line = take_line(text);
        if (line.empty()) continue;
        std::array<std::string, column_count> wanted;
        std::size_t place = 0;
        for (; place <= last && !line.empty(); ++place) {
            std::string field = take_field(line);
            for (std::size_t column = 0; column < column_count; ++column) {
                if ((*places)[column] == place) wanted[column] = std::move(field);
            }
        }
        if (place <= last) return unclear("show stat has a line that is too short");
        // 3: a listener, which `option socket-stats` shows.
        if (wanted[type] != "0" && wanted[type] != "1" && wanted[type] != "2") continue;
        const auto kind = Proxy::Kind{static_cast<std::uint8_t>(wanted[type][0] - '0')};
        if (kind != Proxy::Kind::server) wanted[server_name].clear();
        proxies.push_back(
            {kind, std::move(wanted[proxy_name]), std::move(wanted[server_name]), std::move(wanted[status])});
    }
    return proxies;
}

bool is_complete(std::string_view text) {
    const std::size_t first = text.find(end_of_answer);
    return first != std::string_view::npos && first + end_of_answer.size() < text.size() &&
           text.ends_with(end_of_answer);
}

Parsed<Stats> parse_answer(std::string_view text) {
    const std::size_t end = text.find(end_of_answer);
    if (end == std::string_view::npos) return unclear("not the answer of HAProxy's stats socket");
    auto info = parse_info(text.substr(0, end));
    if (!info) return unclear(std::move(info.error()));
    auto proxies = parse_stat(text.substr(end + end_of_answer.size()));
    if (!proxies) return unclear(std::move(proxies.error()));
    return Stats{std::move(*info), std::move(*proxies)};
}

}  // namespace regent::plugins::haproxy
