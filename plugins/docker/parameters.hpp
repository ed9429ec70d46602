// SPDX-License-Identifier: Apache-2.0
// What the parameters of the check mean, and which make no sense together.
#pragma once

#include "plugins/curl/peer.hpp"
#include "plugins/docker/verdict.hpp"
#include "regent/values.hpp"

namespace regent::plugins::docker {

/// Both throw sdk::Blame, and touch nothing.
curl::Peer peer(const sdk::Values& values);
Wanted wanted(const sdk::Values& values);

}  // namespace regent::plugins::docker
