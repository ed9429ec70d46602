// SPDX-License-Identifier: Apache-2.0
// The agent, as it is found on D-Bus.
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "agent/ctl/exit_code.hpp"

namespace sdbus {
class IConnection;
}  // namespace sdbus

namespace regent::ctl {

/// What the bus or the agent answered instead.
struct BusError {
    ExitCode code = ExitCode::failure;
    std::string text;  ///< a sentence
};

class BusClient {
  public:
    /// Throws BusError when there is no system bus.
    BusClient();
    ~BusClient();
    BusClient(const BusClient&) = delete;
    BusClient& operator=(const BusClient&) = delete;

    /// The document of schema "regent.status.1". Throws BusError.
    nlohmann::ordered_json describe();
    /// Of a group or an instance of that name. Waits as long as a yield may take. Throws BusError.
    void handover(const std::string& name, const std::string& reason);
    void release(const std::string& name);
    void set_maintenance(bool on, const std::string& reason);
    /// Of an instance: gratuitous ARP or NA for its addresses once more. Throws BusError.
    void announce(const std::string& instance);
    /// Asks a check now: its state and what it says. Throws BusError.
    std::pair<std::string, std::string> run_check(const std::string& check);
    /// A check counts as "up" or "down" for so long. Throws BusError.
    void override_check(const std::string& check, const std::string& state, std::chrono::microseconds lasts);
    void clear_override(const std::string& check);
    /// Waits until the test event is delivered. Throws BusError with why it was not.
    void test_notifier(const std::string& notifier);
    /// Waits until its new process runs. Throws BusError with why it does not.
    void restart_plugin(const std::string& plugin);
    /// Whether the configuration is in force now, and what was found in it: objects as in `config check
    /// --json`.
    std::pair<bool, nlohmann::ordered_json> reload();

    /// A change that the agent has told of.
    struct Change {
        /// "instance", "group" or "check"; "override": of a check, which counts as "up" or "down", or what it
        /// says counts again ("ended"); "agent": it has come to the bus, or left it
        std::string kind;
        std::string name;
        std::string old_state, new_state;
        std::uint64_t sequence = 0;  ///< of changes of state of instances and groups
        std::string reason;
    };
    /// From now on every change is told to `changed`, by wait() alone. Throws BusError.
    void subscribe(std::function<void(const Change&)> changed);
    /// Waits for what comes, until `done()`, which is asked after each message, or the time is over: then
    /// false. No limit: waits for ever. Throws BusError when the bus is gone.
    bool wait(std::optional<std::chrono::milliseconds> limit, const std::function<bool()>& done);

  private:
    /// An object and the interface to act on.
    struct Place {
        std::string path;
        std::string interface;
    };

    /// The object of the first of `kinds` that has one of that name, which may be as in named.hpp. Throws
    /// BusError.
    Place find(const std::string& name, std::initializer_list<const char*> kinds);
    template <class... Values>
    void act(const Place& place, const char* method, const Values&... values);

    std::unique_ptr<sdbus::IConnection> connection_;
};

}  // namespace regent::ctl
