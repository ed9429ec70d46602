// SPDX-License-Identifier: Apache-2.0
// Settings, packets and small worlds in few words.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/core/settings.hpp"

#include "tests/unit/core/harness.hpp"

namespace regent::core::test {

/// Throws when `text` is no address.
IpAddress ip(const std::string& text);

/// `address` with the full prefix of its family.
VirtualAddress virtual_address(const std::string& address, const std::string& device);

/// Version 2, 1 s, everything else by default.
Instance make_instance(const std::string& name, const std::string& interface, std::uint8_t vrid,
                       std::uint8_t priority, const std::vector<std::string>& addresses);
Check make_check(const std::string& name);
Settings only(const Instance& instance);

/// Counts Transition actions of `node` to MASTER, of one instance.
std::size_t became_master(const World& world, const std::string& node, const std::string& instance);

/// One engine with one virtual router VI_1, and rivals that exist only as packets.
/// eth0 has 10.0.0.5/24, the virtual address is 10.0.0.100, VRID 51, priority 100.
class Solo {
  public:
    using Edit = std::function<void(Instance&)>;
    explicit Solo(const Edit& edit = {});
    Solo(const Settings& settings, bool start);

    void boot();
    /// Runs until MASTER, with nobody else there.
    void make_master();
    /// A rival's advert arrives now.
    void hear(std::uint8_t priority, const std::string& from = "10.0.0.2",
              const std::function<void(vrrp::Advert&)>& edit = {});
    vrrp::Advert advert(std::uint8_t priority) const;
    void hear(const vrrp::Advert& advert, const std::string& from, const std::string& to,
              std::uint8_t ttl = 255, vrrp::ChecksumForm form = vrrp::ChecksumForm::pseudo_header);
    /// For half a second, every 5 ms, others set an address of theirs and take it away.
    void come_and_go(const std::string& device, const std::string& address);
    /// Changes the settings by a reload.
    void change(const Edit& edit);

    InstanceStatus status() const { return test::status(node, "VI_1"); }
    vrrp::State state() const { return status().state; }
    Counters counters() const { return *node.engine->counters("VI_1"); }
    std::vector<SeenAdvert> adverts() const { return world.adverts("lb1", "VI_1"); }
    std::uint64_t discarded(vrrp::Discard reason) const {
        return counters().discarded[static_cast<std::size_t>(reason)];
    }
    bool holds(const std::string& address = "10.0.0.100") const { return node.kernel.holds(ip(address)); }
    /// Time until the state is reached; throws after 20 s.
    Duration time_to(vrrp::State wanted);

    World world;
    Node& node;
    Settings settings;
};

/// The reference cluster: lb1 (101) and lb2 (50), VI_1 on enp0s3 (LAN "nat") and VI_2 on enp0s8 (LAN
/// "internal"), in group SG1; version 2, 1 s.
class Cluster {
  public:
    using Edit = std::function<void(Settings&)>;
    explicit Cluster(const Edit& edit = {});

    /// Both are started and lb1 serves.
    void settle();
    /// Both are started with the check "haproxy", which has failed on lb1 and is UP again: lb2 serves, and
    /// lb1 is in its recover delay.
    void recover();
    /// Nothing passes between the nodes on that LAN, or everything does again.
    void cut(const std::string& lan);
    void heal(const std::string& lan);
    bool serves(const Node& node) const { return is_master(node, "VI_1") && is_master(node, "VI_2"); }
    bool holds(const Node& node) const;

    static Settings settings(std::uint8_t priority);

    World world;
    Node& lb1;
    Node& lb2;
    Settings settings1;
    Settings settings2;
};

constexpr const char* vip1 = "10.0.2.210";
constexpr const char* vip2 = "192.168.1.101";

}  // namespace regent::core::test
