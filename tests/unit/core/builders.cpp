// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/core/builders.hpp"

#include <algorithm>
#include <stdexcept>

namespace regent::core::test {

IpAddress ip(const std::string& text) {
    const auto address = IpAddress::parse(text);
    if (!address) throw std::logic_error("not an address: " + text);
    return *address;
}

VirtualAddress virtual_address(const std::string& address, const std::string& device) {
    VirtualAddress made;
    made.address = ip(address);
    made.prefix = made.address.full_prefix();
    made.device = device;
    return made;
}

Instance make_instance(const std::string& name, const std::string& interface, std::uint8_t vrid,
                       std::uint8_t priority, const std::vector<std::string>& addresses) {
    Instance instance;
    instance.name = name;
    instance.interface = interface;
    instance.virtual_router_id = vrid;
    instance.priority = priority;
    instance.version = vrrp::Version::v2;
    for (const auto& address : addresses)
        instance.addresses.push_back(virtual_address(address, interface));
    if (!addresses.empty()) instance.family = instance.addresses.front().address.family();
    return instance;
}

Check make_check(const std::string& name) {
    Check check;
    check.name = name;
    check.type = "test";
    return check;
}

Settings only(const Instance& instance) {
    Settings settings;
    settings.node = "lb1";
    settings.instances.push_back(instance);
    return settings;
}

std::size_t became_master(const World& world, const std::string& node, const std::string& instance) {
    const auto all = world.all<Transition>(node);
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const auto& t) {
        return t.second.instance == instance && t.second.to == vrrp::State::master;
    }));
}

Solo::Solo(const Edit& edit) : node(world.add_node("lb1")) {
    auto instance = make_instance("VI_1", "eth0", 51, 100, {"10.0.0.100"});
    if (edit) edit(instance);
    settings = only(instance);
    world.plug(node, "eth0", "lan", "10.0.0.5");
    boot();
}

Solo::Solo(const Settings& given, bool start) : node(world.add_node("lb1")), settings(given) {
    world.plug(node, "eth0", "lan", "10.0.0.5");
    if (start) boot();
}

void Solo::boot() {
    world.start(node, settings);
    world.run_for(Duration::zero());
}

void Solo::make_master() {
    time_to(vrrp::State::master);
}

vrrp::Advert Solo::advert(std::uint8_t priority) const {
    const auto& ours = settings.instances.front();
    vrrp::Advert advert;
    advert.version = ours.version;
    advert.virtual_router_id = ours.virtual_router_id;
    advert.priority = priority;
    advert.interval = ours.advert_interval;
    for (const auto& address : ours.addresses)
        advert.addresses.push_back(address.address);
    if (ours.password) advert.password = vrrp::make_password(*ours.password);
    return advert;
}

void Solo::hear(std::uint8_t priority, const std::string& from,
                const std::function<void(vrrp::Advert&)>& edit) {
    auto made = advert(priority);
    if (edit) edit(made);
    hear(made, from, vrrp::multicast_group(ip(from).family()).to_string());
}

void Solo::hear(const vrrp::Advert& made, const std::string& from, const std::string& to, std::uint8_t ttl,
                vrrp::ChecksumForm form) {
    const int index = node.kernel.link("eth0")->index;
    world.tell(node,
               PacketReceived{index, ip(from), ip(to), ttl, vrrp::encode(made, ip(from), ip(to), form)});
    world.run_for(Duration::zero());
}

void Solo::come_and_go(const std::string& device, const std::string& address) {
    for (int each = 0; each < 100; ++each) {
        world.tell(node, node.kernel.add_by_hand(device, ip(address), 24));
        world.run_for(std::chrono::milliseconds(5));
        world.tell(node, node.kernel.remove_by_hand(ip(address)));
    }
}

void Solo::change(const Edit& edit) {
    edit(settings.instances.front());
    world.reload(node, settings);
    world.run_for(Duration::zero());
}

Duration Solo::time_to(vrrp::State wanted) {
    const Instant from = world.now();
    return world.run_until([&] { return state() == wanted; }, std::chrono::seconds(20)) - from;
}

Settings Cluster::settings(std::uint8_t priority) {
    Settings settings;
    settings.instances = {make_instance("VI_1", "enp0s3", 51, priority, {vip1}),
                          make_instance("VI_2", "enp0s8", 52, priority, {vip2})};
    settings.groups = {{"SG1", {"VI_1", "VI_2"}, {}}};
    return settings;
}

Cluster::Cluster(const Edit& edit)
    : lb1(world.add_node("lb1")),
      lb2(world.add_node("lb2")),
      settings1(settings(101)),
      settings2(settings(50)) {
    if (edit) {
        edit(settings1);
        edit(settings2);
    }
    world.plug(lb1, "enp0s3", "nat", "10.0.2.21");
    world.plug(lb1, "enp0s8", "internal", "192.168.1.5");
    world.plug(lb2, "enp0s3", "nat", "10.0.2.22");
    world.plug(lb2, "enp0s8", "internal", "192.168.1.6");
}

void Cluster::settle() {
    world.start(lb1, settings1);
    world.start(lb2, settings2);
    world.run_until([&] { return serves(lb1); }, std::chrono::seconds(20));
    // Past the second burst of announcements, and into the middle between two adverts.
    world.run_for(std::chrono::milliseconds(10'500));
    world.forget();
}

void Cluster::recover() {
    const auto say = [this](Node& node, CheckState state) {
        world.tell(node, CheckVerdict{"haproxy", state, {}, false});
    };
    world.start(lb1, settings1);
    world.start(lb2, settings2);
    say(lb1, CheckState::up);
    say(lb2, CheckState::up);
    world.run_for(std::chrono::milliseconds(10'500));
    say(lb1, CheckState::down);
    world.run_for(std::chrono::seconds(5));
    say(lb1, CheckState::up);
    world.run_for(std::chrono::seconds(1));
}

void Cluster::cut(const std::string& lan) {
    world.cut(lan, lb1, lb2);
    world.cut(lan, lb2, lb1);
}

void Cluster::heal(const std::string& lan) {
    world.heal(lan, lb1, lb2);
    world.heal(lan, lb2, lb1);
}

bool Cluster::holds(const Node& node) const {
    return node.kernel.holds(ip(vip1)) && node.kernel.holds(ip(vip2));
}

}  // namespace regent::core::test
