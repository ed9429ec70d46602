// SPDX-License-Identifier: Apache-2.0
// virtual_routes. A route that regent cannot set is left out: no virtual address depends on it.
#include <fmt/format.h>

#include "agent/config/keepalived/like_ip.hpp"
#include "agent/config/keepalived/readers.hpp"

namespace regent::config::keepalived {

namespace {

class RouteReader {
  public:
    RouteReader(const Reading& reading, Instance& instance, const Statement& statement)
        : reading_(reading), instance_(instance), statement_(statement) {}

    void read() {
        for (std::size_t i = 0; i < statement_.words.size(); ++i) {
            if (!word(i)) return left_out(why_);
        }
        if (!destination_.empty()) {
            instance_.routes.push_back(
                {fmt::format("{{ to = {}{} }}", destination_, options_.text()), statement_.spot});
        } else {
            return left_out("the route has no destination");
        }
        if (has_gateway_ && !has_device_) {
            reading_.remark(
                instance_.table, statement_.spot, "virtual_routes",
                fmt::format("{}: without dev it goes out of the instance's interface; keepalived lets "
                            "the kernel choose",
                            shown(statement_)),
                "advice", "write device = \"…\" into the route where that is another one");
        }
    }

  private:
    bool word(std::size_t& i) {
        const std::string& name = statement_.words[i].text;
        if (name == "no_track") return true;
        if (name == "inet" || name == "inet6") return true;
        const bool takes_value = name == "src" || name == "to" || name == "via" || name == "gw" ||
                                 name == "dev" || name == "metric" || name == "priority" ||
                                 name == "preference" || name == "table";
        if (!takes_value) {
            const auto network = prefixed(name);
            if (!network && name != "default")
                return refuse(fmt::format("{} is not known in a route of regent's", in_quotes(name)));
            return take_destination(name);
        }
        if (++i >= statement_.words.size()) return refuse(fmt::format("{} has no value", in_quotes(name)));
        return with_value(name, statement_.words[i].text);
    }

    bool with_value(const std::string& name, const std::string& value) {
        if (name == "to") return take_destination(value);
        if (name == "table") {
            if (value == "main" || value == "254") return true;
            if (!number_of(value)) return refuse("a table is given by its number");
            add("table", toml_number(value));
        } else if (name == "src") {
            add("source", toml_text(value));
        } else if (name == "dev") {
            add("device", toml_text(value));
            has_device_ = true;
        } else if (name == "via" || name == "gw") {
            // `via inet6 ADDRESS` is a gateway of another family.
            if (value == "inet6" || value == "inet") return refuse("a gateway has the family of its route");
            add("via", toml_text(value));
            has_gateway_ = true;
        } else {
            add("metric", toml_number(value));
        }
        return true;
    }

    void left_out(const std::string& why) {
        reading_.remark(instance_.table, statement_.spot, "virtual_routes",
                        fmt::format("the route {} is left out: {}", in_quotes(shown(statement_)), why));
    }

    bool take_destination(const std::string& text) {
        if (!destination_.empty()) return refuse("the route has two destinations");
        destination_ = toml_text(text);
        return true;
    }

    bool refuse(std::string why) {
        why_ = std::move(why);
        return false;
    }

    void add(std::string_view key, std::string toml) { options_.set(key, std::move(toml)); }

    const Reading& reading_;
    Instance& instance_;
    const Statement& statement_;
    std::string destination_, why_;
    Options options_;
    bool has_device_ = false, has_gateway_ = false;
};

}  // namespace

void read_routes(const Statement& block, const Reading& reading, Instance& instance) {
    for (const Statement& statement : block.children) {
        if (statement.is_block || statement.words.empty()) {
            reading.leave_out(instance.table, statement, "a route has no block");
        } else {
            RouteReader(reading, instance, statement).read();
        }
    }
}

}  // namespace regent::config::keepalived
