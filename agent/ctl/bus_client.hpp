// SPDX-License-Identifier: Apache-2.0
// The agent, as it is found on D-Bus.
#pragma once

#include <chrono>
#include <functional>
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
    /// Whether the configuration is in force now, and what was found in it: objects as in `config check
    /// --json`.
    std::pair<bool, nlohmann::ordered_json> reload();

    /// A change that the agent has told of.
    struct Change {
        std::string kind;  ///< "instance", "group" or "check"; "agent": it has come to the bus, or left it
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
    void act(const std::string& name, const std::string& method, const std::string* reason);

    std::unique_ptr<sdbus::IConnection> connection_;
};

}  // namespace regent::ctl
