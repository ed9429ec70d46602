// SPDX-License-Identifier: Apache-2.0
// virtual_ipaddress and virtual_ipaddress_excluded.
#include <array>
#include <fmt/format.h>

#include "agent/config/keepalived/like_ip.hpp"
#include "agent/config/keepalived/readers.hpp"
#include "agent/config/toml_writer.hpp"

namespace regent::config::keepalived {

namespace {

/// The address with all bits beyond the prefix set, or cleared.
IpAddress with_host_bits(const Prefixed& prefixed, bool set) {
    Bytes bytes(prefixed.address.bytes().begin(), prefixed.address.bytes().end());
    for (std::size_t bit = prefixed.prefix.value_or(prefixed.address.full_prefix()); bit < bytes.size() * 8;
         ++bit) {
        const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
        bytes[bit / 8] = static_cast<std::uint8_t>(set ? bytes[bit / 8] | mask : bytes[bit / 8] & ~mask);
    }
    return IpAddress::from_bytes(bytes).value_or(prefixed.address);
}

/// Words of an address that regent has no counterpart for; those with a value take the next word with them.
constexpr std::array<std::string_view, 8> bare_words{"home",          "-nodad",   "nodad",    "mngtmpaddr",
                                                     "noprefixroute", "autojoin", "no_track", "use_vmac"};
constexpr std::array<std::string_view, 3> words_with_value{"peer", "preferred_lft", "track_group"};

template <class List>
bool holds(const List& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

class AddressReader {
  public:
    AddressReader(const Reading& reading, Instance& instance, const Statement& statement)
        : reading_(reading), instance_(instance), statement_(statement) {}

    std::optional<Address> read() {
        const std::string& text = statement_.words[0].text;
        const auto parsed = prefixed(text);
        if (!parsed) {
            reading_.findings().error(statement_.spot, "lost", "virtual_ipaddress",
                                      fmt::format("{} is no address", in_quotes(text)),
                                      "for example 192.0.2.10/24 or 2001:db8::10/64");
            instance_.table.notes.push_back({statement_.spot, "LOST: " + shown(statement_)});
            return std::nullopt;
        }
        std::string whole = parsed->address.to_string();
        if (parsed->prefix) whole += fmt::format("/{}", *parsed->prefix);
        for (std::size_t i = 1; i < statement_.words.size(); ++i)
            word(i, *parsed);
        if (options_.empty()) return Address{parsed->address, device_, toml_string(whole), statement_.spot};
        return Address{parsed->address, device_,
                       fmt::format("{{ address = {}{} }}", toml_string(whole), options_.text()),
                       statement_.spot};
    }

  private:
    void word(std::size_t& i, const Prefixed& own) {
        const std::string& name = statement_.words[i].text;
        if (holds(bare_words, name)) return left_out(name, {});
        const bool known = name == "dev" || name == "label" || name == "scope" || name == "brd" ||
                           name == "broadcast" || holds(words_with_value, name);
        if (!known) {
            return reading_.findings().error(
                statement_.spot_of(i), "unknown_key", name,
                fmt::format("{} is not known behind an address", in_quotes(name)),
                "known are dev, label, scope and brd");
        }
        if (++i >= statement_.words.size()) {
            return reading_.findings().error(statement_.spot, "missing", name,
                                             fmt::format("{} has no value", in_quotes(name)));
        }
        const std::string& value = statement_.words[i].text;
        if (name == "dev") {
            device_ = value;
            add("device", toml_text(value));
        } else if (name == "label") {
            add("label", toml_text(value));
        } else if (name == "scope") {
            scope(value, own);
        } else if (name == "brd" || name == "broadcast") {
            broadcast(value, own);
        } else {
            left_out(name, value);
        }
    }

    void scope(const std::string& value, const Prefixed& own) {
        // Of IPv6 the kernel derives it, whatever is asked for.
        if (own.address.is_ipv6() || value == "global" || value == "0") return;
        if (value == "nowhere") return left_out("scope", value);
        add("scope", toml_text(value));
    }

    void broadcast(const std::string& value, const Prefixed& own) {
        const bool computed = value == "+" || value == "-";
        if (!computed) return add("broadcast", toml_text(value));
        if (own.prefix.value_or(32) > 30) return left_out("brd", value);
        add("broadcast", toml_string(with_host_bits(own, value == "+")));
    }

    void add(std::string_view key, std::string toml) { options_.set(key, std::move(toml)); }

    void left_out(const std::string& name, const std::string& value) {
        const std::string words = value.empty() ? name : name + " " + value;
        reading_.remark(instance_.table, statement_.spot, "virtual_ipaddress",
                        fmt::format("{}: {} is left out: regent has no such option of an address",
                                    printable(statement_.words[0].text), in_quotes(words)));
    }

    const Reading& reading_;
    Instance& instance_;
    const Statement& statement_;
    Options options_;
    std::string device_;
};

}  // namespace

void read_addresses(const Statement& block, const Reading& reading, Instance& instance,
                    std::vector<Address>& addresses) {
    for (const Statement& statement : block.children) {
        if (statement.is_block || statement.words.empty()) {
            reading.lose(instance.table, statement, "an address has no block", "write one address a line");
            continue;
        }
        auto address = AddressReader(reading, instance, statement).read();
        if (!address) continue;
        const auto same = std::find_if(addresses.begin(), addresses.end(),
                                       [&](const Address& each) { return each.address == address->address; });
        if (same == addresses.end()) {
            addresses.push_back(std::move(*address));
            continue;
        }
        if (address->device != same->device) {
            reading.lose(instance.table, statement,
                         "regent has an address once in an instance, on one device",
                         "put it into an instance of its own");
            continue;
        }
        // The kernel takes an address once; of two entries the one that says more is meant.
        reading.remark(instance.table, statement.spot, "virtual_ipaddress",
                       fmt::format("{} is listed twice: written once", address->address.to_string()),
                       "duplicate",
                       "beside a keepalived take one of them out there: it compares how many are advertised");
        if (address->toml.size() > same->toml.size()) same->toml = address->toml;
    }
}

}  // namespace regent::config::keepalived
