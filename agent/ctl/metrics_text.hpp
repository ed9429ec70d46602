// SPDX-License-Identifier: Apache-2.0
// The status document (regent.status.1) in the text format of Prometheus, for the textfile collector of its
// node exporter.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace regent::ctl {

std::string metrics_text(const nlohmann::ordered_json& status);

}  // namespace regent::ctl
