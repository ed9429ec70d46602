// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/host/options.hpp"

#include <boost/program_options.hpp>
#include <string>

namespace regent::plugin::host {

namespace po = boost::program_options;

Result<Options> read_options(int count, const char* const* words) {
    Options options;
    std::string plugin;
    po::options_description known;
    known.add_options()                                           //
        ("describe", po::bool_switch())                           //
        ("validate", po::bool_switch())                           //
        ("socket", po::value(&options.socket))                    //
        ("parent", po::value(&options.parent))                    //
        ("keep-net-raw", po::bool_switch(&options.keep_net_raw))  //
        ("keep-setuid", po::bool_switch(&options.keep_setuid))    //
        ("plugin", po::value(&plugin)->required());
    po::positional_options_description positional;
    positional.add("plugin", 1);
    try {
        po::variables_map given;
        const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
        po::store(
            po::command_line_parser(count, words).options(known).positional(positional).style(style).run(),
            given);
        po::notify(given);
        const bool describe = given["describe"].as<bool>();
        const bool validate = given["validate"].as<bool>();
        if (describe && validate) return failure("--describe and --validate exclude each other");
        options.mode = describe ? Mode::describe : validate ? Mode::validate : Mode::run;
    } catch (const po::error& problem) {
        return failure(problem.what());
    }
    options.plugin = plugin;
    if (options.mode == Mode::run && options.socket < 0) return failure("--socket is missing");
    if (options.socket >= 0 && options.socket <= 2) return failure("--socket is one of the standard streams");
    return options;
}

}  // namespace regent::plugin::host
