// SPDX-License-Identifier: Apache-2.0
// The agent, as it is found on D-Bus.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

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

  private:
    void act(const std::string& name, const std::string& method, const std::string* reason);

    std::unique_ptr<sdbus::IConnection> connection_;
};

}  // namespace regent::ctl
