// SPDX-License-Identifier: Apache-2.0
#include "agent/config/keys.hpp"

#include <algorithm>
#include <array>

#include "agent/base/check.hpp"

namespace regent::config {

namespace {

using std::array;

constexpr array root_keys{
    KeyInfo{"agent", "a table", "", "{ node = \"lb1\" }"},
    KeyInfo{"instance", "a table of named tables", "", "{ VI_1 = { … } }, or [instance.VI_1]"},
    KeyInfo{"group", "a table of named tables", "", "{ SG1 = { … } }, or [group.SG1]"},
    KeyInfo{"check", "a table of named tables", "", "{ web = { … } }, or [check.web]"},
    KeyInfo{"notifier", "a table of named tables", "", "{ log = { … } }, or [notifier.log]"},
};

constexpr array agent_keys{
    KeyInfo{"node", "a string", "the host name", "\"lb1\""},
};

constexpr array instance_keys{
    KeyInfo{"interface", "a string", "", "\"eth0\"", true},
    KeyInfo{"virtual_router_id", "an integer", "", "51", true},
    KeyInfo{"priority", "an integer", "", "100", true},
    KeyInfo{"addresses", "a list of addresses", "", "[\"192.0.2.10\"]", true},
    KeyInfo{"version", "an integer", "3", "3"},
    KeyInfo{"advert_interval", "a duration", "1s", "\"1s\""},
    KeyInfo{"down_adverts", "an integer", "3", "3"},
    KeyInfo{"lease", "a boolean or a duration", "true", "true"},
    KeyInfo{"pair", "a boolean", "true with exactly one unicast peer, else false", "true"},
    KeyInfo{"preempt", "a boolean", "true", "false"},
    KeyInfo{"preempt_delay", "a duration", "0s", "\"30s\""},
    KeyInfo{"startup_delay", "a duration", "0s", "\"5s\""},
    KeyInfo{"recover_delay", "a duration", "10s", "\"10s\""},
    KeyInfo{"addresses_excluded", "a list of addresses", "[]", "[\"192.0.2.11\"]"},
    KeyInfo{"routes", "a list of tables", "[]", "[{ to = \"default\", via = \"192.0.2.1\" }]"},
    KeyInfo{"source_address", "an address", "the interface's own", "\"192.0.2.2\""},
    KeyInfo{"multicast_group", "an address", "224.0.0.18 or ff02::12", "\"224.0.0.18\""},
    KeyInfo{"unicast_source", "an address", "the interface's own", "\"192.0.2.2\""},
    KeyInfo{"unicast_peers", "a list of addresses", "[]", "[\"192.0.2.3\"]"},
    KeyInfo{"unicast_ttl", "an integer", "255", "255"},
    KeyInfo{"checksum", "a string", "auto", "\"auto\""},
    KeyInfo{"auth", "a table", "", "{ type = \"pass\", password = \"secret\" }"},
    KeyInfo{"garp", "a table", "", "{ count = 5, delay = \"5s\" }"},
    KeyInfo{"track", "a list of check names or tables", "[]",
            "[\"haproxy\", { check = \"web\", weight = -60 }]"},
    KeyInfo{"track_interfaces", "a list of interface names or tables", "[]",
            "[\"eth1\", { interface = \"eth2\", weight = -20 }]"},
    KeyInfo{"debounce", "a duration", "0s", "\"500ms\""},
};

constexpr array address_keys{
    KeyInfo{"address", "an address", "", "\"192.0.2.10/24\"", true},
    KeyInfo{"device", "a string", "the instance's interface", "\"eth1\""},
    KeyInfo{"label", "a string", "", "\"eth0:vip\""},
    KeyInfo{"scope", "a string", "global", "\"global\""},
    KeyInfo{"broadcast", "an address", "", "\"192.0.2.255\""},
};

constexpr array route_keys{
    KeyInfo{"to", "a string", "", "\"198.51.100.0/24\"", true},
    KeyInfo{"via", "an address", "", "\"192.0.2.1\""},
    KeyInfo{"device", "a string", "the instance's interface", "\"eth1\""},
    KeyInfo{"source", "an address", "", "\"192.0.2.10\""},
    KeyInfo{"metric", "an integer", "the kernel's", "100"},
    KeyInfo{"table", "an integer", "the main table", "100"},
};

constexpr array garp_keys{
    KeyInfo{"count", "an integer", "5", "5"},
    KeyInfo{"delay", "a duration", "5s", "\"5s\""},
    KeyInfo{"refresh", "a duration", "0s", "\"60s\""},
    KeyInfo{"interval", "a duration", "0s", "\"2ms\""},
};

constexpr array auth_keys{
    KeyInfo{"type", "a string", "", "\"pass\"", true},
    KeyInfo{"password", "a string", "", "\"secret\"", true},
};

constexpr array check_tracker_keys{
    KeyInfo{"check", "a string", "", "\"haproxy\"", true},
    KeyInfo{"weight", "an integer", "none: on_down applies", "-60"},
    KeyInfo{"on_down", "a string", "last_resort", "\"last_resort\""},
};

constexpr array interface_tracker_keys{
    KeyInfo{"interface", "a string", "", "\"eth1\"", true},
    KeyInfo{"weight", "an integer", "none: down means FAULT", "-20"},
};

constexpr array group_keys{
    KeyInfo{"members", "a list of instance names", "", "[\"VI_1\", \"VI_2\"]", true},
    KeyInfo{"track", "a list of check names or tables", "[]", "[\"haproxy\"]"},
};

constexpr array check_keys{
    KeyInfo{"type", "a string", "", "\"haproxy\"", true},
    KeyInfo{"interval", "a duration", "1s", "\"1s\""},
    KeyInfo{"timeout", "a duration", "the interval", "\"1s\""},
    KeyInfo{"rise", "an integer", "1", "1"},
    KeyInfo{"fall", "an integer", "1", "2"},
    KeyInfo{"jitter", "a duration", "0s", "\"100ms\""},
    KeyInfo{"mode", "a string", "both", "\"poll\""},
    KeyInfo{"resync", "a duration", "30s", "\"30s\""},
    KeyInfo{"on_unknown", "a string", "hold", "\"hold\""},
    KeyInfo{"hold_time", "a duration", "none: for ever", "\"60s\""},
    KeyInfo{"confirm", "a boolean", "false", "true"},
};

constexpr array notifier_keys{
    KeyInfo{"type", "a string", "", "\"exec\"", true},
    KeyInfo{"events", "a list of states", "all", "[\"master\", \"backup\"]"},
    KeyInfo{"timeout", "a duration", "10s", "\"10s\""},
    KeyInfo{"queue", "an integer", "64", "64"},
};

constexpr std::string_view no_virtual_mac = "virtual MAC addresses are not supported yet";
constexpr std::string_view virtual_mac_hint =
    "remove the key: the addresses move to the new master's own MAC and are announced to the network";

constexpr std::string_view notifier_hint =
    "write [notifier.NAME] with type = \"exec\", which is told of every instance and group";

constexpr array refused_at_root{
    RefusedKey{"vrrp_instance", "unknown_key", "", "write [instance.NAME]"},
    RefusedKey{"vrrp_sync_group", "unknown_key", "", "write [group.NAME]"},
    RefusedKey{"vrrp_script", "unknown_key", "", "write [check.NAME] with type = \"exec\""},
    RefusedKey{"vrrp_track_process", "unknown_key", "", "write [check.NAME] with type = \"process\""},
    RefusedKey{"global_defs", "unknown_key", "", "write [agent]"},
};

constexpr array refused_in_instance{
    RefusedKey{"use_vmac", "unsupported", no_virtual_mac, virtual_mac_hint},
    RefusedKey{"use_vmac_addr", "unsupported", no_virtual_mac, virtual_mac_hint},
    RefusedKey{"vmac_xmit_base", "unsupported", no_virtual_mac, virtual_mac_hint},
    RefusedKey{"use_ipvlan", "unsupported", "ipvlan interfaces are not supported", "remove the key"},
    RefusedKey{"state", "unknown_key", "",
               "remove it: every instance starts as BACKUP and the priority decides"},
    RefusedKey{"virtual_ipaddress", "unknown_key", "", "write addresses = [\"…\"]"},
    RefusedKey{"virtual_ipaddress_excluded", "unknown_key", "", "write addresses_excluded = [\"…\"]"},
    RefusedKey{"virtual_routes", "unknown_key", "", "write routes = [{ to = \"…\" }]"},
    RefusedKey{"advert_int", "unknown_key", "", "write advert_interval = \"1s\""},
    RefusedKey{"nopreempt", "unknown_key", "", "write preempt = false"},
    RefusedKey{"authentication", "unknown_key", "", "write auth = { type = \"pass\", password = \"…\" }"},
    RefusedKey{"track_script", "unknown_key", "", "write track = [\"…\"]"},
    RefusedKey{"track_process", "unknown_key", "", "write track = [\"…\"]"},
    RefusedKey{"track_interface", "unknown_key", "", "write track_interfaces = [\"…\"]"},
    RefusedKey{"notify", "unknown_key", "", notifier_hint},
    RefusedKey{"notify_master", "unknown_key", "", notifier_hint},
    RefusedKey{"notify_backup", "unknown_key", "", notifier_hint},
    RefusedKey{"notify_fault", "unknown_key", "", notifier_hint},
    RefusedKey{"unicast_src_ip", "unknown_key", "", "write unicast_source = \"…\""},
    RefusedKey{"mcast_src_ip", "unknown_key", "", "write source_address = \"…\""},
    RefusedKey{"unicast_peer", "unknown_key", "", "write unicast_peers = [\"…\"]"},
    RefusedKey{"down_timer_adverts", "unknown_key", "", "write down_adverts = 3"},
};

constexpr std::string_view member_hint = "write track_interfaces = [\"…\"] into the table of a member";

constexpr array refused_in_group{
    RefusedKey{"group", "unknown_key", "", "write members = [\"…\"]"},
    RefusedKey{"track_script", "unknown_key", "", "write track = [\"…\"]"},
    RefusedKey{"track_process", "unknown_key", "", "write track = [\"…\"]"},
    RefusedKey{"track_interface", "unknown_key", "", member_hint},
    RefusedKey{"track_interfaces", "unknown_key", "", member_hint},
    RefusedKey{"notify", "unknown_key", "", notifier_hint},
    RefusedKey{"notify_master", "unknown_key", "", notifier_hint},
    RefusedKey{"notify_backup", "unknown_key", "", notifier_hint},
    RefusedKey{"notify_fault", "unknown_key", "", notifier_hint},
};

constexpr array refused_in_check{
    RefusedKey{"script", "unknown_key", "", "write type = \"exec\" and command = [\"…\"]"},
    RefusedKey{"weight", "unknown_key", "",
               "write it where the check is tracked: track = [{ check = \"…\", weight = -60 }]"},
};

std::span<const RefusedKey> refused_in(Section section) {
    switch (section) {
        case Section::root: return refused_at_root;
        case Section::group: return refused_in_group;
        case Section::check: return refused_in_check;
        case Section::agent:
        case Section::notifier: return {};
        default: return refused_in_instance;
    }
}

}  // namespace

std::span<const KeyInfo> keys_of(Section section) {
    switch (section) {
        case Section::root: return root_keys;
        case Section::agent: return agent_keys;
        case Section::instance: return instance_keys;
        case Section::address: return address_keys;
        case Section::route: return route_keys;
        case Section::garp: return garp_keys;
        case Section::auth: return auth_keys;
        case Section::check_tracker: return check_tracker_keys;
        case Section::interface_tracker: return interface_tracker_keys;
        case Section::group: return group_keys;
        case Section::check: return check_keys;
        case Section::notifier: return notifier_keys;
    }
    REGENT_CHECK(false);
    return {};
}

const KeyInfo* find_key(Section section, std::string_view name) {
    const auto keys = keys_of(section);
    const auto found =
        std::find_if(keys.begin(), keys.end(), [&](const auto& key) { return key.name == name; });
    return found == keys.end() ? nullptr : &*found;
}

std::vector<std::string> key_names(Section section) {
    std::vector<std::string> names;
    for (const KeyInfo& key : keys_of(section))
        names.emplace_back(key.name);
    return names;
}

const RefusedKey* find_refused(Section section, std::string_view name) {
    const auto refused = refused_in(section);
    const auto found =
        std::find_if(refused.begin(), refused.end(), [&](const auto& key) { return key.name == name; });
    return found != refused.end() ? &*found : nullptr;
}

}  // namespace regent::config
