// SPDX-License-Identifier: Apache-2.0
// Which containers are wanted, and what follows from what there is.
#pragma once

#include <string>
#include <vector>

#include "plugins/docker/container.hpp"
#include "plugins/docker/event.hpp"
#include "regent/context.hpp"

namespace regent::plugins::docker {

struct Wanted {
    std::string container;  ///< name or id; empty: a label is meant
    std::string label_key;
    std::string label_value;
    bool has_label_value = false;
    std::size_t min_running = 1;

    /// Whether an event is of one of these, as far as the event tells.
    bool concerns(const Event& event) const;
    /// "app=web"
    std::string label() const { return has_label_value ? label_key + "=" + label_value : label_key; }
};

/// Takes over into `container` what an event tells of it: that it has ended, is paused, or is unhealthy.
/// After any other event it has to be asked for.
void apply(const Event& event, Container& container);

/// UP or DOWN. Running comes before health, which is stale once a container has ended.
sdk::Result judge(const Container& container);

/// The same of all: by name at most one, by label enough of them.
sdk::Result judge(const std::vector<Container>& containers, const Wanted& wanted);

}  // namespace regent::plugins::docker
