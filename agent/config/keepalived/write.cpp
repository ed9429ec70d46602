// SPDX-License-Identifier: Apache-2.0
#include "agent/config/keepalived/write.hpp"

#include <fmt/format.h>
#include <set>

#include "agent/config/keepalived/instance_entries.hpp"
#include "agent/config/keepalived/notifiers.hpp"
#include "agent/config/toml_writer.hpp"

namespace regent::config::keepalived {

namespace {

class Writer {
  public:
    Writer(Model& model, const Reading& reading) : model_(model), reading_(reading), toml_(written_.toml) {}

    Written all() {
        const std::vector<Table> notifiers = notifiers_of(model_);
        tell_of_users(notifiers);
        for (Instance& instance : model_.instances)
            complete(instance, model_.globals, reading_);
        preface();
        if (!model_.globals.agent.entries.empty()) {
            toml_.header("agent");
            entries(model_.globals.agent);
        }
        for (const Instance& instance : model_.instances)
            write_instance(instance);
        for (const Group& group : model_.groups)
            write_group(group);
        for (const Check& check : model_.checks)
            write_check(check);
        for (const Table& notifier : notifiers)
            table("notifier", notifier);
        return std::move(written_);
    }

  private:
    /// Once for all programs whose user is keepalived's default.
    void tell_of_users(const std::vector<Table>& notifiers) {
        if (model_.globals.script_user) return;
        std::vector<Spot> programs;
        const auto is_program = [](const Entry& entry) { return entry.key == "command"; };
        const auto collect = [&](const Table& source) {
            const auto found = std::find_if(source.entries.begin(), source.entries.end(), is_program);
            if (found != source.entries.end()) programs.push_back(found->spot);
        };
        for (const Check& check : model_.checks) {
            if (check.can_run && check.is_tracked) collect(check.table);
        }
        for (const Table& notifier : notifiers)
            collect(notifier);
        if (programs.empty()) return;
        reading_.remark(model_.globals.agent, programs.front(), "script_user",
                        "programs that keepalived runs as keepalived_script or root run as regent's own user",
                        "advice", "see \"Programs\" in /usr/share/doc/regent/migration.md");
    }

    /// All lines that have been written since belong to `spot`.
    void mark(const Spot& spot) {
        const auto lines =
            static_cast<std::size_t>(std::count(written_.toml.begin(), written_.toml.end(), '\n'));
        written_.spots.resize(lines, spot);
    }

    void preface() {
        const Findings& findings = reading_.findings();
        written_.toml += fmt::format(
            "# Made from {} by regentctl config convert. A comment that begins with a file and a line\n"
            "# tells of something there that this file does not have, or has otherwise.\n",
            findings.reference({}));
        std::vector<Note> list = model_.globals.agent.notes;
        for (const auto& error : findings.errors()) {
            if (!is_told(error.spot)) list.push_back({error.spot, "LOST: " + error.message});
        }
        notes(std::move(list));
        mark({});
    }

    /// Whether a comment of some table says that something of that line is lost.
    bool is_told(const Spot& spot) const {
        const auto some = [&](const auto& owners) {
            return std::any_of(owners.begin(), owners.end(),
                               [&](const auto& owner) { return owner.table.tells_of_loss(spot); });
        };
        return model_.globals.agent.tells_of_loss(spot) || some(model_.instances) || some(model_.groups) ||
               some(model_.checks);
    }

    void notes(std::vector<Note> list) {
        std::stable_sort(list.begin(), list.end(),
                         [](const Note& a, const Note& b) { return a.spot < b.spot; });
        for (const Note& note : list)
            written_.toml +=
                fmt::format("# {}: {}\n", reading_.findings().reference(note.spot), printable(note.text));
    }

    /// The type first: the other keys are that type's.
    void entries(const Table& source) {
        const auto one = [&](const Entry& entry) {
            toml_.raw(entry.key, entry.value);
            mark(entry.spot);
        };
        const auto is_type = [](const Entry& entry) { return entry.key == "type"; };
        for (const Entry& entry : source.entries) {
            if (is_type(entry)) one(entry);
        }
        for (const Entry& entry : source.entries) {
            if (!is_type(entry)) one(entry);
        }
    }

    void table(std::string_view section, const Table& source) {
        toml_.header(section, source.name);
        notes(source.notes);
        mark(source.spot);
        entries(source);
    }

    template <class T>
    void list(std::string_view key, const std::vector<T>& items, const Spot& spot) {
        if (items.empty()) return;
        if (items.size() == 1) {
            toml_.raw(key, "[" + items.front().toml + "]");
            return mark(items.front().spot);
        }
        toml_.raw(key, "[");
        mark(spot);
        for (const T& item : items) {
            written_.toml += fmt::format("    {},\n", item.toml);
            mark(item.spot);
        }
        written_.toml += "]\n";
        mark(spot);
    }

    void write_instance(const Instance& instance) {
        table("instance", instance.table);
        const Spot& spot = instance.table.spot;
        // The key is required, as the family's witness; empty is enough where all are excluded.
        if (instance.addresses.empty()) toml_.raw("addresses", "[]");
        mark(spot);
        list("addresses", instance.addresses, spot);
        list("addresses_excluded", instance.excluded, spot);
        list("routes", instance.routes, spot);
        list("unicast_peers", instance.peers, spot);
        list("track", instance.track, spot);
        list("track_interfaces", instance.track_interfaces, spot);
    }

    void write_group(const Group& group) {
        table("group", group.table);
        std::vector<Item> members;
        for (const auto& member : group.members)
            members.push_back({toml_text(member.value), member.spot});
        list("members", members, group.table.spot);
        list("track", group.track, group.table.spot);
    }

    void write_check(const Check& check) {
        if (check.can_run && check.is_tracked) return table("check", check.table);
        written_.toml += '\n';
        notes(check.table.notes);
        if (check.can_run) {
            const std::string text =
                fmt::format("check {} is tracked by nothing: left out, keepalived does not run it",
                            in_quotes(check.table.name));
            reading_.findings().warning(check.table.spot, "unused", "vrrp_script", text);
            notes({{check.table.spot, text}});
        }
        mark(check.table.spot);
    }

    Model& model_;
    const Reading& reading_;
    Written written_;
    TomlWriter toml_;
};

}  // namespace

Written write_model(Model& model, const Reading& reading) {
    return Writer(model, reading).all();
}

}  // namespace regent::config::keepalived
