// SPDX-License-Identifier: Apache-2.0
// Any bytes in the place of a Java RMI server's answer: the reader must not crash nor hold more than its
// limit, and the pieces in which they come must not change what it makes of them.
#include <cstddef>
#include <cstdint>
#include <string>

#include "agent/base/check.hpp"

#include "plugins/rmi/jrmp.hpp"
#include "plugins/rmi/verdict.hpp"
#include "tests/unit/plugins/rmi_fixtures.hpp"

using namespace regent::plugins::rmi;
using jrmp::Reader;

namespace {

// Bits of the first byte of an input.
constexpr unsigned acknowledged = 1;
constexpr unsigned ping = 2;
constexpr unsigned long_answer = 4;
constexpr unsigned stub_demanded = 8;
constexpr unsigned begins_well = 16;
constexpr unsigned begins_with_exception = 32;

std::string seen(const Reader& reader) {
    std::string text = std::to_string(static_cast<int>(reader.state()));
    if (reader.state() == Reader::State::broken) return text;
    text += reader.text();
    for (const std::string& type : reader.bound().types)
        text += " " + type;
    if (const auto& endpoint = reader.bound().endpoint)
        text += " at " + endpoint->host + ":" + std::to_string(endpoint->port);
    return text;
}

void judge(const Reader& reader, unsigned flags) {
    Demands demands{{"name"}, {"Wanted"}, "", 0};
    if ((flags & stub_demanded) != 0) demands.stub_host = "10.0.2.210";
    Findings findings(demands);
    (void)findings.add(0, reader);
    const auto result = findings.judge();
    REGENT_CHECK(!result.message.empty() && result.message.size() < 1024);
    for (const char letter : result.message)
        REGENT_CHECK(letter >= ' ' && letter <= '~');
}

void run(unsigned flags, std::size_t piece, std::string_view bytes) {
    const auto wanted = (flags & ping) != 0 ? Reader::Wanted::pong : Reader::Wanted::reply;
    Reader whole((flags & acknowledged) != 0, wanted);
    Reader parts((flags & acknowledged) != 0, wanted);
    // An answer that goes on for longer than an input can be.
    const int turns = (flags & long_answer) != 0 ? 64 : 1;
    for (int turn = 0; turn < turns; ++turn) {
        whole.take(bytes);
        for (std::size_t at = 0; at < bytes.size(); at += piece)
            parts.take(bytes.substr(at, piece));
        REGENT_CHECK(whole.size() <= Reader::maximum_answer && parts.size() <= Reader::maximum_answer);
    }
    whole.end();
    parts.end();
    REGENT_CHECK(whole.state() != Reader::State::unfinished);
    REGENT_CHECK((whole.state() == Reader::State::broken) <= !whole.text().empty());
    // What comes behind a pong is seen only if it comes with it.
    if (parts.state() != Reader::State::pong && whole.state() != Reader::State::pong)
        REGENT_CHECK(seen(whole) == seen(parts));
    if (wanted == Reader::Wanted::reply) judge(whole, flags);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    const unsigned flags = data[0];
    std::string bytes;
    if ((flags & begins_well) != 0) {
        namespace fixture = regent::test::rmi;
        bytes = (flags & acknowledged) != 0 ? fixture::acknowledged : "";
        bytes += (flags & begins_with_exception) != 0 ? fixture::unbound : fixture::bound;
        bytes.resize(data[2] % (bytes.size() + 1));
    }
    bytes.append(data + 3, data + size);
    run(flags, std::size_t{data[1]} % 64 + 1, bytes);
    return 0;
}
