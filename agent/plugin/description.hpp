// SPDX-License-Identifier: Apache-2.0
// What a plugin says about itself, as the JSON document that `regent-plugin-host --describe` prints and that
// `regentctl plugin show --json` shows:
//
//     {"id", "version", "summary", "url", "license", "types": [
//       {"kind": "check" | "notifier", "name", "summary", "pushes", "needs": ["net_raw", "setuid"],
//        "parameters": [
//         {"name", "type": "bool" | "int" | "float" | "string" | "duration" | "size" | "address" | "port" |
//          "path" | "choice", "summary", "default", "required", "list", "secret", "deprecated", "min", "max",
//          "choices": []}]}]}
//
// "default" is TOML and empty for none; "min" and "max" are both 0 for no bound.
#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.hpp"
#include "agent/config/schema.hpp"

namespace regent::plugin {

/// The largest document that is read, in bytes.
constexpr std::size_t maximum_description = 1U << 20;

/// The word of the document for a type of parameter: "bool", "int", …
std::string_view word(config::ParameterType type);
/// "check" or "notifier".
std::string_view word(config::PluginKind kind);

/// One line, without `plugin.file`, which is the reader's affair. What is not UTF-8 is replaced.
std::string write_description(const config::Plugin& plugin);

/// The document comes from a process that ran foreign code: every field is checked for its type, its length
/// and its characters, every list for its length, every name for being unique and not one of the agent's own
/// keys. Keys that are not known are passed over: a newer host may say more. `file` stays empty. The error is
/// one sentence. Any thread; throws nothing but std::bad_alloc.
Result<config::Plugin> read_description(std::string_view text);

}  // namespace regent::plugin
