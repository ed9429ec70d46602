// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/catalog.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <set>
#include <sys/stat.h>
#include <system_error>

#include "agent/config/source_text.hpp"
#include "agent/plugin/description.hpp"
#include "agent/plugin/run_programs.hpp"
#include "agent/plugin/value_json.hpp"

namespace regent::plugin {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view host_name = "regent-plugin-host";
constexpr std::size_t longest_objection = 300;  ///< characters

/// The shared objects of a directory in the order of their names.
Result<std::vector<fs::path>> shared_objects(const fs::path& directory) {
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        if (entry->path().extension() == ".so") files.push_back(entry->path());
    }
    if (error) return failure(error.message(), error.value());
    std::sort(files.begin(), files.end());
    return files;
}

std::string one_line(const std::string& text) {
    std::u32string line = config::decode_utf8(config::printable(text));
    if (line.size() > longest_objection) line = line.substr(0, longest_objection) + U"…";
    return config::encode_utf8(line);
}

json question(const config::Candidate& candidate) {
    return {{"kind", word(candidate.type->kind)},
            {"type", candidate.type->name},
            {"values", to_json(*candidate.values)}};
}

Result<std::optional<config::Objection>> read_objection(const json& answer) {
    if (answer.is_null()) return std::nullopt;
    const auto malformed = failure("its judgement is not of the form that was agreed");
    if (!answer.is_object() || !answer.contains("text") || !answer["text"].is_string()) return malformed;
    config::Objection objection;
    objection.text = one_line(answer["text"].get<std::string>());
    const json parameter = answer.value("parameter", json());
    if (parameter.is_null()) return objection;
    if (!parameter.is_number_unsigned()) return malformed;
    objection.parameter = parameter.get<std::size_t>();
    return objection;
}

/// One entry for each of `count` questions.
Result<std::vector<std::optional<config::Objection>>> read_judgement(const std::string& output,
                                                                     std::size_t count) {
    const json answers = json::parse(output, nullptr, false);
    if (!answers.is_array() || answers.size() != count) {
        return failure("its judgement is not of the form that was agreed");
    }
    std::vector<std::optional<config::Objection>> objections;
    for (const json& answer : answers) {
        auto objection = read_objection(answer);
        if (!objection) return tl::unexpected(objection.error());
        objections.push_back(std::move(*objection));
    }
    return objections;
}

}  // namespace

Places places(const std::optional<fs::path>& directory, const std::optional<fs::path>& host) {
    Places found{{REGENT_PLUGIN_DIR, "/usr/local/lib/regent/plugins"}, REGENT_PLUGIN_HOST, false};
    if (directory) {
        found.directories = {fs::absolute(*directory)};
        found.must_exist = true;
        std::error_code error;
        const fs::path sibling = fs::weakly_canonical(*directory, error).parent_path() / "bin" / host_name;
        if (fs::exists(sibling, error)) found.host = sibling;
    }
    if (host) found.host = *host;
    return found;
}

std::optional<Catalog::Stamp> Catalog::stamp_of(const fs::path& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return std::nullopt;
    return Stamp{status.st_dev, status.st_ino, status.st_size,
                 status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

std::vector<fs::path> Catalog::find_files(config::Installed& installed) const {
    std::vector<fs::path> found;
    std::set<fs::path> seen;
    for (const fs::path& directory : places_.directories) {
        std::error_code error;
        if (!seen.insert(fs::weakly_canonical(directory, error)).second) continue;
        auto files = shared_objects(directory);
        if (!files) {
            const bool absent = files.error().code == ENOENT && !places_.must_exist;
            if (!absent) installed.problems.push_back({directory, files.error().text});
            continue;
        }
        // It is shown to people, and on D-Bus.
        std::erase_if(*files, [&](const fs::path& file) {
            const bool is_line = config::printable(file.string()) == file.string();
            if (!is_line) installed.problems.push_back({file, "its path is no line of printable UTF-8"});
            return !is_line;
        });
        if (files->size() > maximum_plugins) {
            installed.problems.push_back(
                {directory, fmt::format("only the first {} plugins are looked at", maximum_plugins)});
            files->resize(maximum_plugins);
        }
        found.insert(found.end(), files->begin(), files->end());
    }
    return found;
}

void Catalog::describe(const std::vector<fs::path>& files, config::Installed& installed) {
    std::vector<ProgramRun> runs;
    std::vector<std::optional<Stamp>> stamps;
    for (const fs::path& file : files) {
        stamps.push_back(stamp_of(file));  // before it is read: a later change must not be missed
        runs.push_back({{places_.host.string(), "--describe", file.string()}, {}});
    }
    const auto ends = run_programs(runs, {time_limit_, maximum_description, 8});
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (!ends[i].problem.empty()) {
            installed.problems.push_back({files[i], ends[i].problem});
            late_ = late_ || ends[i].late;
            continue;
        }
        auto plugin = read_description(ends[i].output);
        if (!plugin) {
            installed.problems.push_back({files[i], plugin.error().text});
        } else if (stamps[i]) {
            plugin->file = files[i];
            plugin->build = fmt::format("{}-{}-{}-{}", stamps[i]->device, stamps[i]->inode, stamps[i]->size,
                                        stamps[i]->changed);
            known_.insert_or_assign(files[i], Known{*stamps[i], std::move(*plugin)});
        }
    }
}

config::Installed Catalog::scan() {
    config::Installed installed;
    late_ = false;
    const auto files = find_files(installed);
    std::erase_if(known_, [&](const auto& entry) {
        const bool there = std::find(files.begin(), files.end(), entry.first) != files.end();
        return !there || stamp_of(entry.first) != entry.second.stamp;
    });
    std::vector<fs::path> changed;
    std::copy_if(files.begin(), files.end(), std::back_inserter(changed),
                 [&](const fs::path& file) { return !known_.contains(file); });
    describe(changed, installed);
    for (const fs::path& file : files) {
        const auto found = known_.find(file);
        if (found != known_.end()) installed.plugins.push_back(found->second.plugin);
    }
    return installed;
}

config::Verdicts Catalog::validate(const std::vector<config::Candidate>& candidates) const {
    std::map<fs::path, std::vector<std::size_t>> of_plugin;
    for (std::size_t i = 0; i < candidates.size(); ++i)
        of_plugin[candidates[i].plugin->file].push_back(i);
    std::vector<ProgramRun> runs;
    for (const auto& [file, indices] : of_plugin) {
        json questions = json::array();
        for (const std::size_t index : indices)
            questions.push_back(question(candidates[index]));
        runs.push_back({{places_.host.string(), "--validate", file.string()},
                        questions.dump(-1, ' ', false, json::error_handler_t::replace)});
    }
    const auto ends = run_programs(runs, {time_limit_, maximum_description, 8});
    config::Verdicts verdicts;
    verdicts.objections.resize(candidates.size());
    std::size_t run = 0;
    for (const auto& [file, indices] : of_plugin) {
        const ProgramEnd& end = ends[run++];
        if (!end.problem.empty()) {
            verdicts.problems.push_back({file, end.problem});
            continue;
        }
        auto objections = read_judgement(end.output, indices.size());
        if (!objections) {
            verdicts.problems.push_back({file, objections.error().text});
            continue;
        }
        for (std::size_t i = 0; i < indices.size(); ++i)
            verdicts.objections[indices[i]] = std::move((*objections)[i]);
    }
    return verdicts;
}

config::Capabilities Catalog::capabilities() {
    return {[this] { return scan(); },
            [this](const std::vector<config::Candidate>& candidates) { return validate(candidates); }};
}

}  // namespace regent::plugin
