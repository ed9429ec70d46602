// SPDX-License-Identifier: Apache-2.0
#include "sdk/plugin-check/options.hpp"

#include <boost/program_options.hpp>
#include <fmt/core.h>
#include <random>
#include <regex>

namespace regent::plugin_check {

namespace po = boost::program_options;

namespace {

po::options_description known_options() {
    po::options_description known;
    known.add_options()                                         //
        ("list", po::bool_switch())                             //
        ("json", po::bool_switch())                             //
        ("in-process", po::bool_switch())                       //
        ("help,h", po::bool_switch())                           //
        ("version", po::bool_switch())                          //
        ("test", po::value<std::string>())                      //
        ("seed", po::value<std::string>())                      //
        ("param", po::value<std::vector<std::string>>())        //
        ("truth", po::value<std::string>())                     //
        ("time-limit", po::value<double>()->default_value(10))  //
        ("plugin", po::value<std::vector<std::string>>());
    return known;
}

Result<GivenParam> param_of(const std::string& word) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
        return failure(fmt::format("--param {}: it is NAME=VALUE or TYPE.NAME=VALUE", word));
    const std::string key = word.substr(0, equals);
    const auto dot = key.find('.');
    if (dot == std::string::npos) return GivenParam{"", key, word.substr(equals + 1)};
    return GivenParam{key.substr(0, dot), key.substr(dot + 1), word.substr(equals + 1)};
}

Result<std::uint64_t> seed_of(const po::variables_map& given) {
    if (given.count("seed") == 0) {
        std::random_device device;
        return device();
    }
    const auto word = given["seed"].as<std::string>();
    if (word.empty() || word.size() > 18 || word.find_first_not_of("0123456789") != std::string::npos)
        return failure(fmt::format("--seed {}: it is a whole number of at most 18 digits", word));
    return std::stoull(word);
}

/// What needs more than Boost's own reading.
Result<Options> interpret(const po::variables_map& given) {
    Options options;
    const auto is_set = [&](const char* name) { return given[name].as<bool>(); };
    options.json = is_set("json");
    options.in_process = is_set("in-process");
    options.mode = is_set("help")      ? Options::Mode::help
                   : is_set("version") ? Options::Mode::version
                   : is_set("list")    ? Options::Mode::list
                                       : Options::Mode::check;
    const double limit = given["time-limit"].as<double>();
    if (!(limit >= 0.1 && limit <= 3600)) return failure("--time-limit is from 0.1 to 3600 seconds");
    options.time_limit = std::chrono::milliseconds(static_cast<std::int64_t>(limit * 1000));
    if (given.count("test") != 0) {
        options.filter = given["test"].as<std::string>();
        (void)std::regex(options.filter);
    }
    if (given.count("truth") != 0) options.truth = given["truth"].as<std::string>();
    if (given.count("param") != 0) {
        for (const std::string& word : given["param"].as<std::vector<std::string>>()) {
            auto param = param_of(word);
            if (!param) return tl::unexpected(param.error());
            options.params.push_back(std::move(*param));
        }
    }
    const auto seed = seed_of(given);
    if (!seed) return tl::unexpected(seed.error());
    options.seed = *seed;
    if (options.mode != Options::Mode::check) return options;
    if (given.count("plugin") == 0 || given["plugin"].as<std::vector<std::string>>().size() != 1)
        return failure("one plugin is to be named: regent-plugin-check FILE.so");
    std::error_code error;
    options.plugin = std::filesystem::absolute(given["plugin"].as<std::vector<std::string>>().front(), error);
    if (!std::filesystem::is_regular_file(options.plugin, error))
        return failure(fmt::format("there is no file {}", options.plugin.string()));
    return options;
}

}  // namespace

Result<Options> read_options(int count, const char* const* words) {
    po::positional_options_description positional;
    positional.add("plugin", -1);
    const auto known = known_options();
    // Abbreviated options would break scripts as soon as a second option starts alike.
    const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    try {
        po::variables_map given;
        po::store(
            po::command_line_parser(count, words).options(known).positional(positional).style(style).run(),
            given);
        return interpret(given);
    } catch (const std::regex_error&) {
        return failure("--test takes a regular expression (ECMAScript)");
    } catch (const po::error& problem) {
        return failure(problem.what());
    }
}

std::string usage() {
    return R"(usage: regent-plugin-check [OPTION...] FILE.so
Proves that a plugin of regent keeps its contract. Each test runs in a process of its own.
  --list                     the tests, and what each proves
  --test RE                  only those whose name has RE in it
  --json                     the outcome as one JSON array
  --param [TYPE.]NAME=VALUE  a parameter, where what is made up by itself does not fit; may be repeated
  --truth FILE               also: whether its verdicts are true (regent-plugin-check(1))
  --seed N                   repeats a run: what is random depends on N alone
  --time-limit SECONDS       of one test; 10
  --in-process               without processes, for a debugger
  --version, --help
exit status: 0 it keeps the contract, 1 it does not, 2 wrong usage
)";
}

}  // namespace regent::plugin_check
