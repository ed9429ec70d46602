// SPDX-License-Identifier: Apache-2.0
// Plugins as they would describe themselves, without one being installed.
#pragma once

#include "agent/config/capabilities.hpp"

namespace regent::config::test {

/// Four plugins that can be used:
///  - /plugins/regent-haproxy.so: check haproxy, which pushes
///  - /plugins/regent-exec.so: check exec and notifier exec, neither pushes; needs setuid
///  - /plugins/regent-every.so: check every, with one parameter of each type and of each list, all optional
///  - /plugins/regent-mail.so: notifier mail, with a required secret
/// Two that offer check twin, one with a flaw in its schema (check flawed), and /plugins/regent-broken.so,
/// which cannot be used.
Installed installed();

/// These plugins. regent-exec.so objects to a first word of `command` that is "bad", and to `user` = "bad"
/// without naming it; regent-mail.so does not answer.
Capabilities capabilities();

}  // namespace regent::config::test
