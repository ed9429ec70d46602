// SPDX-License-Identifier: Apache-2.0
#include "agent/config/convert.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <glob.h>

#include "agent/config/config.hpp"
#include "agent/config/file_text.hpp"
#include "agent/config/keepalived/lines.hpp"
#include "agent/config/keepalived/readers.hpp"
#include "agent/config/keepalived/resolve.hpp"
#include "agent/config/keepalived/write.hpp"

namespace regent::config {

namespace {

using keepalived::Findings;
using keepalived::Include;
using keepalived::IncludedFile;
using keepalived::Spot;

std::string config_id_of(const ConvertOptions& options) {
    if (!options.config_id.empty()) return options.config_id;
    const std::string host = kernel_host_name();
    return host.substr(0, host.find('.'));
}

/// What `config check` would say about the result, told where it comes from.
void check_result(const keepalived::Written& written, Findings& findings, const Capabilities& capabilities) {
    const Loaded loaded = load_text(written.toml, "the result", capabilities, "localhost");
    for (const Diagnostic& each : loaded.diagnostics) {
        const bool known = each.line > 0 && each.line <= written.spots.size();
        const Spot spot = known ? written.spots[each.line - 1] : Spot{};
        const bool error = each.severity == Diagnostic::Severity::error;
        if (error && each.line > 0 && findings.has_error_at(spot)) continue;
        const std::string message = each.line == 0
                                        ? fmt::format("the result: {}", each.message)
                                        : fmt::format("the result, line {}: {}", each.line, each.message);
        if (error) {
            findings.error(spot, each.code, each.key, message, each.hint);
        } else {
            findings.warning(spot, each.code, each.key, message, each.hint);
        }
    }
}

void warn_of_conditions(const std::vector<Spot>& conditions, const ConvertOptions& options,
                        Findings& findings) {
    if (conditions.empty() || !options.config_id.empty()) return;
    findings.warning(conditions.front(), "advice", "@",
                     fmt::format("conditional lines are read for {}, this machine's name",
                                 in_quotes(config_id_of(options))),
                     "give --config-id ID for another one");
}

/// May throw what the standard library throws.
Converted convert_checked(std::string_view text, const std::string& name, const ConvertOptions& options,
                          const Capabilities& capabilities, Include include) {
    Findings findings;
    const std::size_t file = findings.add_file(name, std::string(text));
    keepalived::TreeBuilder tree(findings);
    keepalived::LineReader lines(findings, tree, std::move(include), config_id_of(options));
    lines.read(file);
    const auto statements = tree.finish();
    // Behind a brace that is missing nothing means what it seems to.
    if (findings.has_errors()) return {std::nullopt, findings.take()};
    warn_of_conditions(lines.conditions(), options, findings);
    const keepalived::Reading reading(findings);
    keepalived::Model model = keepalived::read_model(statements, reading);
    keepalived::resolve_members(model, reading);
    keepalived::resolve_tracking(model, reading);
    keepalived::Written written = keepalived::write_model(model, reading);
    check_result(written, findings, capabilities);
    return {std::move(written.toml), findings.take()};
}

Converted failed(const std::string& name, FileProblem problem) {
    Diagnostic diagnostic;
    diagnostic.file = name;
    diagnostic.code = std::move(problem.code);
    diagnostic.message = std::move(problem.text);
    diagnostic.hint = std::move(problem.hint);
    return {std::nullopt, {std::move(diagnostic)}};
}

Converted convert_guarded(std::string_view text, const std::string& name, const ConvertOptions& options,
                          const Capabilities& capabilities, Include include) {
    if (text.size() > maximum_file_size)
        return failed(name, {"too_large", fmt::format("it is larger than {} bytes", maximum_file_size), {}});
    try {
        return convert_checked(text, name, options, capabilities, std::move(include));
    } catch (const std::exception& exception) {
        return failed(
            name, {"syntax", fmt::format("the file cannot be read: {}", printable(exception.what())), {}});
    }
}

/// The names that glob(3) finds; those of folders are left out, as keepalived does.
tl::expected<std::vector<std::string>, std::string> matches(const std::string& pattern) {
    glob_t found{};
    const int error = ::glob(pattern.c_str(), GLOB_MARK | GLOB_BRACE, nullptr, &found);
    std::vector<std::string> names;
    for (std::size_t i = 0; error == 0 && i < found.gl_pathc; ++i) {
        const std::string name = found.gl_pathv[i];
        if (!name.ends_with('/')) names.push_back(name);
    }
    ::globfree(&found);
    if (error == 0 || error == GLOB_NOMATCH) return names;
    return tl::unexpected(std::string("the folder cannot be read"));
}

tl::expected<std::vector<IncludedFile>, std::string> include_files(const std::string& pattern,
                                                                   const std::string& from) {
    const std::filesystem::path whole = std::filesystem::path(from).parent_path() / pattern;
    auto names = matches(whole.string());
    if (!names) return tl::unexpected(names.error());
    // A file that is named must be there; of a pattern that may match nothing.
    if (names->empty() && pattern.find_first_of("*?[") == std::string::npos) names->push_back(whole.string());
    std::vector<IncludedFile> files;
    for (const std::string& name : *names) {
        if (files.size() > keepalived::maximum_files) break;
        auto text = read_text(name);
        if (!text) return tl::unexpected(text.error().text);
        files.push_back({name, std::move(*text)});
    }
    return files;
}

}  // namespace

Converted convert_text(std::string_view text, const std::string& file_name, const ConvertOptions& options,
                       const Capabilities& capabilities) {
    return convert_guarded(
        text, file_name, options, capabilities,
        [](const std::string&, const std::string&) -> tl::expected<std::vector<IncludedFile>, std::string> {
            return tl::unexpected(std::string("text in memory includes nothing"));
        });
}

Converted convert_file(const std::filesystem::path& path, const ConvertOptions& options,
                       const Capabilities& capabilities) {
    auto text = read_text(path);
    if (!text) return failed(path.string(), std::move(text.error()));
    return convert_guarded(*text, path.string(), options, capabilities, include_files);
}

}  // namespace regent::config
