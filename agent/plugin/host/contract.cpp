// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/host/contract.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <fmt/core.h>
#include <string>

#include "agent/config/source_text.hpp"
#include "agent/plugin/message_text.hpp"

namespace regent::plugin::host {
namespace {

constexpr std::uint32_t maximum_types = 64;
constexpr std::uint32_t maximum_choices = 64;
constexpr std::size_t maximum_word = 64;    // names of types, parameters, choices
constexpr std::size_t maximum_line = 1024;  // summaries, defaults, URLs

// The sizes of version 1.0, which no struct of major version 1 may be smaller than.
constexpr std::size_t plugin_size = offsetof(regent_plugin, types) + sizeof(regent_plugin::types);
constexpr std::size_t type_size = offsetof(regent_type, ops) + sizeof(regent_type::ops);
// NOLINTNEXTLINE(bugprone-sizeof-expression): that of the pointer is meant
constexpr std::size_t param_size = offsetof(regent_param, choices) + sizeof(regent_param::choices);
constexpr std::size_t check_size = offsetof(regent_check_ops, describe) + sizeof(void*);
constexpr std::size_t notifier_size = offsetof(regent_notifier_ops, describe) + sizeof(void*);

/// Ends the reading with a sentence; caught by read_contract().
struct Broken {
    std::string text;
};

template <class... Parts>
[[noreturn]] void broken(fmt::format_string<Parts...> words, Parts&&... parts) {
    throw Broken{fmt::format(words, std::forward<Parts>(parts)...)};
}

/// A struct that may be longer or shorter than ours; what it lacks is zero.
template <class Struct>
Struct copy_of(const void* from, std::size_t smallest, const std::string& what) {
    if (from == nullptr) broken("{} is missing", what);
    std::uint32_t size = 0;
    std::memcpy(&size, from, sizeof size);
    if (size < smallest) broken("{} has {} bytes, at least {} are needed", what, size, smallest);
    Struct copy{};
    std::memcpy(&copy, from, std::min<std::size_t>(size, sizeof copy));
    return copy;
}

std::string text_of(regent_str text, std::size_t limit, const std::string& what) {
    if (text.len > limit) broken("{} is longer than {} bytes", what, limit);
    if (text.len == 0) return {};
    if (text.ptr == nullptr) broken("{} has a length and no text", what);
    const std::string copy(text.ptr, text.len);
    if (config::printable(copy) != copy) broken("{} is not one line of UTF-8", what);
    return copy;
}

bool is_lower(char character) {
    return character >= 'a' && character <= 'z';
}
bool is_digit(char character) {
    return character >= '0' && character <= '9';
}

/// [a-z][a-z0-9X]*, X being `separator`.
std::string word_of(regent_str text, char separator, const std::string& what) {
    const std::string word = text_of(text, maximum_word, what);
    const bool right =
        !word.empty() && is_lower(word[0]) && std::all_of(word.begin(), word.end(), [&](char character) {
            return is_lower(character) || is_digit(character) || character == separator;
        });
    if (!right) broken("{} is \"{}\", not [a-z][a-z0-9{}]*", what, word, separator);
    return word;
}

std::string id_of(regent_str text) {
    const std::string id = text_of(text, maximum_word, "its id");
    const bool right = !id.empty() && std::all_of(id.begin(), id.end(), [](char character) {
        return is_lower(character) || is_digit(character) || (character >= 'A' && character <= 'Z') ||
               std::string_view(".-_").find(character) != std::string_view::npos;
    });
    if (!right) broken("its id is \"{}\", not a reverse domain such as org.example.ftp", id);
    return id;
}

config::Parameter parameter_of(const regent_param* from, const std::string& type, std::uint32_t index) {
    std::string what = fmt::format("parameter {} of type {}", index + 1, type);
    const auto param = copy_of<regent_param>(from, param_size, what);
    config::Parameter made;
    made.name = word_of(param.name, '_', "the name of " + what);
    what = fmt::format("parameter {} of type {}", made.name, type);
    if (param.type < REGENT_PARAM_BOOL || param.type > REGENT_PARAM_CHOICE)
        broken("{} is of an unknown type, {}", what, param.type);
    made.type = config::ParameterType(param.type);
    made.summary = text_of(param.summary, maximum_line, "the summary of " + what);
    made.default_toml = text_of(param.default_toml, maximum_line, "the default of " + what);
    made.required = (param.flags & REGENT_PARAM_REQUIRED) != 0;
    made.list = (param.flags & REGENT_PARAM_LIST) != 0;
    made.secret = (param.flags & REGENT_PARAM_SECRET) != 0;
    made.deprecated = (param.flags & REGENT_PARAM_DEPRECATED) != 0;
    made.min = param.min;
    made.max = param.max;
    if (made.min > made.max) broken("{} has a minimum above its maximum", what);
    const bool choice = made.type == config::ParameterType::choice;
    if (param.choice_count > maximum_choices || choice != (param.choice_count > 0))
        broken("{} has {} choices", what, param.choice_count);
    if (choice && param.choices == nullptr) broken("the choices of {} are missing", what);
    for (std::uint32_t at = 0; at < param.choice_count; ++at) {
        made.choices.push_back(text_of(param.choices[at], maximum_word, "a choice of " + what));
        if (made.choices.back().empty()) broken("a choice of {} is empty", what);
        if (std::count(made.choices.begin(), made.choices.end(), made.choices.back()) > 1)
            broken("{} has the choice \"{}\" twice", what, made.choices.back());
    }
    return made;
}

template <class Ops>
Operations common_operations(const Ops& ops, const std::string& what) {
    if (ops.create == nullptr || ops.cancel == nullptr || ops.destroy == nullptr)
        broken("{} lacks an operation that is not optional", what);
    Operations made;
    made.validate = ops.validate;
    made.create = ops.create;
    made.start = ops.start;
    made.cancel = ops.cancel;
    made.on_fd = ops.on_fd;
    made.on_timer = ops.on_timer;
    made.on_wake = ops.on_wake;
    made.stop = ops.stop;
    made.destroy = ops.destroy;
    return made;
}

Operations operations_of(const regent_type& type, const std::string& name) {
    const std::string what = "the table of operations of type " + name;
    if (type.kind == REGENT_KIND_CHECK) {
        const auto ops = copy_of<regent_check_ops>(type.ops, check_size, what);
        Operations made = common_operations(ops, what);
        made.probe = ops.probe;
        if (made.probe == nullptr) broken("{} lacks probe", what);
        return made;
    }
    const auto ops = copy_of<regent_notifier_ops>(type.ops, notifier_size, what);
    Operations made = common_operations(ops, what);
    made.notify = ops.notify;
    if (made.notify == nullptr) broken("{} lacks notify", what);
    return made;
}

config::PluginType type_of(const regent_type& type, std::uint32_t index) {
    config::PluginType made;
    made.name = word_of(type.name, '-', fmt::format("the name of type {}", index + 1));
    if (type.kind != REGENT_KIND_CHECK && type.kind != REGENT_KIND_NOTIFIER)
        broken("type {} is of an unknown kind, {}", made.name, type.kind);
    made.kind = config::PluginKind(type.kind);
    made.summary = text_of(type.summary, maximum_line, fmt::format("the summary of type {}", made.name));
    made.pushes = (type.flags & REGENT_TYPE_PUSHES) != 0;
    made.needs_net_raw = (type.flags & REGENT_TYPE_NEEDS_NET_RAW) != 0;
    made.needs_setuid = (type.flags & REGENT_TYPE_NEEDS_SETUID) != 0;
    if (type.param_count > maximum_values)
        broken("type {} has {} parameters, {} are allowed", made.name, type.param_count, maximum_values);
    if (type.param_count > 0 && type.params == nullptr)
        broken("the parameters of type {} are missing", made.name);
    for (std::uint32_t at = 0; at < type.param_count; ++at) {
        auto parameter = parameter_of(type.params[at], made.name, at);
        for (const auto& other : made.parameters) {
            if (other.name == parameter.name) broken("type {} has parameter {} twice", made.name, other.name);
        }
        made.parameters.push_back(std::move(parameter));
    }
    return made;
}

Contract contract_of(const regent_plugin& from) {
    if (from.abi_major != REGENT_ABI_MAJOR)
        broken("it is made for version {} of the plugin contract, this host knows {}", from.abi_major,
               REGENT_ABI_MAJOR);
    const auto plugin = copy_of<regent_plugin>(&from, plugin_size, "its description");
    if (plugin.needs_host_minor > REGENT_ABI_MINOR)
        broken("it needs version {}.{} of the plugin contract, this host knows {}.{}", REGENT_ABI_MAJOR,
               plugin.needs_host_minor, REGENT_ABI_MAJOR, REGENT_ABI_MINOR);
    Contract made;
    made.description.id = id_of(plugin.id);
    made.description.version = text_of(plugin.version, maximum_word, "its version");
    if (made.description.version.empty()) broken("it has no version");
    made.description.summary = text_of(plugin.summary, maximum_line, "its summary");
    made.description.url = text_of(plugin.url, maximum_line, "its url");
    made.description.license = text_of(plugin.license, maximum_line, "its license");
    if (plugin.type_count == 0 || plugin.type_count > maximum_types)
        broken("it offers {} types, 1 to {} are allowed", plugin.type_count, maximum_types);
    if (plugin.types == nullptr) broken("its types are missing");
    for (std::uint32_t at = 0; at < plugin.type_count; ++at) {
        const auto type = copy_of<regent_type>(plugin.types[at], type_size, fmt::format("type {}", at + 1));
        auto described = type_of(type, at);
        for (const auto& other : made.description.types) {
            if (other.kind == described.kind && other.name == described.name)
                broken("it offers type {} twice", other.name);
        }
        made.operations.push_back(operations_of(type, described.name));
        made.description.types.push_back(std::move(described));
    }
    return made;
}

}  // namespace

Result<Contract> read_contract(const regent_plugin& plugin) {
    try {
        return contract_of(plugin);
    } catch (const Broken& broken) {
        return failure(broken.text);
    } catch (const std::exception& problem) {
        return failure(problem.what());
    }
}

}  // namespace regent::plugin::host
