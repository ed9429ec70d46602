// SPDX-License-Identifier: Apache-2.0
// The reader must never leave its view, whatever it is asked for; the writer must be its inverse.
#include "agent/base/bytes.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

using namespace regent;

TEST_CASE("ByteReader reads network byte order") {
    const Bytes bytes{0x01, 0x02, 0x03, 0xff, 0xfe};
    ByteReader reader(bytes);
    CHECK(reader.u8() == 0x01);
    CHECK(reader.u16() == 0x0203);
    CHECK(reader.remaining() == 2);
    CHECK(reader.u16() == 0xfffe);
    CHECK(reader.remaining() == 0);
    CHECK(reader.ok());
}

TEST_CASE("ByteReader gives zeros past the end and remembers it") {
    SECTION("u8") {
        ByteReader reader(ByteView{});
        CHECK(reader.u8() == 0);
        CHECK_FALSE(reader.ok());
    }
    SECTION("u16 with one byte left") {
        const Bytes bytes{0xab};
        ByteReader reader(bytes);
        CHECK(reader.u16() == 0xab00);
        CHECK_FALSE(reader.ok());
        CHECK(reader.remaining() == 0);
    }
    SECTION("take of more than there is takes nothing, and nothing can be read afterwards") {
        const Bytes bytes{1, 2, 3};
        ByteReader reader(bytes);
        CHECK(reader.take(4).empty());
        CHECK_FALSE(reader.ok());
        CHECK(reader.remaining() == 0);
        CHECK(reader.u8() == 0);
    }
    SECTION("take of the largest size does not overflow") {
        const Bytes bytes{1, 2, 3};
        ByteReader reader(bytes);
        CHECK(reader.u8() == 1);
        CHECK(reader.take(static_cast<std::size_t>(-1)).empty());
        CHECK_FALSE(reader.ok());
    }
    SECTION("ok() stays false after a later good read") {
        ByteReader reader(ByteView{});
        CHECK(reader.u8() == 0);
        CHECK(reader.take(0).empty());
        CHECK_FALSE(reader.ok());
    }
}

TEST_CASE("ByteReader::take gives a view of the bytes themselves") {
    const Bytes bytes{1, 2, 3, 4};
    ByteReader reader(bytes);
    CHECK(reader.u8() == 1);
    const ByteView taken = reader.take(2);
    REQUIRE(taken.size() == 2);
    CHECK(taken.data() == bytes.data() + 1);
    CHECK(reader.remaining() == 1);
    CHECK(reader.take(1).size() == 1);
    CHECK(reader.take(0).empty());
    CHECK(reader.ok());
}

TEST_CASE("ByteWriter writes network byte order") {
    ByteWriter writer;
    writer.u8(0x01);
    writer.u16(0x0203);
    writer.append(std::array<std::uint8_t, 2>{0xff, 0xfe});
    CHECK(writer.size() == 5);
    writer.bytes()[0] = 0x07;
    CHECK(writer.take() == Bytes{0x07, 0x02, 0x03, 0xff, 0xfe});
}

TEST_CASE("byte properties") {
    rc::prop("what ByteWriter writes ByteReader reads back", [](const std::vector<std::uint16_t>& words) {
        ByteWriter writer;
        for (const auto word : words)
            writer.u16(word);
        const Bytes bytes = writer.take();
        RC_ASSERT(bytes.size() == 2 * words.size());
        ByteReader reader(bytes);
        for (const auto word : words)
            RC_ASSERT(reader.u16() == word);
        RC_ASSERT(reader.ok());
        RC_ASSERT(reader.remaining() == 0U);
    });

    rc::prop("any sequence of reads stays inside, and ok() says whether it was enough",
             [](const Bytes& bytes, const std::vector<std::uint8_t>& sizes) {
                 ByteReader reader(bytes);
                 std::size_t wanted = 0;
                 for (const auto size : sizes) {
                     wanted += size;
                     const ByteView taken = reader.take(size);
                     RC_ASSERT(taken.size() == (reader.ok() ? size : 0U));
                     RC_ASSERT(reader.remaining() <= bytes.size());
                 }
                 RC_ASSERT(reader.ok() == (wanted <= bytes.size()));
             });
}
