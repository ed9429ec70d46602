// SPDX-License-Identifier: Apache-2.0
// What commands that need the agent have in common.
#pragma once

#include <ostream>

#include "agent/ctl/bus_client.hpp"
#include "agent/ctl/command.hpp"

namespace regent::ctl {

/// Runs what talks to the agent; what the bus says instead becomes a sentence and an exit code.
template <class Body>
ExitCode talk(const Streams& streams, const Body& body) {
    try {
        return body();
    } catch (const BusError& error) {
        streams.err << "regentctl: " << error.text << '\n';
        return error.code;
    }
}

}  // namespace regent::ctl
