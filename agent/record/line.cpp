// SPDX-License-Identifier: Apache-2.0
#include "agent/record/line.hpp"

#include "agent/record/digest.hpp"
#include "agent/record/input_fields.hpp"
#include "agent/record/reading.hpp"
#include "agent/record/writing.hpp"

namespace regent::record {

REGENT_RECORD_WORDS(EndCause, stopped, limit);
REGENT_RECORD(record, Header, schema, version, node, boot_id, wall, at);
REGENT_RECORD(record, Fatal, fatal_at, input);
REGENT_RECORD(record, Gap, inputs);
REGENT_RECORD(record, End, cause);

namespace {

/// A digest does not fit into the numbers of every reader of JSON.
Bytes digest_bytes(std::uint64_t digest) {
    ByteWriter out;
    out.u64(digest);
    return out.take();
}

/// `actions` and `digest` are left out where nothing was done: of most lines that is half.
Json step_written(const Step& step) {
    Json object{{"at", written(step.at)}, {"input", written(step.input)}};
    if (step.actions == 0) return object;
    object["actions"] = step.actions;
    object["digest"] = to_hex(digest_bytes(step.digest));
    return object;
}

Step read_step(const Cursor& at) {
    Step step;
    for (const auto& [key, unused] : at.object().items()) {
        if (key != "at" && key != "input" && key != "actions" && key != "digest")
            at.fail(concat("\"", key, "\" is unknown"));
    }
    read_member(at, "at", step.at);
    read_member(at, "input", step.input);
    step.digest = digest_of({});
    if (!at.member("actions") && !at.member("digest")) return step;
    Bytes digest;
    read_member(at, "actions", step.actions);
    read_member(at, "digest", digest);
    ByteReader in(digest);
    step.digest = in.u64();
    if (!in.ok() || in.remaining() != 0) at.fail("digest: 16 digits are wanted");
    return step;
}

Line read_line(const Cursor& at) {
    const auto as = [&]<class T>(T value) {
        read(at, value);
        return value;
    };
    if (at.member("schema")) {
        auto header = as(Header{});
        if (header.schema != schema_name)
            at.fail(concat("schema: \"", header.schema, "\" is not \"", schema_name, "\""));
        return header;
    }
    if (at.member("fatal_at")) return as(Fatal{});
    if (at.member("inputs")) return as(Gap{});
    if (at.member("cause")) return as(End{});
    return read_step(at);
}

}  // namespace

std::string to_text(const Line& line) {
    return std::visit(
        [](const auto& what) {
            if constexpr (std::is_same_v<std::decay_t<decltype(what)>, Step>) {
                return step_written(what).dump();
            } else {
                return written(what).dump();
            }
        },
        line);
}

Result<Line> parse_line(std::string_view text) {
    try {
        const Json json = Json::parse(text);
        return read_line(Cursor(json, {}));
    } catch (const Malformed& problem) {
        return failure(problem.text);
    } catch (const Json::exception& problem) {
        return failure(concat("not JSON: ", std::string_view(problem.what())));
    }
}

}  // namespace regent::record
