// SPDX-License-Identifier: Apache-2.0
#include "plugins/rmi/verdict.hpp"

#include <algorithm>
#include <strings.h>

#include "plugins/support/printable.hpp"
#include "plugins/support/socket_address.hpp"

namespace regent::plugins::rmi {

namespace {

/// Of a name, a class or a host in a message.
constexpr std::size_t maximum_shown = 40;
/// Said in full; of others only the number. A message has room for no more.
constexpr std::size_t maximum_names = 3;

std::string quoted(std::string_view text) {
    std::string made(1, '"');
    made += printable(text, maximum_shown);
    return made += '"';
}

/// The same host, in whichever way two texts write its address or name.
bool same_host(const std::string& one, const std::string& other) {
    const auto address = socket_address(one);
    const auto other_address = socket_address(other);
    if (address && other_address) return address->same_host(*other_address);
    return one.size() == other.size() && ::strncasecmp(one.data(), other.data(), one.size()) == 0;
}

std::string first_of(const std::vector<std::string>& sentences) {
    std::string text = sentences.front();
    if (sentences.size() > 1) text += "; and " + std::to_string(sentences.size() - 1) + " more like it";
    return text;
}

}  // namespace

bool Findings::add(std::size_t index, const jrmp::Reader& answer) {
    using State = jrmp::Reader::State;
    const std::string& name = demands_->names[index];
    if (answer.state() == State::bound) return add_bound(index, answer.bound());
    if (answer.state() == State::thrown && answer.text() == "java.rmi.NotBoundException") {
        unbound_.push_back(name);
        return true;
    }
    if (answer.state() == State::thrown && answer.text() == "java.rmi.NoSuchObjectException") {
        has_no_registry_ = true;
        return false;
    }
    broken_ = answer.state() == State::thrown
                  ? "the lookup of " + quoted(name) + " fails: " + printable(answer.text(), maximum_shown)
                  : "asked for " + quoted(name) + ", it " + answer.text();
    return false;
}

bool Findings::add_bound(std::size_t index, const jrmp::Bound& bound) {
    ++bound_;
    const std::string wanted = demands_->interfaces.empty() ? "" : demands_->interfaces[index];
    const auto& types = bound.types;
    if (!wanted.empty() && std::find(types.begin(), types.end(), wanted) == types.end()) {
        wrong_.push_back(quoted(demands_->names[index]) + " is bound to another object, of " +
                         (types.empty() ? "no type" : printable(types.front(), maximum_shown)) + " and not " +
                         printable(wanted, maximum_shown));
    }
    look_at_endpoint(index, bound);
    return true;
}

void Findings::look_at_endpoint(std::size_t index, const jrmp::Bound& bound) {
    if (demands_->stub_host.empty() && demands_->stub_port == 0) return;
    const std::string& name = demands_->names[index];
    if (!bound.endpoint) {
        misleading_.push_back("the stub of " + quoted(name) + " does not say where it sends clients");
        return;
    }
    const auto& [host, port] = *bound.endpoint;
    const bool right_host = demands_->stub_host.empty() || same_host(host, demands_->stub_host);
    const bool right_port = demands_->stub_port == 0 || port == demands_->stub_port;
    if (right_host && right_port) return;
    std::string text = "the stub of " + quoted(name) + " sends clients to " +
                       (host.empty() ? "no host" : printable(host, maximum_shown)) + " port " +
                       std::to_string(port);
    if (!right_host)
        text += ", past " + printable(demands_->stub_host, maximum_shown) +
                ": set java.rmi.server.hostname of its JVM";
    else
        text += " instead of " + std::to_string(demands_->stub_port);
    misleading_.push_back(std::move(text));
}

sdk::Result Findings::judge() const {
    using sdk::Reason;
    if (has_no_registry_) {
        return sdk::down(Reason::not_found,
                         "there is no registry here, though RMI is spoken: is it the port of an object?");
    }
    if (!broken_.empty()) return sdk::down(Reason::protocol, broken_);
    if (!unbound_.empty()) {
        std::string text;
        for (std::size_t index = 0; index < std::min(unbound_.size(), maximum_names); ++index)
            text += (index == 0 ? "" : ", ") + quoted(unbound_[index]);
        if (unbound_.size() > maximum_names)
            text += " and " + std::to_string(unbound_.size() - maximum_names) + " more";
        return sdk::down(Reason::not_found,
                         text + (unbound_.size() == 1 ? " is" : " are") + " not bound in the registry");
    }
    if (!wrong_.empty()) return sdk::down(Reason::not_found, first_of(wrong_));
    if (!misleading_.empty()) return sdk::degraded(Reason::config, first_of(misleading_));
    const std::size_t count = demands_->names.size();
    return sdk::up(count == 0 ? "answers the ping"
                              : "answers the ping, " + std::to_string(count) +
                                    (count == 1 ? " name is bound" : " names are bound"));
}

}  // namespace regent::plugins::rmi
