// SPDX-License-Identifier: Apache-2.0
// From bytes to settings: the edge where files, the TOML library and its exceptions end.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <sha256.h>
#include <tuple>

#include "agent/base/check.hpp"
#include "agent/config/config.hpp"
#include "agent/config/file_text.hpp"
#include "agent/config/read.hpp"
#include "agent/config/rules.hpp"

namespace regent::config {

namespace {

Loaded failed(Diagnostic diagnostic) {
    diagnostic.severity = Diagnostic::Severity::error;
    Loaded loaded;
    loaded.diagnostics.push_back(std::move(diagnostic));
    return loaded;
}

Loaded failed(Report& report) {
    Loaded loaded;
    loaded.diagnostics = report.take();
    return loaded;
}

/// Plugins are asked for only where the file uses one: a restart after a crash must not wait for them.
Installed what_is_installed(const toml::table& root, const Capabilities& capabilities, Report& report) {
    if (!capabilities.installed || (!root.contains("check") && !root.contains("notifier"))) return {};
    Installed installed = capabilities.installed();
    for (const PluginProblem& problem : installed.problems) {
        report.warning({}, "plugin", "",
                       fmt::format("plugin {} cannot be used: {}", in_path_quotes(problem.file.string()),
                                   printable(problem.text)));
    }
    return installed;
}

struct SyntaxHint {
    std::string_view words, hint;
};
/// What the library says, and what that means to who does not know TOML by heart. The first that fits counts.
constexpr std::array syntax_hints{
    SyntaxHint{"cannot redefine", "a key or a table may stand in a file only once"},
    SyntaxHint{"determine value type", "text stands in quotes, as in \"eth0\"; a boolean is true or false"},
    SyntaxHint{"parsing boolean: expected '", "a boolean is true or false"},
    SyntaxHint{"end-of-file", "a bracket or a quote that was opened is not closed"},
    SyntaxHint{"inline table", "what stands in braces must end on its line and have commas between its keys"},
    SyntaxHint{"expected '='", "a line is key = value, [table] or # comment"},
    SyntaxHint{"parsing root table", "a line is key = value, [table] or # comment"},
};

/// The library's words, with a hint where they are known to puzzle.
void report_syntax(const toml::parse_error& error, const SourceText& source, Report& report) {
    const Place place = place_of(error.source());
    const std::string text = printable(error.description());
    constexpr std::string_view lead = "Error while ";
    std::string hint;
    if (source.has_line_beginning("vrrp_instance ")) {
        hint = "this is a keepalived.conf: `regentctl config convert FILE` makes a configuration of it";
    } else if (place.column > decode_utf8(source.line(place.line)).size() &&
               text.find("string") != std::string::npos) {
        hint = "the quote that ends the string is missing";
    } else {
        const auto known =
            std::find_if(syntax_hints.begin(), syntax_hints.end(),
                         [&](const SyntaxHint& each) { return text.find(each.words) != std::string::npos; });
        if (known != syntax_hints.end()) hint = known->hint;
    }
    report.error(place, "syntax", "", text.starts_with(lead) ? text.substr(lead.size()) : text,
                 std::move(hint));
}

std::string sha256(std::string_view text) {
    std::array<char, SHA256_DIGEST_STRING_LENGTH> hex{};
    SHA256Data(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), hex.data());
    return hex.data();
}

/// Everything after the bytes are there. May throw what the standard library throws.
Loaded load_checked(std::string_view text, const std::string& file_name, const Capabilities& capabilities,
                    const std::string& host_name) {
    SourceText source(text);
    Report report(file_name, source);
    if (const auto line = find_deep_key(text)) {
        report.error({*line, 1, 1}, "syntax", "",
                     fmt::format("a key has more than {} parts", maximum_key_depth));
        return failed(report);
    }
    toml::table root;
    try {
        root = toml::parse(text);
    } catch (const toml::parse_error& error) {
        report_syntax(error, source, report);
        return failed(report);
    }
    Installed installed = what_is_installed(root, capabilities, report);
    Offers offers(installed);
    source.add_secrets(offers.secret_names());
    Draft draft = read_file(root, report, offers, host_name);
    judge_plugins(draft, capabilities, report);
    judge(draft, report);
    if (report.has_errors()) return failed(report);
    Loaded loaded;
    std::tie(loaded.settings, loaded.plan) = draft.finish();
    loaded.hash = sha256(text);
    loaded.text = text;
    loaded.diagnostics = report.take();
    loaded.plugins = std::move(installed.plugins);
    return loaded;
}

}  // namespace

std::optional<std::string> hash_of_file(const std::filesystem::path& path) {
    const auto text = read_text(path);
    if (!text) return std::nullopt;
    return sha256(*text);
}

Loaded load_text(std::string_view text, const std::string& file_name, const Capabilities& capabilities,
                 const std::string& host_name) {
    Diagnostic problem;
    problem.file = file_name;
    if (text.size() > maximum_file_size) {
        problem.code = "too_large";
        problem.message = fmt::format("it is larger than {} bytes", maximum_file_size);
        return failed(std::move(problem));
    }
    try {
        return load_checked(text, file_name, capabilities,
                            host_name.empty() ? kernel_host_name() : host_name);
    } catch (const std::exception& exception) {
        problem.code = "syntax";
        problem.message = fmt::format("the file cannot be read: {}", printable(exception.what()));
        return failed(std::move(problem));
    }
}

Loaded load_file(const std::filesystem::path& path, const Capabilities& capabilities) {
    auto text = read_text(path);
    // Any bytes but NUL may be in a path; what is said of the file goes onto D-Bus.
    const std::string name = printable(path.string());
    if (text) return load_text(*text, name, capabilities);
    Diagnostic problem;
    problem.file = name;
    problem.code = std::move(text.error().code);
    problem.message = std::move(text.error().text);
    problem.hint = std::move(text.error().hint);
    Loaded loaded = failed(std::move(problem));
    loaded.may_pass = text.error().may_pass;
    return loaded;
}

}  // namespace regent::config
