// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/config/settings_generator.hpp"

#include <fmt/format.h>

#include "tests/unit/config/plan_generator.hpp"

namespace regent::config::test {

namespace {

using namespace std::chrono_literals;

/// Distinct for distinct numbers, of either family.
IpAddress numbered_address(Family family, unsigned number, bool link_local = false) {
    const std::string text =
        family == Family::ipv4 ? fmt::format("10.{}.{}.{}", number >> 16, (number >> 8) & 0xff, number & 0xff)
                               : fmt::format("{}::{:x}", link_local ? "fe80" : "2001:db8", number + 1);
    return IpAddress::parse(text).value();
}

/// Makes one file's worth of settings; counts what must be unique.
class Generator {
  public:
    std::pair<core::Settings, Plan> make() {
        core::Settings settings;
        settings.node = any_name(0);
        Plan plan;
        plan.node = settings.node;
        for (std::size_t i = any<std::size_t>(0, 3); i > 0; --i) {
            plan.checks.push_back(test::any_check(any_name(i)));
            settings.checks.push_back(plan.checks.back().settings);
        }
        for (std::size_t i = any<std::size_t>(0, 2); i > 0; --i)
            plan.notifiers.push_back(test::any_notifier(any_name(i)));
        checks_ = settings.checks;
        for (std::size_t i = any<std::size_t>(0, 4); i > 0; --i)
            settings.instances.push_back(instance(i));
        if (settings.instances.size() >= 2 && coin()) settings.groups.push_back(group(settings.instances));
        return {settings, plan};
    }

  private:
    std::string device(const core::Instance& instance) {
        return coin() ? instance.interface : "d" + any_text("abcd09.-_\"\\", 0, 7);
    }

    core::VirtualAddress address(const core::Instance& instance, Family family) {
        core::VirtualAddress address;
        address.address = numbered_address(family, next_address_++, coin());
        address.prefix = any<std::uint8_t>(1, address.address.full_prefix());
        address.device = device(instance);
        if (family == Family::ipv6) return address;
        constexpr std::array scopes{core::Scope::global, core::Scope::site, core::Scope::link,
                                    core::Scope::host};
        address.scope = scopes[any<std::size_t>(0, 3)];
        if (coin()) address.label = any_text("abc09:\"\\'", 1, 15);
        if (coin()) address.broadcast = numbered_address(Family::ipv4, any(0U, 0xffffU));
        return address;
    }

    core::Route route(const core::Instance& instance) {
        const Family family = coin() ? Family::ipv4 : Family::ipv6;
        core::Route route;
        route.destination = numbered_address(family, next_address_++);
        route.prefix = route.destination.full_prefix();
        if (coin()) {
            route.destination = family == Family::ipv4 ? IpAddress() : IpAddress::parse("::").value();
            route.prefix = 0;
        }
        route.device = device(instance);
        if (coin()) route.gateway = numbered_address(family, any(0U, 0xffffU));
        if (coin()) route.source = numbered_address(family, any(0U, 0xffffU));
        if (coin()) route.metric = any<std::uint32_t>(0, 0xffffffff);
        route.table = 1 + next_address_++;
        return route;
    }

    std::vector<core::CheckTracker> trackers() {
        std::vector<core::CheckTracker> trackers;
        for (const core::Check& check : checks_) {
            if (coin()) continue;
            core::CheckTracker tracker{check.name, std::nullopt, core::OnDown::last_resort};
            if (coin()) tracker.weight = any(-253, -1);
            if (!tracker.weight && coin()) tracker.on_down = core::OnDown::fault;
            trackers.push_back(tracker);
        }
        return trackers;
    }

    void transport(core::Instance& instance) {
        const Family family = instance.family;
        if (coin()) instance.source_address = numbered_address(family, next_address_++);
        if (coin()) {
            for (unsigned i = any(1U, 3U); i > 0; --i) {
                instance.unicast_peers.push_back(numbered_address(family, next_address_++));
            }
            instance.unicast_ttl = any<std::uint8_t>(1, 255);
        } else if (coin()) {
            instance.multicast_group =
                IpAddress::parse(family == Family::ipv4 ? "224.0.0.200" : "ff02::200").value();
        }
        instance.pair = instance.unicast_peers.size() < 2 && coin();
        instance.checksum = any(core::ChecksumPolicy::automatic, core::ChecksumPolicy::pseudo_header);
    }

    void version(core::Instance& instance) {
        instance.version = instance.family == Family::ipv4 && coin() ? vrrp::Version::v2 : vrrp::Version::v3;
        if (instance.version == vrrp::Version::v3) {
            instance.advert_interval = 10ms * any(1, 4095);
            return;
        }
        instance.advert_interval = 1s * any(1, 255);
        if (coin()) instance.password = any_text("ab \"\\'\n\x7f", 1, 8);
    }

    void timing(core::Instance& instance) {
        instance.down_adverts = any(1U, 100U);
        instance.preempt = instance.priority == 255 || coin();
        instance.preempt_delay = any_duration();
        instance.startup_delay = any_duration();
        instance.recover_delay = any_duration();
        if (instance.priority != 255 && coin()) instance.lease = 1s * any(257, 25500);
        instance.debounce = any_duration();
        instance.gratuitous.count = any(1U, 100U);
        instance.gratuitous.delay = any_duration();
        if (coin()) instance.gratuitous.refresh = any_duration(1s);
        instance.gratuitous.interval = any_duration(0s, 10s);
    }

    core::Instance instance(std::size_t number) {
        core::Instance instance;
        instance.name = any_name(number);
        instance.interface = fmt::format("eth{}", number);
        instance.virtual_router_id = any<std::uint8_t>(1, 255);
        instance.priority = any<std::uint8_t>(1, 255);
        instance.family = coin() ? Family::ipv4 : Family::ipv6;
        for (unsigned i = any(1U, 4U); i > 0; --i)
            instance.addresses.push_back(address(instance, instance.family));
        for (unsigned i = any(0U, 3U); i > 0; --i) {
            instance.addresses_excluded.push_back(address(instance, coin() ? Family::ipv4 : Family::ipv6));
        }
        for (unsigned i = any(0U, 2U); i > 0; --i)
            instance.routes.push_back(route(instance));
        transport(instance);
        version(instance);
        timing(instance);
        instance.checks = trackers();
        if (coin()) instance.interfaces.push_back({"track0", std::nullopt});
        if (coin()) instance.interfaces.push_back({fmt::format("track{}", number), any(-253, -1)});
        return instance;
    }

    /// Members of a group must not track one thing in two ways.
    core::Group group(std::vector<core::Instance>& instances) {
        core::Group group{"group", {}, trackers()};
        for (core::Instance& instance : instances) {
            group.members.push_back(instance.name);
            instance.checks = coin() ? group.checks : std::vector<core::CheckTracker>{};
        }
        return group;
    }

    std::vector<core::Check> checks_;
    unsigned next_address_ = 1;
};

}  // namespace

std::pair<core::Settings, Plan> any_configuration() {
    return Generator().make();
}

}  // namespace regent::config::test
