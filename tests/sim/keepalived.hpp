// SPDX-License-Identifier: Apache-2.0
// A router that behaves like keepalived 2.2.7 where it matters to a peer: RFC state machine, priority 0 and
// addresses off at once when it stops, adverts with another address count dropped, BACKUP when a virtual
// address is taken from it. It knows no pair, lease, yield or last resort.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/core/harness.hpp"

namespace regent::sim {

class Keepalived : public core::test::OtherRouter {
  public:
    core::Actions step(const core::Input& input, Instant now) override;
    std::optional<Instant> next_deadline() const override;

  private:
    struct Router {
        core::Instance settings;
        std::string group;
        vrrp::State state = vrrp::State::init;
        std::uint8_t priority = 0;
        Duration master_interval{};
        std::optional<Instant> advert_due;
        std::optional<Instant> down_due;
        bool wants_master = false;
    };

    void on(const core::ConfigApplied& applied);
    void on(const core::KernelSnapshot& snapshot);
    void on(const core::LinkChanged& change);
    void on(const core::AddressVanished& vanished);
    void on(const core::PacketReceived& packet);
    void on(const core::CheckVerdict& verdict);
    void on(const core::TimerFired&);
    void on(const core::StopRequested&);
    template <class Other>
    void on(const Other&) {}

    void advertise(Router& router, std::uint8_t priority);
    void enter(Router& router, vrrp::State state);
    void become_master(Router& router);
    void become_backup(Router& router);
    void leave_group(const Router& router, bool with_zero);
    void set_addresses(const core::Instance& settings, bool on);
    void arm_down(Router& router);
    void judge(Router& router);
    bool healthy(const Router& router) const;
    bool group_ready(const Router& router) const;
    std::optional<IpAddress> source(const Router& router) const;
    Duration skew(const Router& router) const;

    bool ready() const { return known_ && !routers_.empty(); }

    std::vector<Router> routers_;
    bool known_ = false;
    bool stopped_ = false;
    std::map<std::string, core::Link> links_;
    std::vector<core::KernelAddress> own_;
    std::set<std::string> down_checks_;
    std::uint64_t sequence_ = 0;

    core::Actions actions_;
    Instant now_{};
};

}  // namespace regent::sim
