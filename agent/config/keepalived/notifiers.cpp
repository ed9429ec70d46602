// SPDX-License-Identifier: Apache-2.0
#include "agent/config/keepalived/notifiers.hpp"

#include <fmt/format.h>
#include <set>

#include "agent/config/keepalived/command.hpp"
#include "agent/config/keepalived/reading.hpp"

namespace regent::config::keepalived {

namespace {

/// A command that some units want for an event.
struct Wish {
    const Notify* notify;
    std::string unit;                ///< of the first that wants it
    std::vector<std::string> units;  ///< as in "instance VI_1"
};

/// What may stand in a name of regent's; anything else is an error of the result, and never reaches a shell.
bool is_plain(std::string_view name) {
    return name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:@ ") ==
           std::string_view::npos;
}

void add(std::vector<Wish>& wishes, const Notify& notify, const std::string& kind, const std::string& name) {
    const std::string unit = fmt::format("{} {}", kind, name);
    for (Wish& wish : wishes) {
        const Notify& other = *wish.notify;
        if (other.command != notify.command || other.event != notify.event ||
            other.needs_shell != notify.needs_shell)
            continue;
        wish.units.push_back(unit);
        return;
    }
    wishes.push_back({&notify, name, {unit}});
}

/// keepalived puts its four arguments behind the text.
std::string shell_text(const Notify& notify) {
    return notify.command.front() + (notify.event.empty() ? " \"$@\"" : "");
}

/// `exec` for some of the units alone; "$@" is the command, keepalived's four arguments included.
std::string chosen_toml(const Wish& wish) {
    std::string pattern;
    for (const std::string& unit : wish.units) {
        if (is_plain(unit)) pattern += fmt::format("{}\"{}\"", pattern.empty() ? "" : "|", unit);
    }
    const std::string script =
        fmt::format("case \"$REGENT_KIND $REGENT_NAME\" in {}) exec \"$@\";; esac", pattern);
    std::string out = fmt::format("[\"/bin/sh\", \"-c\", {}, \"sh\"", toml_text(script));
    if (wish.notify->needs_shell)
        return out + fmt::format(", \"/bin/sh\", \"-c\", {}, \"sh\"]", toml_text(shell_text(*wish.notify)));
    for (const std::string& word : wish.notify->command)
        out += ", " + toml_text(word);
    return out + "]";
}

std::string whole_toml(const Notify& notify) {
    if (!notify.needs_shell) return command_toml(notify.command);
    return fmt::format("[\"/bin/sh\", \"-c\", {}, \"sh\"]", toml_text(shell_text(notify)));
}

Table table_of(const Wish& wish, bool for_all, std::set<std::string>& names) {
    const Notify& notify = *wish.notify;
    Table table;
    table.spot = notify.spot;
    table.name = wish.unit + "-" + notify.keyword;
    for (unsigned i = 2; !names.insert(table.name).second; ++i)
        table.name = fmt::format("{}-{}-{}", wish.unit, notify.keyword, i);
    table.set("type", "\"exec\"", notify.spot);
    table.set("command", for_all ? whole_toml(notify) : chosen_toml(wish), notify.spot);
    if (notify.event.empty()) {
        table.set("keepalived", "true", notify.spot);
    } else {
        table.set("events", fmt::format("[\"{}\"]", notify.event), notify.spot);
    }
    return table;
}

}  // namespace

std::vector<Table> notifiers_of(const Model& model) {
    std::vector<Wish> wishes;
    for (const Instance& instance : model.instances) {
        for (const Notify& notify : instance.notifies)
            add(wishes, notify, "instance", instance.table.name);
    }
    for (const Group& group : model.groups) {
        for (const Notify& notify : group.notifies)
            add(wishes, notify, "group", group.table.name);
    }
    std::vector<Table> tables = model.globals.fifos;
    std::set<std::string> names;
    for (const Table& table : tables)
        names.insert(table.name);
    const std::size_t all = model.instances.size() + model.groups.size();
    for (const Wish& wish : wishes)
        tables.push_back(table_of(wish, wish.units.size() == all, names));
    return tables;
}

}  // namespace regent::config::keepalived
