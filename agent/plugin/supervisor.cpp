// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/supervisor.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <set>
#include <string_view>
#include <utility>

namespace regent::plugin {
namespace {

/// Ends the runners whose plan is not in `plans` as it was; the rest stays as it is.
template <class Runners, class Plans, class NameOf>
void end_changed(Runners& runners, const Plans& plans, const NameOf& name_of) {
    std::erase_if(runners, [&](const auto& entry) {
        const auto found = std::find_if(plans.begin(), plans.end(),
                                        [&](const auto& plan) { return name_of(plan) == entry.first; });
        return found == plans.end() || *found != entry.second->plan();
    });
}

}  // namespace

Supervisor::Supervisor(std::unique_ptr<Launcher> launcher, platform::EventLoop& loop, Outlets outlets)
    : launcher_(std::move(launcher)),
      loop_(loop),
      outlets_(std::move(outlets)),
      check_outlets_{[this](core::CheckVerdict verdict) {
                         changed_ = true;
                         outlets_.verdict(std::move(verdict));
                     },
                     outlets_.log, outlets_.answer},
      notifier_outlets_{outlets_.log, outlets_.answer, outlets_.incident} {}

HostLink& Supervisor::link_of(const config::PluginUse& use) {
    const HostFile file{use.plugin, use.needs_net_raw, use.needs_setuid, use.build};
    auto& link = links_[file];
    if (!link) {
        link = std::make_unique<HostLink>(
            file, HostLink::Wiring{*launcher_, loop_, agenda_, outlets_.log, outlets_.incident, node_});
    }
    return *link;
}

void Supervisor::apply(const config::Plan& plan, Instant now) {
    node_ = plan.node;
    changed_ = true;
    std::erase_if(links_, [](const auto& entry) { return entry.second->is_idle(); });
    for (const auto& [file, link] : links_)
        link->set_node(node_);
    std::map<std::string, std::deque<notify::Event>> waiting;
    for (const auto& notifier : plan.notifiers) {
        const auto before = notifiers_.find(notifier.name);
        if (before != notifiers_.end() && before->second->plan() != notifier)
            waiting[notifier.name] = before->second->take_waiting();
    }
    end_changed(checks_, plan.checks, [](const auto& check) { return check.settings.name; });
    end_changed(notifiers_, plan.notifiers, [](const auto& notifier) { return notifier.name; });
    for (const auto& check : plan.checks) {
        auto& runner = checks_[check.settings.name];
        if (runner) continue;
        runner = std::make_unique<CheckRunner>(check, ++last_instance_, link_of(check.use), agenda_,
                                               check_outlets_);
    }
    for (const auto& notifier : plan.notifiers) {
        auto& runner = notifiers_[notifier.name];
        if (runner) continue;
        runner = std::make_unique<NotifierRunner>(notifier, ++last_instance_, link_of(notifier.use), agenda_,
                                                  notifier_outlets_);
        for (const auto& event : waiting[notifier.name])
            runner->push(event, now);
    }
    agenda_.run(now);
}

void Supervisor::notify(const notify::Event& event, Instant now) {
    for (const auto& [name, notifier] : notifiers_)
        notifier->push(event, now);
}

void Supervisor::obey(const Order& order, Instant now) {
    const auto unknown = [&](std::string_view kind) {
        outlets_.answer({order.id,
                         OrderAnswer::Outcome::unknown_target,
                         {},
                         fmt::format("there is no {} {}", kind, order.target)});
    };
    switch (order.kind) {
        case Order::Kind::run_check: {
            const auto check = checks_.find(order.target);
            return check == checks_.end() ? unknown("check") : check->second->ask(order.id, now);
        }
        case Order::Kind::test_notifier: {
            const auto notifier = notifiers_.find(order.target);
            if (notifier == notifiers_.end()) return unknown("notifier");
            notify::Event event;
            event.kind = notify::EventKind::test;
            event.wall_ns = order.wall_ns;
            event.name = order.target;
            event.reason = order.reason;
            event.order = order.id;
            return notifier->second->push(event, now);
        }
        case Order::Kind::restart_plugin: {
            const auto link = std::find_if(links_.begin(), links_.end(), [&](const auto& entry) {
                return !entry.second->unused() && entry.first.plugin.stem() == order.target;
            });
            return link == links_.end() ? unknown("plugin") : restart(*link->second, order.id, now);
        }
    }
}

void Supervisor::restart(HostLink& link, std::uint64_t order, Instant now) {
    using Outcome = OrderAnswer::Outcome;
    const auto done = [this, order](const std::string& failure) {
        changed_ = true;
        outlets_.answer({order, failure.empty() ? Outcome::done : Outcome::failed, {}, failure});
    };
    if (!link.restart(done, now))
        outlets_.answer({order, Outcome::busy, {}, "it is being restarted already"});
}

std::vector<Status> Supervisor::status() const {
    std::vector<Status> all;
    for (const auto& [name, check] : checks_)
        all.emplace_back(check->status());
    for (const auto& [name, notifier] : notifiers_)
        all.emplace_back(notifier->status());
    std::set<std::string> shown;
    for (const bool unused : {false, true}) {
        for (const auto& [file, link] : links_) {
            // Of a file that was replaced the former host may be ending still.
            if (link->unused() == unused && shown.insert(file.plugin.stem()).second)
                all.emplace_back(link->status());
        }
    }
    return all;
}

bool Supervisor::delivered() const {
    return std::all_of(notifiers_.begin(), notifiers_.end(),
                       [](const auto& entry) { return entry.second->idle(); });
}

}  // namespace regent::plugin
