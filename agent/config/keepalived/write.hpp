// SPDX-License-Identifier: Apache-2.0
// The model as a regent.toml, with comments for what was left out.
#pragma once

#include <string>
#include <vector>

#include "agent/config/keepalived/model.hpp"
#include "agent/config/keepalived/reading.hpp"

namespace regent::config::keepalived {

struct Written {
    std::string toml;
    std::vector<Spot> spots;  ///< for each line of `toml`, where it comes from
};

/// `model` is resolved. Says what it finds on the way to `reading`.
Written write_model(Model& model, const Reading& reading);

}  // namespace regent::config::keepalived
