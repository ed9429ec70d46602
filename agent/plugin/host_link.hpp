// SPDX-License-Identifier: Apache-2.0
// One plugin host and the connection to it: kept running, listened to with suspicion, started again when it
// dies or stops answering. Whoever has an instance in it is told.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/core/action.hpp"
#include "agent/platform/event_loop.hpp"
#include "agent/plugin/agenda.hpp"
#include "agent/plugin/launcher.hpp"
#include "agent/plugin/order.hpp"
#include "agent/plugin/protocol.hpp"
#include "agent/plugin/status.hpp"

namespace regent::plugin {

/// Who has an instance in a host. Called on the supervisor's thread; must not add or remove instances
/// meanwhile.
class HostClient {
  public:
    virtual ~HostClient() = default;
    /// What is to be made; the link fills in the instance.
    virtual Create creation() const = 0;
    virtual void on_created(Instant now) = 0;
    virtual void on_refused(const Refused& refused, Instant now) = 0;
    /// The host is gone, `why` says how; it will be started again and the instance made anew.
    virtual void on_lost(const std::string& why, Instant now) = 0;
    /// The host is being started again as an operator has asked: nothing is wrong. on_lost() follows where
    /// that does not go well.
    virtual void on_restart(const std::string& why, Instant now) { on_lost(why, now); }
    virtual void on_report(const Report&, Instant) {}
    virtual void on_ack(const Ack&, Instant) {}
};

class HostLink : public Timed {
  public:
    using LogLine = std::function<void(core::LogLevel, const std::string&)>;
    struct Wiring {
        Launcher& launcher;
        platform::EventLoop& loop;
        Agenda& agenda;
        LogLine log;
        std::function<void(Crashed)> crashed;
        std::string node;
    };
    /// Empty: the new host runs. Otherwise why it does not, a sentence.
    using Restarted = std::function<void(const std::string&)>;
    /// Who waits for a restart, at once.
    static constexpr std::size_t maximum_restarts = 16;
    struct Counters {
        std::uint64_t starts = 0;
        std::uint64_t dropped_lines = 0;  ///< of its log, beyond 20 a second
        Pong told;                        ///< what the host itself counts
    };

    HostLink(HostFile file, Wiring wiring);
    ~HostLink() override;
    HostLink(const HostLink&) = delete;
    HostLink& operator=(const HostLink&) = delete;

    /// Makes an instance as soon as the host runs, and again each time it is started anew. Once more for the
    /// same: one that was refused is tried again.
    void add(InstanceId instance, HostClient& client);
    void remove(InstanceId instance);
    bool unused() const { return clients_.empty(); }
    /// It has no process either, and is to have none.
    bool is_idle() const { return clients_.empty() && restarts_.empty() && !host_; }

    /// Lets the host end in peace, with its instances, and starts another. False: too many wait for that
    /// already.
    bool restart(Restarted done, Instant now);

    /// False: there is no host that could take it.
    bool send(const ToHost& message, Instant now);

    std::optional<Instant> next_deadline() const override;
    void run(Instant now) override;

    const HostFile& file() const { return file_; }
    /// The name of the node that the agent runs on. A reload may change it.
    const std::string& node() const { return wiring_.node; }
    void set_node(const std::string& node) { wiring_.node = node; }
    PluginStatus status() const;
    const Counters& counters() const { return counters_; }
    /// 0: it does not run.
    pid_t pid() const { return host_ ? host_->pid : 0; }

  private:
    enum class State : std::uint8_t {
        waiting,   ///< for `due_`, to be started
        starting,  ///< for its hello, until `due_`
        ready,     ///< `due_` is the next heartbeat
        ending,    ///< for its end; at `due_` it is killed
    };
    void start(Instant now);
    void create(InstanceId instance, HostClient& client, Instant now);
    void receive(Instant now);
    void handle(const ToAgent& message, Instant now);
    void greet(const HostHello& hello, Instant now);
    void log_line(const plugin::LogLine& line, Instant now);
    void flush(Instant now);
    /// What it is listened to for: its words, room for ours.
    void update_watch();
    /// Of its frames until the next heartbeat.
    std::size_t allowance() const;
    void beat(Instant now);
    /// Whatever is wrong with it: it is killed, and its end does the rest.
    void condemn(const std::string& why, Instant now);
    /// It has hung up, which most do because they are ending: how is worth knowing, so it is killed later.
    void hung_up(Instant now);
    /// It is of no use any more. At `due_`, if there is one, it is killed.
    void give_up(const std::string& why, Instant now);
    /// Nobody needs it: it is let go in peace, and killed when it does not go.
    void dismiss(Instant now);
    void lose_clients(const std::string& why, Instant now);
    void answer_restarts(const std::string& failure);
    void ended(Instant now);
    void let_go();
    std::string name() const { return file_.plugin.filename().string(); }

    HostFile file_;
    Wiring wiring_;
    State state_ = State::waiting;
    std::optional<HostProcess> host_;
    std::map<InstanceId, HostClient*> clients_;
    std::deque<Bytes> unsent_;
    bool awaits_room_ = false;  ///< the socket took no more
    std::size_t heard_ = 0;     ///< frames since the last heartbeat
    bool is_deaf_ = false;      ///< until the next one: it said more than it may
    bool told_deaf_ = false;
    std::optional<Instant> due_;
    Instant started_{};
    Instant heard_at_{};  ///< its last word, or its start
    Duration delay_;
    std::string why_;  ///< of a host that is ending
    std::vector<Restarted> restarts_;
    bool restarting_ = false;     ///< the host is ending because of that
    std::string told_;            ///< the last reason that was logged for not starting
    std::uint64_t pings_ = 0;     ///< sent
    std::uint64_t answered_ = 0;  ///< the last ping that was answered
    unsigned lines_ = 0;          ///< of its log since `lines_from_`
    Instant lines_from_{};
    Counters counters_;
};

}  // namespace regent::plugin
