// SPDX-License-Identifier: Apache-2.0
// The addresses that should be on the interfaces and those that are: two sets, and the plan is their
// difference. A failed add, a deletion by another program, a netlink overrun and a restart are all the same
// case.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/base/time.hpp"
#include "agent/core/action.hpp"
#include "agent/core/address_key.hpp"
#include "agent/core/kernel_view.hpp"

namespace regent::core {

/// Every operation costs O(log n) in the number of addresses, so that a thousand move without a quadratic
/// step.
class AddressPlan {
  public:
    using Owner = std::uint32_t;

    /// Something that the owner of an address must know.
    struct Event {
        enum class Kind : std::uint8_t {
            held,              ///< the kernel has it now and we want it: announce it
            gone,              ///< ours, which we did not want any more
            deleted_by_other,  ///< it will be put back; `text` says when, if not at once
            lease_expired,     ///< the kernel took it because we did not renew it: not put back
            renewal_refused,   ///< `text` is why its lease could not be renewed
            refused,           ///< `text` is why it could not be set
            removal_refused,   ///< `text` is why it is still there
            foreign,           ///< it stood there before us: served, never removed (rules.md 8)
        };
        Kind kind;
        Owner owner;
        AddressKey key;
        std::string text;
    };

    /// Replaces the addresses of `owner`. Those that are no longer named are removed, unless another owner
    /// takes them over; those that stay are not touched. `lease` 0: they stay until they are removed.
    void configure(Owner owner, const std::vector<VirtualAddress>& addresses, Duration lease, Instant now,
                   const KernelView& kernel);
    void forget(Owner owner) {
        release(owner, {});
        owners_.erase(owner);
    }
    /// Whether the addresses of `owner` should be on their interfaces.
    void desire(Owner owner, bool wanted, Instant now);
    /// Tells of what `owner` holds as if it had just come.
    void tell_held(Owner owner);
    /// An advertisement has left: the leases of what we hold start anew, at most four times a second
    /// (rules.md 7).
    void renew(Owner owner, Instant now, const KernelView& kernel, Actions& actions);
    /// The leases of `owner` began then: an earlier run has set them.
    void resume_leases(Owner owner, Instant begun);
    /// When the leases of `owner` run out unless they are renewed; nullopt: never.
    std::optional<Instant> lease_end(Owner owner) const;
    /// The leases of `owner` have run out, whether or not the kernel has said so yet.
    bool lapsed(Owner owner, Instant now) const;
    /// What an earlier run held: ours where the kernel does not report marks, until end_recall().
    void recall(std::set<AddressKey> held) { recalled_ = std::move(held); }
    void end_recall() { recalled_.clear(); }

    /// Returns whether the address is ours: marked by the kernel, or just asked for by us.
    bool appeared(const std::string& device, const KernelAddress& address);
    void vanished(const std::string& device, const KernelAddress& address, Instant now);
    /// Everything is taken as absent until it appears again; requests under way are forgotten.
    void begin_snapshot();
    void link_removed(const std::string& device);
    /// The addresses went along: what is ours under the new name is taken for a leftover there.
    void link_renamed(const std::string& from, const std::string& to);
    void link_appeared(const std::string& device);
    /// One that is not ours: what was refused there, for want of its family perhaps, is tried again at once.
    void address_came(const std::string& device, Family family, Instant now);
    void refused(const AddressKey& key, bool adding, const std::string& reason, Instant now);

    /// The request waited too long and was dropped: if the address is still wanted it is asked for anew.
    void not_tried(const AddressKey& key);

    /// Asks for what is missing and due, and for the removal of what is too much. Unknown devices count as
    /// refused.
    void reconcile(Instant now, const KernelView& kernel, Actions& actions);
    std::optional<Instant> next_deadline() const;

    std::vector<Event> take_events();
    /// Whether the kernel holds every address of `owner`.
    bool complete(Owner owner) const;
    std::vector<IpAddress> held(Owner owner) const;
    /// No removal is under way: what should be gone is gone, or was refused and reported.
    bool settled() const;

  private:
    enum class Presence : std::uint8_t { absent, ours, foreign };
    struct Entry {
        VirtualAddress spec;
        Owner owner = 0;
        bool configured = false;
        bool desired = false;
        bool pending = false;  ///< asked for, no answer yet
        Presence presence = Presence::absent;
        bool expected = false;   ///< was there before the snapshot that is being read
        bool expired = false;    ///< its lease has run out: not put back before it is desired anew
        bool inherited = false;  ///< stands since before it was desired, with the lease of that time
        bool outdated = false;   ///< stands as it was configured before: set anew
        unsigned failures = 0;
        std::optional<Instant> not_before;
        std::deque<Instant> repairs;  ///< of the last minute
    };
    struct OwnerState {
        std::vector<AddressKey> keys;
        bool desired = false;
        std::size_t present = 0;
        Duration lease = Duration::zero();
        Instant lease_until{};  ///< meaningful while desired
        std::optional<Instant> renewed_at;
        bool lease_changed = false;  ///< the kernel knows another lease than is wanted
    };

    /// Addresses of `owner` that are not in `kept` are nobody's from now on.
    void release(Owner owner, const std::set<AddressKey>& kept);
    /// It is there now: who wants it announces it.
    void tell_present(const AddressKey& key, const Entry& entry);
    void set_presence(Entry& entry, Presence presence);
    template <class Each>
    void each_twin(const AddressKey& key, const Each& each);
    void twin_appeared(const AddressKey& key);
    void touch(const AddressKey& key);
    bool waits_for_twin(const AddressKey& key);
    void expire(const AddressKey& key, Entry& entry);
    void delay(const AddressKey& key, Entry& entry, Instant until);
    void reconcile(const AddressKey& key, Entry& entry, Instant now, const KernelView& kernel,
                   Actions& actions);

    std::map<AddressKey, Entry> entries_;
    std::map<Owner, OwnerState> owners_;
    std::set<AddressKey> dirty_;
    std::set<std::pair<Instant, AddressKey>> delayed_;
    std::set<AddressKey> removing_;  ///< should be gone, is or may come to be there, not refused
    std::vector<Event> events_;
    std::set<AddressKey> recalled_;
    bool marks_reported_ = false;  ///< by the kernel: an address was seen with its mark
};

}  // namespace regent::core
