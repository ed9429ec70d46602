// SPDX-License-Identifier: Apache-2.0
// The host's end of the socket to the agent.
#pragma once

#include <deque>
#include <functional>

#include "agent/platform/descriptor.hpp"
#include "agent/platform/event_loop.hpp"
#include "agent/plugin/protocol.hpp"

namespace regent::plugin::host {

class Link {
  public:
    /// Frames that wait because the agent does not read. One more is the end: the agent starts the host anew.
    static constexpr std::size_t maximum_waiting = 1024;

    struct Outlets {
        std::function<void(const ToHost&)> message;
        /// The agent is gone (an empty text), or the connection is of no use any more.
        std::function<void(const std::string& why)> ended;
        /// Messages have been handed out, or nothing waits any more: what is to be said to that, and flush().
        std::function<void()> turn_over;
    };

    Link(platform::Descriptor socket, platform::EventLoop& loop, Outlets outlets)
        : socket_(std::move(socket)), loop_(loop), outlets_(std::move(outlets)) {}

    Result<void> open();
    /// Goes out with flush(): many answers of one turn wake the agent once.
    void send(const ToAgent& message);
    void flush();
    std::size_t waiting() const { return waiting_.size(); }

  private:
    void on_ready(platform::EventLoop::Events events);
    void receive();
    /// False: nothing more is to be had now.
    bool receive_one();
    void end(const std::string& why);

    platform::Descriptor socket_;
    platform::EventLoop& loop_;
    Outlets outlets_;
    Bytes buffer_ = Bytes(maximum_frame);
    std::deque<Bytes> waiting_;
    bool awaits_room_ = false;  ///< the socket took no more
    bool ended_ = false;
};

}  // namespace regent::plugin::host
