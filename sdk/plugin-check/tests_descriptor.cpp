// SPDX-License-Identifier: Apache-2.0
// What the plugin says about itself, read as raw as it is: each rule apart, so that each breach has its name.
#include <cstddef>
#include <cstring>
#include <fmt/core.h>
#include <set>

#include "agent/platform/clock.hpp"
#include "agent/plugin/description.hpp"

#include "sdk/plugin-check/raw.hpp"
#include "sdk/plugin-check/tests.hpp"
#include "sdk/plugin-check/trial.hpp"

namespace regent::plugin_check::tests {
namespace {

using namespace std::chrono_literals;

// The agent gives a plugin 2 s to be described, other work of a busy machine included.
constexpr auto longest_load = 1s;
// More than any struct of version 1 will ever have: a size beyond is a forgotten field.
constexpr std::uint32_t absurd_size = 4096;

// The sizes of version 1.0: later ones only grow.
constexpr std::size_t plugin_size = offsetof(regent_plugin, types) + sizeof(regent_plugin::types);
constexpr std::size_t type_size = offsetof(regent_type, ops) + sizeof(regent_type::ops);
constexpr std::size_t param_size = offsetof(regent_param, choices) + sizeof(regent_param::choices);
constexpr std::size_t check_size = offsetof(regent_check_ops, describe) + sizeof(void*);
constexpr std::size_t notifier_size = offsetof(regent_notifier_ops, describe) + sizeof(void*);

void demand_size(const void* from, std::size_t smallest, const std::string& what) {
    if (from == nullptr) throw Failed{fmt::format("{} is missing", what)};
    std::uint32_t size = 0;
    std::memcpy(&size, from, sizeof size);
    if (size < smallest || size > absurd_size)
        throw Failed{fmt::format("{} says that it has {} bytes (struct_size), and must have {}", what, size,
                                 smallest)};
}

void demand_sizes_of(const regent_type& type, const std::string& what) {
    const bool is_notifier = type.kind == REGENT_KIND_NOTIFIER;
    demand_size(type.ops, is_notifier ? notifier_size : check_size, "the operations of " + what);
    if (type.param_count > 0 && type.params == nullptr)
        throw Failed{fmt::format("the parameters of {} are missing", what)};
    if (type.param_count > 64) throw Failed{fmt::format("{} has more than 64 parameters", what)};
    for (std::uint32_t at = 0; at < type.param_count; ++at)
        demand_size(type.params[at], param_size, fmt::format("parameter {} of {}", at + 1, what));
}

void demand_known_flags(std::uint32_t flags, std::uint32_t known, const std::string& what) {
    if ((flags & ~known) != 0)
        throw Failed{fmt::format("{} has flags that do not exist: {:#x}", what, flags & ~known)};
}

}  // namespace

void load(Trial& trial) {
    const Instant begin = platform::now();
    trial.plugin();
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(platform::now() - begin);
    if (took > longest_load) throw Failed{fmt::format("loading it took {} ms", took.count())};
    if (took > 20ms) trial.note(fmt::format("loading it took {} ms", took.count()));
}

void descriptor_version(Trial& trial) {
    const regent_plugin& plugin = trial.plugin();
    if (plugin.abi_major != REGENT_ABI_MAJOR)
        throw Failed{fmt::format("it is made for version {} of the contract, this is version {}",
                                 plugin.abi_major, REGENT_ABI_MAJOR)};
    if (plugin.needs_host_minor > plugin.abi_minor)
        throw Failed{fmt::format("it needs version {}.{} of the contract, and was made with {}.{}",
                                 plugin.abi_major, plugin.needs_host_minor, plugin.abi_major,
                                 plugin.abi_minor)};
    if (plugin.needs_host_minor > REGENT_ABI_MINOR)
        throw Failed{fmt::format("it needs version {}.{} of the contract, this is {}.{}", plugin.abi_major,
                                 plugin.needs_host_minor, REGENT_ABI_MAJOR, REGENT_ABI_MINOR)};
    if (plugin.reserved != 0) throw Failed{"what is reserved must be 0"};
}

void descriptor_sizes(Trial& trial) {
    const regent_plugin& plugin = trial.plugin();
    demand_size(&plugin, plugin_size, REGENT_PLUGIN_SYMBOL);
    if (plugin.type_count == 0 || plugin.type_count > 64)
        throw Failed{fmt::format("it offers {} types, 1 to 64 are allowed", plugin.type_count)};
    if (plugin.types == nullptr) throw Failed{"its types are missing"};
    for (std::uint32_t at = 0; at < plugin.type_count; ++at) {
        demand_size(plugin.types[at], type_size, fmt::format("type {}", at + 1));
        demand_sizes_of(*plugin.types[at], fmt::format("type {}", at + 1));
    }
}

void descriptor_texts(Trial& trial) {
    const regent_plugin& plugin = trial.plugin();
    demand_line(plugin.id, 64, "its id");
    demand_line(plugin.version, 64, "its version");
    demand_line(plugin.summary, 1024, "its summary");
    demand_text(plugin.url, 1024, "its url");
    demand_line(plugin.license, 1024, "its license");
    const std::string id = text_of(plugin.id);
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    if (id.find_first_not_of(allowed) != std::string::npos || id.find('.') == std::string::npos)
        throw Failed{fmt::format("its id \"{}\" is no reverse domain such as org.example.ftp", id)};
}

void descriptor_types(Trial& trial) {
    std::set<std::pair<std::uint32_t, std::string>> names;
    each_type(trial.plugin(), [&](const regent_type& type, const std::string& what) {
        if (type.kind != REGENT_KIND_CHECK && type.kind != REGENT_KIND_NOTIFIER)
            throw Failed{fmt::format("{} is of kind {}, which does not exist", what, type.kind)};
        demand_line(type.name, 64, "the name of " + what);
        demand_word(text_of(type.name), '-', "the name of " + what);
        if (!names.insert({type.kind, text_of(type.name)}).second)
            throw Failed{fmt::format("it offers {} twice", what)};
    });
}

void descriptor_flags(Trial& trial) {
    each_type(trial.plugin(), [&](const regent_type& type, const std::string& what) {
        demand_known_flags(type.flags,
                           REGENT_TYPE_PUSHES | REGENT_TYPE_NEEDS_NET_RAW | REGENT_TYPE_NEEDS_SETUID, what);
        each_param(type, what, [](const regent_param& param, const std::string& name) {
            demand_known_flags(
                param.flags,
                REGENT_PARAM_REQUIRED | REGENT_PARAM_LIST | REGENT_PARAM_SECRET | REGENT_PARAM_DEPRECATED,
                name);
        });
    });
}

void descriptor_operations(Trial& trial) {
    each_type(trial.plugin(), [&](const regent_type& type, const std::string& what) {
        const auto demand = [&](bool there, const char* name) {
            if (!there)
                throw Failed{fmt::format("{} has no operation {}, which is not optional", what, name)};
        };
        const auto ops = sdk::testing::Operations::of(type);
        demand(ops.create != nullptr, "create");
        demand(ops.cancel != nullptr, "cancel");
        demand(ops.destroy != nullptr, "destroy");
        if (type.kind == REGENT_KIND_CHECK) demand(ops.probe != nullptr, "probe");
        if (type.kind == REGENT_KIND_NOTIFIER) demand(ops.notify != nullptr, "notify");
    });
}

/// As the agent reads it: in regent-plugin-host, and the description of that once more in the agent.
void descriptor_accepted(Trial& trial) {
    const auto& description = trial.contract().description;
    const auto read = plugin::read_description(plugin::write_description(description));
    if (!read) throw Failed{read.error().text};
    if (read->types != description.types) throw Failed{"the agent reads its types in another way"};
}

}  // namespace regent::plugin_check::tests
