// SPDX-License-Identifier: Apache-2.0
#include "agent/core/health.hpp"

#include <algorithm>
#include <set>

namespace regent::core {
namespace {

/// rules.md 13: `timeout + (fall − 1) × interval`, at least 5 s.
Duration grace(const Check& check) {
    return std::max<Duration>(check.timeout + (check.fall - 1) * check.interval, std::chrono::seconds(5));
}

bool has_verdict(Health::State state) {
    return state != Health::State::pending && state != Health::State::overdue;
}

Health::State state_of(Memory::Verdict verdict) {
    switch (verdict) {
        case Memory::Verdict::up: return Health::State::up;
        case Memory::Verdict::down: return Health::State::down;
        case Memory::Verdict::ignored: return Health::State::ignored;
    }
    return Health::State::ignored;
}

}  // namespace

void Health::recall(const std::vector<Memory::Check>& checks,
                    const std::vector<Memory::Override>& overrides) {
    for (const auto& check : checks)
        recalled_[check.name] = check;
    for (const auto& override : overrides)
        overrides_[override.check] = override;
}

std::vector<Memory::Override> Health::overrides() const {
    std::vector<Memory::Override> all;
    for (const auto& [check, override] : overrides_)
        all.push_back(override);
    return all;
}

std::vector<std::string> Health::end_overrides(Instant now) {
    std::vector<std::string> ended;
    std::erase_if(overrides_, [&](const auto& entry) {
        if (entry.second.until > now) return false;
        ended.push_back(entry.first);
        return true;
    });
    return ended;
}

std::vector<Memory::Check> Health::remember() const {
    std::vector<Memory::Check> checks;
    for (const auto& [name, record] : records_) {
        const auto& judgement = record.judgement;
        if (!has_verdict(judgement.state)) continue;
        const auto verdict = judgement.state == State::up     ? Memory::Verdict::up
                             : judgement.state == State::down ? Memory::Verdict::down
                                                              : Memory::Verdict::ignored;
        checks.push_back({name, verdict, judgement.message});
    }
    return checks;
}

void Health::configure(const std::vector<Check>& checks, Instant now) {
    std::set<std::string> wanted;
    for (const auto& check : checks) {
        wanted.insert(check.name);
        const auto [at, added] = records_.try_emplace(check.name);
        const bool bound_anew =
            at->second.judgement.stale && at->second.settings.hold_time != check.hold_time;
        at->second.settings = check;
        if (bound_anew) begin_hold(at->second, now);
        if (!added) continue;
        at->second.grace_ends = now + grace(check);
        const auto before = recalled_.find(check.name);
        if (before != recalled_.end()) {
            at->second.judgement = {state_of(before->second.verdict), true, before->second.message};
        }
    }
    recalled_.clear();
    const auto is_gone = [&](const auto& entry) { return !wanted.contains(entry.first); };
    std::erase_if(records_, is_gone);
    std::erase_if(overrides_, is_gone);
}

void Health::count(Record& record, bool good, bool full_fall) {
    record.rising = good ? record.rising + 1 : 0;
    record.falling = good ? 0 : record.falling + 1;
    if (full_fall) record.falling = std::max(record.falling, record.settings.fall);
    auto& state = record.judgement.state;
    // The first verdict stands at once: until then nothing is known that rise and fall could protect.
    const bool first = !has_verdict(state) || state == State::ignored;
    if (good && (first || record.rising >= record.settings.rise)) state = State::up;
    if (!good && (first || record.falling >= record.settings.fall)) state = State::down;
}

void Health::begin_hold(Record& record, Instant now) {
    const auto& limit = record.settings.hold_time;
    record.hold_ends = limit ? std::optional(now + *limit) : std::nullopt;
}

void Health::unknown(Record& record, Instant now) {
    auto& judgement = record.judgement;
    if (!has_verdict(judgement.state)) return;
    switch (record.settings.on_unknown) {
        case OnUnknown::ignore: judgement.state = State::ignored; break;
        case OnUnknown::down: count(record, false, false); break;
        case OnUnknown::hold:
            if (!judgement.stale) begin_hold(record, now);
            judgement.stale = true;
            break;
    }
}

bool Health::verdict(const CheckVerdict& verdict, Instant now) {
    const auto found = records_.find(verdict.check);
    if (found == records_.end()) return false;
    auto& record = found->second;
    const Judgement before = record.judgement;
    record.judgement.message = verdict.message;
    if (verdict.state == CheckState::unknown) {
        unknown(record, now);
    } else {
        record.judgement.stale = false;
        record.hold_ends.reset();
        record.grace_ends.reset();
        const bool good = verdict.state != CheckState::down;
        count(record, good, !good && verdict.unsolicited);
    }
    return before.state != record.judgement.state || before.stale != record.judgement.stale;
}

bool Health::run(Instant now) {
    bool changed = false;
    for (auto& [name, record] : records_) {
        if (record.grace_ends && *record.grace_ends <= now) {
            record.grace_ends.reset();
            // A verdict of an earlier run that nothing has confirmed is as good as UNKNOWN.
            if (has_verdict(record.judgement.state)) {
                record.judgement.stale = false;
                unknown(record, now);
            } else {
                record.judgement.state = State::overdue;
            }
            changed = true;
        }
        if (record.hold_ends && *record.hold_ends <= now) {
            record.hold_ends.reset();
            record.judgement.state = State::down;
            changed = true;
        }
    }
    return changed;
}

std::optional<Instant> Health::next_deadline() const {
    std::optional<Instant> next;
    for (const auto& [name, override] : overrides_) {
        if (!next || override.until < *next) next = override.until;
    }
    for (const auto& [name, record] : records_) {
        for (const auto& at : {record.grace_ends, record.hold_ends}) {
            if (at && (!next || *at < *next)) next = at;
        }
    }
    return next;
}

Health::Judgement Health::judge(const std::string& check) const {
    const auto found = records_.find(check);
    if (found == records_.end()) return {};
    if (const auto override = overrides_.find(check); override != overrides_.end())
        return {override->second.up ? State::up : State::down, false, override->second.message};
    return found->second.judgement;
}

}  // namespace regent::core
