// SPDX-License-Identifier: Apache-2.0
// What is installed, in the form in which checks and notifiers of a file ask for it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/config/capabilities.hpp"

namespace regent::config {

/// A type that can be used, with the defaults of its parameters in the order of the schema.
struct UsableType {
    Offer offer;
    std::vector<Value> defaults;
};

/// Why a type cannot be used, and what to do about it.
struct NoType {
    std::string code;
    std::string message;
    std::string hint;
};

/// Keeps a reference to its argument.
class Offers {
  public:
    explicit Offers(const Installed& installed) : installed_(installed) {}

    /// Exactly one of the two. Both stay where they are.
    std::pair<const UsableType*, const NoType*> find(PluginKind kind, const std::string& name);

    /// The names of all parameters that are secrets.
    std::vector<std::string> secret_names() const;

  private:
    struct Entry {
        std::optional<UsableType> usable;
        NoType reason;
    };

    Entry look_up(PluginKind kind, const std::string& name) const;
    NoType not_found(PluginKind kind, const std::string& name) const;

    const Installed& installed_;
    std::map<std::pair<PluginKind, std::string>, Entry> known_;
};

}  // namespace regent::config
