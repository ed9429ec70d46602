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

TEST_CASE("log: the journal is told of a change of state in fields, under an id of its own") {
    using Fields = std::vector<std::string>;
    core::Log message{core::LogLevel::notice, "VI_1", "Entering MASTER STATE: priority 0"};
    const Fields plain{"MESSAGE=(VI_1) Entering MASTER STATE: priority 0", "PRIORITY=5",
                       "SYSLOG_IDENTIFIER=regentd", "REGENT_INSTANCE=VI_1"};
    CHECK(app::journal_fields(message) == plain);
    message.change =
        core::Transition{7, "VI_1", "SG1", vrrp::State::backup, vrrp::State::master, 101, "priority 0"};
    Fields told = plain;
    for (const char* field :
         {"MESSAGE_ID=edf1dc0ed3124fa1b44e15f960275fd8", "REGENT_GROUP=SG1", "REGENT_FROM=backup",
          "REGENT_TO=master", "REGENT_PRIORITY=101", "REGENT_REASON=priority 0"})
        told.emplace_back(field);
    CHECK(app::journal_fields(message) == told);
}
