// SPDX-License-Identifier: Apache-2.0
#include "regent/plugin.hpp"

#include "plugins/http/http_check.hpp"

REGENT_PLUGIN("org.regent.http", "0.1.0", "answers of HTTP servers", "", "Apache-2.0",
              regent::sdk::check<regent::plugins::http::HttpCheck>)
