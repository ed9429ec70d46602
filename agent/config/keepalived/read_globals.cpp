// SPDX-License-Identifier: Apache-2.0
// global_defs, the top level, and sync groups.
#include <fmt/format.h>
#include <map>

#include "agent/config/keepalived/readers.hpp"
#include "agent/config/name_text.hpp"
#include "agent/config/toml_writer.hpp"

namespace regent::config::keepalived {

namespace {

class GlobalReader {
  public:
    GlobalReader(const Reading& reading, Globals& globals) : reading_(reading), globals_(globals) {}

    void one(const Statement& statement) {
        const auto& known = handlers();
        const auto found = known.find(statement.keyword());
        if (found != known.end()) return (this->*found->second)(statement);
        std::vector<std::string> names;
        for (const auto& [name, handler] : known)
            names.emplace_back(name);
        reading_.other(globals_.agent, statement, Block::global_defs, names);
    }

  private:
    using Handler = void (GlobalReader::*)(const Statement&);

    static const std::map<std::string_view, Handler>& handlers() {
        using Self = GlobalReader;
        static const std::map<std::string_view, Handler> map{
            {"router_id", &Self::router_id},
            {"vrrp_version", &Self::version},
            {"vrrp_mcast_group4", &Self::multicast_group},
            {"vrrp_mcast_group6", &Self::multicast_group},
            {"vrrp_garp_master_delay", &Self::garp},
            {"vrrp_garp_master_repeat", &Self::garp_count},
            {"vrrp_garp_master_refresh", &Self::garp},
            {"vrrp_garp_master_refresh_repeat", &Self::refresh_repeat},
            {"vrrp_garp_interval", &Self::garp},
            {"vrrp_gna_interval", &Self::garp},
            {"vrrp_min_garp", &Self::min_garp},
            {"vrrp_startup_delay", &Self::startup_delay},
            {"vrrp_down_timer_adverts", &Self::down_adverts},
            {"vrrp_lower_prio_no_advert", &Self::lower_prio_no_advert},
            {"vrrp_higher_prio_send_advert", &Self::higher_prio_send_advert},
            {"notify_fifo", &Self::fifo},
            {"vrrp_notify_fifo", &Self::fifo},
            {"notify_fifo_script", &Self::fifo_script},
            {"vrrp_notify_fifo_script", &Self::fifo_script},
            {"script_user", &Self::script_user},
        };
        return map;
    }

    void router_id(const Statement& statement) {
        const auto value = reading_.value(statement);
        if (!value) return;
        // It may be any text there; here it is what this node is called in logs, and no role depends on it.
        if (!is_name(value->value)) {
            return reading_.leave_out(
                globals_.agent, statement,
                "the name of a node has letters, digits and \"_-.:@\" alone; it is the host's name then");
        }
        globals_.agent.set("node", toml_text(value->value), value->spot);
    }

    void version(const Statement& statement) {
        const auto value = reading_.value(statement);
        if (!value) return;
        globals_.version = value->value;
        if (value->value == "2" || value->value == "3") return;
        globals_.version.clear();
        reading_.findings().error(value->spot, "bad_value", "vrrp_version",
                                  fmt::format("vrrp_version cannot be {}", in_quotes(value->value)),
                                  "write 2 or 3");
    }

    void multicast_group(const Statement& statement) {
        const auto value = reading_.value(statement);
        if (!value) return;
        const bool v4 = statement.keyword() == "vrrp_mcast_group4";
        (v4 ? globals_.multicast_group4 : globals_.multicast_group6) = value->value;
    }

    void garp(const Statement& statement) {
        const auto value = reading_.seconds(statement);
        if (!value) return;
        Announcing& announcing = globals_.announcing;
        const std::string_view keyword = statement.keyword();
        auto& into = keyword == "vrrp_garp_master_delay"     ? announcing.delay
                     : keyword == "vrrp_garp_master_refresh" ? announcing.refresh
                     : keyword == "vrrp_garp_interval"       ? announcing.interval
                                                             : announcing.interval6;
        into = value->value;
    }

    void garp_count(const Statement& statement) {
        if (const auto value = reading_.value(statement))
            globals_.announcing.count = toml_number(value->value);
    }

    void refresh_repeat(const Statement& statement) {
        const auto value = reading_.value(statement);
        if (value && value->value != "1")
            reading_.leave_out(globals_.agent, statement, "a refresh announces each address once");
    }

    void min_garp(const Statement& statement) { globals_.least_announcing = reading_.truth(statement); }

    void startup_delay(const Statement& statement) {
        if (auto value = reading_.seconds(statement)) globals_.startup_delay = std::move(value);
    }

    void down_adverts(const Statement& statement) {
        if (auto value = reading_.value(statement))
            globals_.down_adverts = Given<std::string>{toml_number(value->value), value->spot};
    }

    void lower_prio_no_advert(const Statement& statement) {
        if (reading_.truth(statement))
            reading_.leave_out(globals_.agent, statement, "a MASTER always answers one of lower priority");
    }

    void higher_prio_send_advert(const Statement& statement) { (void)reading_.truth(statement); }

    void fifo(const Statement& statement) {
        const std::string keyword(statement.keyword());
        if (statement.words.size() < 2) {
            (void)reading_.value(statement);
            return;
        }
        Table table;
        table.name = keyword;
        table.spot = statement.spot;
        table.set("type", "\"fifo\"", statement.spot);
        table.set("path", toml_text(statement.words[1].text), statement.spot_of(1));
        if (statement.words.size() > 2) {
            reading_.remark(table, statement.spot_of(2), keyword,
                            fmt::format("the owner {} is left out: the pipe belongs to regent's user",
                                        in_quotes(statement.words[2].text)),
                            "unsupported", "make the pipe for its reader before regent starts, or set mode");
        }
        // As keepalived does: the last one counts.
        std::erase_if(globals_.fifos, [&](const Table& each) { return each.name == keyword; });
        globals_.fifos.push_back(std::move(table));
    }

    void fifo_script(const Statement& statement) {
        reading_.leave_out(globals_.agent, statement,
                           "regent starts no reader of a pipe: make it a unit of its own");
    }

    void script_user(const Statement& statement) {
        globals_.script_user = statement.spot;
        reading_.leave_out(
            globals_.agent, statement,
            "under its unit regent runs programs as its own user, see /usr/share/doc/regent/migration.md");
    }

    const Reading& reading_;
    Globals& globals_;
};

/// Tracked files and BFD sessions are lost where they are tracked; alone they do nothing.
void only_if_tracked(const Statement& statement, const Reading& reading, Model& model) {
    reading.leave_out(
        model.globals.agent, statement,
        statement.keyword() == "bfd_instance" ? "regent has no BFD" : "regent does not watch files");
}

}  // namespace

void read_globals(const Statement& block, const Reading& reading, Globals& globals) {
    GlobalReader reader(reading, globals);
    for (const Statement& statement : block.children)
        reader.one(statement);
}

void read_debounce(const Statement& block, const Reading& reading, Globals& globals) {
    for (const Statement& statement : block.children) {
        const auto down = statement.words.size() > 1 ? seconds_of(statement.words[1].text) : std::nullopt;
        if (!down) {
            reading.findings().error(statement.spot, "bad_value", "interface_up_down_delays",
                                     "an interface and its delay in seconds are meant",
                                     "for example eth0 0.5");
            continue;
        }
        globals.debounce[statement.words[0].text] = {toml_string(*down), statement.spot};
        const bool other_up =
            statement.words.size() > 2 && statement.words[2].text != statement.words[1].text;
        if (other_up)
            reading.leave_out(globals.agent, statement,
                              "there is one delay, for the loss of a link: debounce");
    }
}

Model read_model(const std::vector<Statement>& statements, const Reading& reading) {
    Model model;
    Table& top = model.globals.agent;
    for (const Statement& statement : statements) {
        const std::string_view keyword = statement.keyword();
        if (keyword == "global_defs") {
            read_globals(statement, reading, model.globals);
        } else if (keyword == "interface_up_down_delays") {
            read_debounce(statement, reading, model.globals);
        } else if (keyword == "vrrp_script") {
            read_script(statement, reading, model);
        } else if (keyword == "vrrp_track_process") {
            read_process(statement, reading, model);
        } else if (keyword == "vrrp_instance") {
            read_instance(statement, reading, model);
        } else if (keyword == "vrrp_sync_group") {
            read_group(statement, reading, model);
        } else if (keyword == "track_file" || keyword == "vrrp_track_file" || keyword == "bfd_instance") {
            only_if_tracked(statement, reading, model);
        } else {
            reading.other(
                top, statement, Block::root,
                {"global_defs", "vrrp_script", "vrrp_track_process", "vrrp_instance", "vrrp_sync_group",
                 "interface_up_down_delays", "track_file", "vrrp_track_file", "bfd_instance"});
        }
    }
    return model;
}

}  // namespace regent::config::keepalived
