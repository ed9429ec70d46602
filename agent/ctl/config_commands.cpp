// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/config_commands.hpp"

#include <boost/program_options.hpp>
#include <fmt/format.h>
#include <ostream>

#include "agent/config/config.hpp"

namespace regent::ctl {

namespace {

namespace po = boost::program_options;

struct FileArguments {
    std::string file;
    bool flag = false;
};

/// FILE and one optional switch, in any order.
FileArguments parse_file_arguments(const std::vector<std::string>& arguments, const char* command,
                                   const char* flag) {
    FileArguments parsed;
    std::vector<std::string> files;
    po::options_description options;
    options.add_options()(flag, po::bool_switch(&parsed.flag))("file", po::value(&files));
    po::positional_options_description positional;
    positional.add("file", -1);
    // Abbreviated options would break scripts as soon as a second option starts alike.
    const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    try {
        po::variables_map values;
        po::store(
            po::command_line_parser(arguments).options(options).positional(positional).style(style).run(),
            values);
        po::notify(values);
    } catch (const po::error& error) {
        throw UsageError{fmt::format("{}: {}", command, error.what())};
    }
    if (files.size() != 1) {
        throw UsageError{
            fmt::format("{}: {}", command, files.empty() ? "a FILE is missing" : "only one FILE is taken")};
    }
    parsed.file = files.front();
    return parsed;
}

std::string count(std::size_t number, const char* singular, const char* plural) {
    return fmt::format("{} {}", number, number == 1 ? singular : plural);
}

std::string summary(const core::Settings& settings) {
    return fmt::format("{}, {}, {}", count(settings.instances.size(), "instance", "instances"),
                       count(settings.groups.size(), "group", "groups"),
                       count(settings.checks.size(), "check", "checks"));
}

}  // namespace

ExitCode config_check(const std::vector<std::string>& arguments, const Streams& streams) {
    const FileArguments parsed = parse_file_arguments(arguments, "config check", "json");
    const config::Loaded loaded = config::load_file(parsed.file);
    if (parsed.flag) {
        streams.out << config::to_json(parsed.file, loaded.diagnostics);
    } else {
        streams.err << config::render(loaded.diagnostics, streams.colour);
        if (loaded.settings) streams.out << parsed.file << ": ok, " << summary(*loaded.settings) << '\n';
    }
    return loaded.settings ? ExitCode::ok : ExitCode::invalid_config;
}

ExitCode config_dump(const std::vector<std::string>& arguments, const Streams& streams) {
    const FileArguments parsed = parse_file_arguments(arguments, "config dump", "show-secrets");
    const config::Loaded loaded = config::load_file(parsed.file);
    streams.err << config::render(loaded.diagnostics, streams.colour);
    if (!loaded.settings) return ExitCode::invalid_config;
    streams.out << config::dump(*loaded.settings, loaded.plan, loaded.plugins,
                                parsed.flag ? config::Secrets::show : config::Secrets::hide);
    return ExitCode::ok;
}

}  // namespace regent::ctl
