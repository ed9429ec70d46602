// SPDX-License-Identifier: Apache-2.0
#define BOOST_DLL_USE_STD_FS
#include "agent/plugin/host/load.hpp"

#include <boost/dll/shared_library.hpp>
#include <fmt/core.h>
#include <memory>

#include "agent/plugin/host/trust.hpp"

namespace regent::plugin::host {

Result<const regent_plugin*> open_plugin(const std::filesystem::path& file) {
    namespace dll = boost::dll;
    // Never closed, on purpose; static, so that it is not a leak either.
    static dll::shared_library& library = *new dll::shared_library;
    try {
        library.load(file, dll::load_mode::rtld_now | dll::load_mode::rtld_local);
        if (!library.has(REGENT_PLUGIN_SYMBOL))
            return failure(fmt::format("{} is no plugin: it has no {}", file.string(), REGENT_PLUGIN_SYMBOL));
        return &library.get<const regent_plugin>(REGENT_PLUGIN_SYMBOL);
    } catch (const std::exception& problem) {
        return failure(fmt::format("cannot load {}: {}", file.string(), problem.what()));
    } catch (...) {
        return failure(fmt::format("cannot load {}: it threw an exception", file.string()));
    }
}

Result<Contract> load(const std::filesystem::path& plugin) {
    const auto file = trusted(plugin);
    if (!file) return tl::unexpected(file.error());
    const auto found = open_plugin(*file);
    if (!found) return tl::unexpected(found.error());
    auto contract = read_contract(**found);
    if (!contract)
        return failure(
            fmt::format("{} breaks the plugin contract: {}", file->string(), contract.error().text));
    contract->description.file = *file;
    return contract;
}

}  // namespace regent::plugin::host
