// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/description.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "agent/config/keys.hpp"
#include "agent/config/source_text.hpp"

namespace regent::plugin {

namespace {

using config::Parameter;
using config::ParameterType;
using config::Plugin;
using config::PluginKind;
using config::PluginType;
using nlohmann::json;

constexpr std::array<std::pair<std::string_view, ParameterType>, 10> type_words{
    {{"bool", ParameterType::boolean},
     {"int", ParameterType::integer},
     {"float", ParameterType::real},
     {"string", ParameterType::text},
     {"duration", ParameterType::duration},
     {"size", ParameterType::size},
     {"address", ParameterType::address},
     {"port", ParameterType::port},
     {"path", ParameterType::path},
     {"choice", ParameterType::choice}}};
constexpr std::array<std::pair<std::string_view, PluginKind>, 2> kind_words{
    {{"check", PluginKind::check}, {"notifier", PluginKind::notifier}}};

constexpr std::string_view net_raw = "net_raw";
constexpr std::string_view setuid = "setuid";

constexpr int deepest = 8;  ///< the document has six levels
constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_text = 1024;
constexpr std::size_t longest_default = 4096;
constexpr std::size_t most_entries = 64;  ///< of each list

template <class E, std::size_t count>
std::string_view word_of(const std::array<std::pair<std::string_view, E>, count>& words, E value) {
    for (const auto& [name, each] : words) {
        if (each == value) return name;
    }
    return "?";
}

/// What is wrong with the document. Does not leave this file.
struct Flaw {
    std::string text;
};

/// One object of the document. Everything it gives is checked; it throws Flaw.
class Reader {
  public:
    /// `what` starts every complaint, as in `check "web"`.
    Reader(const json& object, std::string what) : object_(object), what_(std::move(what)) {
        if (!object_.is_object()) throw Flaw{what_ + " is not an object"};
    }

    [[noreturn]] void reject(std::string_view key, std::string_view why) const {
        throw Flaw{fmt::format("{}: {} {}", what_, key, why)};
    }

    std::string text(const char* key, std::size_t longest) const {
        const json& value = at(key);
        if (!value.is_string()) reject(key, "is not a string");
        const auto& given = value.get_ref<const std::string&>();
        if (given.size() > longest) reject(key, fmt::format("is longer than {} bytes", longest));
        if (config::printable(given) != given || given.find('\t') != std::string::npos) {
            reject(key, "has control characters");
        }
        return given;
    }

    /// [a-z][a-z0-9]* and what `more` has.
    std::string name(const char* key, char more) const {
        std::string given = text(key, longest_name);
        const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
        const bool good =
            !given.empty() && lower(given.front()) && std::all_of(given.begin(), given.end(), [&](char c) {
                return lower(c) || (c >= '0' && c <= '9') || c == more;
            });
        if (!good) {
            reject(key, fmt::format("{} is not lower-case letters, digits and \"{}\"",
                                    config::in_quotes(given), more));
        }
        return given;
    }

    bool flag(const char* key) const {
        const json& value = at(key);
        if (!value.is_boolean()) reject(key, "is not true or false");
        return value.get<bool>();
    }

    std::int64_t number(const char* key) const {
        const json& value = at(key);
        const bool fits = value.is_number_integer() &&
                          (!value.is_number_unsigned() || value.get<std::uint64_t>() <= INT64_MAX);
        if (!fits) reject(key, "is not a whole number of 64 bits");
        return value.get<std::int64_t>();
    }

    const json& list(const char* key) const {
        const json& value = at(key);
        if (!value.is_array()) reject(key, "is not a list");
        if (value.size() > most_entries) reject(key, fmt::format("has more than {} entries", most_entries));
        return value;
    }

    std::vector<std::string> texts(const char* key) const {
        std::vector<std::string> read;
        for (const json& entry : list(key)) {
            const json wrapped{{"entry", entry}};
            read.push_back(Reader(wrapped, fmt::format("{}: {}", what_, key)).text("entry", longest_name));
        }
        return read;
    }

    template <class E, std::size_t count>
    E choice(const char* key, const std::array<std::pair<std::string_view, E>, count>& words) const {
        const std::string given = text(key, longest_name);
        for (const auto& [name, value] : words) {
            if (name == given) return value;
        }
        reject(key, fmt::format("cannot be {}", config::in_quotes(given)));
    }

    const std::string& what() const { return what_; }

  private:
    const json& at(const char* key) const {
        const auto found = object_.find(key);
        if (found == object_.end()) reject(key, "is missing");
        return *found;
    }

    const json& object_;
    std::string what_;
};

Parameter read_parameter(const json& object, const std::string& owner) {
    const Reader unnamed(object, owner + ": a parameter");
    Parameter parameter;
    parameter.name = unnamed.name("name", '_');
    const Reader reader(object, fmt::format("{}: parameter {}", owner, parameter.name));
    parameter.type = reader.choice("type", type_words);
    parameter.summary = reader.text("summary", longest_text);
    parameter.default_toml = reader.text("default", longest_default);
    parameter.required = reader.flag("required");
    parameter.list = reader.flag("list");
    parameter.secret = reader.flag("secret");
    parameter.deprecated = reader.flag("deprecated");
    parameter.min = reader.number("min");
    parameter.max = reader.number("max");
    if (parameter.min > parameter.max) reader.reject("min", "is larger than max");
    parameter.choices = reader.texts("choices");
    const bool is_choice = parameter.type == ParameterType::choice;
    if (is_choice == parameter.choices.empty()) {
        reader.reject("choices", is_choice ? "is empty" : "belongs to type \"choice\"");
    }
    return parameter;
}

PluginType read_type(const json& object, const std::string& owner) {
    const Reader unnamed(object, owner + ": a type");
    PluginType type;
    type.kind = unnamed.choice("kind", kind_words);
    type.name = unnamed.name("name", '-');
    const Reader reader(object, fmt::format("{} type {}", word(type.kind), config::in_quotes(type.name)));
    type.summary = reader.text("summary", longest_text);
    type.pushes = reader.flag("pushes");
    for (const std::string& need : reader.texts("needs")) {
        if (need == net_raw) {
            type.needs_net_raw = true;
        } else if (need == setuid) {
            type.needs_setuid = true;
        } else {
            reader.reject("needs", fmt::format("{}, which is not known", config::in_quotes(need)));
        }
    }
    const auto section = type.kind == PluginKind::check ? config::Section::check : config::Section::notifier;
    std::set<std::string> names;
    for (const json& each : reader.list("parameters")) {
        Parameter parameter = read_parameter(each, reader.what());
        if (config::find_key(section, parameter.name) != nullptr) {
            reader.reject("parameters", fmt::format("has {}, a key of the agent's own", parameter.name));
        }
        if (!names.insert(parameter.name).second) {
            reader.reject("parameters", fmt::format("has {} twice", parameter.name));
        }
        type.parameters.push_back(std::move(parameter));
    }
    return type;
}

Plugin read_plugin(const json& document) {
    const Reader reader(document, "the description");
    Plugin plugin;
    plugin.id = reader.text("id", longest_name);
    plugin.version = reader.text("version", longest_name);
    plugin.summary = reader.text("summary", longest_text);
    plugin.url = reader.text("url", longest_text);
    plugin.license = reader.text("license", longest_text);
    if (plugin.id.empty()) reader.reject("id", "is empty");
    std::set<std::pair<PluginKind, std::string>> names;
    for (const json& each : reader.list("types")) {
        plugin.types.push_back(read_type(each, reader.what()));
        const PluginType& type = plugin.types.back();
        if (!names.emplace(type.kind, type.name).second) {
            reader.reject("types", fmt::format("has {} {} twice", word(type.kind), type.name));
        }
    }
    if (plugin.types.empty()) reader.reject("types", "is empty");
    return plugin;
}

}  // namespace

std::string_view word(ParameterType type) {
    return word_of(type_words, type);
}

std::string_view word(PluginKind kind) {
    return word_of(kind_words, kind);
}

std::string write_description(const Plugin& plugin) {
    using nlohmann::ordered_json;
    ordered_json types = ordered_json::array();
    for (const PluginType& type : plugin.types) {
        ordered_json parameters = ordered_json::array();
        for (const Parameter& each : type.parameters) {
            parameters.push_back({{"name", each.name},
                                  {"type", word(each.type)},
                                  {"summary", each.summary},
                                  {"default", each.default_toml},
                                  {"required", each.required},
                                  {"list", each.list},
                                  {"secret", each.secret},
                                  {"deprecated", each.deprecated},
                                  {"min", each.min},
                                  {"max", each.max},
                                  {"choices", each.choices}});
        }
        ordered_json needs = ordered_json::array();
        if (type.needs_net_raw) needs.push_back(net_raw);
        if (type.needs_setuid) needs.push_back(setuid);
        types.push_back({{"kind", word(type.kind)},
                         {"name", type.name},
                         {"summary", type.summary},
                         {"pushes", type.pushes},
                         {"needs", std::move(needs)},
                         {"parameters", std::move(parameters)}});
    }
    const ordered_json document{{"id", plugin.id},           {"version", plugin.version},
                                {"summary", plugin.summary}, {"url", plugin.url},
                                {"license", plugin.license}, {"types", std::move(types)}};
    return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

Result<Plugin> read_description(std::string_view text) {
    if (text.size() > maximum_description) {
        return failure(fmt::format("the description is larger than {} bytes", maximum_description));
    }
    bool too_deep = false;
    const auto bounded = [&](int depth, json::parse_event_t, json&) {
        too_deep = too_deep || depth > deepest;
        return !too_deep;
    };
    const json document = json::parse(text, bounded, false);
    if (too_deep) return failure("the description is nested too deeply");
    if (document.is_discarded()) return failure("the description is not JSON");
    try {
        return read_plugin(document);
    } catch (const Flaw& flaw) {
        return failure(flaw.text);
    } catch (const json::exception& error) {
        return failure(fmt::format("the description cannot be read: {}", error.what()));
    }
}

}  // namespace regent::plugin
