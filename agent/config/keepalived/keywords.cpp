// SPDX-License-Identifier: Apache-2.0
#include "agent/config/keepalived/keywords.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace regent::config::keepalived {

namespace {

constexpr std::string_view mail = "regent sends no mail: a notifier of type \"exec\" can";
constexpr std::string_view ipvs = "IPVS is not regent's: HAProxy balances";
constexpr std::string_view unit = "processes and their scheduling are the unit's (systemctl edit regent)";
constexpr std::string_view of_keepalived = "this is about keepalived's own process";
constexpr std::string_view snmp = "regent has no SNMP";
constexpr std::string_view firewall = "regent touches no firewall: virtual addresses answer";
constexpr std::string_view virtual_mac =
    "virtual MAC addresses are not supported: the addresses stand on the interface itself, with its MAC, and "
    "are "
    "announced";
constexpr std::string_view buffers = "regent sizes its buffers itself";
constexpr std::string_view static_things =
    "what does not move is not regent's: configure it with the network";
constexpr std::string_view lower_prio =
    "regent announces again with its own count when it hears a losing master";
constexpr std::string_view strict =
    "there is no strict mode: regent keeps RFC 9568 but for what the file says";
constexpr std::string_view nothing{};

constexpr std::array root{
    Keyword{"virtual_server", ipvs},
    Keyword{"virtual_server_group", ipvs},
    Keyword{"ssl", ipvs},
    Keyword{"SSL", ipvs},
    Keyword{"static_ipaddress", static_things},
    Keyword{"static_routes", static_things},
    Keyword{"static_rules", static_things},
    Keyword{"track_group", static_things},
    Keyword{"linkbeat_interfaces", "regent hears of links from the kernel, without polling"},
    Keyword{"garp_group",
            "an interval between announcements belongs to an instance: garp = { interval = … }"},
    Keyword{"net_namespace", "set NetworkNamespacePath= in the unit (systemctl edit regent)"},
    Keyword{"net_namespace_ipvs", ipvs},
    Keyword{"namespace_with_ipsets", firewall},
    Keyword{"instance", of_keepalived},
    Keyword{"use_pid_dir", of_keepalived},
    Keyword{"linkbeat_use_polling", "regent hears of links from the kernel, without polling"},
    Keyword{"child_wait_time", of_keepalived},
    Keyword{"include_check", nothing},
};

constexpr std::array global_defs{
    Keyword{"notification_email", mail},
    Keyword{"notification_email_from", mail},
    Keyword{"smtp_server", mail},
    Keyword{"smtp_helo_name", mail},
    Keyword{"smtp_connect_timeout", mail},
    Keyword{"smtp_alert", mail},
    Keyword{"smtp_alert_vrrp", mail},
    Keyword{"smtp_alert_checker", mail},
    Keyword{"no_email_faults", mail},
    Keyword{"no_checker_emails", mail},
    Keyword{"email_faults", mail},
    Keyword{"checker_log_all_failures", ipvs},
    Keyword{"lvs_sync_daemon", ipvs},
    Keyword{"lvs_timeouts", ipvs},
    Keyword{"lvs_flush", ipvs},
    Keyword{"lvs_flush_on_stop", ipvs},
    Keyword{"lvs_flush_onstop", ipvs},
    Keyword{"lvs_notify_fifo", ipvs},
    Keyword{"lvs_notify_fifo_script", ipvs},
    Keyword{"lvs_netlink_cmd_rcv_bufs", ipvs},
    Keyword{"lvs_netlink_cmd_rcv_bufs_force", ipvs},
    Keyword{"lvs_netlink_monitor_rcv_bufs", ipvs},
    Keyword{"lvs_netlink_monitor_rcv_bufs_force", ipvs},
    Keyword{"rs_init_notifies", ipvs},
    Keyword{"nftables_ipvs", ipvs},
    Keyword{"nftables_ipvs_priority", ipvs},
    Keyword{"nftables_ipvs_start_fwmark", ipvs},
    Keyword{"checker_priority", ipvs},
    Keyword{"checker_no_swap", ipvs},
    Keyword{"checker_cpu_affinity", ipvs},
    Keyword{"checker_rt_priority", ipvs},
    Keyword{"checker_rlimit_rttime", ipvs},
    Keyword{"checker_process_name", ipvs},
    Keyword{"bfd_priority", unit},
    Keyword{"bfd_no_swap", unit},
    Keyword{"bfd_cpu_affinity", unit},
    Keyword{"bfd_rt_priority", unit},
    Keyword{"bfd_rlimit_rttime", unit},
    Keyword{"bfd_process_name", of_keepalived},
    Keyword{"max_auto_priority", unit},
    Keyword{"min_auto_priority_delay", unit},
    Keyword{"vrrp_priority", unit},
    Keyword{"vrrp_no_swap", unit},
    Keyword{"vrrp_cpu_affinity", unit},
    Keyword{"vrrp_rt_priority", unit},
    Keyword{"vrrp_rlimit_rttime", unit},
    Keyword{"umask", unit},
    Keyword{"net_namespace", "set NetworkNamespacePath= in the unit (systemctl edit regent)"},
    Keyword{"startup_script", "write ExecStartPre= into the unit (systemctl edit regent)"},
    Keyword{"startup_script_timeout", "write ExecStartPre= into the unit (systemctl edit regent)"},
    Keyword{"shutdown_script", "write ExecStopPost= into the unit (systemctl edit regent)"},
    Keyword{"shutdown_script_timeout", "write ExecStopPost= into the unit (systemctl edit regent)"},
    Keyword{"process_names", of_keepalived},
    Keyword{"process_name", of_keepalived},
    Keyword{"vrrp_process_name", of_keepalived},
    Keyword{"tmp_config_directory", of_keepalived},
    Keyword{"config_save_dir", of_keepalived},
    Keyword{"data_use_instance", of_keepalived},
    Keyword{"state_dump_file", of_keepalived},
    Keyword{"stats_dump_file", of_keepalived},
    Keyword{"json_dump_file", of_keepalived},
    Keyword{"json_version", of_keepalived},
    Keyword{"reload_time_file", of_keepalived},
    Keyword{"reload_repeat", of_keepalived},
    Keyword{"reload_file", of_keepalived},
    Keyword{"random_seed", of_keepalived},
    Keyword{"snmp_socket", snmp},
    Keyword{"enable_snmp_vrrp", snmp},
    Keyword{"enable_snmp_checker", snmp},
    Keyword{"enable_snmp_rfc", snmp},
    Keyword{"enable_snmp_rfcv2", snmp},
    Keyword{"enable_snmp_rfcv3", snmp},
    Keyword{"enable_traps", snmp},
    Keyword{"enable_dbus", "keepalived's D-Bus interface is not offered"},
    Keyword{"dbus_service_name", "keepalived's D-Bus interface is not offered"},
    Keyword{"dbus_no_interface_name", "keepalived's D-Bus interface is not offered"},
    Keyword{"nftables", firewall},
    Keyword{"nftables_priority", firewall},
    Keyword{"nftables_counters", firewall},
    Keyword{"nftables_ifindex", firewall},
    Keyword{"vrrp_iptables", firewall},
    Keyword{"vrrp_ipsets", firewall},
    Keyword{"iptables", firewall},
    Keyword{"disable_local_igmp", firewall},
    Keyword{"vmac_prefix", virtual_mac},
    Keyword{"vmac_addr_prefix", virtual_mac},
    Keyword{"vrrp_garp_lower_prio_delay", lower_prio},
    Keyword{"vrrp_garp_lower_prio_repeat", lower_prio},
    Keyword{"vrrp_garp_extra_if", "use refresh of garp: it announces every address, on whatever interface"},
    Keyword{"vrrp_netlink_cmd_rcv_bufs", buffers},
    Keyword{"vrrp_netlink_cmd_rcv_bufs_force", buffers},
    Keyword{"vrrp_netlink_monitor_rcv_bufs", buffers},
    Keyword{"vrrp_netlink_monitor_rcv_bufs_force", buffers},
    Keyword{"process_monitor_rcv_bufs", buffers},
    Keyword{"process_monitor_rcv_bufs_force", buffers},
    Keyword{"vrrp_rx_bufs_policy", buffers},
    Keyword{"vrrp_rx_bufs_multiplier", buffers},
    Keyword{"vrrp_strict", strict},
    Keyword{"vrrp_notify_priority_changes", "a notifier is told of states, not of priorities"},
    Keyword{"notify_priority_changes", "a notifier is told of states, not of priorities"},
    Keyword{"default_interface", static_things},
    Keyword{"use_symlink_paths", "regent runs a program by the path that is written"},
    Keyword{"vrrp_delay_after_boot", "use startup_delay: it counts from the start of the agent"},
    Keyword{"vrrp_owner_ignore_adverts", "an owner follows RFC 9568"},
    Keyword{"enable_script_security", nothing},
    Keyword{"dynamic_interfaces", nothing},
    Keyword{"reload_check_config", nothing},
    Keyword{"include_check", nothing},
    Keyword{"log_unknown_vrids", nothing},
    Keyword{"vrrp_check_unicast_src", nothing},
    Keyword{"vrrp_skip_check_adv_addr", nothing},
    Keyword{"fifo_write_vrrp_states_on_reload", nothing},
};

constexpr std::array instance{
    Keyword{"use_vmac", virtual_mac},
    Keyword{"use_vmac_addr", virtual_mac},
    Keyword{"vmac_xmit_base", virtual_mac},
    Keyword{"use_ipvlan", "ipvlan is not supported: the addresses stand on the interface itself"},
    Keyword{"vrf", "write the interface of the VRF"},
    Keyword{"dont_track_primary", "without carrier on its own interface an instance is always FAULT"},
    Keyword{"track_src_ip", "regent sends when the source address is there, and says when it is not"},
    Keyword{"virtual_rules",
            "regent has no routing rules: keep them in place on both nodes, or use a notifier"},
    Keyword{"promote_secondaries", "set the sysctl net.ipv4.conf.INTERFACE.promote_secondaries"},
    Keyword{"no_accept", firewall},
    Keyword{"strict_mode", strict},
    Keyword{"old_unicast_checksum", "checksums of keepalived up to 1.3.6 are not understood"},
    Keyword{"garp_lower_prio_delay", lower_prio},
    Keyword{"garp_lower_prio_repeat", lower_prio},
    Keyword{"garp_extra_if", "use refresh of garp: it announces every address, on whatever interface"},
    Keyword{"unicast_fault_no_peer", "without a peer regent speaks multicast"},
    Keyword{"timer_expired_backup", nothing},
    Keyword{"thread_timer_expired", nothing},
    Keyword{"owner_ignore_adverts", "an owner follows RFC 9568"},
    Keyword{"smtp_alert", mail},
    Keyword{"lvs_sync_daemon", ipvs},
    Keyword{"lvs_sync_daemon_interface", ipvs},
    Keyword{"notify_master_rx_lower_pri", "a notifier is told of states alone"},
    Keyword{"notify_priority_changes", "a notifier is told of states, not of priorities"},
    Keyword{"kernel_rx_buf_size", buffers},
    Keyword{"linkbeat_use_polling", "regent hears of links from the kernel, without polling"},
    Keyword{"debug", of_keepalived},
    Keyword{"auth_hmac", "version 3 has no authentication (RFC 9568 §9)"},
    Keyword{"accept", nothing},
    Keyword{"preempt", nothing},
    Keyword{"native_ipv6", nothing},
    Keyword{"check_unicast_src", nothing},
    Keyword{"skip_check_adv_addr", nothing},
    Keyword{"no_virtual_ipaddress", nothing},
};

constexpr std::array group{
    Keyword{"smtp_alert", mail},
    Keyword{"notify_priority_changes", "a notifier is told of states, not of priorities"},
    Keyword{"global_tracking", nothing},
};

std::span<const Keyword> keywords_of(Block block) {
    switch (block) {
        case Block::root: return root;
        case Block::global_defs: return global_defs;
        case Block::instance: return instance;
        case Block::group: return group;
        case Block::script:
        case Block::process: break;
    }
    return {};
}

}  // namespace

const Keyword* find_keyword(Block block, std::string_view name) {
    const auto keywords = keywords_of(block);
    const auto found =
        std::find_if(keywords.begin(), keywords.end(), [&](const auto& each) { return each.name == name; });
    return found == keywords.end() ? nullptr : &*found;
}

std::vector<std::string> keyword_names(Block block) {
    std::vector<std::string> names;
    for (const Keyword& keyword : keywords_of(block))
        names.emplace_back(keyword.name);
    return names;
}

}  // namespace regent::config::keepalived
