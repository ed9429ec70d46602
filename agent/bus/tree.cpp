// SPDX-License-Identifier: Apache-2.0
#include "agent/bus/tree.hpp"

#include <utility>
#include <vector>

#include "agent/bus/changes.hpp"

namespace regent::bus {
namespace {

template <class View>
void absorb(std::map<std::string, View>& views, const std::map<std::string, std::optional<View>>& changes) {
    for (const auto& [name, view] : changes) {
        if (view) {
            views[name] = *view;
        } else {
            views.erase(name);
        }
    }
}

}  // namespace

Tree::Tree(const Surroundings& around) : around_(around), manager_(around) {
    for (const auto& [name, view] : around.picture.instances)
        instances_[name] = std::make_unique<InstanceObject>(around, name);
    for (const auto& [name, view] : around.picture.groups)
        groups_[name] = std::make_unique<GroupObject>(around, name);
    for (const auto& [name, view] : around.picture.checks)
        checks_[name] = std::make_unique<CheckObject>(around, name);
    for (const auto& [name, view] : around.picture.notifiers)
        notifiers_[name] = std::make_unique<NotifierObject>(around, name);
    for (const auto& [name, view] : around.picture.plugins)
        plugins_[name] = std::make_unique<PluginObject>(around, name);
}

template <class Object, class View>
void Tree::update(std::map<std::string, std::unique_ptr<Object>>& objects, std::map<std::string, View>& views,
                  const std::map<std::string, std::optional<View>>& changes) {
    for (const auto& [name, view] : changes) {
        if (!view) continue;
        const auto before = views.find(name);
        if (before == views.end()) {
            views[name] = *view;
            objects[name] = std::make_unique<Object>(around_, name);
            continue;
        }
        const auto properties = changed_properties(before->second, *view);
        before->second = *view;
        if (!properties.empty()) objects.at(name)->changed(properties);
    }
}

template <class Object, class View>
void Tree::remove(std::map<std::string, std::unique_ptr<Object>>& objects, std::map<std::string, View>& views,
                  const std::map<std::string, std::optional<View>>& changes) {
    for (const auto& [name, view] : changes) {
        if (view) continue;
        if (const auto object = objects.find(name); object != objects.end()) {
            object->second->withdraw();  // while it can still be asked
            objects.erase(object);
        }
        views.erase(name);
    }
}

void Tree::apply(Picture& picture, const Batch& batch) {
    const AgentView agent = picture.agent;
    const std::string state = picture.state();
    if (batch.agent) picture.agent = *batch.agent;
    const auto all_kinds = [&](const auto& work) {
        work(instances_, picture.instances, batch.instances);
        work(groups_, picture.groups, batch.groups);
        work(checks_, picture.checks, batch.checks);
        work(notifiers_, picture.notifiers, batch.notifiers);
        work(plugins_, picture.plugins, batch.plugins);
    };
    all_kinds([this](auto& objects, auto& views, const auto& changes) { update(objects, views, changes); });
    // Before who is deleted goes: its last word is one of them.
    for (const auto& transition : batch.transitions) {
        picture.keep(transition);
        signal(transition);
    }
    for (const auto& incident : batch.incidents)
        std::visit([this](const auto& what) { signal(what); }, incident);
    all_kinds([this](auto& objects, auto& views, const auto& changes) { remove(objects, views, changes); });
    for (const auto& [name, counters] : batch.counters)
        picture.counters[name] = counters;
    picture.forget_what_is_gone();
    auto properties = changed_properties(agent, picture.agent);
    if (picture.state() != state) properties.emplace_back("State");
    if (!properties.empty()) manager_.changed(properties);
    for (const auto& answer : batch.answers) {
        if (const auto* reloaded = std::get_if<ReloadAnswer>(&answer.what))
            manager_.emitReloadFinished(reloaded->ok);
        around_.desk.answer(answer);
    }
}

void Tree::signal(const Transition& transition) {
    const auto emit = [&](auto& objects) {
        const auto found = objects.find(transition.name);
        if (found == objects.end()) return;
        found->second->emitTransition(transition.old_state, transition.new_state, transition.sequence,
                                      transition.reason);
    };
    if (transition.kind == Kind::instance) {
        emit(instances_);
    } else {
        emit(groups_);
    }
}

void Tree::signal(const plugin::DeliveryFailed& failed) {
    if (const auto found = notifiers_.find(failed.notifier); found != notifiers_.end())
        found->second->emitDeliveryFailed(failed.sequence, failed.reason);
}

void Tree::signal(const plugin::Crashed& crashed) {
    if (const auto found = plugins_.find(crashed.plugin); found != plugins_.end())
        found->second->emitCrashed(crashed.status, crashed.reason);
}

void absorb(Picture& picture, const Batch& batch) {
    if (batch.agent) picture.agent = *batch.agent;
    absorb(picture.instances, batch.instances);
    absorb(picture.groups, batch.groups);
    absorb(picture.checks, batch.checks);
    absorb(picture.notifiers, batch.notifiers);
    absorb(picture.plugins, batch.plugins);
    for (const auto& transition : batch.transitions)
        picture.keep(transition);
    for (const auto& [name, counters] : batch.counters)
        picture.counters[name] = counters;
    picture.forget_what_is_gone();
}

}  // namespace regent::bus
