// SPDX-License-Identifier: Apache-2.0
// The check `process`: UP while a process lives.
#pragma once

#include <array>
#include <optional>

#include "plugins/process_watch/process_watch.hpp"
#include "regent/check.hpp"

namespace regent::plugins::process {

class ProcessCheck {
  public:
    static constexpr std::string_view name = "process";
    static constexpr std::string_view summary = "whether a process is alive; its end is told at once";
    static constexpr std::uint32_t flags = REGENT_TYPE_PUSHES;
    static constexpr std::array params{
        sdk::Param::path("pidfile", "file that holds the number of the process"),
        sdk::Param::text("unit", "service of systemd whose main process is meant"),
        sdk::Param::text("name",
                         "what the process is called: its comm, or the base name of argv[0]; beside "
                         "pidfile, what the process in it must be called"),
        sdk::Param::text("arguments", "all must stand in its argv, in this order; needs name")
            .list()
            .between(0, 32),
        sdk::Param::duration("grace", "a death is not told if a successor is there within this time")
            .or_else("\"0s\"")
            .between(0, 3'600'000'000'000),
    };

    ProcessCheck(sdk::Context context, const sdk::Values& values);

    static void validate(const sdk::Values& values);
    void start() { watch_.start(); }
    void probe(sdk::ProbeId probe, sdk::Instant deadline);
    void cancel(sdk::ProbeId) { pending_.reset(); }
    void on_fd(int fd, std::uint32_t) { watch_.on_fd(fd); }
    void on_timer(std::uint64_t timer) { watch_.on_timer(timer); }
    void stop() { watch_.stop(); }
    std::string describe() const { return watch_.describe(); }

  private:
    void seen(bool is_news);

    sdk::Context context_;
    std::optional<sdk::ProbeId> pending_;
    process_watch::ProcessWatch watch_;
};

}  // namespace regent::plugins::process
