// SPDX-License-Identifier: Apache-2.0
#include "sdk/plugin-check/trial.hpp"

#include <algorithm>
#include <fmt/core.h>

#include "agent/plugin/host/load.hpp"

#include "sdk/plugin-check/values.hpp"

namespace regent::plugin_check {
namespace {

/// Loaded once a process: --in-process runs many tests in one.
const regent_plugin* loaded(const std::filesystem::path& file) {
    static const auto found = plugin::host::open_plugin(file);
    if (!found) throw Failed{found.error().text};
    return *found;
}

void demand_known(const std::vector<GivenParam>& given, const regent_plugin& plugin) {
    for (const GivenParam& param : given) {
        bool known = false;
        for (std::uint32_t at = 0; at < plugin.type_count; ++at) {
            if (param.type.empty() || param.type == sdk::from_abi(plugin.types[at]->name))
                known = known || param_of(*plugin.types[at], param.name) != nullptr;
        }
        if (!known)
            throw Failed{fmt::format("--param {}{}{}: no type has it", param.type,
                                     param.type.empty() ? "" : ".", param.name)};
    }
}

}  // namespace

std::string label_of(const regent_type& type) {
    return fmt::format("{} {}", type.kind == REGENT_KIND_CHECK ? "check" : "notifier",
                       sdk::from_abi(type.name));
}

const regent_plugin& Trial::plugin() {
    return *loaded(file());
}

const plugin::host::Contract& Trial::contract() {
    if (contract_) return *contract_;
    auto read = plugin::host::read_contract(plugin());
    if (!read) throw Failed{read.error().text};
    contract_ = std::move(*read);
    return *contract_;
}

const std::vector<Subject>& Trial::subjects() {
    if (!subjects_.empty()) return subjects_;
    const regent_plugin& all = plugin();
    demand_known(options_.params, all);
    for (std::uint32_t at = 0; at < all.type_count; ++at) {
        const regent_type& type = *all.types[at];
        Subject subject{&type, label_of(type), type.kind == REGENT_KIND_CHECK};
        subject.settings = accepted_settings(type, options_.params);
        subjects_.push_back(std::move(subject));
    }
    return subjects_;
}

void Trial::each(const std::function<void(const Subject&)>& work) {
    std::vector<std::string> skipped;
    for (const Subject& subject : subjects()) {
        try {
            work(subject);
        } catch (const Failed& failed) {
            throw Failed{fmt::format("{}: {}", subject.label, failed.text)};
        } catch (const Skipped& reason) {
            skipped.push_back(fmt::format("{}: {}", subject.label, reason.text));
        } catch (const sdk::testing::Refused& refused) {
            throw Failed{
                fmt::format("{}: it refuses what it accepted before: {}", subject.label, refused.what())};
        } catch (const std::exception& problem) {
            throw Failed{fmt::format("{}: {}", subject.label, problem.what())};
        }
    }
    if (skipped.size() == subjects_.size()) throw Skipped{skipped.front()};
    for (const std::string& reason : skipped)
        note("not judged: " + reason);
}

}  // namespace regent::plugin_check
