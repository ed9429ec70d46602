// SPDX-License-Identifier: Apache-2.0
// A shared object becomes part of this process, for as long as that lives: code may run in it after the last
// instance is gone, so it is never unloaded. The one place that knows Boost.DLL.
#pragma once

#include <filesystem>

#include "agent/base/result.hpp"
#include "agent/plugin/host/contract.hpp"

namespace regent::plugin::host {

/// The object that a shared object exports, without asking whose file it is and unread. One file a process.
Result<const regent_plugin*> open_plugin(const std::filesystem::path& file);

/// Refuses what trusted() refuses and what keeps the contract badly. Whatever a shared object does when it is
/// loaded, it does here: it may never return.
Result<Contract> load(const std::filesystem::path& plugin);

}  // namespace regent::plugin::host
