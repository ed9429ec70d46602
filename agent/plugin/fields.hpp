// SPDX-License-Identifier: Apache-2.0
// The fields of a message that a stranger sent, each with its limits. The first thing wrong is kept; what is
// read after it has no meaning.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/result.hpp"

namespace regent::plugin {

/// `object` must outlive it. A field that is missing is wrong; one that nobody asks for is not looked at.
class Fields {
  public:
    explicit Fields(const nlohmann::json& object);

    bool boolean(const char* key);
    std::uint64_t natural(const char* key, std::uint64_t min, std::uint64_t max);
    std::int64_t integer(const char* key, std::int64_t min, std::int64_t max);
    double number(const char* key);  ///< finite
    /// Valid UTF-8 of at most `limit` bytes.
    std::string text(const char* key, std::size_t limit);
    /// Such a text as printable() of config/source_text.hpp makes it: one line, nothing that drives a
    /// terminal.
    std::string line(const char* key, std::size_t limit);
    /// The array of at most `limit` items, an empty one if there is none.
    const nlohmann::json& array(const char* key, std::size_t limit);
    bool has(const char* key) const { return object_.contains(key); }

    void fail(std::string words) {
        if (!wrong_) wrong_ = std::move(words);
    }
    const std::optional<std::string>& wrong() const { return wrong_; }

  private:
    const nlohmann::json* find(const char* key);

    const nlohmann::json& object_;
    std::optional<std::string> wrong_;
};

bool is_utf8(std::string_view text);

}  // namespace regent::plugin
