// SPDX-License-Identifier: Apache-2.0
// From the service thread to the bus thread. What has changed twice is handed over once, so that a bus that
// stalls costs bounded memory; changes of state and answers are handed over one by one.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/bus/request.hpp"
#include "agent/bus/views.hpp"
#include "agent/platform/wakeup.hpp"

namespace regent::bus {

/// All that has changed since the last one.
struct Batch {
    bool is_whole = false;  ///< with this one all there is at the start has been told
    std::optional<AgentView> agent;
    std::map<std::string, std::optional<InstanceView>> instances;  ///< none: it is gone
    std::map<std::string, std::optional<GroupView>> groups;
    std::map<std::string, std::optional<CheckView>> checks;
    std::map<std::string, std::optional<NotifierView>> notifiers;
    std::map<std::string, std::optional<PluginView>> plugins;
    std::map<std::string, core::Counters> counters;  ///< of instances
    std::deque<Transition> transitions;
    std::deque<plugin::Incident> incidents;
    std::deque<Answer> answers;
};

class Outbox {
  public:
    /// Changes of state that wait for a bus thread that stalls; beyond that the oldest are dropped.
    static constexpr std::size_t maximum_transitions = 16384;
    static constexpr std::size_t maximum_incidents = 4096;
    static constexpr std::size_t maximum_answers = 1024;

    explicit Outbox(platform::Wakeup wakeup) : wakeup_(std::move(wakeup)) {}

    /// The service thread.
    void put(AgentView view);
    void put(InstanceView view);
    void put(GroupView view);
    void put(CheckView view);
    void put(NotifierView view);
    void put(PluginView view);
    void put(const std::string& instance, const core::Counters& counters);
    void remove(Kind kind, const std::string& name);
    void tell(Transition transition);
    void tell(plugin::Incident incident);
    void tell(Answer answer);
    /// All there is at the start has been put: who comes to the bus from now on sees the whole of it.
    void tell_whole();

    /// The bus thread: readable when there is something to take.
    int fd() const { return wakeup_.fd(); }
    /// Readable again only when there is something else; take() gives all of it.
    void heed() { wakeup_.clear(); }
    /// Any thread: wakes the bus thread.
    void wake() { wakeup_.signal(); }
    Batch take();

    /// Any thread: changes of state, incidents and answers that were dropped.
    std::uint64_t dropped() const;

  private:
    template <class Change>
    void change(const Change& change);
    template <class Item>
    void append(std::deque<Item>& waiting, std::size_t most, Item item);

    mutable std::mutex lock_;
    Batch batch_;
    std::uint64_t dropped_ = 0;
    platform::Wakeup wakeup_;
};

}  // namespace regent::bus
