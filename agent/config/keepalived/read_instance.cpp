// SPDX-License-Identifier: Apache-2.0
// vrrp_instance.
#include <fmt/format.h>
#include <map>

#include "agent/config/keepalived/readers.hpp"
#include "agent/config/toml_writer.hpp"

namespace regent::config::keepalived {

namespace {

/// What auth_pass keeps of a longer password.
constexpr std::size_t password_size = 8;
constexpr Duration longest_preempt_delay = std::chrono::seconds(1000);

class InstanceReader {
  public:
    InstanceReader(const Reading& reading, Instance& instance) : reading_(reading), instance_(instance) {}

    void one(const Statement& statement) {
        const auto& known = handlers();
        const auto found = known.find(statement.keyword());
        if (found != known.end()) return (this->*found->second)(statement);
        if (is_tracker(statement.keyword()))
            return read_trackers(statement, reading_, instance_.table, instance_.trackers);
        if (read_notify(statement, reading_, instance_.table, instance_.notifies)) return;
        std::vector<std::string> names = notify_keywords();
        for (const auto& [name, handler] : known)
            names.emplace_back(name);
        for (const char* name : {"track_script", "track_process", "track_interface"})
            names.emplace_back(name);
        reading_.other(instance_.table, statement, Block::instance, names);
    }

    /// keepalived's, where none is given.
    void default_priority() {
        if (instance_.has_priority || !instance_.master) return;
        instance_.priority = 255;
        instance_.priority_spot = *instance_.master;
        reading_.remark(
            instance_.table, *instance_.master, "priority",
            "no priority is given: with state MASTER it is 255 with keepalived, that of the owner of "
            "the addresses",
            "advice", "write a priority below 255, as in priority 150");
    }

  private:
    using Handler = void (InstanceReader::*)(const Statement&);

    static const std::map<std::string_view, Handler>& handlers() {
        using Self = InstanceReader;
        static const std::map<std::string_view, Handler> map{
            {"state", &Self::state},
            {"interface", &Self::interface},
            {"virtual_router_id", &Self::number},
            {"priority", &Self::priority},
            {"version", &Self::version},
            {"advert_int", &Self::interval},
            {"down_timer_adverts", &Self::down_adverts},
            {"nopreempt", &Self::nopreempt},
            {"preempt_delay", &Self::preempt_delay},
            {"authentication", &Self::authentication},
            {"mcast_src_ip", &Self::source},
            {"unicast_src_ip", &Self::source},
            {"mcast_dst_ip", &Self::multicast_group},
            {"unicast_peer", &Self::peers},
            {"unicast_ttl", &Self::unicast_ttl},
            {"virtual_ipaddress", &Self::addresses},
            {"virtual_ipaddress_excluded", &Self::excluded},
            {"virtual_routes", &Self::routes},
            {"garp_master_delay", &Self::garp},
            {"garp_master_repeat", &Self::garp},
            {"garp_master_refresh", &Self::garp},
            {"garp_master_refresh_repeat", &Self::refresh_repeat},
            {"lower_prio_no_advert", &Self::lower_prio_no_advert},
            {"higher_prio_send_advert", &Self::higher_prio_send_advert},
            {"v3_checksum_as_v2", &Self::old_checksum},
        };
        return map;
    }

    void keep(std::optional<Given<std::string>>& into, const Statement& statement) {
        if (auto value = reading_.value(statement)) into = std::move(value);
    }

    void state(const Statement& statement) {
        const auto value = reading_.value(statement);
        if (!value) return;
        if (value->value == "MASTER") instance_.master = statement.spot;
        if (value->value == "BACKUP" && instance_.master) {
            reading_.remark(instance_.table, statement.spot, "state",
                            "state BACKUP behind MASTER is left out, as keepalived does", "no_effect");
        }
        if (value->value != "MASTER" && value->value != "BACKUP") {
            reading_.findings().error(value->spot, "bad_value", "state",
                                      fmt::format("state cannot be {}", in_quotes(value->value)),
                                      "write MASTER or BACKUP: regent needs neither, the priority decides");
        }
    }

    void interface(const Statement& statement) {
        const auto value = reading_.value(statement);
        if (!value) return;
        instance_.interface = value->value;
        instance_.table.set("interface", toml_text(value->value), value->spot);
    }

    void number(const Statement& statement) {
        if (const auto value = reading_.value(statement))
            instance_.table.set(std::string(statement.keyword()), toml_number(value->value), value->spot);
    }

    void priority(const Statement& statement) {
        const auto value = reading_.value(statement);
        if (!value) return;
        const auto parsed = number_of(value->value);
        instance_.has_priority = true;
        instance_.priority_spot = value->spot;
        instance_.priority = parsed.value_or(100);
        if (!parsed || *parsed < 1 || *parsed > 255) {
            reading_.findings().error(value->spot, "out_of_range", "priority",
                                      fmt::format("priority cannot be {}", in_quotes(value->value)),
                                      "write a number from 1 to 255; keepalived takes 100 instead");
            instance_.priority = 100;
        }
    }

    void version(const Statement& statement) { keep(instance_.version, statement); }
    void interval(const Statement& statement) {
        if (reading_.seconds(statement))
            instance_.interval = Given<std::string>{statement.words[1].text, statement.spot_of(1)};
    }
    void nopreempt(const Statement& statement) { instance_.nopreempt = statement.spot; }
    void source(const Statement& statement) { keep(instance_.source, statement); }
    void multicast_group(const Statement& statement) { keep(instance_.multicast_group, statement); }
    void unicast_ttl(const Statement& statement) { keep(instance_.unicast_ttl, statement); }
    void down_adverts(const Statement& statement) { keep(instance_.down_adverts, statement); }

    void preempt_delay(const Statement& statement) {
        auto value = reading_.seconds(statement);
        if (!value) return;
        const auto delay = seconds_of(statement.words[1].text);
        if (delay && *delay > longest_preempt_delay) {
            return reading_.findings().error(
                value->spot, "out_of_range", "preempt_delay",
                fmt::format("preempt_delay cannot be {}", in_quotes(statement.words[1].text)),
                "write at most 1000; keepalived takes 0 instead");
        }
        instance_.preempt_delay = std::move(value);
    }

    void authentication(const Statement& block) {
        instance_.auth = block.spot;
        for (const Statement& statement : block.children) {
            // Whatever stands here may be a secret, misspelt ones included.
            reading_.findings().hide(statement.spot);
            if (statement.keyword() == "auth_type") {
                if (const auto value = reading_.value(statement)) instance_.auth_type = value->value;
            } else if (statement.keyword() == "auth_pass") {
                password(statement);
            } else {
                reading_.findings().error(statement.spot, "unknown_key", "authentication",
                                          "an unknown keyword in authentication",
                                          "known are auth_type and auth_pass");
            }
        }
    }

    /// Never says what the words are.
    void password(const Statement& statement) {
        if (statement.words.size() != 2) {
            return reading_.findings().error(statement.spot, "bad_value", "auth_pass",
                                             "auth_pass has one word, of up to 8 characters",
                                             "put it in quotes if it has blanks");
        }
        instance_.password = statement.words[1].text.substr(0, password_size);
        if (statement.words[1].text.size() > password_size) {
            reading_.findings().warning(statement.spot, "advice", "auth_pass",
                                        "the password is cut after 8 characters, as keepalived does");
        }
    }

    void peers(const Statement& block) {
        instance_.peers_listed = block.spot;
        for (const Statement& statement : block.children) {
            if (statement.words.empty()) continue;
            instance_.peers.push_back({toml_text(statement.words[0].text), statement.spot});
            for (std::size_t i = 1; i < statement.words.size(); i += 2)
                peer_option(statement, i);
        }
    }

    void peer_option(const Statement& statement, std::size_t at) {
        const std::string& word = statement.words[at].text;
        if (word != "min_ttl" && word != "max_ttl") {
            return reading_.findings().error(
                statement.spot_of(at), "unknown_key", "unicast_peer",
                fmt::format("{} behind a peer, which keepalived ignores", in_quotes(word)),
                "write one peer a line");
        }
        reading_.remark(instance_.table, statement.spot_of(at), "unicast_peer",
                        fmt::format("{}: {} is left out: see unicast_ttl in docs/configuration.md",
                                    printable(statement.words[0].text), in_quotes(word)));
    }

    void addresses(const Statement& block) {
        read_addresses(block, reading_, instance_, instance_.addresses);
    }
    void excluded(const Statement& block) { read_addresses(block, reading_, instance_, instance_.excluded); }
    void routes(const Statement& block) { read_routes(block, reading_, instance_); }

    void garp(const Statement& statement) {
        Announcing& announcing = instance_.announcing;
        if (statement.keyword() == "garp_master_repeat") {
            if (const auto value = reading_.value(statement)) announcing.count = toml_number(value->value);
            return;
        }
        const auto value = reading_.seconds(statement);
        if (!value) return;
        (statement.keyword() == "garp_master_delay" ? announcing.delay : announcing.refresh) = value->value;
    }

    void refresh_repeat(const Statement& statement) {
        const auto value = reading_.value(statement);
        if (value && value->value != "1")
            reading_.leave_out(instance_.table, statement, "a refresh announces each address once");
    }

    void lower_prio_no_advert(const Statement& statement) {
        if (reading_.truth(statement))
            reading_.leave_out(instance_.table, statement, "a MASTER always answers one of lower priority");
    }

    /// regent always does: nothing is lost by "yes".
    void higher_prio_send_advert(const Statement& statement) { (void)reading_.truth(statement); }

    void old_checksum(const Statement& statement) {
        instance_.table.set("checksum", "\"rfc9568\"", statement.spot);
    }

    const Reading& reading_;
    Instance& instance_;
};

}  // namespace

void read_instance(const Statement& block, const Reading& reading, Model& model) {
    const auto name = reading.block_name(block);
    if (!name) return;
    if (model.instance(*name) != nullptr) {
        return reading.findings().error(block.spot, "duplicate", "vrrp_instance",
                                        fmt::format("the instance {} is there already", in_quotes(*name)),
                                        "give each vrrp_instance a name of its own");
    }
    Instance instance;
    instance.table.name = *name;
    instance.table.spot = block.spot;
    instance.priority_spot = block.spot;
    instance.checks_before = model.checks.size();
    InstanceReader reader(reading, instance);
    for (const Statement& statement : block.children)
        reader.one(statement);
    reader.default_priority();
    model.instances.push_back(std::move(instance));
}

}  // namespace regent::config::keepalived
