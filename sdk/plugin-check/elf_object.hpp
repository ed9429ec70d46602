// SPDX-License-Identifier: Apache-2.0
// A shared object as a file, by libelf. Nothing of it is loaded or run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <gelf.h>
#include <optional>
#include <string>
#include <vector>

#include "agent/platform/descriptor.hpp"

namespace regent::plugin_check {

class ElfObject {
  public:
    /// Throws Failed, with a sentence about the file.
    explicit ElfObject(const std::filesystem::path& file);
    ~ElfObject() { elf_end(elf_); }
    ElfObject(const ElfObject&) = delete;
    ElfObject& operator=(const ElfObject&) = delete;

    const GElf_Ehdr& header() const { return header_; }
    /// The value of the first dynamic entry with this tag (DT_FLAGS_1, …).
    std::optional<std::uint64_t> dynamic(std::int64_t tag) const;
    /// The texts of all dynamic entries with this tag (DT_NEEDED, DT_RUNPATH, …).
    std::vector<std::string> dynamic_texts(std::int64_t tag) const;
    /// The first program header of this type (PT_GNU_STACK, …).
    std::optional<GElf_Phdr> segment(std::uint32_t type) const;
    /// Bytes of the file where a segment is, as text up to the first zero (PT_INTERP).
    std::string text_of(const GElf_Phdr& segment) const;

    struct Symbol {
        std::string name;
        unsigned type = 0;  ///< STT_OBJECT, …
        bool defined = false;
        bool visible = false;  ///< others can link to it
    };
    /// Those of the dynamic linker.
    const std::vector<Symbol>& symbols() const { return symbols_; }

  private:
    struct Entry {
        std::int64_t tag = 0;
        std::uint64_t value = 0;
        std::string text{};  ///< for tags whose value is a text
    };
    void read_section(Elf_Scn* section);
    void read_dynamic(Elf_Scn* section, const GElf_Shdr& header);
    void read_symbols(Elf_Scn* section, const GElf_Shdr& header);

    platform::Descriptor file_;
    Elf* elf_ = nullptr;
    GElf_Ehdr header_{};
    std::vector<Entry> dynamic_;
    std::vector<Symbol> symbols_;
};

}  // namespace regent::plugin_check
