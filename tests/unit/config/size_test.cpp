// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "agent/config/size_text.hpp"

namespace regent::config {
namespace {

TEST_CASE("sizes") {
    CHECK(parse_size("0B") == 0);
    CHECK(parse_size("1KiB") == 1024);
    CHECK(parse_size("3MiB") == 3 * 1024 * 1024);
    CHECK(parse_size("2GB") == 2'000'000'000);
    CHECK(parse_size("8388607TiB") == 8388607LL << 40);
    const auto said = [](std::string_view text) { return parse_size(text).error().text; };
    CHECK(said("") == "is not a whole number with a unit");
    CHECK(said("KiB") == "is not a whole number with a unit");
    CHECK(said("-1KiB") == "is negative");
    CHECK(said("1") == "has no unit");
    CHECK(said("1.5KiB") == "is not a whole number with a unit");
    CHECK(said("1 KiB") == "has an unknown unit");
    CHECK(said("1kib") == "has an unknown unit");
    CHECK(said("8388608TiB") == "is too large");
    CHECK(said("1111111111111111111B") == "has too many digits");
}

TEST_CASE("a size is written as it is read") {
    CHECK(format_size(0) == "0");
    CHECK(format_size(1000) == "1000");
    CHECK(format_size(65536) == "64KiB");
    CHECK(format_size(1LL << 30) == "1GiB");
    rc::prop("parse(format(n)) == n", [] {
        const auto size = *rc::gen::inRange<std::int64_t>(1, 1'000'000) << *rc::gen::inRange(0, 40);
        const std::string text = format_size(size);
        RC_ASSERT((text.ends_with("B") ? parse_size(text).value() : std::stoll(text)) == size);
    });
}

}  // namespace
}  // namespace regent::config
