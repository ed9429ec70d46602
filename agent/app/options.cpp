// SPDX-License-Identifier: Apache-2.0
#include "agent/app/options.hpp"

#include <boost/optional.hpp>
#include <boost/program_options.hpp>
#include <sstream>

namespace regent::app {

namespace po = boost::program_options;

namespace {

constexpr unsigned largest_record_limit = 65536;  // MiB

std::optional<std::filesystem::path> path_of(const boost::optional<std::string>& given) {
    return given ? std::optional<std::filesystem::path>(*given) : std::nullopt;
}

}  // namespace

Result<Command> parse_options(int argc, const char* const* argv) {
    std::string config;
    std::string run_dir;
    std::string log;
    boost::optional<std::string> plugin_dir;
    boost::optional<std::string> plugin_host;
    boost::optional<std::string> record;
    unsigned record_limit = 0;
    po::options_description described("regentd: health and failover agent (VRRP)\n\nOptions");
    described.add_options()("config", po::value(&config)->value_name("FILE"),
                            "configuration file (required)")(
        "run-dir", po::value(&run_dir)->value_name("DIR")->default_value("/run/regent"),
        "directory for run-time state")(
        "log", po::value(&log)->value_name("stderr|journal")->default_value("stderr"), "where messages go")(
        "plugin-dir", po::value(&plugin_dir)->value_name("DIR"), "look for plugins there alone")(
        "plugin-host", po::value(&plugin_host)->value_name("PROGRAM"), "the program that loads plugins")(
        "record", po::value(&record)->value_name("DIR"), "record there what happens to the engine")(
        "record-limit", po::value(&record_limit)->value_name("MIB")->default_value(64),
        "size of a recording at which it ends")("no-realtime",
                                                "do not ask for real-time priority and locked memory")(
        "version", "print the version and leave")("help", "print this help and leave");
    try {
        po::variables_map given;
        po::store(po::command_line_parser(argc, argv).options(described).positional({}).run(), given);
        po::notify(given);
        if (given.contains("help")) {
            std::ostringstream text;
            text << described;
            return Command{std::nullopt, text.str()};
        }
        if (given.contains("version")) return Command{std::nullopt, "regentd " REGENT_VERSION "\n"};
        if (config.empty()) return failure("--config FILE is missing; see regentd --help");
        Options options;
        options.config = config;
        options.run_dir = run_dir;
        options.plugins = plugin::places(path_of(plugin_dir), path_of(plugin_host));
        options.record = path_of(record);
        if (record_limit < 1 || record_limit > largest_record_limit)
            return failure("--record-limit is 1 to " + std::to_string(largest_record_limit) + " MiB");
        options.record_limit = std::uint64_t{record_limit} << 20U;
        options.realtime = !given.contains("no-realtime");
        if (log == "journal") {
            options.log = LogTarget::journal;
        } else if (log != "stderr") {
            return failure("--log is \"stderr\" or \"journal\", not \"" + log + "\"");
        }
        return Command{options, {}};
    } catch (const po::error& error) {
        return failure(std::string(error.what()) + "; see regentd --help");
    }
}

}  // namespace regent::app
