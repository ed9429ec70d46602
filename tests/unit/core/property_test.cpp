// SPDX-License-Identifier: Apache-2.0
// What holds for every sequence of inputs: the engine is deterministic, keeps the invariants of
// invariants.hpp, comes to rest at every instant, and stops when it is told to.
#include <algorithm>
#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::State;

namespace {

template <class T>
T one_of(std::vector<T> choices) {
    return *rc::gen::elementOf(std::move(choices));
}

bool coin() {
    return *rc::gen::arbitrary<bool>();
}

/// The reference cluster's settings with everything varied that has a branch behind it.
Settings any_settings() {
    auto settings = Cluster::settings(one_of<std::uint8_t>({1, 50, 101, 254, 255}));
    settings.checks = {make_check("a"), make_check("b")};
    for (auto& instance : settings.instances) {
        if (coin()) instance.version = vrrp::Version::v3;
        if (instance.version == vrrp::Version::v3) instance.advert_interval = one_of<Duration>({1s, 100ms});
        if (coin()) instance.lease = instance.advert_interval == 1s ? 3s : 1s;
        instance.pair = coin();
        instance.preempt = coin();
        instance.preempt_delay = one_of<Duration>({0s, 5s});
        instance.startup_delay = one_of<Duration>({0s, 0s, 3s});
        instance.debounce = one_of<Duration>({0s, 500ms});
        instance.recover_delay = one_of<Duration>({0s, 10s});
        if (coin()) instance.checks.push_back({"a", one_of<int>({-60, 20}), OnDown::last_resort});
        if (coin())
            instance.checks.push_back(
                {"b", std::nullopt, one_of<OnDown>({OnDown::last_resort, OnDown::fault})});
        if (coin()) instance.interfaces.push_back({"enp0s8", coin() ? std::optional(-10) : std::nullopt});
        if (coin()) instance.addresses.pop_back();
        if (coin()) instance.addresses_excluded.push_back(virtual_address("10.7.0.1", "enp0s3"));
        if (instance.addresses.empty()) instance.addresses.push_back(virtual_address(vip1, "enp0s3"));
    }
    // An address belongs to one instance: the configuration rules out anything else.
    settings.instances[1].addresses = {virtual_address(vip2, "enp0s8")};
    settings.instances[1].addresses_excluded.clear();
    if (coin()) {
        settings.instances.push_back(make_instance("VI_3", "enp0s3", 53, 100, {"10.0.2.211"}));
        settings.groups[0].members.insert(settings.groups[0].members.begin(), "VI_3");
    }
    auto& members = settings.groups[0].members;
    std::rotate(members.begin(), members.begin() + *rc::gen::inRange(0, 2), members.end());
    if (coin()) members.pop_back();
    if (coin()) settings.groups.clear();
    if (!settings.groups.empty() && coin())
        settings.groups[0].checks.push_back({"b", -30, OnDown::last_resort});
    return settings;
}

Settings without_one(Settings settings) {
    settings.instances.pop_back();
    settings.groups.clear();
    return settings;
}

Input any_packet() {
    vrrp::Advert advert;
    advert.version = one_of<vrrp::Version>({vrrp::Version::v2, vrrp::Version::v3});
    advert.virtual_router_id = one_of<std::uint8_t>({51, 52, 99});
    advert.priority = one_of<std::uint8_t>({0, 1, 49, 50, 101, 102, 255});
    advert.interval = one_of<Duration>({1s, 1s, 1s, 2s});
    advert.addresses = {ip(one_of<std::string>({vip1, vip2, "10.99.0.1"}))};
    const auto from = ip(one_of<std::string>({"10.0.2.22", "10.0.2.22", "10.0.2.1", "10.0.2.21"}));
    PacketReceived packet{one_of<int>({2, 3, 9}), from, ip("224.0.0.18"), 255, {}};
    packet.message = vrrp::encode(advert, from, packet.destination, vrrp::ChecksumForm::pseudo_header);
    if (*rc::gen::inRange(0, 20) == 0)
        packet.message.resize(*rc::gen::inRange<std::size_t>(0, packet.message.size()));
    return packet;
}

CheckVerdict any_verdict() {
    return {one_of<std::string>({"a", "b", "gone"}),
            one_of<CheckState>({CheckState::up, CheckState::down, CheckState::degraded, CheckState::unknown}),
            "words", coin()};
}

OperatorCommand any_command() {
    using Kind = OperatorCommand::Kind;
    const auto kind = one_of<Kind>(
        {Kind::handover, Kind::release, Kind::maintenance_on, Kind::maintenance_off, Kind::announce});
    return {1, kind, one_of<std::string>({"SG1", "VI_1", "VI_2"}), "words", "root"};
}

/// One thing that happens to the node: a packet, the kernel, a person.
void happen(World& world, Node& node) {
    const auto link = one_of<std::string>({"enp0s3", "enp0s8"});
    const auto address = ip(one_of<std::string>({vip1, vip2, "10.0.2.21"}));
    switch (*rc::gen::inRange(0, 16)) {
        case 0:
        case 1:
        case 2: world.tell(node, any_packet()); break;
        case 3: world.tell(node, any_verdict()); break;
        case 4: world.tell(node, node.kernel.set_link(link, coin(), coin())); break;
        case 5: world.tell(node, node.kernel.remove_by_hand(address)); break;
        case 6:
            if (!node.kernel.holds(address)) world.tell(node, node.kernel.add_by_hand(link, address, 32));
            break;
        case 7:
            if (node.kernel.refuses_to_add.erase(address) == 0) node.kernel.refuses_to_add.insert(address);
            break;
        case 8: world.reload(node, coin() ? any_settings() : without_one(any_settings())); break;
        case 9: world.tell(node, node.kernel.snapshot()); break;
        case 10: world.tell(node, SendFailed{"VI_1", "no"}); break;
        case 11:
        case 12: world.tell(node, any_command()); break;
        case 13:
            world.pause(node, coin());
            world.run_for(one_of<Duration>({500ms, 4s}));
            world.wake(node);
            break;
        case 14:
            world.tell(node, HearingChanged{one_of<std::string>({"VI_1", "VI_2", "VI_9"}),
                                            one_of<std::string>({"", "no", "never"})});
            break;
        default: world.tell(node, DumpRequested{});
    }
}

void let_hear(World& world, Node& node) {
    for (const auto* name : {"VI_1", "VI_2"})
        world.tell(node, HearingChanged{name, {}});
}

void plug_in(World& world, Node& node) {
    world.plug(node, "enp0s3", "nat", "10.0.2.21");
    world.plug(node, "enp0s8", "internal", "192.168.1.5");
}

bool same(const Actions& a, const Actions& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i].index() != b[i].index()) return false;
        const auto* sent = std::get_if<SendAdvert>(&a[i]);
        if (sent && sent->message != std::get<SendAdvert>(b[i]).message) return false;
        const auto* state = std::get_if<PublishState>(&a[i]);
        if (state && !(state->status == std::get<PublishState>(b[i]).status)) return false;
        const auto* log = std::get_if<Log>(&a[i]);
        if (log && log->text != std::get<Log>(b[i]).text) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("property: whatever happens, the invariants hold, and every instant comes to an end") {
    rc::prop("random life, then a stop", [] {
        World world;
        auto& node = world.add_node("lb1");
        plug_in(world, node);
        world.start(node, any_settings());
        const auto steps = *rc::gen::inRange(0, 80);
        for (int i = 0; i < steps; ++i) {
            happen(world, node);
            world.run_for(std::chrono::milliseconds(*rc::gen::inRange(0, 3000)));
        }
        // Rule 18: a stop always ends, two intervals later at most, and nothing of ours is left.
        world.tell(node, StopRequested{});
        world.run_for(2s);
        RC_ASSERT(node.stopped);
        for (const auto& address : node.kernel.snapshot().addresses)
            RC_ASSERT(!address.ours);
        for (const auto& status : node.engine->status())
            RC_ASSERT(status.state == State::init);
    });
}

TEST_CASE("property: who is MASTER and complete holds all its addresses, who is not holds none of its own") {
    rc::prop("calm after the storm", [] {
        World world;
        auto& node = world.add_node("lb1");
        plug_in(world, node);
        world.start(node, any_settings());
        const auto steps = *rc::gen::inRange(0, 60);
        for (int i = 0; i < steps; ++i) {
            happen(world, node);
            world.run_for(std::chrono::milliseconds(*rc::gen::inRange(0, 2000)));
        }
        for (const auto* target : {"SG1", "VI_1", "VI_2"})
            world.tell(node, OperatorCommand{1, OperatorCommand::Kind::release, target, {}, {}});
        world.tell(node, OperatorCommand{1, OperatorCommand::Kind::maintenance_off, {}, {}, {}});
        // Calm: the kernel accepts everything, links are up and heard, each has its address, the checks are
        // UP.
        node.kernel.refuses_to_add.clear();
        let_hear(world, node);
        for (const auto* own : {"10.0.2.21", "192.168.1.5"}) {
            const auto* link = std::string(own) == "10.0.2.21" ? "enp0s3" : "enp0s8";
            world.tell(node, node.kernel.remove_by_hand(ip(own)));
            world.tell(node, node.kernel.add_by_hand(link, ip(own), 24));
            world.tell(node, node.kernel.set_link(link, true, true));
        }
        world.reload(node, Cluster::settings(101));
        world.run_for(1000s);
        for (const auto& status : node.engine->status()) {
            if (status.state != State::master) RC_FAIL(status.name + ": " + status.reason);
            RC_ASSERT(status.effective_priority == 101);
            RC_ASSERT(!status.degraded);
        }
        RC_ASSERT(node.kernel.holds(ip(vip1)));
        RC_ASSERT(node.kernel.holds(ip(vip2)));
    });
}

TEST_CASE(
    "property: rule 19: in maintenance nobody is MASTER once the yield is over, whatever a reload moves") {
    rc::prop("maintenance", [] {
        World world;
        auto& node = world.add_node("lb1");
        plug_in(world, node);
        world.start(node, any_settings());
        world.run_for(6s);
        world.tell(node, OperatorCommand{1, OperatorCommand::Kind::maintenance_on, {}, "disk", "root"});
        const auto moves = *rc::gen::inRange(0, 4);
        for (int i = 0; i < moves; ++i) {
            world.run_for(std::chrono::milliseconds(*rc::gen::inRange(0, 600)));
            world.reload(node, any_settings());
        }
        world.run_for(2s);
        const auto serves = [&] {
            const auto all = node.engine->status();
            return std::any_of(all.begin(), all.end(),
                               [](const auto& s) { return s.state == State::master; });
        };
        RC_ASSERT(!serves());
        world.run_for(20s);
        RC_ASSERT(!serves());
        for (const auto& address : node.kernel.snapshot().addresses)
            RC_ASSERT(!address.ours);
    });
}

TEST_CASE("property: the same inputs at the same instants give the same actions") {
    rc::prop("twice", [] {
        Engine first;
        Engine second;
        VirtualKernel kernel;
        kernel.add_link("enp0s3", ip("10.0.2.21"));
        kernel.add_link("enp0s8", ip("192.168.1.5"));
        Instant now = Instant{} + 1h;
        const auto both = [&](const Input& input) {
            RC_ASSERT(same(first.step(input, now), second.step(input, now)));
            RC_ASSERT(first.next_deadline() == second.next_deadline());
        };
        both(ConfigApplied{std::make_shared<const Settings>(any_settings())});
        both(kernel.snapshot());
        const auto steps = *rc::gen::inRange(0, 80);
        for (int i = 0; i < steps; ++i) {
            both(coin() ? any_packet() : Input(any_verdict()));
            now += std::chrono::milliseconds(*rc::gen::inRange(0, 3000));
            both(TimerFired{});
        }
    });
}

TEST_CASE("property: random bytes never change a state") {
    rc::prop("noise", [](const std::vector<Bytes>& noise) {
        Solo solo;
        solo.make_master();
        for (const auto& bytes : noise)
            solo.world.tell(solo.node, PacketReceived{2, ip("10.0.0.2"), ip("224.0.0.18"), 255, bytes});
        solo.world.run_for(0s);
        RC_ASSERT(solo.state() == State::master);
        RC_ASSERT(solo.counters().adverts_received == 0U);
    });
}

TEST_CASE("property: of two healthy nodes exactly one serves once the wire is whole again") {
    rc::prop("cluster", [] {
        const bool pair = coin();
        Cluster c([pair](Settings& s) {
            for (auto& instance : s.instances)
                instance.pair = pair;
        });
        c.world.start(c.lb1, c.settings1);
        c.world.start(c.lb2, c.settings2);
        const auto steps = *rc::gen::inRange(0, 30);
        for (int i = 0; i < steps; ++i) {
            auto& from = coin() ? c.lb1 : c.lb2;
            auto& to = &from == &c.lb1 ? c.lb2 : c.lb1;
            const auto lan = one_of<std::string>({"nat", "internal"});
            switch (*rc::gen::inRange(0, 5)) {
                case 0: c.world.cut(lan, from, to); break;
                case 1: c.world.heal(lan, from, to); break;
                case 2:
                    World::kill(from);
                    from.kernel.remove_by_hand(ip(vip1));
                    from.kernel.remove_by_hand(ip(vip2));
                    break;
                case 3:
                    if (!from.engine) c.world.start(from, &from == &c.lb1 ? c.settings1 : c.settings2);
                    break;
                default:
                    c.world.tell(from,
                                 from.kernel.set_link(lan == "nat" ? "enp0s3" : "enp0s8", true, coin()));
            }
            c.world.run_for(std::chrono::milliseconds(*rc::gen::inRange(0, 6000)));
        }
        for (const auto* lan : {"nat", "internal"})
            c.heal(lan);
        for (auto* node : {&c.lb1, &c.lb2}) {
            if (!node->engine) c.world.start(*node, node == &c.lb1 ? c.settings1 : c.settings2);
            c.world.tell(*node, node->kernel.set_link("enp0s3", true, true));
            c.world.tell(*node, node->kernel.set_link("enp0s8", true, true));
        }
        c.world.run_for(30s);
        RC_ASSERT(c.serves(c.lb1));
        RC_ASSERT(c.holds(c.lb1));
        RC_ASSERT(state(c.lb2, "VI_1") == State::backup);
        RC_ASSERT(state(c.lb2, "VI_2") == State::backup);
        RC_ASSERT(!c.lb2.kernel.holds(ip(vip1)));
        RC_ASSERT(!c.lb2.kernel.holds(ip(vip2)));
    });
}

TEST_CASE(
    "property: two nodes that were reloaded, commanded and stalled at random: exactly one serves "
    "afterwards") {
    rc::prop("two lives", [] {
        Cluster c;
        c.world.start(c.lb1, any_settings());
        c.world.start(c.lb2, any_settings());
        const auto steps = *rc::gen::inRange(0, 40);
        for (int i = 0; i < steps; ++i) {
            auto& node = coin() ? c.lb1 : c.lb2;
            auto& other = &node == &c.lb1 ? c.lb2 : c.lb1;
            const auto lan = one_of<std::string>({"nat", "internal"});
            switch (*rc::gen::inRange(0, 4)) {
                case 0: c.world.cut(lan, node, other); break;
                case 1: c.heal(lan); break;
                default: happen(c.world, node);
            }
            c.world.run_for(std::chrono::milliseconds(*rc::gen::inRange(0, 4000)));
        }
        for (const auto* lan : {"nat", "internal"})
            c.heal(lan);
        const auto calm = [&](Node& node, const Settings& settings, const std::string& nat,
                              const std::string& internal) {
            using Kind = OperatorCommand::Kind;
            for (const auto* target : {"SG1", "VI_1", "VI_2"})
                c.world.tell(node, OperatorCommand{1, Kind::release, target, {}, {}});
            c.world.tell(node, OperatorCommand{1, Kind::maintenance_off, {}, {}, {}});
            node.kernel.refuses_to_add.clear();
            let_hear(c.world, node);
            for (const auto* address : {vip1, vip2, nat.c_str(), internal.c_str()})
                c.world.tell(node, node.kernel.remove_by_hand(ip(address)));
            c.world.tell(node, node.kernel.add_by_hand("enp0s3", ip(nat), 24));
            c.world.tell(node, node.kernel.add_by_hand("enp0s8", ip(internal), 24));
            for (const auto* link : {"enp0s3", "enp0s8"})
                c.world.tell(node, node.kernel.set_link(link, true, true));
            c.world.reload(node, settings);
        };
        calm(c.lb1, c.settings1, "10.0.2.21", "192.168.1.5");
        calm(c.lb2, c.settings2, "10.0.2.22", "192.168.1.6");
        c.world.run_for(1000s);
        if (!c.serves(c.lb1)) RC_FAIL(status(c.lb1, "VI_1").reason + "; " + status(c.lb1, "VI_2").reason);
        RC_ASSERT(c.holds(c.lb1));
        RC_ASSERT(state(c.lb2, "VI_1") == State::backup);
        RC_ASSERT(state(c.lb2, "VI_2") == State::backup);
        RC_ASSERT(!c.holds(c.lb2));
    });
}
