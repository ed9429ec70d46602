// SPDX-License-Identifier: Apache-2.0
// What a command is made of. From one declaration come its parser, its help, its completion and its line in
// the man page: no command states its grammar a second time.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>

#include "agent/ctl/exit_code.hpp"

namespace regent::ctl {

class Arguments;

/// Where a command writes, and how.
struct Streams {
    std::ostream& out;
    std::ostream& err;
    bool colour = false;  ///< err
    bool colour_out = false;
    bool terminal = false;  ///< out is for a person: tables have a header
};

/// A command line that cannot be understood.
struct UsageError {
    std::string text;
    std::string_view command{};  ///< its words, for who looks for help; filled in by run()
};

/// A list that stands in a table; too many for it do not compile.
template <class T, std::size_t limit>
class Few {
  public:
    constexpr Few() = default;
    constexpr Few(std::initializer_list<T> items) {
        for (const T& item : items)
            items_[size_++] = item;
    }
    constexpr const T* begin() const { return items_.data(); }
    constexpr const T* end() const { return items_.data() + size_; }
    constexpr std::size_t size() const { return size_; }
    constexpr bool empty() const { return size_ == 0; }
    constexpr const T& operator[](std::size_t at) const { return items_[at]; }

  private:
    std::array<T, limit> items_{};
    std::size_t size_ = 0;
};

/// What a value is completed with. `words` alone are what it must be one of.
enum class From : std::uint8_t {
    nothing,
    words,
    file,
    folder,
    // Names of what the agent has:
    instances,
    groups,
    roles,  ///< instances and groups
    checks,
    notifiers,
    plugins,
    names,  ///< any of these
    // What is installed:
    types,
};

using Words = Few<std::string_view, 6>;

constexpr std::size_t any_number = 4096;

/// What follows the words of a command without a dash.
struct Operand {
    std::string_view name;  ///< "FILE"; with From::words these are shown instead
    From from = From::nothing;
    Words words{};
    std::size_t least = 1, most = 1;  ///< that may follow; other than 1 only for the last of a command
};

struct Option {
    std::string_view name;  ///< without the dashes
    std::string_view help;
    char letter = 0;           ///< a short form; 0: none
    std::string_view value{};  ///< what its value is called; empty: it is a switch
    From from = From::nothing;
    Words words{};
    std::string_view needs{};  ///< the option without which it makes no sense
    bool required = false;     ///< must be given; has a value
    bool aside = false;        ///< not in the synopsis
};

struct Command {
    std::string_view words;    ///< as typed, as in "config check"
    std::string_view summary;  ///< begins with a small letter, has no full stop
    ExitCode (*run)(const Arguments& given, const Streams& streams) = nullptr;
    Few<Operand, 3> operands{};
    Few<Option, 8> options{};
    Few<ExitCode, 6> exits{};  ///< beside 0, 1 and 2
    bool live = false;         ///< writes as things happen: never through a pager
};

}  // namespace regent::ctl
