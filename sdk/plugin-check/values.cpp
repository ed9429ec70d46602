// SPDX-License-Identifier: Apache-2.0
#include "sdk/plugin-check/values.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <limits>

#include "agent/config/read_value.hpp"

#include "regent/testing.hpp"
#include "sdk/plugin-check/test.hpp"

namespace regent::plugin_check {
namespace {

// As the agent has them (agent/config/read_value.hpp): nothing longer reaches a plugin.
constexpr std::size_t longest_text = 16384;
constexpr std::size_t longest_path = 4095;
constexpr std::int64_t longest_list = 1024;
constexpr std::int64_t ten_years = 315'360'000'000'000'000;
constexpr std::string_view nowhere = "/nonexistent/regent-plugin-check";

static_assert(longest_text == config::maximum_text &&
              longest_list == static_cast<std::int64_t>(config::maximum_list));

bool has(const regent_param& param, std::uint32_t flag) {
    return (param.flags & flag) != 0;
}

bool is_text(const regent_param& param) {
    return param.type == REGENT_PARAM_STRING || param.type == REGENT_PARAM_ADDRESS ||
           param.type == REGENT_PARAM_PATH || param.type == REGENT_PARAM_CHOICE ||
           param.type == REGENT_PARAM_DURATION;
}

struct Bounds {
    std::int64_t min = 0;
    std::int64_t max = 0;
};

Bounds bounds_of(const regent_param& param, std::int64_t smallest, std::int64_t largest) {
    if (param.min == 0 && param.max == 0) return {smallest, largest};
    return {std::max(param.min, smallest), std::min(param.max, largest)};
}

/// Of a single value; a list's bounds are those of its length.
Bounds number_bounds(const regent_param& param) {
    using limits = std::numeric_limits<std::int64_t>;
    const regent_param bare = [&] {
        regent_param copy = param;
        if (has(param, REGENT_PARAM_LIST)) copy.min = copy.max = 0;
        return copy;
    }();
    if (param.type == REGENT_PARAM_SIZE) return bounds_of(bare, 0, limits::max());
    if (param.type == REGENT_PARAM_DURATION) return bounds_of(bare, 0, ten_years);
    if (param.type == REGENT_PARAM_PORT) return bounds_of(bare, 1, 65535);
    return bounds_of(bare, limits::min(), limits::max());
}

std::vector<Given> numbers(const regent_param& param, std::initializer_list<std::int64_t> wanted) {
    const Bounds bounds = number_bounds(param);
    std::vector<Given> list;
    for (const std::int64_t number : wanted) {
        const std::int64_t fit = std::clamp(number, bounds.min, bounds.max);
        // Made in place: of one that is chosen and moved g++ 12 believes, at -O3, that it is not initialised.
        if (param.type == REGENT_PARAM_DURATION)
            list.emplace_back(sdk::Duration(fit));
        else
            list.emplace_back(fit);
    }
    return list;
}

std::vector<Given> choices(const regent_param& param) {
    std::vector<Given> list;
    for (std::uint32_t at = 0; at < param.choice_count; ++at)
        list.emplace_back(std::string(sdk::from_abi(param.choices[at])));
    return list;
}

/// The likeliest first.
std::vector<Given> plausible_scalars(const regent_param& param) {
    switch (param.type) {
        case REGENT_PARAM_BOOL: return {false, true};
        case REGENT_PARAM_INT: return numbers(param, {1, 0, 10, 100, 1000});
        case REGENT_PARAM_FLOAT: return {0.5, 1.0, 0.0, 10.0};
        case REGENT_PARAM_DURATION: return numbers(param, {1'000'000'000, 100'000'000, 0});
        case REGENT_PARAM_SIZE: return numbers(param, {4096, 1, 1 << 20});
        case REGENT_PARAM_ADDRESS: return {"127.0.0.1", "::1"};
        case REGENT_PARAM_PORT: return numbers(param, {9});
        case REGENT_PARAM_PATH: return {std::string(nowhere)};
        case REGENT_PARAM_CHOICE: return choices(param);
        default:
            return {"text",         std::string(nowhere),
                    "127.0.0.1",    "http://127.0.0.1:9/",
                    "localhost",    "NAME=value",
                    "name.service", "1",
                    "00",           "name:1"};
    }
}

std::vector<Given> edge_texts(std::size_t longest) {
    return {"",       " ",        "%s%n%s%n",   "\x01\x1b[31m\x7f\n\t",
            "äöü €😀", "../../..", "'\"`$(:)\\", std::string(longest, 'x')};
}

std::vector<Given> edge_paths() {
    return {"/", "/nonexistent/../nonexistent", "/nonexistent/%s%n", "/nonexistent/ü \n",
            "/" + std::string(longest_path - 1, 'x')};
}

std::vector<Given> edge_scalars(const regent_param& param) {
    using limits = std::numeric_limits<std::int64_t>;
    switch (param.type) {
        case REGENT_PARAM_FLOAT: return {0.0, -0.0, 1e308, -1e308, 5e-324};
        case REGENT_PARAM_INT:
        case REGENT_PARAM_DURATION:
        case REGENT_PARAM_SIZE:
        case REGENT_PARAM_PORT: return numbers(param, {limits::min(), -1, 0, 1, limits::max()});
        case REGENT_PARAM_ADDRESS:
            return {"0.0.0.0", "255.255.255.255", "::", "ff02::1", "::ffff:127.0.0.1", "fe80::1"};
        case REGENT_PARAM_PATH: return edge_paths();
        case REGENT_PARAM_STRING:
            return edge_texts(has(param, REGENT_PARAM_LIST) ? longest_text / 32 : longest_text);
        default: return plausible_scalars(param);
    }
}

Given list_of(const std::vector<Given>& from, std::int64_t count) {
    std::vector<Given> list;
    for (std::int64_t at = 0; at < count; ++at)
        list.push_back(from[static_cast<std::size_t>(at) % from.size()]);
    return Given(list);
}

std::vector<Given> plausible(const regent_param& param) {
    auto scalars = plausible_scalars(param);
    if (!has(param, REGENT_PARAM_LIST)) return scalars;
    const Bounds bounds = bounds_of(param, 0, longest_list);
    std::vector<Given> lists;
    for (const Given& scalar : scalars)
        lists.push_back(list_of({scalar}, std::clamp<std::int64_t>(1, bounds.min, bounds.max)));
    return lists;
}

std::size_t pick(std::mt19937_64& random, std::size_t count) {
    return static_cast<std::size_t>(random() % count);
}

Given given_value(const regent_param& param, const std::string& text) {
    try {
        Given read = sdk::testing::detail::DefaultReader(text).read();
        const bool fits =
            has(param, REGENT_PARAM_LIST) || !is_text(param) || read.as<std::string>() != nullptr;
        if (fits) return read;
    } catch (const std::invalid_argument&) {
        // A word without its quotes is a text.
    }
    return has(param, REGENT_PARAM_LIST) ? Given(std::vector<std::string>{text}) : Given(text);
}

/// What is to be tried next: a new value for what the last refusal blamed, or for everything that is
/// required, or, with `optional`, for everything.
void roll(const regent_type& type, const std::string& blamed, bool optional, std::mt19937_64& random,
          Settings& settings, const Settings& fixed) {
    for (std::uint32_t at = 0; at < type.param_count; ++at) {
        const regent_param& param = *type.params[at];
        const std::string name(sdk::from_abi(param.name));
        const bool is_fixed =
            std::any_of(fixed.begin(), fixed.end(), [&](const auto& each) { return each.name == name; });
        if (is_fixed || (!blamed.empty() && blamed != name)) continue;
        settings = without(std::move(settings), name);
        const bool wanted =
            has(param, REGENT_PARAM_REQUIRED) || ((optional || blamed == name) && random() % 3 == 0);
        if (!wanted) continue;
        const auto values = plausible(param);
        settings.push_back({name, values[pick(random, values.size())]});
    }
}

}  // namespace

const regent_param* param_of(const regent_type& type, std::string_view name) {
    for (std::uint32_t at = 0; at < type.param_count; ++at) {
        if (sdk::from_abi(type.params[at]->name) == name) return type.params[at];
    }
    return nullptr;
}

Settings without(Settings settings, std::string_view name) {
    std::erase_if(settings, [&](const auto& each) { return each.name == name; });
    return settings;
}

Settings with(Settings settings, std::string_view name, const Given& value) {
    settings = without(std::move(settings), name);
    settings.push_back({std::string(name), value});
    return settings;
}

Settings accepted_settings(const regent_type& type, const std::vector<GivenParam>& given) {
    Settings fixed;
    for (const GivenParam& param : given) {
        const auto* declared = param_of(type, param.name);
        if (declared == nullptr || (!param.type.empty() && param.type != sdk::from_abi(type.name))) continue;
        fixed = with(std::move(fixed), param.name, given_value(*declared, param.value));
    }
    Settings settings = fixed;
    for (std::uint32_t at = 0; at < type.param_count; ++at) {
        const regent_param& param = *type.params[at];
        const std::string name(sdk::from_abi(param.name));
        const bool is_given =
            std::any_of(fixed.begin(), fixed.end(), [&](const auto& each) { return each.name == name; });
        if (has(param, REGENT_PARAM_REQUIRED) && !is_given)
            settings.push_back({name, plausible(param).front()});
    }
    // Not of --seed: what is tried is part of the test, and must not change from run to run.
    std::mt19937_64 random(1);
    constexpr int most = 2000;
    constexpr int most_of_required = 200;
    std::string refusal;
    for (int attempt = 0; attempt < most; ++attempt) {
        std::string blamed;
        sdk::testing::FakeHost host;
        try {
            { const auto instance = host.create(type, settings); }
            (void)host.violations();
            return settings;
        } catch (const sdk::testing::Refused& refused) {
            blamed = refused.param;
            refusal = fmt::format("{}{}{}", blamed, blamed.empty() ? "" : ": ", refused.what());
        }
        (void)host.violations();
        if (fixed.size() == type.param_count) break;
        roll(type, attempt % 4 == 3 ? "" : blamed, attempt > most_of_required, random, settings, fixed);
    }
    const std::string_view name = sdk::from_abi(type.name);
    throw Failed{
        fmt::format("{} {}: it accepts none of the values that were tried, and says \"{}\": give some by "
                    "--param {}.NAME=VALUE",
                    type.kind == REGENT_KIND_CHECK ? "check" : "notifier", name, refusal, name)};
}

std::vector<Given> edges(const regent_param& param) {
    auto scalars = edge_scalars(param);
    if (!has(param, REGENT_PARAM_LIST)) return scalars;
    const Bounds bounds = bounds_of(param, 0, longest_list);
    std::vector<Given> lists;
    lists.push_back(list_of(scalars, bounds.min));
    lists.push_back(list_of(plausible_scalars(param), bounds.max));
    for (const Given& scalar : scalars)
        lists.push_back(list_of({scalar}, std::clamp<std::int64_t>(1, bounds.min, bounds.max)));
    return lists;
}

Settings random_settings(const regent_type& type, std::mt19937_64& random) {
    Settings settings;
    for (std::uint32_t at = 0; at < type.param_count; ++at) {
        const regent_param& param = *type.params[at];
        if (!has(param, REGENT_PARAM_REQUIRED) && random() % 2 == 0) continue;
        const auto values = random() % 4 == 0 ? edges(param) : plausible(param);
        settings.push_back({std::string(sdk::from_abi(param.name)), values[pick(random, values.size())]});
    }
    return settings;
}

}  // namespace regent::plugin_check
