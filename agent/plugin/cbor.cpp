// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/cbor.hpp"

#include <array>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace regent::plugin {
namespace {

// Major types, RFC 8949 section 3.1.
enum Major : unsigned { positive, negative, bytes, text, array, map, tag, simple };

struct Head {
    unsigned major = 0;
    unsigned form = 0;  ///< "additional information": an argument below 24, or where the argument stands
    std::uint64_t argument = 0;
};

Head read_head(ByteReader& in) {
    const unsigned first = in.u8();
    Head head{first >> 5, first & 31U, first & 31U};
    if (head.form == 24) head.argument = in.u8();
    if (head.form == 25) head.argument = in.u16();
    if (head.form == 26) head.argument = in.u32();
    if (head.form == 27) head.argument = in.u64();
    return head;
}

bool plain_simple(const Head& head) {
    constexpr unsigned value_false = 20;
    constexpr unsigned value_null = 22;
    constexpr unsigned single_float = 26;
    constexpr unsigned double_float = 27;
    return (head.form >= value_false && head.form <= value_null) || head.form == single_float ||
           head.form == double_float;
}

/// What is left to read of an array or map.
struct Open {
    std::uint64_t items = 0;
    bool is_map = false;
};

class Walk {
  public:
    explicit Walk(ByteView frame) : in_(frame) {}

    Result<void> run() {
        do {
            if (auto read = item(); !read) return read;
            while (depth_ > 0 && open_[depth_ - 1].items == 0)
                --depth_;
        } while (depth_ > 0);
        if (in_.remaining() > 0) return failure(fmt::format("{} bytes after the end", in_.remaining()));
        return {};
    }

  private:
    Result<void> item() {
        const Head head = read_head(in_);
        if (!in_.ok()) return failure("the frame ends too early");
        if (head.form > 27) return failure("a length that is not definite");
        bool key = false;
        if (depth_ > 0) {
            Open& around = open_[depth_ - 1];
            key = around.is_map && around.items % 2 == 0;
            --around.items;
        }
        if (key && head.major != text) return failure("a key that is no text");
        switch (head.major) {
            case positive: return {};
            case negative:
                if (head.argument > INT64_MAX) return failure("a number that is too small");
                return {};
            case text:
                in_.take(head.argument);
                if (!in_.ok()) return failure("the frame ends too early");
                return {};
            case array:
            case map: return open(head);
            case simple:
                if (!plain_simple(head)) return failure("a simple value of an unknown kind");
                return {};
            default: return failure("bytes or a tag, which no message has");
        }
    }

    Result<void> open(const Head& head) {
        const bool is_map = head.major == map;
        // Each item has a byte at least: what announces more is refused before anything is read for it.
        if (head.argument > in_.remaining()) return failure("the frame ends too early");
        if (depth_ == maximum_depth) return failure("nested too deeply");
        open_[depth_++] = {is_map ? 2 * head.argument : head.argument, is_map};
        return {};
    }

    ByteReader in_;
    std::array<Open, maximum_depth> open_{};
    unsigned depth_ = 0;
};

}  // namespace

Result<void> check_cbor(ByteView frame) {
    return Walk(frame).run();
}

Result<nlohmann::json> read_cbor(ByteView frame, std::size_t limit) {
    if (frame.size() > limit) return failure(fmt::format("{} bytes, {} are allowed", frame.size(), limit));
    if (auto plain = check_cbor(frame); !plain) return tl::unexpected(plain.error());
    try {
        auto read = nlohmann::json::from_cbor(frame.begin(), frame.end(), true, false);
        if (read.is_discarded()) return failure("no CBOR");
        return read;
    } catch (const std::exception& problem) {
        return failure(problem.what());
    }
}

}  // namespace regent::plugin
