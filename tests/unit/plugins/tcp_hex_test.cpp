// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "plugins/tcp/hex.hpp"

using regent::plugins::tcp::bytes_from_hex;

TEST_CASE("hex: pairs of digits become bytes") {
    CHECK(bytes_from_hex("") == "");
    CHECK(bytes_from_hex("4a524D49") == "JRMI");
    CHECK(bytes_from_hex(" 00 ff ") == std::string("\0\xff", 2));
}

TEST_CASE("hex: anything else is refused") {
    for (const char* const text : {"4", "4a5", "4 a", "zz", "-1", "+1", "0x41", "4a\n", "4a,52"}) {
        INFO(text);
        CHECK_FALSE(bytes_from_hex(text));
    }
}

TEST_CASE("hex: what was written in digits comes back") {
    rc::prop("round trip", [](const std::string& bytes) {
        std::string digits;
        for (const char byte : bytes) {
            for (const int nibble : {(byte >> 4) & 15, byte & 15})
                digits += "0123456789abcdef"[nibble];
        }
        RC_ASSERT(bytes_from_hex(digits) == bytes);
    });
}
