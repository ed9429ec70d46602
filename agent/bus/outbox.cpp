// SPDX-License-Identifier: Apache-2.0
#include "agent/bus/outbox.hpp"

namespace regent::bus {

template <class Change>
void Outbox::change(const Change& change) {
    {
        const std::lock_guard guard(lock_);
        change(batch_);
    }
    wakeup_.signal();
}

template <class Item>
void Outbox::append(std::deque<Item>& waiting, std::size_t most, Item item) {
    if (waiting.size() == most) {
        waiting.pop_front();
        ++dropped_;
    }
    waiting.push_back(std::move(item));
}

void Outbox::put(AgentView view) {
    change([&](Batch& batch) { batch.agent = std::move(view); });
}

void Outbox::put(InstanceView view) {
    change([&](Batch& batch) {
        auto name = view.status.name;
        batch.instances[std::move(name)] = std::move(view);
    });
}

void Outbox::put(GroupView view) {
    change([&](Batch& batch) {
        auto name = view.name;
        batch.groups[std::move(name)] = std::move(view);
    });
}

void Outbox::put(CheckView view) {
    change([&](Batch& batch) {
        auto name = view.status.name;
        batch.checks[std::move(name)] = std::move(view);
    });
}

void Outbox::put(NotifierView view) {
    change([&](Batch& batch) {
        auto name = view.name;
        batch.notifiers[std::move(name)] = std::move(view);
    });
}

void Outbox::put(PluginView view) {
    change([&](Batch& batch) {
        auto name = view.status.name;
        batch.plugins[std::move(name)] = std::move(view);
    });
}

void Outbox::put(const std::string& instance, const core::Counters& counters) {
    change([&](Batch& batch) { batch.counters[instance] = counters; });
}

void Outbox::remove(Kind kind, const std::string& name) {
    change([&](Batch& batch) {
        switch (kind) {
            case Kind::instance:
                batch.instances[name] = std::nullopt;
                batch.counters.erase(name);
                break;
            case Kind::group: batch.groups[name] = std::nullopt; break;
            case Kind::check: batch.checks[name] = std::nullopt; break;
            case Kind::notifier: batch.notifiers[name] = std::nullopt; break;
            case Kind::plugin: batch.plugins[name] = std::nullopt; break;
        }
    });
}

void Outbox::tell(Transition transition) {
    change([&](Batch& batch) { append(batch.transitions, maximum_transitions, std::move(transition)); });
}

void Outbox::tell(plugin::Incident incident) {
    change([&](Batch& batch) { append(batch.incidents, maximum_incidents, std::move(incident)); });
}

void Outbox::tell(Answer answer) {
    change([&](Batch& batch) { append(batch.answers, maximum_answers, std::move(answer)); });
}

void Outbox::tell_whole() {
    change([](Batch& batch) { batch.is_whole = true; });
}

Batch Outbox::take() {
    wakeup_.clear();
    const std::lock_guard guard(lock_);
    return std::exchange(batch_, {});
}

std::uint64_t Outbox::dropped() const {
    const std::lock_guard guard(lock_);
    return dropped_;
}

}  // namespace regent::bus
