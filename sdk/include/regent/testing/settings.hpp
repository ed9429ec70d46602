// SPDX-License-Identifier: Apache-2.0
// What a test gives to the parameters of a type, and how it becomes what a plugin is handed: defaults filled
// in, every value checked against the schema, in the order of the schema. The agent does the same with
// regent.toml, and says more about what is wrong.
#pragma once

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "regent/abi/plugin.h"
#include "regent/values.hpp"

namespace regent::sdk::testing {

/// An instance was refused: by the schema, by validate, by the constructor or by start().
class Refused : public std::runtime_error {
  public:
    Refused(std::string param_name, const std::string& text)
        : std::runtime_error(text), param(std::move(param_name)) {}
    const std::string param;  ///< to blame; empty: none
};

/// A value as a test writes it: true, 80, 0.5, "text", std::chrono::seconds(1) or a list of those. A duration
/// and a size may also be text, as in the file: "250ms", "64KiB".
class Given {
  public:
    using List = std::vector<Given>;

    Given(bool value) : value_(value) {}
    template <std::integral Integer>
    requires(!std::same_as<Integer, bool>) Given(Integer value) : value_(static_cast<std::int64_t>(value)) {}
    Given(double value) : value_(value) {}
    Given(const char* text) : value_(std::string(text)) {}
    Given(std::string text) : value_(std::move(text)) {}
    template <class Rep, class Period>
    Given(std::chrono::duration<Rep, Period> value) : value_(std::chrono::duration_cast<Duration>(value)) {}
    Given(std::initializer_list<Given> list) : value_(List(list)) {}
    template <class Item>
    Given(const std::vector<Item>& list) : value_(List(list.begin(), list.end())) {}

    template <class Kind>
    const Kind* as() const {
        return std::get_if<Kind>(&value_);
    }

  private:
    std::variant<bool, std::int64_t, double, std::string, Duration, List> value_;
};

struct Setting {
    std::string name;
    Given value;
};
using Settings = std::vector<Setting>;

namespace detail {

/// Reads what `default_toml` may hold: booleans, numbers, quoted strings, and flat lists of them.
class DefaultReader {
  public:
    explicit DefaultReader(std::string_view text) : rest_(text) {}

    Given read() {
        Given value = take();
        skip_blanks();
        if (!rest_.empty()) fail();
        return value;
    }

  private:
    [[noreturn]] void fail() const {
        throw std::invalid_argument("cannot read a default at: " + std::string(rest_));
    }
    void skip_blanks() {
        while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\n'))
            rest_.remove_prefix(1);
    }
    bool take(std::string_view word) {
        skip_blanks();
        if (!rest_.starts_with(word)) return false;
        rest_.remove_prefix(word.size());
        return true;
    }
    Given take() {
        if (take("true")) return Given(true);
        if (take("false")) return Given(false);
        if (take("\"")) return Given(quoted('"'));
        if (take("'")) return Given(quoted('\''));
        if (take("[")) return Given(list());
        return number();
    }
    Given::List list() {
        Given::List made;
        while (!take("]")) {
            made.push_back(take());
            if (!take(",") && !rest_.starts_with("]")) fail();
        }
        return made;
    }
    std::string quoted(char end) {
        std::string text;
        while (!rest_.empty() && rest_.front() != end) {
            if (end == '"' && rest_.front() == '\\') rest_.remove_prefix(1);
            if (rest_.empty()) fail();
            text += rest_.front();
            rest_.remove_prefix(1);
        }
        if (rest_.empty()) fail();
        rest_.remove_prefix(1);
        return text;
    }
    Given number() {
        const std::string_view word = rest_.substr(0, rest_.find_first_of(",] \n"));
        const char* const end = word.data() + word.size();
        std::int64_t integer = 0;
        double real = 0;
        const bool is_integer = std::from_chars(word.data(), end, integer).ptr == end;
        if (word.empty() || (!is_integer && std::from_chars(word.data(), end, real).ptr != end)) fail();
        rest_.remove_prefix(word.size());
        return is_integer ? Given(integer) : Given(real);
    }

    std::string_view rest_;
};

/// Makes the values of one instance and owns what they point to.
class ValueMaker {
  public:
    ValueMaker(const regent_type& type, const Settings& settings) {
        for (const Setting& setting : settings) {
            if (!declares(type, setting.name))
                throw Refused(setting.name, "no such parameter of type " + std::string(from_abi(type.name)));
        }
        for (std::uint32_t index = 0; index < type.param_count; ++index)
            values_.push_back(value_of(*type.params[index], settings));
    }
    const std::vector<regent_value>& values() const { return values_; }

  private:
    static bool declares(const regent_type& type, std::string_view name) {
        for (std::uint32_t index = 0; index < type.param_count; ++index) {
            if (from_abi(type.params[index]->name) == name) return true;
        }
        return false;
    }
    [[noreturn]] static void refuse(const regent_param& param, const std::string& text) {
        throw Refused(std::string(from_abi(param.name)), text);
    }
    regent_value value_of(const regent_param& param, const Settings& settings) {
        for (const Setting& setting : settings) {
            if (setting.name == from_abi(param.name)) return convert(param, setting.value);
        }
        if (param.default_toml.len > 0)
            return convert(param, DefaultReader(from_abi(param.default_toml)).read());
        if ((param.flags & REGENT_PARAM_REQUIRED) != 0) refuse(param, "is required");
        return {};
    }
    regent_value convert(const regent_param& param, const Given& given) {
        if ((param.flags & REGENT_PARAM_LIST) == 0) return scalar(param, given, true);
        const auto* const list = given.as<Given::List>();
        if (list == nullptr) refuse(param, "takes a list");
        check_bounds(param, static_cast<std::int64_t>(list->size()));
        std::vector<regent_value>& items = lists_.emplace_back();
        for (const Given& item : *list)
            items.push_back(scalar(param, item, false));
        regent_value made{};
        made.is_set = 1;
        made.items = items.data();
        made.item_count = items.size();
        return made;
    }
    regent_value scalar(const regent_param& param, const Given& given, bool bounded) {
        regent_value made{};
        made.is_set = 1;
        switch (param.type) {
            case REGENT_PARAM_BOOL: made.integer = need<bool>(param, given) ? 1 : 0; break;
            case REGENT_PARAM_FLOAT: {
                const auto* const integer = given.as<std::int64_t>();
                made.number = integer ? static_cast<double>(*integer) : need<double>(param, given);
                break;
            }
            case REGENT_PARAM_INT: made.integer = need<std::int64_t>(param, given); break;
            case REGENT_PARAM_PORT:
                made.integer = need<std::int64_t>(param, given);
                if (made.integer < 1 || made.integer > 65535) refuse(param, "is no port");
                break;
            case REGENT_PARAM_DURATION: made.integer = duration(param, given); break;
            case REGENT_PARAM_SIZE: made.integer = size(param, given); break;
            default: text(param, need<std::string>(param, given), made); break;
        }
        const bool has_range = param.type == REGENT_PARAM_INT || param.type == REGENT_PARAM_SIZE ||
                               param.type == REGENT_PARAM_DURATION;
        if (bounded && has_range) check_bounds(param, made.integer);
        return made;
    }
    void text(const regent_param& param, const std::string& given, regent_value& made) {
        std::array<unsigned char, sizeof(in6_addr)> address{};
        if (param.type == REGENT_PARAM_ADDRESS && inet_pton(AF_INET, given.c_str(), address.data()) != 1 &&
            inet_pton(AF_INET6, given.c_str(), address.data()) != 1)
            refuse(param, "is no address");
        if (param.type == REGENT_PARAM_PATH && !given.starts_with('/')) refuse(param, "is no absolute path");
        if (param.type == REGENT_PARAM_CHOICE) {
            std::uint32_t index = 0;
            while (index < param.choice_count && from_abi(param.choices[index]) != given)
                ++index;
            if (index == param.choice_count) refuse(param, "is none of the choices");
            made.integer = index;
        }
        made.text = to_abi(texts_.emplace_back(given));
    }
    static void check_bounds(const regent_param& param, std::int64_t number) {
        if (param.min == 0 && param.max == 0) return;
        if (number < param.min || number > param.max) refuse(param, "is out of range");
    }
    template <class Kind>
    static const Kind& need(const regent_param& param, const Given& given) {
        const auto* const value = given.as<Kind>();
        if (value == nullptr) refuse(param, "is of the wrong type");
        return *value;
    }
    struct Unit {
        std::string_view name;
        std::int64_t factor;
    };
    /// A number and one of `units`.
    template <std::size_t count>
    static std::int64_t measure(const regent_param& param, const std::string& text,
                                const std::array<Unit, count>& units) {
        double number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        for (const Unit& unit : units) {
            if (error == std::errc{} && unit.name == std::string_view(end))
                return std::llround(number * static_cast<double>(unit.factor));
        }
        refuse(param, "\"" + text + "\" has no unit that is known");
    }
    static std::int64_t duration(const regent_param& param, const Given& given) {
        static constexpr std::array units{Unit{"ns", 1},
                                          Unit{"us", 1'000},
                                          Unit{"ms", 1'000'000},
                                          Unit{"s", 1'000'000'000},
                                          Unit{"m", 60'000'000'000},
                                          Unit{"h", 3'600'000'000'000}};
        if (const auto* const value = given.as<Duration>()) return value->count();
        return measure(param, need<std::string>(param, given), units);
    }
    static std::int64_t size(const regent_param& param, const Given& given) {
        static constexpr std::array units{
            Unit{"B", 1},           Unit{"kB", 1'000},      Unit{"MB", 1'000'000},  Unit{"GB", 1'000'000'000},
            Unit{"KiB", 1LL << 10}, Unit{"MiB", 1LL << 20}, Unit{"GiB", 1LL << 30}, Unit{"TiB", 1LL << 40}};
        if (const auto* const value = given.as<std::int64_t>()) return *value;
        const auto& text = need<std::string>(param, given);
        if (text.find('.') != std::string::npos)
            refuse(param, "\"" + text + "\" is not a whole number with a unit");
        return measure(param, text, units);
    }

    std::deque<std::string> texts_;
    std::deque<std::vector<regent_value>> lists_;
    std::vector<regent_value> values_;
};

}  // namespace detail
}  // namespace regent::sdk::testing
