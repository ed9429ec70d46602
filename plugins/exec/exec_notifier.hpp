// SPDX-License-Identifier: Apache-2.0
// The notifier type `exec`: a program for each event. Its exit status says whether it was told.
#pragma once

#include "parameters.hpp"
#include "regent/notifier.hpp"
#include "runner.hpp"

namespace regent::plugins::exec {

class ExecNotifier {
  public:
    static constexpr std::string_view name = "exec", summary = "runs a program for each event";
    static constexpr std::uint32_t flags = REGENT_TYPE_NEEDS_SETUID;
    static constexpr std::array params{
        command_param, user_param, environment_param,
        sdk::Param::boolean("keepalived",
                            "append INSTANCE or GROUP, name, state and priority, as keepalived does")
            .or_else("false")};

    static void validate(const sdk::Values& values) { (void)program_of(values); }
    ExecNotifier(sdk::Context context, const sdk::Values& values)
        : context_(context),
          program_(program_of(values)),
          user_(values.text_if_set("user")),
          keepalived_(values.boolean("keepalived")),
          runner_(context, true) {}

    void start() { program_.account = account(user_); }
    void notify(const sdk::Event& event);
    void cancel(std::uint64_t) { runner_.abandon(); }
    void on_fd(int fd, std::uint32_t events);
    void stop() { runner_.stop(); }

  private:
    sdk::Context context_;
    Program program_;
    std::optional<std::string> user_;
    bool keepalived_;
    Runner runner_;
    std::uint64_t event_ = 0;
};

}  // namespace regent::plugins::exec
