// SPDX-License-Identifier: Apache-2.0
// Any bytes on the socket between the agent and a plugin host: neither reader may crash, and what one accepts
// is written so that it reads it again.
#include <cstddef>
#include <cstdint>

#include "agent/base/check.hpp"
#include "agent/plugin/protocol.hpp"

using namespace regent;

namespace {

template <class Decode>
void run(ByteView frame, const Decode& decode) {
    const auto message = decode(frame);
    if (!message) {
        REGENT_CHECK(!message.error().text.empty());
        return;
    }
    const Bytes written = plugin::encode(*message);
    // A frame at the limit may have said its numbers in fewer bytes; beyond it a message is refused.
    if (written.size() > plugin::maximum_frame) return;
    const auto again = decode(written);
    REGENT_CHECK(again && plugin::encode(*again) == written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView frame(data, size);
    run(frame, plugin::decode_to_host);
    run(frame, plugin::decode_to_agent);
    return 0;
}
