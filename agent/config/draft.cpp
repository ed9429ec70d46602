// SPDX-License-Identifier: Apache-2.0
#include "agent/config/draft.hpp"

#include <fmt/format.h>

#include "agent/config/source_text.hpp"

namespace regent::config {

namespace {

template <class T>
std::vector<T> values_of(std::vector<Placed<T>>& placed) {
    std::vector<T> values;
    values.reserve(placed.size());
    for (auto& each : placed)
        values.push_back(std::move(each.value));
    return values;
}

core::Instance finish_instance(InstanceDraft& draft) {
    core::Instance instance = std::move(draft.settings);
    instance.addresses = values_of(draft.addresses);
    instance.addresses_excluded = values_of(draft.excluded);
    instance.routes = values_of(draft.routes);
    instance.unicast_peers = values_of(draft.peers);
    instance.checks = values_of(draft.checks);
    instance.interfaces = values_of(draft.interfaces);
    return instance;
}

}  // namespace

std::optional<Family> InstanceDraft::family() const {
    if (!addresses.empty()) return addresses.front().value.address.family();
    // A list whose every entry is wrong says nothing about what was meant.
    if (addresses_listed != 0) return std::nullopt;
    if (!excluded.empty()) return excluded.front().value.address.family();
    return std::nullopt;
}

std::string InstanceDraft::subject() const {
    return fmt::format("instance {}", in_quotes(settings.name));
}

std::string InstanceDraft::path(std::string_view key) const {
    return fmt::format("instance.{}.{}", path_part(settings.name), key);
}

std::pair<core::Settings, Plan> Draft::finish() {
    core::Settings settings;
    Plan plan;
    plan.node = node;
    settings.node = std::move(node);
    for (InstanceDraft& draft : instances)
        settings.instances.push_back(finish_instance(draft));
    for (GroupDraft& draft : groups) {
        core::Group group = std::move(draft.settings);
        group.members = values_of(draft.members);
        group.checks = values_of(draft.checks);
        settings.groups.push_back(std::move(group));
    }
    for (CheckDraft& draft : checks) {
        draft.plan.settings = draft.settings;
        draft.plan.use = std::move(draft.use.use);
        plan.checks.push_back(std::move(draft.plan));
        settings.checks.push_back(std::move(draft.settings));
    }
    for (NotifierDraft& draft : notifiers) {
        draft.plan.use = std::move(draft.use.use);
        plan.notifiers.push_back(std::move(draft.plan));
    }
    return {std::move(settings), std::move(plan)};
}

}  // namespace regent::config
