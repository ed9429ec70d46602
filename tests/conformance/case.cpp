// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/case.hpp"

#include <fstream>
#include <stdexcept>

#include "agent/base/text.hpp"
#include "agent/record/input_fields.hpp"
#include "agent/record/reading.hpp"

namespace regent::record {

REGENT_RECORD(conformance, Hear, interface, from, to, ttl, version, vrid, priority, interval_ms, addresses,
              password, checksum, message);
REGENT_RECORD(conformance, SetLink, interface, up, carrier, name);
REGENT_RECORD(conformance, DeleteLink, interface);
REGENT_RECORD(conformance, DeleteAddress, address);
REGENT_RECORD(conformance, RefuseAddress, address);
REGENT_RECORD(conformance, Reload, file);
REGENT_RECORD(conformance, Stall, for_ms);
REGENT_RECORD_EMPTY(conformance, End);
REGENT_RECORD(conformance, Step, at_ms, input);

}  // namespace regent::record

namespace regent::conformance {

std::vector<Step> read_steps(const std::filesystem::path& directory) {
    const auto path = directory / "input.jsonl";
    std::ifstream file(path);
    std::vector<Step> steps;
    std::size_t number = 0;
    for (std::string line; std::getline(file, line);) {
        ++number;
        try {
            const auto json = record::Json::parse(line);
            record::read(record::Cursor(json, {}), steps.emplace_back());
        } catch (const record::Malformed& wrong) {
            throw std::runtime_error(concat(path.string(), ":", number, ": ", wrong.text));
        } catch (const record::Json::exception& wrong) {
            throw std::runtime_error(concat(path.string(), ":", number, ": ", wrong.what()));
        }
        if (steps.size() > 1 && steps.back().at_ms < steps[steps.size() - 2].at_ms)
            throw std::runtime_error(concat(path.string(), ":", number, ": earlier than the line before"));
    }
    if (steps.empty() || !std::holds_alternative<End>(steps.back().input))
        throw std::runtime_error(concat(path.string(), ": the last line is an End"));
    return steps;
}

}  // namespace regent::conformance
