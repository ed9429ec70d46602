// SPDX-License-Identifier: Apache-2.0
// What an operator names: "web", or "check/web" where a group, an instance and a check may all be called so.
#pragma once

#include <string_view>

namespace regent::ctl {

struct Named {
    std::string_view kind;  ///< "check"; empty: of any kind
    std::string_view name;

    bool is(std::string_view its_kind, std::string_view its_name) const {
        return name == its_name && (kind.empty() || kind == its_kind);
    }
};

/// As D-Bus has it in the path of an object. No name of the configuration has a slash.
inline Named named(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return {{}, text};
    return {text.substr(0, slash), text.substr(slash + 1)};
}

}  // namespace regent::ctl
