// SPDX-License-Identifier: Apache-2.0
#include "agent/config/keepalived/instance_entries.hpp"

#include <fmt/format.h>

#include "agent/config/toml_writer.hpp"

namespace regent::config::keepalived {

namespace {

constexpr int owner = 255;
constexpr Duration shortest_interval = std::chrono::milliseconds(10);
constexpr Duration longest_interval = std::chrono::seconds(255);

class Completion {
  public:
    Completion(Instance& instance, const Globals& globals, const Reading& reading)
        : instance_(instance), table_(instance.table), globals_(globals), reading_(reading) {}

    void all() {
        priority();
        version();
        interval();
        if (instance_.down_adverts) {
            table_.set("down_adverts", toml_number(instance_.down_adverts->value),
                       instance_.down_adverts->spot);
        } else if (globals_.down_adverts) {
            table_.set("down_adverts", globals_.down_adverts->value, globals_.down_adverts->spot);
        }
        preemption();
        if (globals_.startup_delay)
            table_.set("startup_delay", globals_.startup_delay->value, globals_.startup_delay->spot);
        transport();
        authentication();
        announcements();
        const auto debounce = globals_.debounce.find(instance_.interface);
        if (debounce != globals_.debounce.end())
            table_.set("debounce", debounce->second.value, debounce->second.spot);
    }

  private:
    void remark(const Spot& spot, const std::string& keyword, const std::string& text, std::string code,
                std::string hint = {}) {
        reading_.remark(table_, spot, keyword, text, std::move(code), std::move(hint));
    }

    void priority() {
        table_.set("priority", std::to_string(instance_.priority + instance_.shift), instance_.priority_spot);
    }

    void version() {
        const bool v6 = instance_.family() == Family::ipv6;
        version_ = v6 ? "3" : globals_.version.empty() ? "2" : globals_.version;
        Spot spot = table_.spot;
        if (instance_.version) {
            spot = instance_.version->spot;
            if (v6 && instance_.version->value == "2") {
                remark(
                    spot, "version",
                    "version 2 has no IPv6: version 3 is written, and keepalived with version 2 is not heard",
                    "unsupported", "take `version 2` out on both nodes");
            } else {
                version_ = instance_.version->value;
            }
        }
        table_.set("version", toml_number(version_), spot);
    }

    /// Version 2 has whole seconds, version 3 hundredths: keepalived rounds.
    void interval() {
        if (!instance_.interval) return;
        const auto& [text, spot] = *instance_.interval;
        auto duration = seconds_of(text);
        if (!duration) return;
        if (*duration < shortest_interval || *duration > longest_interval) {
            return reading_.findings().error(spot, "out_of_range", "advert_int",
                                             fmt::format("advert_int cannot be {}", in_quotes(text)),
                                             "write 0.01 to 255; keepalived takes 1 instead");
        }
        const Duration unit =
            version_ == "2" ? Duration(std::chrono::seconds(1)) : Duration(std::chrono::milliseconds(10));
        if (*duration % unit != Duration::zero()) {
            duration = std::max(unit, (*duration + unit / 2) / unit * unit);
            remark(spot, "advert_int",
                   fmt::format("advert_int {} is rounded to {}, as keepalived does with version {}",
                               printable(text), format_duration(*duration), printable(version_)),
                   "advice");
        }
        table_.set("advert_interval", toml_string(*duration), spot);
    }

    void preemption() {
        const bool is_owner = instance_.priority == owner;
        const char* why = instance_.master ? "with state MASTER" : "with priority 255";
        const bool ignored = instance_.master || is_owner;
        if (instance_.nopreempt && ignored) {
            remark(*instance_.nopreempt, "nopreempt",
                   fmt::format("nopreempt is left out: keepalived ignores it {}", why), "no_effect",
                   instance_.master ? "if it is meant, write preempt = false" : "");
        } else if (instance_.nopreempt) {
            table_.set("preempt", "false", *instance_.nopreempt);
        }
        if (!instance_.preempt_delay) return;
        if (ignored) {
            remark(instance_.preempt_delay->spot, "preempt_delay",
                   fmt::format("preempt_delay is left out: keepalived ignores it {}", why), "no_effect");
        } else {
            table_.set("preempt_delay", instance_.preempt_delay->value, instance_.preempt_delay->spot);
        }
    }

    void transport() {
        const bool unicast = !instance_.peers.empty();
        if (instance_.source) {
            table_.set(unicast ? "unicast_source" : "source_address", toml_text(instance_.source->value),
                       instance_.source->spot);
        }
        if (unicast) {
            source_of_peers();
            return time_to_live();
        }
        if (instance_.peers_listed) {
            remark(*instance_.peers_listed, "unicast_peer",
                   "unicast_peer is empty: multicast is spoken, as keepalived does", "advice");
        }
        if (instance_.unicast_ttl) {
            remark(instance_.unicast_ttl->spot, "unicast_ttl",
                   "unicast_ttl is left out: there is no unicast_peer", "no_effect");
        }
        const bool v6 = instance_.family() == Family::ipv6;
        const auto& global = v6 ? globals_.multicast_group6 : globals_.multicast_group4;
        if (instance_.multicast_group) {
            table_.set("multicast_group", toml_text(instance_.multicast_group->value),
                       instance_.multicast_group->spot);
        } else if (global) {
            table_.set("multicast_group", toml_text(*global), table_.spot);
        }
    }

    /// keepalived 2.2.7 sends unicast IPv6 from the link-local address of the interface unless told
    /// otherwise, and hears any sender.
    void source_of_peers() {
        const Item& peer = instance_.peers.front();
        const auto address = IpAddress::parse(std::string_view(peer.toml).substr(1, peer.toml.size() - 2));
        if (instance_.source || !address || address->is_ipv4() || address->is_link_local()) return;
        remark(
            peer.spot, "unicast_peer",
            "without unicast_src_ip keepalived sends unicast IPv6 from its link-local address: regent hears "
            "listed peers alone, and both would be MASTER",
            "unsupported", "write unicast_src_ip on both nodes before one of them runs regent");
    }

    /// keepalived 2.2.7 sends unicast IPv6 with a hop limit of 64, and looks at none that it receives.
    void time_to_live() {
        const Spot& spot = instance_.peers.front().spot;
        if (instance_.multicast_group) {
            remark(instance_.multicast_group->spot, "mcast_dst_ip",
                   "mcast_dst_ip is left out: there are unicast peers", "no_effect");
        }
        if (instance_.unicast_ttl) {
            table_.set("unicast_ttl", toml_number(instance_.unicast_ttl->value), instance_.unicast_ttl->spot);
        } else if (instance_.family() == Family::ipv6) {
            table_.set("unicast_ttl", "64", spot);
        } else {
            remark(spot, "unicast_peer",
                   "adverts of peers must arrive with a TTL of 255, which keepalived does not demand",
                   "advice", "if a router is between the nodes, write unicast_ttl = 254 on both");
        }
    }

    void authentication() {
        if (!instance_.auth) return;
        const Spot& spot = *instance_.auth;
        if (version_ != "2") {
            remark(spot, "authentication", "authentication is left out: keepalived ignores it with version 3",
                   "no_effect");
        } else if (instance_.auth_type == "AH") {
            remark(spot, "authentication",
                   "authentication AH is not supported: keepalived with it and regent do not hear each "
                   "other, and "
                   "both would be MASTER",
                   "unsupported", "take it out on both nodes before one of them runs regent");
        } else if (instance_.auth_type == "PASS") {
            table_.set("auth",
                       fmt::format("{{ type = \"pass\", password = {} }}", toml_text(instance_.password)),
                       spot);
        } else if (instance_.auth_type.empty()) {
            remark(spot, "authentication", "authentication without auth_type does nothing", "no_effect");
        } else {
            reading_.findings().error(spot, "bad_value", "auth_type", "auth_type is neither PASS nor AH",
                                      "write auth_type PASS on every node, or take authentication out");
        }
    }

    /// The instance's own, else the global ones, else those of vrrp_min_garp.
    void announcements() {
        const Announcing& own = instance_.announcing;
        const Announcing& all = globals_.announcing;
        std::string text;
        const auto add = [&](const char* key, const std::optional<std::string>& first,
                             const std::optional<std::string>& second, const char* third) {
            const std::string value = first.value_or(second.value_or(third));
            if (!value.empty()) text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", key, value);
        };
        const bool least = globals_.least_announcing;
        add("count", own.count, all.count, least ? "1" : "");
        add("delay", own.delay, all.delay, least ? "\"0s\"" : "");
        add("refresh", own.refresh, all.refresh, "");
        add("interval", std::nullopt, instance_.family() == Family::ipv6 ? all.interval6 : all.interval, "");
        if (!text.empty()) table_.set("garp", "{ " + text + " }", table_.spot);
    }

    Instance& instance_;
    Table& table_;
    const Globals& globals_;
    const Reading& reading_;
    std::string version_;
};

}  // namespace

void complete(Instance& instance, const Globals& globals, const Reading& reading) {
    Completion(instance, globals, reading).all();
}

}  // namespace regent::config::keepalived
