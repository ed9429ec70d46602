// SPDX-License-Identifier: Apache-2.0
// One check of the configuration: its instance in a plugin host, when it is asked, and what is told of it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/config/plan.hpp"
#include "agent/core/action.hpp"
#include "agent/core/input.hpp"
#include "agent/plugin/agenda.hpp"
#include "agent/plugin/check_schedule.hpp"
#include "agent/plugin/host_link.hpp"
#include "agent/plugin/order.hpp"
#include "agent/plugin/status.hpp"

namespace regent::plugin {

class CheckRunner : public HostClient, public Timed {
  public:
    struct Outlets {
        std::function<void(core::CheckVerdict)> verdict;
        HostLink::LogLine log;
        std::function<void(OrderAnswer)> answer;
    };
    /// Who waits for an answer of one check, at once.
    static constexpr std::size_t maximum_asked = 16;

    CheckRunner(config::CheckPlan plan, InstanceId instance, HostLink& link, Agenda& agenda,
                const Outlets& outlets);
    ~CheckRunner() override;
    CheckRunner(const CheckRunner&) = delete;
    CheckRunner& operator=(const CheckRunner&) = delete;

    const config::CheckPlan& plan() const { return plan_; }
    const CheckSchedule& schedule() const { return schedule_; }
    const CheckStatus& status() const { return status_; }

    /// Asks it now. Whoever ordered that is answered with what it says, once.
    void ask(std::uint64_t order, Instant now);

    Create creation() const override;
    void on_created(Instant now) override;
    void on_refused(const Refused& refused, Instant now) override;
    void on_lost(const std::string& why, Instant now) override;
    void on_restart(const std::string& why, Instant now) override;
    void on_report(const Report& report, Instant now) override;

    std::optional<Instant> next_deadline() const override;
    void run(Instant now) override;

  private:
    struct Asked {
        std::uint64_t order = 0;
        std::uint64_t probe = 0;
    };

    void tell(const core::CheckVerdict& verdict, Instant now);
    /// A verdict that no plugin has given: nobody was there to give one.
    void tell_unseen(const core::CheckVerdict& verdict, Instant now);
    /// Answers who waits for this probe or one before it.
    void answer(std::uint64_t probe, core::CheckState state, const std::string& message);
    /// Whether the engine would count it and be none the wiser: a thousand good answers a second need not
    /// wake it.
    bool adds_nothing(const core::CheckVerdict& verdict, Instant now) const;
    void log_change(const core::CheckVerdict& verdict, Instant now);

    config::CheckPlan plan_;
    InstanceId instance_;
    HostLink& link_;
    Agenda& agenda_;
    const Outlets& outlets_;
    CheckSchedule schedule_;
    CheckStatus status_;
    std::vector<Asked> asked_;
    std::optional<Instant> retry_;            ///< of a creation that was refused
    std::optional<core::CheckVerdict> last_;  ///< that the engine was told
    unsigned same_ = 0;                       ///< how often in a row
    Instant told_at_{};
    Instant lines_from_{};
    unsigned lines_ = 0;     ///< logged since `lines_from_`
    unsigned unlogged_ = 0;  ///< changes
};

}  // namespace regent::plugin
