// SPDX-License-Identifier: Apache-2.0
// One virtual router: its timers, what it accepts from the wire, and the operations of the state table. When
// it may change state is decided by its sync group (a router outside any group is a group of one).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/ip_address.hpp"
#include "agent/base/time.hpp"
#include "agent/core/memory.hpp"
#include "agent/core/peers.hpp"
#include "agent/core/settings.hpp"
#include "agent/core/status.hpp"
#include "agent/core/turn.hpp"
#include "agent/vrrp/packet.hpp"
#include "agent/vrrp/state_machine.hpp"

namespace regent::core {

class VirtualRouter {
  public:
    using Id = AddressPlan::Owner;

    VirtualRouter(Id id, Instance settings) : id_(id), settings_(std::move(settings)) {}

    Id id() const { return id_; }
    const Instance& settings() const { return settings_; }
    const std::string& name() const { return settings_.name; }
    void set_group(const std::string& name) { group_ = name; }
    vrrp::State state() const { return state_; }
    /// Announces its addresses once more: now, or a second after the last time.
    void announce_again(Turn& turn);
    bool is_master() const { return state_ == vrrp::State::master; }
    /// 255 in force: advertised addresses are our own (RFC 9568 §6.1).
    bool is_owner() const {
        return settings_.priority == vrrp::owner_priority && effective_ == vrrp::owner_priority;
    }

    /// Takes new settings: the first, or those of a reload. Addresses that did not change are not touched.
    void configure(Instance settings, Turn& turn);

    /// Why it hears nobody; empty: it hears. True: that is new.
    bool set_deafness(const std::string& problem) { return std::exchange(deafness_, problem) != problem; }
    /// Why it cannot serve, as far as its own interface goes: nullopt when it can.
    std::optional<std::string> interface_fault(const Turn& turn) const;
    /// The address that advertisements come from; nullopt without link or address.
    std::optional<IpAddress> source(const KernelView& kernel) const;

    /// Makes the checks that need the configuration (RFC 9568 §7.1, rules.md 5) and says what the
    /// advertisement means here. nullopt: discarded and counted. `claims`: an owner that is not MASTER is
    /// about to be, and obeys nobody.
    std::optional<vrrp::Event> accept(const vrrp::Decoded& decoded, const IpAddress& from,
                                      const IpAddress& to, bool claims, Turn& turn);
    /// Counts a packet that was discarded before or by accept().
    void discard(vrrp::Discard reason, const IpAddress& from, const std::string& detail, Turn& turn);
    vrrp::Leniency leniency() const {
        return {.any_ttl = !settings_.unicast_peers.empty() && settings_.unicast_ttl != vrrp::required_ttl,
                .no_addresses = settings_.addresses.empty()};
    }

    /// Looks the event up and does what the row says. Returns the operations done, none if the event means
    /// nothing.
    std::uint16_t apply(vrrp::Event event, const vrrp::Facts& facts, const std::string& reason, Turn& turn);

    /// The effective priority, from the group's health. In BACKUP the running timer moves with the skew.
    void set_priority(std::uint8_t effective, Turn& turn);
    std::uint8_t effective_priority() const { return effective_; }
    void set_reason(const std::string& reason, Turn& turn);

    /// True once the Master_Down_Timer has run out and until an advertisement that we accept arms it again.
    bool wants_master() const { return state_ == vrrp::State::backup && expired_; }
    void expire_master_down(const std::string& reason, Turn& turn);
    /// Lets due timers expire: returns true when an advertisement is due.
    bool run_timers(Turn& turn);
    /// Why the Master_Down_Timer has run out, or was made to.
    std::string expiry_reason(Instant now) const;
    std::optional<Instant> next_deadline() const;

    /// A live pair leaves out the skew (rules.md 4).
    bool pair_is_live() const { return settings_.pair && peers_.is_pair(); }
    bool preempt_delayed(Instant now) const;
    /// No advertisement of ours has left for `peer_down`, so that another master may have taken over unheard
    /// (rules.md 6).
    bool stalled(Instant now) const;
    /// The stall, or the silence, up to now.
    Duration silent_for(Instant now) const;
    /// `peer_down` of rules.md: the soonest that a peer may think we are dead.
    Duration peer_down() const;
    /// After which silence another master is taken for dead: by its interval, if that is longer than ours.
    Duration silence_limit() const;
    /// How long the kernel keeps its addresses without an advertisement; 0: for ever. Owners have no lease:
    /// the addresses are their own (rules.md 7).
    Duration lease() const {
        return settings_.priority == vrrp::owner_priority ? Duration::zero() : settings_.lease;
    }
    std::optional<Instant> last_heard() const { return last_heard_; }  ///< advert of another master
    std::uint8_t heard_priority() const { return heard_priority_; }    ///< in it
    const std::optional<IpAddress>& other_master() const { return other_master_; }
    bool relieved() const { return relieved_; }

    /// Where its addresses stand, advertised ones first.
    std::vector<AddressKey> address_keys() const;
    /// The kernel holds an address now: it is announced while we are master.
    void address_held(const AddressKey& key, Turn& turn);
    void count_repair() { ++counters_.address_repairs; }
    void count_send_failure(const std::string& reason, Turn& turn);
    /// The advertisement of the last step has left, or not: only then the leases start anew.
    void confirm_advert(Turn& turn);
    /// What is remembered of it, and from the run before; `slot` is its place in the Memory.
    Memory::Router remember() const;
    void set_slot(std::uint32_t slot) { slot_ = slot; }
    void recall(const Memory::Router& memory) { peers_.trust(memory.trusted); }
    void route_refused(const Route& route, const std::string& reason, Turn& turn);
    /// The kernel has dropped what went over that link: routes of a MASTER are set again.
    void restore_routes(const std::string& device, Turn& turn);
    /// An address that is not ours has come to that device: the same for the routes of its family.
    void restore_routes(const std::string& device, const IpAddress& come, Turn& turn);
    /// Sets routes that are due; to be called after the addresses were asked for.
    void run_routes(Turn& turn);

    const Counters& counters() const { return counters_; }
    InstanceStatus status(const Turn& turn) const;

  private:
    void learn_interval();
    void take_interval(bool first, const Instance& old, Instant now);
    void follow_heard_master(Turn& turn);
    std::optional<vrrp::Discard> examine(const vrrp::Advert& advert, const IpAddress& from,
                                         const IpAddress& to, bool claims, const Turn& turn) const;
    vrrp::Event classify(const vrrp::Advert& advert, const IpAddress& from, const Turn& turn);
    void note_heard(const vrrp::Advert& advert, const IpAddress& from, Turn& turn);
    void operate(std::uint16_t operations, const std::string& reason, Turn& turn);
    void arm(std::uint16_t operations, const std::string& reason, Turn& turn);
    void enter(vrrp::State state, const std::string& reason, Turn& turn);
    void send(std::uint8_t priority, Turn& turn);
    void tell_left_out(std::size_t count, Turn& turn);
    void take_addresses(Turn& turn);
    void drop_addresses(Turn& turn);
    void expire_by_silence(Duration silence);
    void listen_after_outage(const Turn& turn);
    bool hears_better_master(const IpAddress& from, Instant now) const;
    void reclaim(const vrrp::Advert& advert, Turn& turn);
    void tell_rival(const IpAddress& from, std::uint8_t priority, Turn& turn);
    /// Where it speaks and listens without unicast peers.
    IpAddress multicast_group() const {
        return settings_.multicast_group.value_or(vrrp::multicast_group(settings_.family));
    }
    bool speaks_link_local() const;
    std::vector<IpAddress> advertised(const KernelView& kernel) const;
    Duration skew() const;

    Id id_;
    Instance settings_;
    std::string group_;
    vrrp::State state_ = vrrp::State::init;
    std::string reason_ = "starting";
    Instant since_{};
    std::uint8_t effective_ = 0;

    std::optional<Instant> advert_due_;
    std::optional<Instant> master_down_due_;
    Duration armed_skew_{};  ///< the part of the running timer that depends on our priority
    bool expired_ = false;
    std::string expiry_reason_;
    bool silence_ = false;        ///< it is a silence that makes the timer run out
    Duration master_interval_{};  ///< Active_Adver_Interval: learned in version 3
    bool hears_nobody_ = false;   ///< as BACKUP: its link was down in the last turn
    int listens_on_ = 0;          ///< the link in the last turn; 0: none

    Peers peers_;
    std::string deafness_;
    std::optional<IpAddress> other_master_;
    std::optional<Instant> last_heard_;
    std::uint8_t heard_priority_ = 0;
    vrrp::Advert last_advert_;            ///< as accepted, for learn_interval
    std::optional<Instant> lower_since_;  ///< for preempt_delay
    bool relieved_ = false;

    std::optional<Instant> advertised_at_;  ///< that an advert other than priority 0 has left
    Duration advertised_peer_down_{};       ///< of a peer after it: what it says is in force until the next
    Instant sent_at_{};                     ///< of the advert on its way out
    Duration sent_peer_down_{};             ///< what that advert says of it
    std::size_t unsent_ = 0;                ///< its destinations that have not failed
    std::uint32_t slot_ = 0;

    std::size_t left_out_ = 0;  ///< addresses beyond what one advertisement holds (rules.md 21)
    std::optional<Instant> answered_at_;
    std::optional<Instant> announced_again_at_;
    std::optional<Instant> announce_due_;  ///< a burst that the spacing holds back
    std::optional<Instant> rival_heard_at_;
    std::optional<Instant> rival_told_at_;
    std::optional<Instant> routes_due_;
    std::optional<Instant> routes_restored_at_;  ///< for an address that came
    Duration routes_backoff_{};
    std::optional<Instant> send_failure_told_at_;
    Counters counters_;
};

}  // namespace regent::core
