// SPDX-License-Identifier: Apache-2.0
#include "agent/core/virtual_router.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "agent/base/text.hpp"
#include "agent/vrrp/timers.hpp"

namespace regent::core {

using vrrp::Event;
using vrrp::State;

namespace {

// A flood of losing adverts is answered at this rate at most; RFC 9568 §6.4.3 knows no bound.
constexpr Duration answer_spacing = std::chrono::milliseconds(10);

std::vector<VirtualAddress> all_addresses(const Instance& settings) {
    auto all = settings.addresses;
    all.insert(all.end(), settings.addresses_excluded.begin(), settings.addresses_excluded.end());
    return all;
}

}  // namespace

void VirtualRouter::configure(Instance settings, Turn& turn) {
    const bool first = effective_ == 0;
    const bool holds = state_ == State::master || (state_ == State::yielding && !relieved_);
    const auto old_keys = address_keys();
    const auto old = std::move(settings_);
    settings_ = std::move(settings);
    const auto kept = address_keys();
    const std::set<AddressKey> still_named(kept.begin(), kept.end());
    for (const auto& key : old_keys) {
        if (!still_named.contains(key)) turn.announcer.stop(key);
    }
    turn.plan.configure(id_, all_addresses(settings_), lease(), turn.now, turn.kernel);
    if (first) {
        since_ = turn.now;
        effective_ = settings_.priority;
    }
    if (old.unicast_peers != settings_.unicast_peers) peers_.keep_only(settings_.unicast_peers);
    take_interval(first, old, turn.now);
    if (holds) {
        for (const auto& route : old.routes) {
            const auto& now = settings_.routes;
            if (std::find(now.begin(), now.end(), route) == now.end())
                turn.actions.push_back(RemoveRoute{route});
        }
        if (old.routes != settings_.routes) routes_due_ = turn.now;
        if (old.gratuitous != settings_.gratuitous) {
            for (const auto& key : address_keys())
                turn.announcer.restart(key, settings_.gratuitous, turn.now);
        }
    }
    if (first || !(old == settings_)) turn.to_publish.insert(id_);
}

void VirtualRouter::take_interval(bool first, const Instance& old, Instant now) {
    const bool changes = old.advert_interval != settings_.advert_interval;
    const bool learned =
        other_master_ && old.version == settings_.version && settings_.version == vrrp::Version::v3;
    if (first || ((changes || old.version != settings_.version) && !learned))
        master_interval_ = settings_.advert_interval;
    // Whoever counts by the new one already must not wait for the end of the old.
    if (changes && advert_due_) advert_due_ = std::min(*advert_due_, now + settings_.advert_interval);
}

std::optional<std::string> VirtualRouter::interface_fault(const Turn& turn) const {
    const auto* link = turn.kernel.link(settings_.interface);
    if (!link) return concat("interface ", settings_.interface, " does not exist");
    if (link->down_since && turn.now >= *link->down_since + settings_.debounce) {
        if (!link->link.up) return concat("interface ", settings_.interface, " is down");
        return concat("interface ", settings_.interface, " has no carrier");
    }
    // It would not hear that there is a master, and be one beside it.
    if (!deafness_.empty()) return concat("cannot hear advertisements: ", deafness_);
    if (source(turn.kernel)) return std::nullopt;
    if (settings_.source_address) {
        return concat("source address ", *settings_.source_address, " is not on ", settings_.interface);
    }
    const auto* kind = settings_.family == Family::ipv4 ? "IPv4 address"
                       : speaks_link_local()            ? "IPv6 link-local address"
                                                        : "global IPv6 address";
    return concat("interface ", settings_.interface, " has no ", kind, " to send advertisements from");
}

/// RFC 9568 §5.1.2.1: IPv6 adverts come from the link-local address of the interface. Unicast peers know us
/// by an address like their own.
bool VirtualRouter::speaks_link_local() const {
    const auto& peers = settings_.unicast_peers;
    return settings_.family == Family::ipv6 && (peers.empty() || peers.front().is_link_local());
}

std::optional<IpAddress> VirtualRouter::source(const KernelView& kernel) const {
    const auto* link = kernel.link(settings_.interface);
    if (!link) return std::nullopt;
    const auto is_virtual = [this](const IpAddress& address) {
        const auto same = [&](const VirtualAddress& own) { return own.address == address; };
        return std::any_of(settings_.addresses.begin(), settings_.addresses.end(), same) ||
               std::any_of(settings_.addresses_excluded.begin(), settings_.addresses_excluded.end(), same);
    };
    std::optional<IpAddress> own_virtual;
    for (const auto& candidate : kernel.addresses(link->link.index)) {
        const auto& address = candidate.address;
        if (address.family() != settings_.family || !candidate.usable) continue;
        if (settings_.source_address) {
            if (address == *settings_.source_address) return address;
            continue;
        }
        if (address.is_ipv6() && address.is_link_local() != speaks_link_local()) continue;
        if (!is_virtual(address)) return address;
        if (!own_virtual) own_virtual = address;
    }
    // The addresses of an owner are its own: they may be the only ones it has.
    return settings_.priority == vrrp::owner_priority ? own_virtual : std::nullopt;
}

Duration VirtualRouter::skew() const {
    return vrrp::skew_time(settings_.version, effective_, master_interval_);
}

Duration VirtualRouter::peer_down() const {
    return vrrp::silence_limit(settings_.advert_interval, settings_.down_adverts);
}

Duration VirtualRouter::silence_limit() const {
    return std::max(peer_down(), vrrp::silence_limit(last_advert_.interval, settings_.down_adverts));
}

Duration VirtualRouter::silent_for(Instant now) const {
    return now - std::max(advertised_at_.value_or(since_), since_);
}

bool VirtualRouter::stalled(Instant now) const {
    return is_master() && silent_for(now) > advertised_peer_down_;
}

std::uint16_t VirtualRouter::apply(Event event, const vrrp::Facts& facts, const std::string& reason,
                                   Turn& turn) {
    const auto* row = vrrp::find(state_, event, facts);
    if (!row) return vrrp::none;
    const State from = state_;
    operate(row->operations, reason, turn);
    if (from == State::yielding && (row->operations & vrrp::drop_addresses) != 0) relieved_ = true;
    if (row->to != from) enter(row->to, reason, turn);
    return row->operations;
}

void VirtualRouter::operate(std::uint16_t operations, const std::string& reason, Turn& turn) {
    const auto wanted = [operations](vrrp::Operation operation) { return (operations & operation) != 0; };
    if (wanted(vrrp::send_advert)) send(effective_, turn);
    if (wanted(vrrp::answer_advert) && (!answered_at_ || turn.now - *answered_at_ >= answer_spacing)) {
        answered_at_ = turn.now;
        send(effective_, turn);
    } else if (wanted(vrrp::answer_advert)) {
        operations &= static_cast<std::uint16_t>(~vrrp::arm_adver);
        // Others count from a priority 0 on: they must hear us before their skew is over.
        if (advert_due_ && last_advert_.priority == vrrp::leaving_priority)
            advert_due_ = std::min(*advert_due_, *answered_at_ + answer_spacing);
    }
    if (wanted(vrrp::send_zero)) send(vrrp::leaving_priority, turn);
    if (wanted(vrrp::take_addresses)) take_addresses(turn);
    if (wanted(vrrp::drop_addresses)) drop_addresses(turn);
    if (wanted(vrrp::announce_again)) announce_again(turn);
    if (wanted(vrrp::learn_interval)) learn_interval();
    arm(operations, reason, turn);
}

/// In a group that steps aside there may be members that have heard nobody.
void VirtualRouter::learn_interval() {
    const bool heard = last_advert_.interval > Duration::zero();
    if (heard && settings_.version == vrrp::Version::v3) master_interval_ = last_advert_.interval;
}

void VirtualRouter::arm(std::uint16_t operations, const std::string& reason, Turn& turn) {
    const auto wanted = [operations](vrrp::Operation operation) { return (operations & operation) != 0; };
    if (wanted(vrrp::disarm)) {
        advert_due_.reset();
        master_down_due_.reset();
        expired_ = false;
    }
    if (wanted(vrrp::arm_adver)) {
        master_down_due_.reset();
        expired_ = false;
        // From the last due time, not from now: lateness of one advert must not move all later ones.
        const Instant next = advert_due_.value_or(turn.now) + settings_.advert_interval;
        const bool steady = advert_due_ && *advert_due_ <= turn.now && next > turn.now;
        advert_due_ = steady ? next : turn.now + settings_.advert_interval;
    }
    if (wanted(vrrp::arm_master_down) || wanted(vrrp::arm_first)) {
        advert_due_.reset();
        expired_ = false;
        // In FAULT it has listened.
        if (other_master_ && wanted(vrrp::arm_first)) learn_interval();
        armed_skew_ = wanted(vrrp::arm_master_down) && pair_is_live() ? Duration::zero() : skew();
        const Duration silence = vrrp::silence_limit(master_interval_, settings_.down_adverts) + armed_skew_;
        master_down_due_ = turn.now + silence;
        expire_by_silence(silence);
    }
    if (wanted(vrrp::arm_listen)) {
        advert_due_.reset();
        expired_ = false;
        armed_skew_ = skew();
        const Duration wait = settings_.advert_interval + armed_skew_;
        master_down_due_ = turn.now + wait;
        silence_ = true;
        expiry_reason_ = concat("no master heard for ", to_text(wait), " after a stall");
    }
    if (wanted(vrrp::arm_skew) && !expired_) {
        const Duration wait = pair_is_live() ? Duration::zero() : skew();
        if (!master_down_due_ || turn.now + wait < *master_down_due_) {
            master_down_due_ = turn.now + wait;
            armed_skew_ = wait;
            silence_ = false;
            expiry_reason_ = reason;
        }
    }
    if (wanted(vrrp::expire_master_down)) expire_master_down("owner of the addresses (priority 255)", turn);
}

void VirtualRouter::expire_master_down(const std::string& reason, Turn& turn) {
    if (state_ == State::master || state_ == State::yielding || expired_) return;
    master_down_due_ = turn.now;
    silence_ = false;
    expiry_reason_ = reason;
}

void VirtualRouter::expire_by_silence(Duration silence) {
    silence_ = true;
    expiry_reason_ = other_master_
                         ? concat("no advertisement from ", *other_master_, " for ", to_text(silence))
                         : concat("no master heard for ", to_text(silence));
}

std::string VirtualRouter::expiry_reason(Instant now) const {
    // A master of lower priority is heard, but does not put off the timer (RFC 9568 §6.4.2).
    const bool preempts = silence_ && other_master_ && last_heard_ && now < *last_heard_ + silence_limit() &&
                          heard_priority_ < effective_;
    if (!preempts) return expiry_reason_;
    return concat(*other_master_, " advertises priority ", heard_priority_, ", ours is ", effective_);
}

/// While its link is down it hears nobody, also where that is no fault yet (`debounce`): it would be a master
/// beside the other. So it does on a link that was made anew, which has a socket of its own. Then it listens
/// as after a stall (rules.md 6).
void VirtualRouter::listen_after_outage(const Turn& turn) {
    const auto* link = turn.kernel.link(settings_.interface);
    const bool down = state_ == State::backup && link && link->down_since;
    const bool was_down = std::exchange(hears_nobody_, down);
    const int before = std::exchange(listens_on_, link ? link->link.index : 0);
    const bool anew = before != 0 && before != listens_on_;
    if (state_ != State::backup || !(down || was_down || anew)) return;
    const Duration wait = master_interval_ + skew();
    if (!expired_ && (!master_down_due_ || *master_down_due_ >= turn.now + wait)) return;
    expired_ = false;
    armed_skew_ = skew();
    master_down_due_ = turn.now + wait;
    silence_ = true;
    expiry_reason_ = concat("no master heard for ", to_text(wait), " after its link was down");
}

bool VirtualRouter::run_timers(Turn& turn) {
    if (announce_due_ && *announce_due_ <= turn.now) announce_again(turn);
    listen_after_outage(turn);
    if (state_ == State::backup && master_down_due_ && *master_down_due_ <= turn.now) {
        master_down_due_.reset();
        expired_ = true;
    }
    if (state_ != State::master || !advert_due_ || *advert_due_ > turn.now) return false;
    const Duration late = turn.now - *advert_due_;
    counters_.worst_lateness = std::max(counters_.worst_lateness, late);
    if (turn.lateness.note(name(), late, peer_down() - settings_.advert_interval, turn.now))
        ++counters_.late_adverts;
    return true;
}

std::optional<Instant> VirtualRouter::next_deadline() const {
    std::optional<Instant> next;
    for (const auto& at : {advert_due_, master_down_due_, routes_due_, announce_due_}) {
        if (at && (!next || *at < *next)) next = at;
    }
    return next;
}

void VirtualRouter::set_priority(std::uint8_t effective, Turn& turn) {
    if (effective == effective_) return;
    turn.log(LogLevel::notice, name(),
             concat("Changing effective priority from ", effective_, " to ", effective));
    const auto before = effective_;
    effective_ = effective;
    const bool follows =
        other_master_ && last_heard_ && heard_priority_ < before && heard_priority_ >= effective;
    if (state_ == State::backup && follows) {
        follow_heard_master(turn);
    } else if (state_ == State::backup && master_down_due_ && armed_skew_ > Duration::zero()) {
        *master_down_due_ += skew() - armed_skew_;
        armed_skew_ = skew();
    }
    turn.to_publish.insert(id_);
}

/// The advert that was heard last had been discarded as losing, and did not put off the timer. Now it would.
void VirtualRouter::follow_heard_master(Turn& turn) {
    armed_skew_ = skew();
    const Duration silence = vrrp::silence_limit(master_interval_, settings_.down_adverts) + armed_skew_;
    if (turn.now >= *last_heard_ + silence) return;
    expired_ = false;
    lower_since_.reset();
    master_down_due_ = *last_heard_ + silence;
    expire_by_silence(silence);
}

void VirtualRouter::set_reason(const std::string& reason, Turn& turn) {
    if (reason == reason_) return;
    reason_ = reason;
    turn.to_publish.insert(id_);
}

void VirtualRouter::enter(State state, const std::string& reason, Turn& turn) {
    const State from = vrrp::visible(state_);
    const State to = vrrp::visible(state);
    state_ = state;
    relieved_ = false;
    lower_since_.reset();
    reason_ = reason;
    turn.to_publish.insert(id_);
    if (state == State::yielding) {
        announce_due_.reset();
        for (const auto& key : address_keys())
            turn.announcer.stop(key);
    }
    if (from == to) {
        turn.log(
            LogLevel::notice, name(),
            state == State::yielding ? concat("Yielding: ", reason) : concat("Going on as MASTER: ", reason));
        return;
    }
    since_ = turn.now;
    ++counters_.transitions;
    if (to == State::master) {
        ++counters_.became_master;
        other_master_.reset();
        last_advert_ = {};
        master_interval_ = settings_.advert_interval;
        advertised_peer_down_ = peer_down();
    }
    if (from == State::master) ++counters_.released_master;
    if (to == State::fault || to == State::init) {
        other_master_.reset();
        master_interval_ = settings_.advert_interval;
    }
    const Transition change{++turn.sequence, name(), group_, from, to, effective_, reason};
    turn.actions.push_back(Log{to == State::fault ? LogLevel::error : LogLevel::notice, name(),
                               concat("Entering ", vrrp::to_string(to), " STATE: ", reason), change});
    turn.actions.push_back(change);
}

}  // namespace regent::core
