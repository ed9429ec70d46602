// SPDX-License-Identifier: Apache-2.0
// CBOR (RFC 8949) of strangers. The library reads it recursively, also the chunks of texts of indefinite
// length, which no handler of its events sees: some ten thousand bytes of the right kind end the process. So
// a frame is walked through first, without recursion, and only what is plain is handed on.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "agent/base/bytes.hpp"
#include "agent/base/result.hpp"

namespace regent::plugin {

/// Of arrays and maps in each other.
constexpr unsigned maximum_depth = 8;

/// Nothing when `frame` is one whole item of definite lengths throughout, of texts, numbers that fit 64 bits,
/// booleans and null, arrays, and maps with texts for keys; otherwise what is wrong. UTF-8 is not looked at.
Result<void> check_cbor(ByteView frame);

/// The item of a frame of at most `limit` bytes that check_cbor() finds nothing wrong with.
Result<nlohmann::json> read_cbor(ByteView frame, std::size_t limit);

}  // namespace regent::plugin
