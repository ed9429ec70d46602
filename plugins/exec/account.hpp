// SPDX-License-Identifier: Apache-2.0
// As whom a program runs.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace regent::plugins::exec {

struct Account {
    bool change = false;  ///< false: stay who we are; nothing below counts
    uid_t user = 0;
    gid_t group = 0;
    std::vector<gid_t> groups;
};

/// Without `user`: nobody where this process may change its user, itself otherwise. Throws std::runtime_error
/// with a sentence where the user does not exist, or where it is another one and this process may not change.
/// Reads the user database.
Account account(const std::optional<std::string>& user);

}  // namespace regent::plugins::exec
