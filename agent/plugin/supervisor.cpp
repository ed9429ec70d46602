// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/supervisor.hpp"

#include <algorithm>
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
                     outlets_.log} {}

HostLink& Supervisor::link_of(const config::PluginUse& use) {
    const HostFile file{use.plugin, use.needs_net_raw, use.needs_setuid};
    auto& link = links_[file];
    if (!link) {
        link = std::make_unique<HostLink>(file,
                                          HostLink::Wiring{*launcher_, loop_, agenda_, outlets_.log, node_});
    }
    return *link;
}

void Supervisor::apply(const config::Plan& plan, Instant now) {
    node_ = plan.node;
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
                                                  outlets_.log);
        for (const auto& event : waiting[notifier.name])
            runner->push(event, now);
    }
    agenda_.run(now);
}

void Supervisor::notify(const notify::Event& event, Instant now) {
    for (const auto& [name, notifier] : notifiers_)
        notifier->push(event, now);
}

std::vector<Status> Supervisor::status() const {
    std::vector<Status> all;
    for (const auto& [name, check] : checks_)
        all.emplace_back(check->status());
    for (const auto& [name, notifier] : notifiers_)
        all.emplace_back(notifier->status());
    for (const auto& [file, link] : links_)
        all.emplace_back(link->status());
    return all;
}

bool Supervisor::delivered() const {
    return std::all_of(notifiers_.begin(), notifiers_.end(),
                       [](const auto& entry) { return entry.second->idle(); });
}

}  // namespace regent::plugin
