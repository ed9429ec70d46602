// SPDX-License-Identifier: Apache-2.0
// `regentctl config convert …`: from a keepalived.conf to a regent.toml.
#pragma once

#include "agent/ctl/arguments.hpp"

namespace regent::ctl {

/// The result goes to stdout or to the file of --output, which is not overwritten without --force; 7 when a
/// virtual address or a check would be lost or the result has errors: it is written all the same, except
/// where FILE could not be read. With --json what was found is a document on stdout, and without --output the
/// result is in it.
ExitCode config_convert(const Arguments& given, const Streams& streams);

}  // namespace regent::ctl
