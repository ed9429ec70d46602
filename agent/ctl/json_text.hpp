// SPDX-License-Identifier: Apache-2.0
// JSON as every command prints it.
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>

namespace regent::ctl {

/// A text that is no UTF-8 does not spoil the document.
inline void print_json(const nlohmann::ordered_json& document, std::ostream& out) {
    out << document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
}

}  // namespace regent::ctl
