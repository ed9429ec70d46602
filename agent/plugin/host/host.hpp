// SPDX-License-Identifier: Apache-2.0
// The instances of one plugin: made, asked, timed and ended as the agent says. Everything but what
// mailbox.hpp takes happens on one thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/platform/event_loop.hpp"
#include "agent/plugin/host/contract.hpp"
#include "agent/plugin/host/link.hpp"
#include "agent/plugin/host/mailbox.hpp"
#include "agent/plugin/host/timers.hpp"

namespace regent::plugin::host {

class Host {
  public:
    static constexpr std::size_t maximum_instances = 4096;
    static constexpr std::size_t maximum_timers = 64;  ///< of an instance
    static constexpr Duration slow = std::chrono::milliseconds(5);

    Host(Contract contract, Mailbox& mailbox, platform::EventLoop& loop, platform::Descriptor socket);
    ~Host();
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    /// Says hello, and serves the agent until it is gone: then an empty text. Otherwise why it cannot go on.
    std::string run();
    /// Stops and destroys every instance. Takes as long as the plugin does.
    void end_all();

  private:
    struct Instance {
        InstanceId id = 0;
        std::size_t type = 0;
        std::string name;
        void* self = nullptr;
        bool started = false;
        std::uint64_t question = 0;  ///< that was asked last, open or not
        Instant asked{};
        Instant until{};
        Instant received{};  ///< when the question was
        Duration held_up{};  ///< this host, until then
        std::map<int, platform::EventLoop::Events> watched;
    };
    /// What the plugin is handed. It finds the way back from the table's address.
    struct Table {
        regent_host abi{};
        Host* host = nullptr;
    };
    static Host& of(const regent_host* table);
    static regent_host make_table();

    // From the agent (host.cpp).
    void receive(const ToHost& message);
    void handle(const AgentHello& hello);
    void handle(const Create& create);
    void handle(const Destroy& destroy);
    void handle(const Probe& probe);
    void handle(const Notify& notify);
    void handle(const Ping& ping);
    void end_because(const std::string& why);

    // The life of an instance (host_instances.cpp).
    void refuse(InstanceId id, std::optional<std::uint32_t> parameter, const std::string& text);
    bool start(Instance& instance, const std::vector<config::Value>& values);
    void end(Instance& instance);
    Instance* find(InstanceId id);
    const Operations& operations(const Instance& instance) const;

    // Questions and their time (host_questions.cpp).
    bool ask(Instance& instance, std::uint64_t question, std::int64_t asked, std::int64_t deadline);
    void tell_failure(const Instance& instance, std::uint64_t question, std::uint32_t state,
                      std::uint32_t reason, const std::string& text);
    void run_due();
    void time_is_over(Instance& instance);
    /// Of the time that the question under way had, how much this thread could not give it.
    Duration time_lost(const Instance& instance) const;
    /// An answer has come; it may be to an older question, or to none.
    void in_time(InstanceId id, std::uint64_t question);
    void look_once_more(InstanceId id);
    void deliver(InstanceId id, int fd, platform::EventLoop::Events events);

    // For the plugin (host_table.cpp).
    int watch_fd(InstanceId id, int fd, std::uint32_t events);
    int watch_anew(Instance& instance, int fd, platform::EventLoop::Events events);
    int set_timer(InstanceId id, std::uint64_t timer, std::int64_t at);

    // The turn of the loop.
    void settle();
    void hand_on();
    /// Runs an operation of the plugin: timed, and whatever it throws is caught. False: it threw.
    template <class Operation>
    bool call(InstanceId id, const char* name, const Operation& operation);
    void after_call(InstanceId id, const char* name, Duration took, const char* thrown);

    const Contract contract_;
    Mailbox& mailbox_;
    platform::EventLoop& loop_;
    Table table_;
    Link link_;
    std::map<InstanceId, Instance> instances_;
    Timers timers_;
    std::optional<Instant> armed_;
    bool greeted_ = false;
    bool ended_ = false;
    std::string why_;
    std::uint64_t slow_calls_ = 0;
    Duration slowest_{};
    Duration held_up_{};       ///< by slow calls, in all
    Instant held_up_until_{};  ///< by the last of them
};

}  // namespace regent::plugin::host
