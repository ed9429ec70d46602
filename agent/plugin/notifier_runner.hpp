// SPDX-License-Identifier: Apache-2.0
// One notifier of the configuration: its instance in a plugin host, and the queue of what it is still to be
// told.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "agent/config/plan.hpp"
#include "agent/notify/queue.hpp"
#include "agent/plugin/agenda.hpp"
#include "agent/plugin/host_link.hpp"
#include "agent/plugin/order.hpp"
#include "agent/plugin/status.hpp"

namespace regent::plugin {

class NotifierRunner : public HostClient, public Timed {
  public:
    struct Outlets {
        HostLink::LogLine log;
        std::function<void(OrderAnswer)> answer;
        std::function<void(Incident)> incident;
    };

    NotifierRunner(config::NotifierPlan plan, InstanceId instance, HostLink& link, Agenda& agenda,
                   const Outlets& outlets);
    ~NotifierRunner() override;
    NotifierRunner(const NotifierRunner&) = delete;
    NotifierRunner& operator=(const NotifierRunner&) = delete;

    const config::NotifierPlan& plan() const { return plan_; }
    /// Deliveries, failures and drops so far.
    const notify::DeliveryQueue& queue() const { return queue_; }

    void push(const notify::Event& event, Instant now);
    /// What waits, for the runner that takes its place after a reload.
    std::deque<notify::Event> take_waiting() { return queue_.take_waiting(); }
    bool idle() const { return queue_.idle(); }
    NotifierStatus status() const;

    Create creation() const override;
    void on_created(Instant now) override;
    void on_refused(const Refused& refused, Instant now) override;
    void on_lost(const std::string& why, Instant now) override;
    void on_ack(const Ack& ack, Instant now) override;

    std::optional<Instant> next_deadline() const override;
    void run(Instant now) override;

  private:
    void deliver(Instant now);
    /// Tells who is to know that an event was not delivered, or that a test was.
    void settle(const notify::Event& event, bool delivered, const std::string& why);
    /// The one under way, if there is one, was not answered.
    void give_up(const std::string& why, Instant now);
    /// Nobody is to wait for a notifier that may never work.
    void fail_tests(const std::string& why);
    void tell_failures(Instant now);
    std::uint64_t untold() const;  ///< failures and drops

    config::NotifierPlan plan_;
    InstanceId instance_;
    HostLink& link_;
    Agenda& agenda_;
    const Outlets& outlets_;
    notify::DeliveryQueue queue_;
    bool ready_ = false;
    std::optional<Instant> retry_;  ///< of a creation that was refused
    std::string refusal_;           ///< why; empty: it was not
    std::string last_failure_;
    bool failing_ = false;
    std::uint64_t failures_told_ = 0;  ///< failures and drops
    std::optional<Instant> told_at_;
};

}  // namespace regent::plugin
