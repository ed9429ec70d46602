// SPDX-License-Identifier: Apache-2.0
// vrrp_sync_group.
#include <fmt/format.h>

#include "agent/config/keepalived/readers.hpp"

namespace regent::config::keepalived {

namespace {

void read_members(const Statement& block, const Reading& reading, Group& group) {
    for (const Statement& statement : block.children) {
        for (std::size_t i = 0; i < statement.words.size(); ++i)
            group.members.push_back({statement.words[i].text, statement.spot_of(i)});
        if (statement.is_block || statement.words.empty()) {
            reading.findings().error(statement.spot, "syntax", "group", "a member has no block",
                                     "write one name a line");
        }
    }
}

void read_one(const Statement& statement, const Reading& reading, Group& group) {
    const std::string_view keyword = statement.keyword();
    if (keyword == "group") {
        read_members(statement, reading, group);
    } else if (keyword == "sync_group_tracking_weight") {
        group.uses_weights = true;
    } else if (is_tracker(keyword)) {
        read_trackers(statement, reading, group.table, group.trackers);
    } else if (read_notify(statement, reading, group.table, group.notifies)) {
        return;
    } else if (statement.words.size() == 1 && !statement.is_block &&
               find_keyword(Block::group, keyword) == nullptr) {
        reading.findings().error(
            statement.spot, "unknown_key", "vrrp_sync_group",
            fmt::format("{} is no keyword of a group: keepalived 2 ignores it", in_quotes(keyword)),
            fmt::format("a member stands in a block: group {{ {} }}", printable(keyword)));
        group.table.notes.push_back({statement.spot, "UNKNOWN: " + shown(statement)});
    } else {
        std::vector<std::string> names = notify_keywords();
        for (const char* name :
             {"group", "sync_group_tracking_weight", "track_script", "track_process", "track_interface"})
            names.emplace_back(name);
        reading.other(group.table, statement, Block::group, names);
    }
}

}  // namespace

void read_group(const Statement& block, const Reading& reading, Model& model) {
    const auto name = reading.block_name(block);
    if (!name) return;
    if (model.group(*name) != nullptr) {
        return reading.findings().error(block.spot, "duplicate", "vrrp_sync_group",
                                        fmt::format("the group {} is there already", in_quotes(*name)),
                                        "give each vrrp_sync_group a name of its own");
    }
    Group group;
    group.table.name = *name;
    group.table.spot = block.spot;
    group.checks_before = model.checks.size();
    for (const Statement& statement : block.children)
        read_one(statement, reading, group);
    model.groups.push_back(std::move(group));
}

}  // namespace regent::config::keepalived
