// SPDX-License-Identifier: Apache-2.0
// track_… blocks and notify… statements, which instances and groups have alike.
#include <array>
#include <fmt/format.h>

#include "agent/config/keepalived/command.hpp"
#include "agent/config/keepalived/readers.hpp"
#include "agent/config/keepalived/words.hpp"

namespace regent::config::keepalived {

namespace {

constexpr std::array<std::string_view, 5> tracker_keywords{"track_script", "track_process", "track_interface",
                                                           "track_file", "track_bfd"};

struct NotifyKeyword {
    std::string_view keyword;
    std::string_view event;
};
constexpr std::array<NotifyKeyword, 6> notify_table{{{"notify", ""},
                                                     {"notify_master", "master"},
                                                     {"notify_backup", "backup"},
                                                     {"notify_fault", "fault"},
                                                     {"notify_stop", "stop"},
                                                     {"notify_deleted", "deleted"}}};

void read_tracker(const Statement& statement, const Reading& reading, Tracked kind,
                  std::vector<Tracker>& trackers) {
    Tracker tracker{kind, statement.words[0].text, std::nullopt, statement.spot};
    if (statement.words.size() > 1) {
        tracker.weight = reading.weight(statement, 1);
        if (!tracker.weight) return;
    }
    const auto same = std::find_if(trackers.begin(), trackers.end(), [&](const Tracker& each) {
        return each.kind == kind && each.name == tracker.name;
    });
    if (same == trackers.end()) {
        trackers.push_back(std::move(tracker));
        return;
    }
    reading.findings().warning(
        statement.spot, "duplicate", std::string(statement.keyword()),
        fmt::format("{} is tracked already: the first one counts", in_quotes(statement.words[0].text)));
}

/// The words of the command. A quoted one is cut as keepalived does; unquoted it is one word, and what
/// follows it is a user.
bool take_command(const Statement& statement, const Reading& reading, Table& table, Notify& notify) {
    const auto command = split_command(statement.words[1].text);
    const auto fail = [&](std::string why) {
        reading.findings().error(statement.spot_of(1), "bad_value", notify.keyword,
                                 fmt::format("{}: {}", notify.keyword, why),
                                 "write \"/path/of/program arguments\"");
        table.notes.push_back({statement.spot, "LOST: " + shown(statement)});
        return false;
    };
    if (!command) return fail(command.error().message);
    if (command->empty()) return fail("the command is empty");
    notify.needs_shell = is_shell_text(*command) || has_shell_operator(*command);
    if (notify.needs_shell && !is_shell_text(*command)) {
        reading.remark(
            table, statement.spot_of(1), notify.keyword,
            "keepalived hands shell operators to the program as arguments; here a shell reads them",
            "advice");
    }
    if (!notify.needs_shell && !is_runnable(command->front()))
        return fail("the path of the program is not absolute");
    notify.command = notify.needs_shell ? std::vector{statement.words[1].text} : *command;
    return true;
}

}  // namespace

bool is_tracker(std::string_view keyword) {
    return std::find(tracker_keywords.begin(), tracker_keywords.end(), keyword) != tracker_keywords.end();
}

void read_trackers(const Statement& block, const Reading& reading, Table& table,
                   std::vector<Tracker>& trackers) {
    const std::string_view keyword = block.keyword();
    if (keyword == "track_file" || keyword == "track_bfd") {
        return reading.lose(table, block,
                            keyword == "track_bfd" ? "regent has no BFD" : "regent does not watch files",
                            keyword == "track_bfd" ? "a check of type \"ping\" finds a silent neighbour"
                                                   : "write a check of type \"exec\" that reads the file");
    }
    for (const Statement& statement : block.children) {
        if (statement.is_block || statement.words.empty()) {
            reading.lose(table, statement, "a tracker has no block", "write one name a line");
        } else {
            read_tracker(statement, reading,
                         keyword == "track_interface" ? Tracked::interface : Tracked::check, trackers);
        }
    }
}

const std::vector<std::string>& notify_keywords() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const auto& [keyword, event] : notify_table)
            all.emplace_back(keyword);
        return all;
    }();
    return names;
}

bool read_notify(const Statement& statement, const Reading& reading, Table& table,
                 std::vector<Notify>& notifies) {
    const auto known = std::find_if(notify_table.begin(), notify_table.end(), [&](const NotifyKeyword& each) {
        return each.keyword == statement.keyword();
    });
    if (known == notify_table.end()) return false;
    Notify notify;
    notify.event = known->event;
    notify.keyword = known->keyword;
    notify.spot = statement.spot;
    if (statement.words.size() < 2) {
        // Alone it asks for DELETED, which regent always tells.
        if (notify.event != "deleted") (void)reading.value(statement);
        return true;
    }
    if (!take_command(statement, reading, table, notify)) return true;
    if (statement.words.size() > 2) {
        notify.user = statement.words[2].text;
        reading.remark(
            table, statement.spot_of(2), notify.keyword,
            fmt::format("{}: the user {} is left out: under its unit regent runs programs as its own user, "
                        "see /usr/share/doc/regent/migration.md",
                        notify.keyword, in_quotes(notify.user)));
    }
    notifies.push_back(std::move(notify));
    return true;
}

}  // namespace regent::config::keepalived
