// SPDX-License-Identifier: Apache-2.0
// What the installed plugins offer, as they describe themselves, and the values that a file gives to their
// parameters. The plugin contract (sdk/include/regent/abi) has the same words as C structs; here they are
// plain data, because no foreign code runs in the agent.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace regent::config {

/// The numbers are those of regent/abi/param.h.
enum class ParameterType : std::uint8_t {
    boolean = 1,
    integer,
    real,
    text,
    duration,
    size,
    address,
    port,
    path,
    choice,
};

struct Parameter {
    ParameterType type = ParameterType::text;
    std::string name;
    std::string summary;
    std::string default_toml;  ///< as it would stand in a file; empty: none
    bool required = false;
    bool list = false;
    bool secret = false;
    bool deprecated = false;
    std::int64_t min = 0;  ///< of the number, the nanoseconds, or the length of a list; both 0: no bound
    std::int64_t max = 0;
    std::vector<std::string> choices;

    bool operator==(const Parameter&) const = default;
};

/// The numbers are those of regent/abi/plugin.h.
enum class PluginKind : std::uint8_t { check = 1, notifier };

struct PluginType {
    PluginKind kind = PluginKind::check;
    std::string name;
    std::string summary;
    bool pushes = false;  ///< can report without being asked
    bool needs_net_raw = false;
    bool needs_setuid = false;
    std::vector<Parameter> parameters;

    bool operator==(const PluginType&) const = default;
};

struct Plugin {
    std::filesystem::path file;
    std::string id;
    std::string version;
    std::string summary;
    std::string url;
    std::string license;
    std::vector<PluginType> types;
    std::string build = {};  ///< of the file: another one once it was replaced

    bool operator==(const Plugin&) const = default;
};

/// One value of one parameter, in the form of regent_value.
struct Value {
    bool set = false;
    std::int64_t integer = 0;  ///< boolean, integer, duration (ns), size (bytes), port, choice (index)
    double number = 0;
    std::string text;  ///< text, address, path, choice
    std::vector<Value> items;

    bool operator==(const Value&) const = default;
};

/// What a plugin itself says about values that the schema allows (regent_check_ops::validate).
struct Objection {
    std::optional<std::size_t> parameter;  ///< index in the schema
    std::string text;
};

/// A type and the plugin that offers it.
struct Offer {
    const Plugin* plugin = nullptr;
    const PluginType* type = nullptr;

    explicit operator bool() const { return type != nullptr; }
};

/// Nothing when no plugin offers it.
inline Offer find_type(const std::vector<Plugin>& plugins, PluginKind kind, std::string_view name) {
    for (const Plugin& plugin : plugins) {
        for (const PluginType& type : plugin.types) {
            if (type.kind == kind && type.name == name) return {&plugin, &type};
        }
    }
    return {};
}

}  // namespace regent::config
