// SPDX-License-Identifier: Apache-2.0
#include "sdk/plugin-check/truth_file.hpp"

#include <fmt/core.h>
#include <toml++/toml.h>

#include "sdk/plugin-check/test.hpp"

namespace regent::plugin_check {
namespace {

using sdk::testing::Given;

/// One [[case]]. Whatever is not understood is an error.
class Reader {
  public:
    Reader(const std::string& file, const toml::table& table) : file_(file), table_(table) {}

    Case read() const {
        Case made;
        for (const auto& [key, node] : table_) {
            const std::string_view name = key.str();
            if (name == "type")
                made.type = text(node);
            else if (name == "up")
                made.up = text(node);
            else if (name == "down")
                made.down = text(node);
            else if (name == "when_up")
                made.when_up = state(node);
            else if (name == "when_down")
                made.when_down = state(node);
            else if (name == "within")
                made.within = time(node);
            else if (name == "parameters")
                made.settings = parameters(node);
            else
                wrong(node, fmt::format("{} is no key of a case", name));
        }
        if (made.type.empty() || made.up.empty() || made.down.empty())
            wrong(table_, "a case has type, up and down");
        return made;
    }

  private:
    [[noreturn]] void wrong(const toml::node& node, const std::string& what) const {
        throw Failed{fmt::format("{}:{}: {}", file_, node.source().begin.line, what)};
    }
    std::string text(const toml::node& node) const {
        if (!node.is_string()) wrong(node, "it is a text");
        return node.as_string()->get();
    }
    sdk::State state(const toml::node& node) const {
        const std::string word = text(node);
        if (word == "UP") return sdk::State::up;
        if (word == "DEGRADED") return sdk::State::degraded;
        if (word == "DOWN") return sdk::State::down;
        if (word == "UNKNOWN") return sdk::State::unknown;
        wrong(node, "a verdict is UP, DEGRADED, DOWN or UNKNOWN");
    }
    std::chrono::milliseconds time(const toml::node& node) const {
        const auto* const number = node.as_integer();
        if (number == nullptr || number->get() < 1 || number->get() > 600'000)
            wrong(node, "it is a number of milliseconds, 1 to 600000");
        return std::chrono::milliseconds(number->get());
    }
    Given value(const toml::node& node) const {
        if (const auto* const list = node.as_array()) {
            Given::List items;
            for (const auto& item : *list)
                items.push_back(value(item));
            return Given(items);
        }
        if (node.is_string()) return Given(node.as_string()->get());
        if (node.is_boolean()) return Given(node.as_boolean()->get());
        if (node.is_integer()) return Given(node.as_integer()->get());
        if (node.is_floating_point()) return Given(node.as_floating_point()->get());
        wrong(node, "a parameter is a text, a number, true, false or a list of those");
    }
    sdk::testing::Settings parameters(const toml::node& node) const {
        if (!node.is_table()) wrong(node, "it is a table");
        sdk::testing::Settings settings;
        for (const auto& [key, each] : *node.as_table())
            settings.push_back({std::string(key.str()), value(each)});
        return settings;
    }

    const std::string& file_;
    const toml::table& table_;
};

}  // namespace

std::vector<Case> read_truth(const std::filesystem::path& file) {
    const std::string name = file.string();
    try {
        const toml::table all = toml::parse_file(name);
        const auto* const list = all.get_as<toml::array>("case");
        if (list == nullptr || list->empty() || !list->is_homogeneous(toml::node_type::table) ||
            all.size() != 1)
            throw Failed{fmt::format("{}: it has [[case]], and nothing else", name)};
        std::vector<Case> cases;
        for (const auto& each : *list)
            cases.push_back(Reader(name, *each.as_table()).read());
        return cases;
    } catch (const toml::parse_error& error) {
        throw Failed{fmt::format("{}:{}: {}", name, error.source().begin.line, error.description())};
    }
}

}  // namespace regent::plugin_check
