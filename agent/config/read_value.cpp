// SPDX-License-Identifier: Apache-2.0
#include "agent/config/read_value.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

#include "agent/base/ip_address.hpp"
#include "agent/config/parameter_text.hpp"
#include "agent/config/reader.hpp"
#include "agent/config/size_text.hpp"
#include "agent/config/suggest.hpp"

namespace regent::config {

namespace {

constexpr std::size_t longest_path = 4095;  ///< PATH_MAX without its NUL
constexpr std::size_t per_value = 48;       ///< what a frame needs for a value beside its text
constexpr std::string_view hidden = "***";

/// Reads one value, or one entry of a list. Adds at most one problem.
class ScalarReader {
  public:
    ScalarReader(const Parameter& parameter, const toml::node& node, std::vector<ValueProblem>& problems)
        : parameter_(parameter), node_(node), problems_(problems) {}

    Value read() {
        value_.set = true;
        switch (parameter_.type) {
            case ParameterType::boolean: read_boolean(); break;
            case ParameterType::integer: read_integer(); break;
            case ParameterType::real: read_real(); break;
            case ParameterType::text: read_text(maximum_text); break;
            case ParameterType::duration: read_duration(); break;
            case ParameterType::size: read_size(); break;
            case ParameterType::address: read_address(); break;
            case ParameterType::port: read_port(); break;
            case ParameterType::path: read_path(); break;
            case ParameterType::choice: read_choice(); break;
        }
        return std::move(value_);
    }

  private:
    void problem(std::string code, std::string message, std::string hint = {}) {
        problems_.push_back({&node_, std::move(code), std::move(message), std::move(hint)});
    }

    /// As the messages begin.
    std::string lead() const { return parameter_.list ? "an entry of " + parameter_.name : parameter_.name; }

    void wrong_type() {
        problem("wrong_type",
                fmt::format("{} must be {}, not {}", lead(), type_with_article(parameter_.type),
                            describe_type(node_)),
                fmt::format("for example: {} = {}", parameter_.name, example_of(parameter_)));
    }

    std::string shown(std::string_view text) const {
        return parameter_.secret ? std::string(hidden) : in_quotes(text);
    }
    std::string shown_bare(const std::string& text) const {
        return parameter_.secret ? std::string(hidden) : text;
    }

    /// Whether `number` is within the bounds of a single value.
    template <class T>
    bool in_range(T number, const std::string& given) {
        const bool bounded = !parameter_.list && (parameter_.min != 0 || parameter_.max != 0);
        if (!bounded) return true;
        if (number >= static_cast<T>(parameter_.min) && number <= static_cast<T>(parameter_.max)) return true;
        problem("out_of_range", fmt::format("{} must be {}, not {}", parameter_.name, range_of(parameter_),
                                            shown_bare(given)));
        return false;
    }

    const std::string* text() {
        const auto* given = node_.as_string();
        if (given == nullptr) wrong_type();
        return given == nullptr ? nullptr : &given->get();
    }

    void read_boolean() {
        const auto* given = node_.as_boolean();
        if (given == nullptr) return wrong_type();
        value_.integer = given->get() ? 1 : 0;
    }

    void read_integer() {
        const auto* given = node_.as_integer();
        if (given == nullptr) return wrong_type();
        if (in_range(given->get(), std::to_string(given->get()))) value_.integer = given->get();
    }

    void read_real() {
        if (!node_.is_number()) return wrong_type();
        const double given = *node_.value<double>();
        if (!std::isfinite(given)) {
            return problem("bad_value", fmt::format("{} must be a finite number", lead()));
        }
        if (in_range(given, fmt::format("{}", given))) value_.number = given;
    }

    void read_text(std::size_t longest) {
        const std::string* given = text();
        if (given == nullptr) return;
        // Plugins hand texts to C interfaces, which would take a part for the whole.
        if (given->find('\0') != std::string::npos) {
            return problem("bad_value", fmt::format("{} contains a zero byte", lead()));
        }
        if (given->size() > longest) {
            return problem("out_of_range", fmt::format("{} is longer than {} bytes", lead(), longest));
        }
        if (parameter_.secret && *given == hidden) {
            return problem("bad_value",
                           fmt::format("{} is \"***\", which a dump shows instead of a secret", lead()),
                           "regentctl config dump --show-secrets prints it");
        }
        value_.text = *given;
    }

    void read_duration() {
        const std::string* given = text();
        if (given == nullptr) return;
        const auto parsed = parse_duration(*given);
        if (!parsed) {
            return problem("bad_value",
                           fmt::format("{}: {} {}", parameter_.name, shown(*given), parsed.error().text),
                           "a duration is a number and one of ns, us, ms, s, m, h, as in \"250ms\"");
        }
        if (in_range(parsed->count(), *given)) value_.integer = parsed->count();
    }

    void read_size() {
        if (const auto* number = node_.as_integer()) {
            if (number->get() < 0) return problem("out_of_range", lead() + " is negative");
            if (in_range(number->get(), std::to_string(number->get()))) value_.integer = number->get();
            return;
        }
        const std::string* given = text();
        if (given == nullptr) return;
        const auto parsed = parse_size(*given);
        if (!parsed) {
            return problem("bad_value",
                           fmt::format("{}: {} {}", parameter_.name, shown(*given), parsed.error().text),
                           "a size is a number of bytes, or text with one of B, KiB, MiB, GiB, TiB, kB, MB, "
                           "GB, TB, as in \"64KiB\"");
        }
        if (in_range(*parsed, *given)) value_.integer = *parsed;
    }

    void read_address() {
        const std::string* given = text();
        if (given == nullptr) return;
        const auto parsed = IpAddress::parse(*given);
        if (parsed) {
            value_.text = parsed->to_string();
            return;
        }
        problem("bad_value",
                fmt::format("{}: {} is not an IPv4 or IPv6 address", parameter_.name, shown(*given)),
                "it takes no host name and no prefix length: write \"192.0.2.10\" or \"2001:db8::10\"");
    }

    void read_port() {
        const auto* given = node_.as_integer();
        if (given == nullptr) return wrong_type();
        if (given->get() < 1 || given->get() > 65535) {
            return problem("out_of_range", fmt::format("{} must be 1 to 65535, not {}", lead(),
                                                       shown_bare(std::to_string(given->get()))));
        }
        if (in_range(given->get(), std::to_string(given->get()))) value_.integer = given->get();
    }

    void read_path() {
        const std::size_t before = problems_.size();
        read_text(longest_path);
        if (problems_.size() != before || value_.text.starts_with('/')) return;
        problem("bad_value",
                fmt::format("{}: {} is not an absolute path", parameter_.name, shown(value_.text)),
                "it starts with \"/\"");
    }

    void read_choice() {
        const std::string* given = text();
        if (given == nullptr) return;
        const auto found = std::find(parameter_.choices.begin(), parameter_.choices.end(), *given);
        if (found == parameter_.choices.end()) {
            return problem("bad_value", fmt::format("{} cannot be {}", lead(), shown(*given)),
                           suggestion(*given, parameter_.choices, "the values are"));
        }
        value_.integer = found - parameter_.choices.begin();
        value_.text = *given;
    }

    const Parameter& parameter_;
    const toml::node& node_;
    std::vector<ValueProblem>& problems_;
    Value value_;
};

Value read_list(const Parameter& parameter, const toml::node& node, std::vector<ValueProblem>& problems) {
    const toml::array* list = node.as_array();
    if (list == nullptr) {
        problems.push_back({&node, "wrong_type",
                            fmt::format("{} must be a list, not {}", parameter.name, describe_type(node)),
                            fmt::format("for example: {} = {}", parameter.name, example_of(parameter))});
        return {};
    }
    Value value;
    value.set = true;
    const std::size_t count = list->size();
    const bool bounded = parameter.min != 0 || parameter.max != 0;
    const bool outside = bounded && (static_cast<std::int64_t>(count) < parameter.min ||
                                     static_cast<std::int64_t>(count) > parameter.max);
    if (outside || count > maximum_list) {
        problems.push_back(
            {&node,
             "out_of_range",
             fmt::format("{} must have {}, not {}", parameter.name,
                         outside ? range_of(parameter) : fmt::format("at most {} entries", maximum_list),
                         count),
             {}});
        return value;
    }
    for (const toml::node& entry : *list)
        value.items.push_back(ScalarReader(parameter, entry, problems).read());
    return value;
}

}  // namespace

Value read_value(const Parameter& parameter, const toml::node& node, std::vector<ValueProblem>& problems) {
    if (parameter.list) return read_list(parameter, node, problems);
    return ScalarReader(parameter, node, problems).read();
}

Result<Value> default_value(const Parameter& parameter) {
    if (parameter.default_toml.empty()) return Value{};
    const std::string text = "value = " + parameter.default_toml;
    const auto flaw = [&](std::string_view why) {
        return failure(
            fmt::format("the default of its parameter {} cannot be used: {}", parameter.name, why));
    };
    if (find_deep_key(text)) return flaw("it is nested too deeply");
    try {
        const toml::table table = toml::parse(text);
        if (table.size() != 1) return flaw("it is more than one value");
        std::vector<ValueProblem> problems;
        Value value = read_value(parameter, *table.get("value"), problems);
        if (!problems.empty()) return flaw(problems.front().message);
        return value;
    } catch (const toml::parse_error& error) {
        return flaw(printable(error.description()));
    }
}

std::size_t weight(const Value& value) {
    return std::accumulate(
        value.items.begin(), value.items.end(), per_value + value.text.size(),
        [](std::size_t sum, const Value& item) { return sum + per_value + item.text.size(); });
}

}  // namespace regent::config
