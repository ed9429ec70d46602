// SPDX-License-Identifier: Apache-2.0
// What it means that a request failed.
#pragma once

#include "plugins/curl/transfer.hpp"

namespace regent::plugins::curl {

/// DOWN: the server refuses, is out of reach, does not speak HTTP, or is not whom it has to be. UNKNOWN: what
/// this machine lacks. The message says what happened, and not to whom. Not for CURLE_OK.
sdk::Result failure(const Transfer& transfer, CURLcode code);

}  // namespace regent::plugins::curl
