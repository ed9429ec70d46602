// SPDX-License-Identifier: Apache-2.0
// What outlives the agent: a file in the run directory, mapped into memory, so that writing to it is no
// system call and a crash at any moment leaves either the old or the new content (rules.md 17).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "agent/base/result.hpp"
#include "agent/base/time.hpp"
#include "agent/core/memory.hpp"

namespace regent::platform {

/// One thread at a time. The file counts for this boot and this network namespace alone.
class StateFile {
  public:
    /// Bytes of an encoded Memory that fit, about ten thousand addresses.
    static constexpr std::size_t document_capacity = 512UL * 1024;
    /// Routers whose last advertisement is recorded by itself.
    static constexpr std::size_t slots = 4096;

    /// Maps `directory`/state. Made anew when it is missing, damaged, of another version or of another boot.
    /// Fails where it cannot be made: read-only, full, no such directory.
    static Result<StateFile> open(const std::filesystem::path& directory);

    StateFile(StateFile&& other) noexcept;
    StateFile& operator=(StateFile&& other) noexcept;
    StateFile(const StateFile&) = delete;
    StateFile& operator=(const StateFile&) = delete;
    ~StateFile();

    /// What was remembered last, with the last advertisements. Fails with the reason where there is nothing,
    /// or nothing that can be trusted.
    Result<core::Memory> recall() const;

    /// Replaces what is remembered. Fails, and remembers nothing, when it is larger than the file.
    Result<void> remember(const core::Memory& memory);
    /// Router `slot` of what is remembered has advertised. Slots beyond the table are not recorded.
    void record_advert(std::uint32_t slot, Instant at);

  private:
    explicit StateFile(std::span<std::byte> mapping) : mapping_(mapping) {}

    std::span<std::byte> mapping_;
    std::uint64_t generation_ = 0;  ///< of what is remembered
};

}  // namespace regent::platform
