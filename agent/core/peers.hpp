// SPDX-License-Identifier: Apache-2.0
// Who was heard on a virtual router, and what is known of them: the alarm of two senders (rules.md 4),
// address lists and checksum forms (rules.md 5). Bounded, whatever arrives.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/base/ip_address.hpp"
#include "agent/base/time.hpp"
#include "agent/core/settings.hpp"
#include "agent/core/turn.hpp"
#include "agent/vrrp/packet.hpp"

namespace regent::core {

/// How two address lists relate, without regard to order and to IPv6 link-locals.
enum class ListRelation : std::uint8_t { equal, overlapping, disjoint };
ListRelation compare_lists(const std::vector<IpAddress>& ours, const std::vector<IpAddress>& theirs);

class Peers {
  public:
    /// Judges the address list of an advertisement. False: another virtual router uses our VRID; the packet
    /// is foreign. Differences are reported once a sender, and again when they have ended.
    bool accept_list(const std::string& instance, const std::vector<IpAddress>& ours,
                     const std::vector<IpAddress>& theirs, const IpAddress& sender, bool listed, Turn& turn);

    /// An advertisement of `sender` was accepted. Reports a second sender on a pair, a differing interval, an
    /// IPv6 list that does not begin with a link-local address, and the checksum form. True: it was not among
    /// seen() before.
    bool accepted(const Instance& instance, const IpAddress& sender, const vrrp::Decoded& decoded,
                  Turn& turn);

    /// Whose advertisements were accepted in this run, the first few.
    std::vector<IpAddress> seen() const { return {senders_.begin(), senders_.end()}; }
    /// Senders whose list overlapped ours, in this run or before it (rules.md 5).
    std::vector<IpAddress> trusted() const { return {trusted_.begin(), trusted_.end()}; }
    void trust(const std::vector<IpAddress>& senders);
    /// Other unicast peers: those that are not `listed` any more are no part of a pair. Empty: all may be.
    void keep_only(const std::vector<IpAddress>& listed);

    /// A pair may leave out its skew: exactly one peer has been heard in this run.
    bool is_pair() const { return senders_.size() == 1; }
    /// The form to send with: the peer's once it is known.
    vrrp::ChecksumForm checksum_form(ChecksumPolicy policy) const;

  private:
    /// A message, unless there were too many in the last minute; those are counted.
    void note(LogLevel level, const std::string& instance, std::string text, Turn& turn);
    void tell_first_address(const Instance& instance, const IpAddress& sender,
                            const std::vector<IpAddress>& theirs, Turn& turn);
    /// When the minute is over: a new one begins with what the last has left out.
    void tell_unsaid(const std::string& instance, Turn& turn);

    std::set<IpAddress> senders_;                            ///< accepted, the first few
    std::set<IpAddress> trusted_;                            ///< their list overlapped ours at least once
    std::map<IpAddress, std::vector<IpAddress>> differing_;  ///< reported lists
    std::map<IpAddress, Duration> intervals_;                ///< reported intervals
    std::map<IpAddress, vrrp::ChecksumForm> forms_;          ///< reported checksum forms
    std::set<IpAddress> wrong_first_;                        ///< reported for the order of their IPv6 list
    std::optional<vrrp::ChecksumForm> checksum_form_;        ///< the last that was heard
    std::optional<Instant> minute_began_;
    unsigned notes_ = 0;
    std::uint64_t unsaid_ = 0;
};

}  // namespace regent::core
