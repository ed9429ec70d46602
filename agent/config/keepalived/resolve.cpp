// SPDX-License-Identifier: Apache-2.0
#include "agent/config/keepalived/resolve.hpp"

#include <fmt/format.h>
#include <set>

namespace regent::config::keepalived {

namespace {

constexpr int owner = 255;
constexpr int highest = 254;

/// What is tracked together: an instance of its own, or all of a group.
struct Unit {
    std::vector<Instance*> members;
    Group* group = nullptr;
    std::set<std::string> counted;  ///< what has moved the shift: each once
    int shift = 0;
};

class Tracking {
  public:
    Tracking(Model& model, const Reading& reading) : model_(model), reading_(reading) {}

    void one(Unit& unit) {
        for (Instance* member : unit.members) {
            for (const Tracker& tracker : member->trackers)
                add(unit, member->table, tracker, member);
        }
        if (unit.group != nullptr) {
            for (const Tracker& tracker : unit.group->trackers)
                add(unit, unit.group->table, tracker, nullptr);
        }
        for (Instance* member : unit.members)
            raise(*member, unit.shift);
    }

  private:
    /// `member` tracks it; nullptr: the group does.
    void add(Unit& unit, Table& table, const Tracker& tracker, Instance* member) {
        Weight weight = tracker.weight.value_or(Weight{});
        if (tracker.kind == Tracked::check) {
            Check* check = model_.check(tracker.name);
            if (check == nullptr) return missing(table, tracker);
            if (!check->can_run)
                return table.notes.push_back({tracker.spot, "LOST: " + printable(tracker.name)});
            const std::size_t known = member != nullptr ? member->checks_before : unit.group->checks_before;
            if (static_cast<std::size_t>(check - model_.checks.data()) >= known) found_behind(table, tracker);
            if (!tracker.weight) weight = check->weight;
            if (is_ignored(unit, tracker, weight, member)) return ignored(table, tracker);
        } else if (member != nullptr && tracker.name == member->interface) {
            return reading_.remark(table, tracker.spot, "track_interface",
                                   fmt::format("{} is the instance's own interface, which is always tracked",
                                               printable(tracker.name)),
                                   "no_effect");
        } else if (is_ignored(unit, tracker, weight, member)) {
            reading_.remark(table, tracker.spot, "track_interface",
                            fmt::format("{}: in a group keepalived ignores the weight: down means FAULT",
                                        printable(tracker.name)),
                            "no_effect");
            weight = Weight{};
        }
        if (weight.value == 0 && weight.reverse) return reversed(table, tracker);
        if (tracker.kind == Tracked::check) model_.check(tracker.name)->is_tracked = true;
        const Item item{toml(tracker, turned(unit, tracker, weight)), tracker.spot};
        if (tracker.kind == Tracked::interface) {
            auto& list = (member != nullptr ? member : unit.members.front())->track_interfaces;
            // A group and its member may both track it: once is enough where they mean the same.
            const auto same = [&](const Item& each) { return each.toml == item.toml; };
            if (std::none_of(list.begin(), list.end(), same)) list.push_back(item);
        } else {
            (member != nullptr ? member->track : unit.group->track).push_back(item);
        }
    }

    static bool is_ignored(const Unit& unit, const Tracker&, const Weight& weight, const Instance* member) {
        return unit.group != nullptr && member != nullptr && !unit.group->uses_weights && weight.value != 0;
    }

    /// The weight as regent has it: added while what is tracked is down.
    static int turned(Unit& unit, const Tracker& tracker, const Weight& weight) {
        const int value = weight.value;
        if (value > 0 &&
            unit.counted.insert(fmt::format("{} {}", static_cast<int>(tracker.kind), tracker.name)).second)
            unit.shift += weight.reverse ? -value : value;
        if (value > 0) return weight.reverse ? value : -value;
        return weight.reverse ? -value : value;
    }

    static std::string toml(const Tracker& tracker, int weight) {
        const std::string name = toml_text(tracker.name);
        const char* key = tracker.kind == Tracked::check ? "check" : "interface";
        if (weight != 0) return fmt::format("{{ {} = {}, weight = {} }}", key, name, weight);
        // A check that fails without a weight is FAULT with keepalived; regent's own way is the last resort.
        if (tracker.kind == Tracked::check) return fmt::format("{{ check = {}, on_down = \"fault\" }}", name);
        return name;
    }

    void missing(Table& table, const Tracker& tracker) {
        const std::string text =
            fmt::format("there is no vrrp_script and no vrrp_track_process {}", in_quotes(tracker.name));
        reading_.findings().error(tracker.spot, "dangling", "track_script", text,
                                  "keepalived ignores the line: write the script, or take the line out");
        table.notes.push_back({tracker.spot, "LOST: " + text});
    }

    void found_behind(Table& table, const Tracker& tracker) {
        reading_.remark(
            table, tracker.spot, "track_script",
            fmt::format("{} stands further down: keepalived does not find it here and ignores it; here it "
                        "counts",
                        printable(tracker.name)),
            "advice", "put it above what tracks it, where keepalived runs on the other node");
    }

    void ignored(Table& table, const Tracker& tracker) {
        reading_.remark(
            table, tracker.spot, "track_script",
            fmt::format("{}: in a group keepalived ignores what a member tracks with a weight; it is left "
                        "out here too",
                        printable(tracker.name)),
            "no_effect", "to have it count, track it in the group, or without a weight");
    }

    void reversed(Table& table, const Tracker& tracker) {
        const std::string text =
            fmt::format("{}: FAULT while things are well cannot be said", in_quotes(tracker.name));
        reading_.findings().error(tracker.spot, "lost", "reverse", text,
                                  "write a check of type \"exec\" that fails where this one passes");
        table.notes.push_back({tracker.spot, "LOST: " + text});
    }

    void raise(Instance& instance, int shift) {
        if (shift == 0 || instance.priority == owner) return;
        const int raised = instance.priority + shift;
        instance.shift = std::clamp(raised, 1, highest) - instance.priority;
        if (raised >= 1 && raised <= highest) {
            instance.table.notes.push_back(
                {instance.priority_spot,
                 fmt::format("priority {} and {} while all is well: weights count here while it is not",
                             instance.priority, shift)});
            return;
        }
        reading_.remark(instance.table, instance.priority_spot, "priority",
                        fmt::format("with its weights the priority would be {}: cut to {}", raised,
                                    std::clamp(raised, 1, highest)),
                        "advice", "choose priorities and weights that stay between 1 and 254");
    }

    Model& model_;
    const Reading& reading_;
};

/// A tracker of an interface is an instance's: the first member's counts for all of them.
std::vector<Unit> units_of(Model& model) {
    std::vector<Unit> units;
    std::set<std::string> grouped;
    for (Group& group : model.groups) {
        Unit unit;
        unit.group = &group;
        for (const auto& member : group.members) {
            if (grouped.insert(member.value).second) unit.members.push_back(model.instance(member.value));
        }
        if (!unit.members.empty()) units.push_back(std::move(unit));
    }
    for (Instance& instance : model.instances) {
        if (grouped.contains(instance.table.name)) continue;
        Unit unit;
        unit.members.push_back(&instance);
        units.push_back(std::move(unit));
    }
    return units;
}

bool is_member(const Model& model, const std::string& instance) {
    return std::any_of(model.groups.begin(), model.groups.end(), [&](const Group& group) {
        return std::any_of(group.members.begin(), group.members.end(),
                           [&](const auto& member) { return member.value == instance; });
    });
}

}  // namespace

void resolve_members(Model& model, const Reading& reading) {
    Table& top = model.globals.agent;
    for (Instance& instance : model.instances) {
        for (Note& note : instance.addresses.empty() && instance.excluded.empty() ? instance.table.notes
                                                                                  : std::vector<Note>{}) {
            top.notes.push_back(note);
        }
    }
    std::set<std::string> empty;
    std::erase_if(model.instances, [&](const Instance& instance) {
        if (!instance.addresses.empty() || !instance.excluded.empty()) return false;
        const std::string& name = instance.table.name;
        const std::string text =
            fmt::format("instance {} has no address: regent has nothing to keep alive", in_quotes(name));
        const auto lose = [&](const char* what, std::string hint) {
            reading.findings().error(instance.table.spot, "lost", "vrrp_instance", text + what,
                                     std::move(hint));
            top.notes.push_back({instance.table.spot, "LOST: " + text + what});
        };
        if (!instance.trackers.empty()) {
            lose(", and its checks are lost", "give it an address, or take it out");
        } else if (is_member(model, name)) {
            // With keepalived the group is FAULT when this interface is down.
            lose(", and its group does not follow its interface any more",
                 fmt::format("write track_interfaces = [{}] into a member of the group, or take it out",
                             toml_text(instance.interface)));
        } else {
            reading.remark(top, instance.table.spot, "vrrp_instance", text, "no_effect");
        }
        empty.insert(name);
        return true;
    });
    for (Group& group : model.groups) {
        std::erase_if(group.members, [&](const Given<std::string>& member) {
            if (model.instance(member.value) != nullptr) return false;
            const std::string name = in_quotes(member.value);
            reading.remark(group.table, member.spot, "group",
                           empty.contains(member.value)
                               ? fmt::format("instance {} is left out: it has no address", name)
                               : fmt::format("there is no instance {}: left out, as keepalived does", name),
                           "dangling");
            return true;
        });
        if (group.members.empty()) {
            reading.remark(top, group.table.spot, "vrrp_sync_group",
                           fmt::format("group {} has no member: left out", in_quotes(group.table.name)),
                           "no_effect");
            top.notes.insert(top.notes.end(), group.table.notes.begin(), group.table.notes.end());
        }
    }
    std::erase_if(model.groups, [](const Group& group) { return group.members.empty(); });
}

void resolve_tracking(Model& model, const Reading& reading) {
    Tracking tracking(model, reading);
    for (Unit& unit : units_of(model))
        tracking.one(unit);
}

}  // namespace regent::config::keepalived
