// SPDX-License-Identifier: Apache-2.0
#include "sdk/plugin-check/elf_object.hpp"

#include <algorithm>
#include <fcntl.h>
#include <fmt/core.h>

#include "agent/platform/system_error.hpp"

#include "sdk/plugin-check/test.hpp"

namespace regent::plugin_check {
namespace {

std::string text_at(Elf* elf, std::size_t table, std::size_t offset) {
    const char* const text = elf_strptr(elf, table, offset);
    return text == nullptr ? "" : text;
}

bool has_text(std::int64_t tag) {
    return tag == DT_NEEDED || tag == DT_RPATH || tag == DT_RUNPATH || tag == DT_SONAME;
}

}  // namespace

ElfObject::ElfObject(const std::filesystem::path& file) : file_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (!file_) throw Failed{fmt::format("cannot read it: {}", platform::kernel_words(errno))};
    elf_version(EV_CURRENT);
    elf_ = elf_begin(file_.get(), ELF_C_READ, nullptr);
    if (elf_ == nullptr || elf_kind(elf_) != ELF_K_ELF || gelf_getehdr(elf_, &header_) == nullptr) {
        elf_end(elf_);
        throw Failed{"it is no ELF file"};
    }
    for (Elf_Scn* section = elf_nextscn(elf_, nullptr); section != nullptr;
         section = elf_nextscn(elf_, section))
        read_section(section);
}

void ElfObject::read_section(Elf_Scn* section) {
    GElf_Shdr header{};
    if (gelf_getshdr(section, &header) == nullptr || header.sh_entsize == 0) return;
    if (header.sh_type == SHT_DYNAMIC) read_dynamic(section, header);
    if (header.sh_type == SHT_DYNSYM) read_symbols(section, header);
}

void ElfObject::read_dynamic(Elf_Scn* section, const GElf_Shdr& header) {
    Elf_Data* const data = elf_getdata(section, nullptr);
    GElf_Dyn entry{};
    for (int at = 0; gelf_getdyn(data, at, &entry) != nullptr && entry.d_tag != DT_NULL; ++at) {
        dynamic_.push_back({entry.d_tag, entry.d_un.d_val});
        if (has_text(entry.d_tag)) dynamic_.back().text = text_at(elf_, header.sh_link, entry.d_un.d_val);
    }
}

void ElfObject::read_symbols(Elf_Scn* section, const GElf_Shdr& header) {
    Elf_Data* const data = elf_getdata(section, nullptr);
    GElf_Sym symbol{};
    // The first is the one that stands for none.
    for (int at = 1; gelf_getsym(data, at, &symbol) != nullptr; ++at) {
        const unsigned visibility = GELF_ST_VISIBILITY(symbol.st_other);
        symbols_.push_back({text_at(elf_, header.sh_link, symbol.st_name), GELF_ST_TYPE(symbol.st_info),
                            symbol.st_shndx != SHN_UNDEF,
                            GELF_ST_BIND(symbol.st_info) != STB_LOCAL && visibility != STV_HIDDEN &&
                                visibility != STV_INTERNAL});
    }
}

std::optional<std::uint64_t> ElfObject::dynamic(std::int64_t tag) const {
    const auto found =
        std::find_if(dynamic_.begin(), dynamic_.end(), [&](const Entry& entry) { return entry.tag == tag; });
    return found == dynamic_.end() ? std::nullopt : std::optional(found->value);
}

std::vector<std::string> ElfObject::dynamic_texts(std::int64_t tag) const {
    std::vector<std::string> texts;
    for (const Entry& entry : dynamic_) {
        if (entry.tag == tag) texts.push_back(entry.text);
    }
    return texts;
}

std::optional<GElf_Phdr> ElfObject::segment(std::uint32_t type) const {
    GElf_Phdr segment{};
    for (int at = 0; gelf_getphdr(elf_, at, &segment) != nullptr; ++at) {
        if (segment.p_type == type) return segment;
    }
    return std::nullopt;
}

std::string ElfObject::text_of(const GElf_Phdr& segment) const {
    Elf_Data* const data =
        elf_getdata_rawchunk(elf_, static_cast<std::int64_t>(segment.p_offset), segment.p_filesz, ELF_T_BYTE);
    if (data == nullptr || data->d_buf == nullptr) return {};
    const std::string text(static_cast<const char*>(data->d_buf), data->d_size);
    return text.substr(0, text.find('\0'));
}

}  // namespace regent::plugin_check
