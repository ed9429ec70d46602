// SPDX-License-Identifier: Apache-2.0
// What the engine wants to be remembered from one run of the agent to the next of the same boot (rules.md 13,
// 17, 19). agent/platform keeps it in the state file.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/bytes.hpp"
#include "agent/base/ip_address.hpp"
#include "agent/base/result.hpp"
#include "agent/base/time.hpp"
#include "agent/core/address_key.hpp"
#include "agent/core/settings.hpp"

namespace regent::core {

/// A virtual router on the wire. The name is only a label: renaming an instance must not move an address.
struct RouterKey {
    std::string interface;
    Family family = Family::ipv4;
    std::uint8_t virtual_router_id = 0;

    auto operator<=>(const RouterKey&) const = default;
};

/// Which virtual router on the wire an instance is.
inline RouterKey key_of(const Instance& instance) {
    return {instance.interface, instance.family, instance.virtual_router_id};
}

struct Memory {
    struct Router {
        RouterKey key;
        std::vector<AddressKey> addresses;  ///< advertised and excluded, as configured
        bool master = false;
        bool held = false;                   ///< gave the role away on request (rules.md 19)
        std::optional<Instant> last_advert;  ///< with a priority other than 0, if it is master
        std::vector<IpAddress> trusted;      ///< senders whose list overlapped ours (rules.md 5)
        Duration peer_down{};  ///< with the interval of those adverts, whatever is configured now

        bool operator==(const Router&) const = default;
    };
    enum class Verdict : std::uint8_t { up = 1, down = 2, ignored = 3 };
    struct Check {
        std::string name;
        Verdict verdict = Verdict::up;
        std::string message;

        bool operator==(const Check&) const = default;
    };

    /// A check that counts as what an operator says.
    struct Override {
        std::string check;
        bool up = true;
        Instant until{};
        std::string message;  ///< in the place of the check's own

        bool operator==(const Override&) const = default;
    };

    /// Equal, but for the times of the last advertisements: each of those is recorded by itself.
    bool same_but_for_adverts(const Memory& other) const;
    /// nullptr: not remembered.
    const Router* find(const RouterKey& key) const;

    std::vector<Router> routers;
    std::vector<Check> checks;
    std::vector<Instant> resumes;            ///< of the last minute, oldest first
    std::optional<std::string> maintenance;  ///< the reason; none: not in maintenance
    std::vector<Override> overrides;

    bool operator==(const Memory&) const = default;
};

/// As bytes, without a checksum. Lists and texts beyond what the format holds (65 535) are cut.
Bytes encode(const Memory& memory);
/// Hostile-input safe: an error for anything that encode() does not make.
Result<Memory> decode_memory(ByteView bytes);

}  // namespace regent::core
