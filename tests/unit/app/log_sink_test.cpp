// SPDX-License-Identifier: Apache-2.0
// A log that takes nothing costs its messages and nothing else.
#include "agent/app/log_sink.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "agent/platform/descriptor.hpp"

using namespace regent;

namespace {

/// Standard error is another file for as long as this lives.
class OtherStderr {
  public:
    explicit OtherStderr(const char* path) : before_(::dup(STDERR_FILENO)) {
        const platform::Descriptor other(::open(path, O_WRONLY | O_CLOEXEC));
        REQUIRE(other);
        REQUIRE(::dup2(other.get(), STDERR_FILENO) == STDERR_FILENO);
    }
    ~OtherStderr() { ::dup2(before_.get(), STDERR_FILENO); }
    OtherStderr(const OtherStderr&) = delete;
    OtherStderr& operator=(const OtherStderr&) = delete;

  private:
    platform::Descriptor before_;
};

}  // namespace

TEST_CASE("log: a full disk under standard error ends nothing") {
    const app::LogSink sink(app::LogTarget::stderr_stream);
    const OtherStderr full("/dev/full");
    CHECK_NOTHROW(sink.write({core::LogLevel::error, "VI_1", "nobody reads this"}, {}));
    CHECK_NOTHROW(app::print_error("nor this\n"));
}
