// SPDX-License-Identifier: Apache-2.0
// VirtualRouter, the receiving half: what is accepted (RFC 9568 §7.1, rules.md 5), and what it means (§6.4).
#include <algorithm>

#include "agent/base/text.hpp"
#include "agent/core/virtual_router.hpp"

namespace regent::core {

using vrrp::Discard;
using vrrp::Event;
using vrrp::State;

namespace {

constexpr Duration rival_report_spacing = std::chrono::minutes(1);
constexpr Duration rival_report_least = std::chrono::seconds(1);

}  // namespace

void VirtualRouter::discard(Discard reason, const IpAddress& from, const std::string& detail, Turn& turn) {
    ++counters_.discarded[static_cast<std::size_t>(reason)];
    turn.discards.add(name(), from, reason, detail, turn.now, turn.actions);
}

std::optional<Discard> VirtualRouter::examine(const vrrp::Advert& advert, const IpAddress& from,
                                              const IpAddress& to, bool claims, const Turn& turn) const {
    if (state_ == State::init) return Discard::not_running;
    if (from == source(turn.kernel)) return Discard::looped;
    if (advert.version != settings_.version) return Discard::version;
    // Erratum 8298: silence would hide a second owner or a spoofer, so it is counted and told, never obeyed.
    // One that is leaving, cannot serve or must not preempt claims nothing: it listens for who does.
    if (is_owner() && (state_ == State::master || (state_ == State::backup && claims))) return Discard::owner;
    if (advert.version == vrrp::Version::v2) {
        std::optional<vrrp::Password> expected;
        if (settings_.password) expected = vrrp::make_password(*settings_.password);
        if (advert.password != expected) return Discard::authentication;
        if (advert.interval != settings_.advert_interval) return Discard::interval;
    }
    const auto& peers = settings_.unicast_peers;
    // The socket hears the groups of all virtual routers of the interface.
    if (peers.empty() ? to != multicast_group() : to.is_multicast()) return Discard::transport;
    if (!peers.empty() && std::find(peers.begin(), peers.end(), from) == peers.end())
        return Discard::unlisted;
    return std::nullopt;
}

std::optional<Event> VirtualRouter::accept(const vrrp::Decoded& decoded, const IpAddress& from,
                                           const IpAddress& to, bool claims, Turn& turn) {
    const auto& advert = decoded.advert;
    if (const auto reason = examine(advert, from, to, claims, turn)) {
        std::string detail;
        if (*reason == Discard::interval) {
            detail =
                concat("it says ", to_text(advert.interval), ", we use ", to_text(settings_.advert_interval));
        } else if (*reason == Discard::version) {
            detail = concat("it speaks version ", static_cast<unsigned>(advert.version), ", we speak ",
                            static_cast<unsigned>(settings_.version));
        }
        discard(*reason, from, detail, turn);
        if (*reason == Discard::owner) reclaim(advert, turn);
        return std::nullopt;
    }
    const bool listed = !settings_.unicast_peers.empty();
    if (!peers_.accept_list(name(), advertised(turn.kernel), advert.addresses, from, listed, turn)) {
        discard(Discard::foreign, from, {}, turn);
        return std::nullopt;
    }
    ++counters_.adverts_received;
    if (peers_.accepted(settings_, from, decoded, turn)) turn.to_publish.insert(id_);
    // A last resort that goes on because it cannot hear the master (of three routers, one link lost in one
    // direction) is nobody to take over from: the master would take the role back with its next advert, and
    // so on for ever.
    if (advert.priority == 1 && hears_better_master(from, turn.now)) return std::nullopt;
    last_advert_ = advert;
    const Event event = classify(advert, from, turn);
    if (event == Event::advert_losing && is_master()) tell_rival(from, advert.priority, turn);
    note_heard(advert, from, turn);
    return event;
}

/// As BACKUP, another master than `from`, which is no last resort, within the time that it is given.
bool VirtualRouter::hears_better_master(const IpAddress& from, Instant now) const {
    return state_ == State::backup && other_master_ && *other_master_ != from && heard_priority_ > 1 &&
           last_heard_ && now < *last_heard_ + silence_limit();
}

/// Who has claimed the addresses of an owner has taught the network where they are (rules.md 3). Against a
/// second owner that would never end.
void VirtualRouter::reclaim(const vrrp::Advert& advert, Turn& turn) {
    if (!is_master() || advert.priority == vrrp::owner_priority) return;
    if (compare_lists(advertised(turn.kernel), advert.addresses) != ListRelation::disjoint)
        announce_again(turn);
}

/// A router that has just lost its role to us says a last word with its own priority (rules.md 2): that is no
/// second master. One that was silent for so long that it must have given way is news when it comes back.
void VirtualRouter::tell_rival(const IpAddress& from, std::uint8_t priority, Turn& turn) {
    if (turn.now - since_ <= settings_.advert_interval) return;
    const bool returned = !rival_heard_at_ || turn.now - *rival_heard_at_ > peer_down();
    rival_heard_at_ = turn.now;
    if (rival_told_at_ && turn.now - *rival_told_at_ < (returned ? rival_report_least : rival_report_spacing))
        return;
    rival_told_at_ = turn.now;
    turn.log(
        LogLevel::warning, name(),
        concat("two masters: ", from, " advertises priority ", priority, " as if it were master, ours is ",
               effective_, ": it must give way; the addresses are announced again"));
}

Event VirtualRouter::classify(const vrrp::Advert& advert, const IpAddress& from, const Turn& turn) {
    if (advert.priority == vrrp::leaving_priority) {
        ++counters_.priority_zero_received;
        return Event::advert_zero;
    }
    if (state_ == State::master || state_ == State::yielding) {
        const auto ours = source(turn.kernel);
        const bool tie = advert.priority == effective_;
        const bool wins = advert.priority > effective_ || (tie && ours && from > *ours);
        return wins ? Event::advert_winning : Event::advert_losing;
    }
    if (advert.priority >= effective_) {
        lower_since_.reset();
        return Event::advert_winning;
    }
    if (!lower_since_) lower_since_ = turn.now;
    return advert.priority == 1 ? Event::advert_last_resort : Event::advert_losing;
}

void VirtualRouter::note_heard(const vrrp::Advert& advert, const IpAddress& from, Turn& turn) {
    heard_priority_ = advert.priority;
    if (advert.priority == vrrp::leaving_priority) {
        if (other_master_ == from) {
            other_master_.reset();
            // Two nodes with the same refusal would else take each other's attempts for a master (rules.md
            // 11).
            last_heard_.reset();
            turn.to_publish.insert(id_);
        }
        return;
    }
    last_heard_ = turn.now;
    if (other_master_ != from) {
        other_master_ = from;
        turn.to_publish.insert(id_);
    }
}

bool VirtualRouter::preempt_delayed(Instant now) const {
    return settings_.preempt_delay > Duration::zero() && lower_since_ &&
           now < *lower_since_ + settings_.preempt_delay;
}

}  // namespace regent::core
