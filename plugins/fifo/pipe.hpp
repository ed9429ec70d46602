// SPDX-License-Identifier: Apache-2.0
// The writing end of a named pipe, see fifo(7).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "plugins/support/descriptor.hpp"

namespace regent::plugins::fifo {

/// How an attempt to open or write ended.
enum class Outcome : std::uint8_t {
    done,
    full,       ///< the reader has not read what is in the pipe
    no_reader,  ///< nobody has it open for reading
    failed,     ///< error() says why
};

/// Of the named pipe at `path`; never of what a link there leads to, nor of one that has other names as well.
/// 0, or an errno: EEXIST if something else is there.
int set_mode(const std::string& path, mode_t mode);

/// Loop thread.
class Pipe {
  public:
    Pipe(std::string path, mode_t mode) : path_(std::move(path)), mode_(mode) {}

    /// Makes the pipe where there is none, and opens it if somebody reads it.
    Outcome open();
    void close() { end_.reset(); }
    bool is_open() const { return static_cast<bool>(end_); }
    int fd() const { return end_.get(); }

    /// Is what is open still what the path leads to?
    bool is_current() const;

    /// All of `line` or nothing of it; at most PIPE_BUF bytes.
    Outcome write(std::string_view line);

    /// A sentence about the last `failed`.
    const std::string& error() const { return error_; }

  private:
    /// What the path leads to is nothing to write to.
    Outcome refuse();
    Outcome fail(std::string_view what, int error);

    std::string path_;
    mode_t mode_;
    Descriptor end_;
    std::string error_;
};

}  // namespace regent::plugins::fifo
