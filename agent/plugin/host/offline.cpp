// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/host/offline.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "agent/plugin/fields.hpp"
#include "agent/plugin/host/abi_values.hpp"
#include "agent/plugin/message_text.hpp"
#include "agent/plugin/value_json.hpp"

namespace regent::plugin::host {
namespace {

using nlohmann::json;

json objection(const std::string& text, const std::optional<std::uint32_t>& parameter = {}) {
    json made = {{"parameter", nullptr}, {"text", text}};
    if (parameter) made["parameter"] = *parameter;
    return made;
}

json judge(const config::PluginType& type, const Operations& operations,
           const std::vector<config::Value>& values) {
    if (auto right = check_form(type, values); !right) return objection(right.error().text);
    if (operations.validate == nullptr) return nullptr;
    const AbiValues abi(values);
    AbiError error;
    try {
        if (operations.validate(abi.data(), abi.size(), error.get()) == 0) return nullptr;
    } catch (...) {
        return objection("the plugin threw an exception");
    }
    return objection(error.text("the plugin did not say why"), error.parameter(values.size()));
}

Result<json> answer(const Contract& contract, const json& question) {
    Fields fields(question);
    const std::string kind = fields.text("kind", maximum_name);
    const std::string name = fields.text("type", maximum_name);
    const json& list = fields.array("values", maximum_values);
    if (fields.wrong()) return failure(*fields.wrong());
    const auto values = values_from_json(list);
    if (!values) return failure(values.error().text);
    const auto& types = contract.description.types;
    for (std::size_t at = 0; at < types.size(); ++at) {
        const char* offered = types[at].kind == config::PluginKind::check ? "check" : "notifier";
        if (kind == offered && name == types[at].name)
            return judge(types[at], contract.operations[at], *values);
    }
    return failure(fmt::format("the plugin offers no {} {}", kind, name));
}

}  // namespace

Result<std::string> validate(const Contract& contract, const std::string& request) {
    try {
        const json questions = json::parse(request);
        if (!questions.is_array()) return failure("the request is no list");
        json answers = json::array();
        for (const auto& question : questions) {
            auto one = answer(contract, question);
            if (!one) return failure("in the request: " + one.error().text);
            answers.push_back(std::move(*one));
        }
        return answers.dump();
    } catch (const std::exception& problem) {
        return failure(problem.what());
    }
}

}  // namespace regent::plugin::host
