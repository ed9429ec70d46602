// SPDX-License-Identifier: Apache-2.0
// How instances begin and end.
#include <algorithm>
#include <fmt/core.h>

#include "agent/plugin/host/abi_values.hpp"
#include "agent/plugin/host/call.hpp"
#include "agent/plugin/message_text.hpp"

namespace regent::plugin::host {

Host::Instance* Host::find(InstanceId id) {
    const auto found = instances_.find(id);
    return found == instances_.end() ? nullptr : &found->second;
}

const Operations& Host::operations(const Instance& instance) const {
    return contract_.operations[instance.type];
}

void Host::refuse(InstanceId id, std::optional<std::uint32_t> parameter, const std::string& text) {
    mailbox_.ended(id);
    hand_on();  // what it logged before it was refused
    link_.send(Refused{id, parameter, fit(text, maximum_text)});
}

void Host::handle(const Create& create) {
    // An identifier in use again is no refusal, which the agent would take for the end of the first instance.
    if (find(create.instance) != nullptr)
        return end_because("the agent used the number of an instance twice");
    if (instances_.size() == maximum_instances)
        return refuse(create.instance, {}, "the host has too many instances");
    const auto& types = contract_.description.types;
    const auto type = std::find_if(types.begin(), types.end(), [&](const config::PluginType& offered) {
        return offered.kind == create.kind && offered.name == create.type;
    });
    if (type == types.end())
        return refuse(create.instance, {}, fmt::format("the plugin does not offer type {}", create.type));
    if (auto right = check_form(*type, create.values); !right)
        return refuse(create.instance, {}, right.error().text);
    Instance& instance = instances_[create.instance];
    instance.id = create.instance;
    instance.type = static_cast<std::size_t>(type - types.begin());
    instance.name = create.name;
    mailbox_.open(instance.id, create.kind == config::PluginKind::notifier);
    if (start(instance, create.values)) {
        link_.send(Created{create.instance});
    } else {
        end(instance);
    }
}

bool Host::start(Instance& instance, const std::vector<config::Value>& values) {
    const Operations& ops = operations(instance);
    const AbiValues abi(values);
    const std::size_t count = values.size();
    AbiError error;
    const bool returned = call(instance.id, "create", [&] {
        instance.self = ops.create(&table_.abi, instance.id, abi.data(), abi.size(), error.get());
    });
    if (!returned || instance.self == nullptr) {
        refuse(instance.id, error.parameter(count), error.text("the plugin did not say why"));
        return false;
    }
    instance.started = true;
    mailbox_.started(instance.id);
    if (ops.start == nullptr) return true;
    AbiError start_error;
    int result = 1;
    call(instance.id, "start", [&] { result = ops.start(instance.self, start_error.get()); });
    if (result == 0) return true;
    instance.started = false;
    refuse(instance.id, start_error.parameter(count), start_error.text("the plugin did not say why"));
    return false;
}

void Host::handle(const Destroy& destroy) {
    if (Instance* instance = find(destroy.instance)) end(*instance);
}

void Host::end(Instance& instance) {
    const InstanceId id = instance.id;
    const Operations& ops = operations(instance);
    if (instance.started && ops.stop != nullptr) call(id, "stop", [&] { ops.stop(instance.self); });
    instance.started = false;
    for (const auto& [fd, events] : instance.watched)
        loop_.unwatch(fd);
    timers_.clear_all(id);
    // What it logged until now is still worth telling; what it reported is not: nobody asks any more.
    mailbox_.ended(id);
    hand_on();
    if (instance.self != nullptr) call(id, "destroy", [&] { ops.destroy(instance.self); });
    mailbox_.close(id);
    instances_.erase(id);
}

void Host::end_all() {
    while (!instances_.empty())
        end(instances_.begin()->second);
    link_.flush();
}

}  // namespace regent::plugin::host
