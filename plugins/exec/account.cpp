// SPDX-License-Identifier: Apache-2.0
#include "account.hpp"

#include <array>
#include <cerrno>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdexcept>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

namespace regent::plugins::exec {

namespace {

bool may_change_user() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    if (::syscall(SYS_capget, &header, sets.data()) != 0) return false;
    constexpr std::uint32_t both = (1U << CAP_SETUID) | (1U << CAP_SETGID);
    return (sets[0].effective & both) == both;
}

Account look_up(const std::string& user) {
    std::array<char, 16384> storage{};
    passwd entry{};
    passwd* found = nullptr;
    const int error = ::getpwnam_r(user.c_str(), &entry, storage.data(), storage.size(), &found);
    if (found == nullptr && error != 0) {
        throw std::runtime_error("user \"" + user +
                                 "\" cannot be looked up: " + std::generic_category().message(error));
    }
    if (found == nullptr) throw std::runtime_error("there is no user \"" + user + "\"");
    Account made{true, entry.pw_uid, entry.pw_gid, std::vector<gid_t>(64)};
    auto count = static_cast<int>(made.groups.size());
    if (::getgrouplist(user.c_str(), made.group, made.groups.data(), &count) < 0) {
        made.groups.resize(static_cast<std::size_t>(count));
        if (::getgrouplist(user.c_str(), made.group, made.groups.data(), &count) < 0)
            throw std::runtime_error("the groups of user \"" + user + "\" cannot be looked up");
    }
    made.groups.resize(static_cast<std::size_t>(count));
    return made;
}

}  // namespace

Account account(const std::optional<std::string>& user) {
    if (may_change_user()) return look_up(user.value_or("nobody"));
    if (user && look_up(*user).user != ::geteuid()) {
        throw std::runtime_error("programs cannot be run as \"" + *user +
                                 "\": regent does not run as root here; leave out `user`, or name its own");
    }
    return {};
}

}  // namespace regent::plugins::exec
