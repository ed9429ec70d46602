// SPDX-License-Identifier: Apache-2.0
// What the file must be before anything of it runs.
#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/platform/system_error.hpp"

#include "regent/abi/plugin.h"
#include "sdk/plugin-check/elf_object.hpp"
#include "sdk/plugin-check/tests.hpp"
#include "sdk/plugin-check/trial.hpp"

namespace regent::plugin_check::tests {
namespace {

/// Lines of what the dynamic linker says when it is asked to resolve every symbol of `file`, with the
/// libraries that it names and nothing else, as ldd -r does. No code of the file runs.
std::string linker_words(const std::filesystem::path& file) {
    const ElfObject self("/proc/self/exe");
    const auto segment = self.segment(PT_INTERP);
    if (!segment) throw Skipped{"this program has no dynamic linker to ask"};
    const std::string linker = self.text_of(*segment);
    const platform::Descriptor said(::memfd_create("linker", MFD_CLOEXEC));
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, said.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, said.get(), STDERR_FILENO);
    std::string path = file.string();
    std::string name = linker;
    std::string trace = "LD_TRACE_LOADED_OBJECTS=1", warn = "LD_WARN=yes", now = "LD_BIND_NOW=yes";
    std::string libraries = fmt::format("LD_LIBRARY_PATH={}", [] {
        const char* const given = ::getenv("LD_LIBRARY_PATH");
        return given == nullptr ? "" : given;
    }());
    char* const words[] = {name.data(), path.data(), nullptr};
    char* const environment[] = {trace.data(), warn.data(), now.data(), libraries.data(), nullptr};
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, linker.c_str(), &actions, nullptr, words, environment);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw Skipped{fmt::format("cannot run {}: {}", linker, platform::kernel_words(error))};
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    std::string text(1 << 20, '\0');
    const auto size = ::pread(said.get(), text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
}

/// "a, b, c and 4 more".
std::string some_of(std::vector<std::string> names) {
    constexpr std::size_t most = 5;
    std::sort(names.begin(), names.end());
    const std::size_t more = names.size() > most ? names.size() - most : 0;
    names.resize(names.size() - more);
    return fmt::format("{}{}", fmt::join(names, ", "), more > 0 ? fmt::format(" and {} more", more) : "");
}

bool is_sanitized(const ElfObject& object) {
    return std::any_of(object.symbols().begin(), object.symbols().end(), [](const auto& symbol) {
        return symbol.name.starts_with("__asan_") || symbol.name.starts_with("__tsan_") ||
               symbol.name.starts_with("__ubsan_");
    });
}

}  // namespace

void elf_object(Trial& trial) {
    const ElfObject object(trial.file());
    if (object.header().e_type != ET_DYN) throw Failed{"it is no shared object"};
    const ElfObject self("/proc/self/exe");
    if (object.header().e_machine != self.header().e_machine ||
        object.header().e_ident[EI_CLASS] != self.header().e_ident[EI_CLASS])
        throw Failed{fmt::format("it is made for another machine (e_machine {}, here {})",
                                 object.header().e_machine, self.header().e_machine)};
}

void elf_exports(Trial& trial) {
    const ElfObject object(trial.file());
    std::vector<std::string> others;
    bool found = false;
    for (const auto& symbol : object.symbols()) {
        if (!symbol.defined || !symbol.visible) continue;
        if (symbol.name == REGENT_PLUGIN_SYMBOL && symbol.type == STT_OBJECT) {
            found = true;
        } else {
            others.push_back(symbol.name);
        }
    }
    if (!found) throw Failed{"it has no object " REGENT_PLUGIN_SYMBOL};
    if (!others.empty())
        throw Failed{fmt::format("it exports {} beside " REGENT_PLUGIN_SYMBOL
                                 ": link with --version-script=regent-plugin.map",
                                 some_of(others))};
}

void elf_symbols(Trial& trial) {
    const std::string said = linker_words(trial.file());
    std::vector<std::string> missing;
    for (std::size_t at = 0; at < said.size();) {
        const std::size_t end = std::min(said.find('\n', at), said.size());
        const std::string line = said.substr(at, end - at);
        at = end + 1;
        constexpr std::string_view undefined = "undefined symbol: ";
        if (const auto from = line.find(undefined); from != std::string::npos) {
            const auto name = line.substr(from + undefined.size());
            missing.push_back(name.substr(0, name.find_first_of("\t ,(")));
        } else if (line.find("not found") != std::string::npos) {
            missing.push_back(line.substr(std::min(line.size(), line.find_first_not_of(" \t"))));
        }
    }
    if (!missing.empty())
        throw Failed{
            fmt::format("none of the libraries that it names has {}: link with -z defs", some_of(missing))};
}

void elf_nodelete(Trial& trial) {
    const auto flags = ElfObject(trial.file()).dynamic(DT_FLAGS_1);
    if (!flags || (*flags & DF_1_NODELETE) == 0)
        throw Failed{"it may be unloaded while its code runs: link with -z nodelete"};
}

void elf_relocations(Trial& trial) {
    const ElfObject object(trial.file());
    const auto flags = object.dynamic(DT_FLAGS);
    if (object.dynamic(DT_TEXTREL) || (flags && (*flags & DF_TEXTREL) != 0))
        throw Failed{"its code is changed when it is loaded (TEXTREL): compile with -fPIC"};
}

void elf_stack(Trial& trial) {
    const auto stack = ElfObject(trial.file()).segment(PT_GNU_STACK);
    if (!stack || (stack->p_flags & PF_X) != 0)
        throw Failed{"it makes the stack of the process executable: link with -z noexecstack"};
}

void elf_libraries(Trial& trial) {
    const ElfObject object(trial.file());
    for (const std::string& library : object.dynamic_texts(DT_NEEDED)) {
        if (library.find("regent") != std::string::npos)
            throw Failed{fmt::format("it is linked with {}: a plugin needs nothing of the agent", library)};
        if (library.find('/') != std::string::npos)
            throw Failed{fmt::format("it is linked with {}, by a path", library)};
    }
}

void elf_constructors(Trial& trial) {
    const ElfObject object(trial.file());
    if (is_sanitized(object)) throw Skipped{"a sanitizer has constructors of its own"};
    const std::uint64_t pointer = object.header().e_ident[EI_CLASS] == ELFCLASS64 ? 8 : 4;
    // One is the compiler's own (frame_dummy).
    const std::uint64_t count = object.dynamic(DT_INIT_ARRAYSZ).value_or(0) / pointer;
    if (count > 1)
        throw Failed{
            fmt::format("{} constructors run when it is loaded: a global object, or <iostream>", count - 1)};
}

}  // namespace regent::plugin_check::tests
