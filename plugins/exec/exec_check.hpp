// SPDX-License-Identifier: Apache-2.0
// The check type `exec`: any program that speaks as Nagios plugins do.
#pragma once

#include "parameters.hpp"
#include "regent/check.hpp"
#include "runner.hpp"

namespace regent::plugins::exec {

class ExecCheck {
  public:
    static constexpr std::string_view name = "exec", summary = "runs a program, as Nagios does";
    static constexpr std::uint32_t flags = REGENT_TYPE_NEEDS_SETUID;
    static constexpr std::array params{
        command_param, user_param, environment_param,
        sdk::Param::boolean("keepalived",
                            "exit status 0 is UP and every other one DOWN, as keepalived judges a script")
            .or_else("false")};

    static void validate(const sdk::Values& values) { (void)program_of(values); }
    ExecCheck(sdk::Context context, const sdk::Values& values)
        : context_(context),
          program_(program_of(values)),
          user_(values.text_if_set("user")),
          keepalived_(values.boolean("keepalived")),
          runner_(context, false) {}

    void start() { program_.account = account(user_); }
    void probe(sdk::ProbeId probe, sdk::Instant deadline);
    void cancel(sdk::ProbeId) { runner_.abandon(); }
    void on_fd(int fd, std::uint32_t events);
    void stop() { runner_.stop(); }
    std::string describe() const;

  private:
    sdk::Result judge(const Outcome& outcome) const;
    sdk::State state_of_exit(int status) const;

    sdk::Context context_;
    Program program_;
    std::optional<std::string> user_;
    bool keepalived_;
    Runner runner_;
    sdk::ProbeId probe_ = sdk::unsolicited;
};

}  // namespace regent::plugins::exec
