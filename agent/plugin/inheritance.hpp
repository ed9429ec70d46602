// SPDX-License-Identifier: Apache-2.0
// Which capabilities a plugin host gets from whoever starts it. A host gives up what it does not need, too;
// but the sandbox of the unit forbids that (capset(2) is one of systemd's @privileged), and what was never
// there need not go.
#pragma once

#include <cstdint>
#include <vector>

namespace regent::plugin {

/// As bits (capabilities(7)): CAP_NET_RAW; CAP_SETUID, CAP_SETGID and CAP_KILL.
std::uint64_t capabilities_of(bool net_raw, bool setuid);

/// While it lives, a program that this thread starts inherits no ambient capability but those of `keep`.
/// Changes nothing where there is none, nor for root, whose programs get them all.
class Inheritance {
  public:
    explicit Inheritance(std::uint64_t keep);
    ~Inheritance();
    Inheritance(const Inheritance&) = delete;
    Inheritance& operator=(const Inheritance&) = delete;

  private:
    std::vector<unsigned> lowered_;
};

}  // namespace regent::plugin
