// SPDX-License-Identifier: Apache-2.0
#include "agent/core/address_plan.hpp"

#include <algorithm>
#include <utility>

#include "agent/base/text.hpp"

namespace regent::core {
namespace {

// rules.md 8: more than ten repairs a minute are slowed down.
constexpr std::size_t repairs_at_once = 10;
constexpr Duration repair_window = std::chrono::minutes(1);
constexpr Duration slow_repair = std::chrono::seconds(1);
// How long a request may wait for its turn, while others hold the kernel's lock, before it is asked anew.
constexpr Duration patience = std::chrono::milliseconds(500);
// While others set addresses all the time, a refusal is not asked for with each of them.
constexpr Duration refusal_spacing = std::chrono::milliseconds(100);
constexpr Duration renewal_spacing = std::chrono::milliseconds(250);  // rules.md 7
// The kernel counts an address as expired 20 ms early (net/ipv4/devinet.c, ADDRCONF_TIMER_FUZZ_MINUS); the
// rest is for what we heard late.
constexpr Duration expiry_slack = std::chrono::milliseconds(100);

/// rules.md 11: 1 s, doubling to 60 s.
Duration retry_delay(unsigned failures) {
    constexpr unsigned doublings = 6;
    const Duration delay = std::chrono::seconds(1) * (1U << std::min(failures - 1, doublings));
    return std::min<Duration>(delay, std::chrono::seconds(60));
}

AddressKey key_of(const VirtualAddress& address) {
    return {address.device, address.address, address.prefix};
}

/// What cannot be changed of an address that stands.
bool looks_other(const VirtualAddress& a, const VirtualAddress& b) {
    return a.label != b.label || a.scope != b.scope || a.broadcast != b.broadcast;
}

}  // namespace

std::string AddressKey::to_string() const {
    return concat(address, "/", prefix, " on ", device);
}

void AddressPlan::release(Owner owner, const std::set<AddressKey>& kept) {
    auto& state = owners_[owner];
    for (const auto& key : state.keys) {
        auto& entry = entries_.at(key);
        if (kept.contains(key) || entry.owner != owner) continue;
        entry.configured = false;
        entry.desired = false;
        dirty_.insert(key);
    }
    state.keys.clear();
    state.present = 0;
}

void AddressPlan::configure(Owner owner, const std::vector<VirtualAddress>& addresses, Duration lease,
                            Instant now, const KernelView& kernel) {
    std::set<AddressKey> kept;
    for (const auto& address : addresses)
        kept.insert(key_of(address));
    release(owner, kept);
    auto& state = owners_[owner];
    if (state.lease != lease) {
        // What stands has the old lease until the next advertisement; none means for ever.
        const bool had = state.lease > Duration::zero();
        state.lease_until = had ? std::min(state.lease_until, now + lease) : now + lease;
        state.lease_changed = true;
        state.lease = lease;
    }
    for (const auto& address : addresses) {
        const AddressKey key = key_of(address);
        const auto [at, added] = entries_.try_emplace(key);
        auto& entry = at->second;
        const bool found = !entry.configured && entry.presence == Presence::absent &&
                           kernel.has_foreign(key.device, key.address, key.prefix);
        if (found) entry.presence = Presence::foreign;
        const bool moves = !added && entry.owner != owner && entry.presence != Presence::absent;
        entry.outdated = entry.outdated || (entry.configured && looks_other(entry.spec, address));
        entry.spec = address;
        entry.owner = owner;
        entry.configured = true;
        entry.desired = state.desired;
        if (entry.presence != Presence::absent) ++state.present;
        state.keys.push_back(key);
        dirty_.insert(key);
        // What stood there before us needs no request, so no answer will come either.
        if ((found || moves) && entry.desired) tell_present(key, entry);
    }
}

void AddressPlan::tell_present(const AddressKey& key, const Entry& entry) {
    if (entry.desired) events_.push_back({Event::Kind::held, entry.owner, key, {}});
    if (entry.presence == Presence::foreign && entry.configured)
        events_.push_back({Event::Kind::foreign, entry.owner, key, {}});
}

void AddressPlan::tell_held(Owner owner) {
    for (const auto& key : owners_[owner].keys) {
        if (entries_.at(key).presence != Presence::absent)
            events_.push_back({Event::Kind::held, owner, key, {}});
    }
}

void AddressPlan::desire(Owner owner, bool wanted, Instant now) {
    auto& state = owners_[owner];
    if (state.desired == wanted) return;
    state.desired = wanted;
    state.lease_until = now + state.lease;
    state.renewed_at.reset();
    // Those that stand already were set by an earlier run, with a lease of its own.
    state.lease_changed = state.present > 0;
    for (const auto& key : state.keys) {
        auto& entry = entries_.at(key);
        entry.desired = wanted;
        entry.expired = false;
        entry.outdated = false;
        entry.inherited = wanted && entry.presence == Presence::ours;
        entry.failures = 0;
        entry.repairs.clear();
        if (entry.not_before) delayed_.erase({*entry.not_before, key});
        entry.not_before.reset();
        if (wanted && entry.presence != Presence::absent) tell_present(key, entry);
        dirty_.insert(key);
    }
}

void AddressPlan::renew(Owner owner, Instant now, const KernelView& kernel, Actions& actions) {
    auto& state = owners_[owner];
    if (!state.desired || (state.lease == Duration::zero() && !state.lease_changed)) return;
    if (lapsed(owner, now)) return;
    if (state.renewed_at && now - *state.renewed_at < renewal_spacing && !state.lease_changed) return;
    // One that waits for longer than from one to the next is overtaken by the next.
    const Duration between = state.renewed_at ? now - *state.renewed_at : patience;
    const Instant not_after =
        state.lease == Duration::zero()
            ? Instant::max()
            : std::min(state.lease_until, now + std::clamp(between, renewal_spacing, patience));
    for (const auto& key : state.keys) {
        auto& entry = entries_.at(key);
        const auto* link = kernel.link(key.device);
        if (entry.presence != Presence::ours || entry.owner != owner || !link) continue;
        actions.push_back(RenewLease{link->link.index, entry.spec, state.lease, not_after});
        entry.inherited = false;
    }
    state.renewed_at = now;
    state.lease_until = now + state.lease;
    state.lease_changed = false;
}

void AddressPlan::resume_leases(Owner owner, Instant begun) {
    auto& state = owners_[owner];
    state.lease_until = begun + state.lease;
}

std::optional<Instant> AddressPlan::lease_end(Owner owner) const {
    const auto found = owners_.find(owner);
    if (found == owners_.end() || found->second.lease == Duration::zero()) return std::nullopt;
    return found->second.lease_until;
}

bool AddressPlan::lapsed(Owner owner, Instant now) const {
    const auto found = owners_.find(owner);
    if (found == owners_.end()) return false;
    const auto& state = found->second;
    return state.desired && state.lease > Duration::zero() && now >= state.lease_until;
}

void AddressPlan::expire(const AddressKey& key, Entry& entry) {
    entry.expired = true;
    events_.push_back({Event::Kind::lease_expired, entry.owner, key, {}});
}

void AddressPlan::set_presence(Entry& entry, Presence presence) {
    const bool was = entry.presence != Presence::absent;
    const bool is = presence != Presence::absent;
    entry.presence = presence;
    if (was == is || !entry.configured) return;
    auto& owner = owners_[entry.owner];
    owner.present = is ? owner.present + 1 : owner.present - 1;
}

/// Linux knows an IPv6 address once an interface, whatever its prefix (ipv6_get_ifaddr() of
/// net/ipv6/addrconf.c). Visits what else is known of that address.
template <class Each>
void AddressPlan::each_twin(const AddressKey& key, const Each& each) {
    if (key.address.is_ipv4()) return;
    for (auto at = entries_.lower_bound({key.device, key.address, 0});
         at != entries_.end() && at->first.device == key.device && at->first.address == key.address; ++at) {
        if (at->first.prefix != key.prefix) each(at->first, at->second);
    }
}

/// Somebody else's, with another prefix than is configured: it is the same address.
void AddressPlan::twin_appeared(const AddressKey& key) {
    each_twin(key, [&](const AddressKey& twin, Entry& entry) {
        if (!entry.configured || entry.presence != Presence::absent) return;
        const bool news = !entry.expected;
        entry.expected = false;
        entry.pending = false;
        set_presence(entry, Presence::foreign);
        dirty_.insert(twin);
        if (news) tell_present(twin, entry);
    });
}

/// To be looked at again, and what may have waited for it.
void AddressPlan::touch(const AddressKey& key) {
    dirty_.insert(key);
    each_twin(key, [this](const AddressKey& twin, const Entry&) { dirty_.insert(twin); });
}

/// The one that stands has to go first.
bool AddressPlan::waits_for_twin(const AddressKey& key) {
    bool waits = false;
    each_twin(key, [&](const AddressKey&, const Entry& entry) {
        waits = waits || entry.presence == Presence::ours || entry.pending;
    });
    return waits;
}

bool AddressPlan::appeared(const std::string& device, const KernelAddress& address) {
    const AddressKey key{device, address.address, address.prefix};
    marks_reported_ = marks_reported_ || address.ours || address.marked;
    auto found = entries_.find(key);
    if (!address.ours) twin_appeared(key);
    if (found == entries_.end()) {
        if (!address.ours) return false;
        // A leftover of an earlier run, or of an earlier configuration: ours, wanted by nobody.
        Entry leftover;
        leftover.spec.address = address.address;
        leftover.spec.prefix = address.prefix;
        leftover.spec.device = device;
        found = entries_.emplace(key, std::move(leftover)).first;
    }
    auto& entry = found->second;
    // Kernels before 5.18 do not report the mark; there an answer to our own request has to do. Elsewhere it
    // may be an address that others have set in the same instant.
    const bool answered = !marks_reported_ && entry.pending && entry.desired;
    const bool left = recalled_.contains(key);
    const bool ours = address.ours || answered || left || entry.presence == Presence::ours;
    const bool news = entry.presence == Presence::absent && !entry.expected;
    entry.expected = false;
    set_presence(entry, ours ? Presence::ours : Presence::foreign);
    entry.pending = false;
    dirty_.insert(key);
    if (!news) return ours;
    if (entry.desired) entry.failures = 0;
    tell_present(key, entry);
    return ours;
}

void AddressPlan::vanished(const std::string& device, const KernelAddress& address, Instant now) {
    const AddressKey key{device, address.address, address.prefix};
    each_twin(key, [&](const AddressKey& twin, Entry& entry) {
        if (entry.presence == Presence::foreign) set_presence(entry, Presence::absent);
        dirty_.insert(twin);
    });
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    auto& entry = found->second;
    const bool replaced = std::exchange(entry.outdated, false) && entry.pending;
    const bool was_ours = entry.presence == Presence::ours;
    set_presence(entry, Presence::absent);
    entry.pending = false;
    dirty_.insert(key);
    if (!was_ours) return;
    if (!entry.desired) return events_.push_back({Event::Kind::gone, entry.owner, key, {}});
    if (lapsed(entry.owner, now + expiry_slack)) return expire(key, entry);
    // Its lease was not of this time as MASTER, or the removal before it is answered late: set like those
    // that were not there.
    if (entry.inherited || replaced) return;
    while (!entry.repairs.empty() && now - entry.repairs.front() > repair_window)
        entry.repairs.pop_front();
    std::string text = "put back at once";
    if (entry.repairs.size() >= repairs_at_once) {
        delay(key, entry, now + slow_repair);
        text = concat("deleted more than ", repairs_at_once, " times in a minute: put back after ",
                      to_text(slow_repair));
    } else {
        entry.repairs.push_back(now);
    }
    events_.push_back({Event::Kind::deleted_by_other, entry.owner, key, std::move(text)});
}

void AddressPlan::begin_snapshot() {
    for (auto& [key, entry] : entries_) {
        entry.expected = entry.presence != Presence::absent;
        set_presence(entry, Presence::absent);
        entry.pending = false;
        dirty_.insert(key);
    }
}

void AddressPlan::link_removed(const std::string& device) {
    for (auto at = entries_.lower_bound({device, {}, 0}); at != entries_.end() && at->first.device == device;
         ++at) {
        set_presence(at->second, Presence::absent);
        at->second.pending = false;
        dirty_.insert(at->first);
    }
}

void AddressPlan::link_renamed(const std::string& from, const std::string& to) {
    std::vector<AddressKey> ours;
    for (auto at = entries_.lower_bound({from, {}, 0}); at != entries_.end() && at->first.device == from;
         ++at) {
        if (at->second.presence == Presence::ours) ours.push_back(at->first);
    }
    link_removed(from);
    for (const auto& key : ours) {
        KernelAddress moved;
        moved.address = key.address;
        moved.prefix = key.prefix;
        moved.ours = true;
        appeared(to, moved);
    }
}

void AddressPlan::link_appeared(const std::string& device) {
    for (auto at = entries_.lower_bound({device, {}, 0}); at != entries_.end() && at->first.device == device;
         ++at) {
        if (at->second.not_before) delayed_.erase({*at->second.not_before, at->first});
        at->second.not_before.reset();
        dirty_.insert(at->first);
    }
}

void AddressPlan::address_came(const std::string& device, Family family, Instant now) {
    std::vector<AddressKey> due;
    for (const auto& [until, key] : delayed_) {
        const auto found = entries_.find(key);
        if (key.device != device || key.address.family() != family || found == entries_.end()) continue;
        const unsigned failures = found->second.failures;
        const bool refused = found->second.desired && failures > 0;
        if (refused && now >= until - retry_delay(failures) + refusal_spacing) due.push_back(key);
    }
    for (const auto& key : due)
        delay(key, entries_.at(key), now);
}

void AddressPlan::refused(const AddressKey& key, bool adding, const std::string& reason, Instant now) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    auto& entry = found->second;
    if (adding && !entry.pending && entry.presence == Presence::ours) {
        events_.push_back({Event::Kind::renewal_refused, entry.owner, key, reason});
        return;
    }
    entry.pending = false;
    if (!adding) entry.outdated = false;
    touch(key);
    if (adding != entry.desired) return;
    ++entry.failures;
    delay(key, entry, now + retry_delay(entry.failures));
    const auto kind = adding ? Event::Kind::refused : Event::Kind::removal_refused;
    events_.push_back({kind, entry.owner, key, reason});
}

void AddressPlan::not_tried(const AddressKey& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    found->second.pending = false;
    touch(key);
}

void AddressPlan::delay(const AddressKey& key, Entry& entry, Instant until) {
    if (entry.not_before) delayed_.erase({*entry.not_before, key});
    entry.not_before = until;
    delayed_.insert({until, key});
}

void AddressPlan::reconcile(Instant now, const KernelView& kernel, Actions& actions) {
    while (!delayed_.empty() && delayed_.begin()->first <= now) {
        const AddressKey key = delayed_.begin()->second;
        delayed_.erase(delayed_.begin());
        if (const auto found = entries_.find(key); found != entries_.end()) found->second.not_before.reset();
        dirty_.insert(key);
    }
    std::set<AddressKey> dirty;
    dirty.swap(dirty_);
    for (const auto& key : dirty) {
        const auto found = entries_.find(key);
        if (found != entries_.end()) reconcile(key, found->second, now, kernel, actions);
    }
}

void AddressPlan::reconcile(const AddressKey& key, Entry& entry, Instant now, const KernelView& kernel,
                            Actions& actions) {
    const bool was_held = entry.expected;  // and is not in the snapshot that has just been read
    entry.expected = false;
    const bool missing = entry.desired && entry.presence == Presence::absent;
    entry.outdated = entry.outdated && entry.presence == Presence::ours;
    const bool surplus = (!entry.desired || entry.outdated) && entry.presence == Presence::ours;
    // An addition under way counts too: the address may still appear.
    const bool leaving = !entry.desired && !entry.not_before && (surplus || entry.pending);
    if (leaving) {
        removing_.insert(key);
    } else {
        removing_.erase(key);
    }
    if (!missing && !surplus) {
        if (!entry.configured && !entry.pending) {
            if (entry.not_before) delayed_.erase({*entry.not_before, key});
            entries_.erase(key);
        }
        return;
    }
    if (entry.pending || entry.not_before || (missing && entry.expired)) return;
    if (missing && waits_for_twin(key)) return;
    if (missing && was_held && lapsed(entry.owner, now)) return expire(key, entry);
    const auto* link = kernel.link(key.device);
    if (!link) {
        if (missing) refused(key, true, concat("interface ", key.device, " does not exist"), now);
        return;
    }
    entry.pending = true;
    if (missing) {
        entry.inherited = false;
        actions.push_back(
            AddAddress{link->link.index, entry.spec, owners_[entry.owner].lease, now + patience});
    } else {
        actions.push_back(RemoveAddress{link->link.index, key.address, key.prefix});
    }
}

std::optional<Instant> AddressPlan::next_deadline() const {
    if (!dirty_.empty() || !events_.empty()) return Instant::min();
    if (!delayed_.empty()) return delayed_.begin()->first;
    return std::nullopt;
}

std::vector<AddressPlan::Event> AddressPlan::take_events() {
    std::vector<Event> taken;
    taken.swap(events_);
    return taken;
}

bool AddressPlan::complete(Owner owner) const {
    const auto found = owners_.find(owner);
    return found == owners_.end() || found->second.present == found->second.keys.size();
}

std::vector<IpAddress> AddressPlan::held(Owner owner) const {
    std::vector<IpAddress> addresses;
    const auto found = owners_.find(owner);
    if (found == owners_.end()) return addresses;
    for (const auto& key : found->second.keys) {
        if (entries_.at(key).presence != Presence::absent) addresses.push_back(key.address);
    }
    return addresses;
}

bool AddressPlan::settled() const {
    return dirty_.empty() && removing_.empty();
}

}  // namespace regent::core
