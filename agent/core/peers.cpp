// SPDX-License-Identifier: Apache-2.0
#include "agent/core/peers.hpp"

#include <algorithm>

#include "agent/base/text.hpp"

namespace regent::core {
namespace {

// More senders than this on one VRID are an attack or a loop; what is known of them is not worth memory.
constexpr std::size_t known_senders = 16;
// One that says something else each time must not fill the log.
constexpr unsigned notes_a_minute = 20;
constexpr Duration minute = std::chrono::minutes(1);

bool counts(const IpAddress& address) {
    return address.is_ipv4() || !address.is_link_local();
}

std::vector<IpAddress> comparable(const std::vector<IpAddress>& list, bool link_locals) {
    std::vector<IpAddress> sorted;
    for (const auto& address : list) {
        if (link_locals || counts(address)) sorted.push_back(address);
    }
    std::sort(sorted.begin(), sorted.end());
    return sorted;
}

std::string list_text(const std::vector<IpAddress>& list) {
    constexpr std::size_t shown = 8;
    std::string text;
    for (std::size_t i = 0; i < std::min(list.size(), shown); ++i)
        text += (i == 0 ? "" : ", ") + list[i].to_string();
    if (list.size() > shown) text += concat(", … ", list.size(), " in all");
    return text;
}

}  // namespace

ListRelation compare_lists(const std::vector<IpAddress>& ours, const std::vector<IpAddress>& theirs) {
    if (ours == theirs) return ListRelation::equal;
    // A router that backs up link-locals alone still has to be told apart from others.
    const bool link_locals =
        std::none_of(ours.begin(), ours.end(), counts) || std::none_of(theirs.begin(), theirs.end(), counts);
    const auto a = comparable(ours, link_locals);
    const auto b = comparable(theirs, link_locals);
    if (a == b) return ListRelation::equal;
    std::vector<IpAddress> common;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(common));
    return common.empty() ? ListRelation::disjoint : ListRelation::overlapping;
}

void Peers::trust(const std::vector<IpAddress>& senders) {
    for (const auto& sender : senders) {
        if (trusted_.size() < known_senders) trusted_.insert(sender);
    }
}

void Peers::keep_only(const std::vector<IpAddress>& listed) {
    if (listed.empty()) return;
    std::erase_if(senders_, [&](const IpAddress& sender) {
        return std::find(listed.begin(), listed.end(), sender) == listed.end();
    });
}

void Peers::note(LogLevel level, const std::string& instance, std::string text, Turn& turn) {
    tell_unsaid(instance, turn);
    if (++notes_ > notes_a_minute) {
        ++unsaid_;
    } else {
        turn.log(level, instance, std::move(text));
    }
}

void Peers::tell_unsaid(const std::string& instance, Turn& turn) {
    if (minute_began_ && turn.now - *minute_began_ < minute) return;
    minute_began_ = turn.now;
    notes_ = 0;
    if (unsaid_ == 0) return;
    notes_ = 1;
    turn.log(LogLevel::warning, instance,
             concat(unsaid_, " more differences between other routers and us were not logged"));
    unsaid_ = 0;
}

bool Peers::accept_list(const std::string& instance, const std::vector<IpAddress>& ours,
                        const std::vector<IpAddress>& theirs, const IpAddress& sender, bool listed,
                        Turn& turn) {
    const auto relation = compare_lists(ours, theirs);
    if (relation == ListRelation::equal) {
        if (trusted_.size() < known_senders) trusted_.insert(sender);
        if (differing_.erase(sender) > 0) {
            note(LogLevel::notice, instance,
                 concat("the addresses of ", sender, " are the same as ours again"), turn);
        }
        return true;
    }
    if (relation == ListRelation::disjoint && !listed && !trusted_.contains(sender)) return false;
    if (relation == ListRelation::overlapping && trusted_.size() < known_senders) trusted_.insert(sender);
    const auto known = differing_.find(sender);
    const bool news = known == differing_.end() ? differing_.size() < known_senders : known->second != theirs;
    if (news) {
        differing_[sender] = theirs;
        note(LogLevel::warning, instance,
             concat("the addresses of ", sender, " differ from ours: it has ", list_text(theirs),
                    "; we have ", list_text(ours)),
             turn);
    }
    return true;
}

bool Peers::accepted(const Instance& instance, const IpAddress& sender, const vrrp::Decoded& decoded,
                     Turn& turn) {
    tell_unsaid(instance.name, turn);
    const bool is_new = senders_.size() < known_senders && senders_.insert(sender).second;
    if (is_new && instance.pair && senders_.size() == 2) {
        note(LogLevel::error, instance.name,
             concat("pair = true, but two routers were heard: ", *senders_.begin(), " and ",
                    *senders_.rbegin(), "; from now on takeovers wait for the skew time"),
             turn);
    }
    const Duration interval = decoded.advert.interval;
    const auto known = intervals_.find(sender);
    if (interval == instance.advert_interval) {
        if (known != intervals_.end()) intervals_.erase(known);
    } else if (known == intervals_.end() ? intervals_.size() < known_senders : known->second != interval) {
        intervals_[sender] = interval;
        note(LogLevel::warning, instance.name,
             concat(sender, " advertises every ", to_text(interval), ", we every ",
                    to_text(instance.advert_interval), ": as backup we follow the master's"),
             turn);
    }
    tell_first_address(instance, sender, decoded.advert.addresses, turn);
    if (!decoded.checksum_form) return is_new;
    checksum_form_ = decoded.checksum_form;
    const auto told = forms_.find(sender);
    if (told == forms_.end() ? forms_.size() < known_senders : told->second != *checksum_form_) {
        forms_[sender] = *checksum_form_;
        note(LogLevel::info, instance.name,
             concat(sender, " sends the checksum of ", vrrp::to_string(*checksum_form_)), turn);
    }
    return is_new;
}

/// RFC 9568 §5.2.9 and erratum 8300. Where we have none either, the configuration check has said so.
void Peers::tell_first_address(const Instance& instance, const IpAddress& sender,
                               const std::vector<IpAddress>& theirs, Turn& turn) {
    const auto wrong = [](const IpAddress& first) { return !first.is_ipv4() && !first.is_link_local(); };
    if (theirs.empty() || instance.addresses.empty()) return;
    if (!wrong(theirs.front()) || wrong(instance.addresses.front().address)) {
        wrong_first_.erase(sender);
    } else if (wrong_first_.size() < known_senders && wrong_first_.insert(sender).second) {
        note(LogLevel::warning, instance.name,
             concat(sender, " advertises ", theirs.front(),
                    " first, where the link-local address belongs (RFC 9568 §5.2.9)"),
             turn);
    }
}

vrrp::ChecksumForm Peers::checksum_form(ChecksumPolicy policy) const {
    switch (policy) {
        case ChecksumPolicy::message_only: return vrrp::ChecksumForm::message_only;
        case ChecksumPolicy::pseudo_header: return vrrp::ChecksumForm::pseudo_header;
        case ChecksumPolicy::automatic: break;
    }
    return checksum_form_.value_or(vrrp::ChecksumForm::pseudo_header);
}

}  // namespace regent::core
