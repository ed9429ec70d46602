// SPDX-License-Identifier: Apache-2.0
// What belongs to the whole process, and so to no plugin: looked at before and after.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace regent::plugin_check {

/// Every open descriptor and what it is ("socket:[12]"), without the one that is needed to look.
std::map<int, std::string> open_descriptors();

/// Threads of this process.
std::size_t threads();

/// Child processes, running or not waited for; nothing where the kernel does not tell (CONFIG_PROC_CHILDREN).
std::optional<std::size_t> children();

/// Bytes that the allocator has handed out; 0 where it does not tell, as under a sanitizer.
std::size_t heap_in_use();

/// What was written to stdout so far, the C library's buffer included; nothing where stdout is no file.
std::string printed();

/// Signals and their mask, locale, umask, working directory and environment: by name, as text.
std::map<std::string, std::string> process_state();

}  // namespace regent::plugin_check
