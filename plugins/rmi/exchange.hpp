// SPDX-License-Identifier: Apache-2.0
// One question and its answer over one connection, which may be kept for the next question.
#pragma once

#include <functional>

#include "plugins/rmi/jrmp.hpp"
#include "plugins/support/tcp_connection.hpp"

namespace regent::plugins::rmi {

/// Loop thread. None of the callbacks is called by close().
class Exchange {
  public:
    /// The answer, whose state is final; or, if `fault` is set, why there is none. The fault's message does
    /// not say where.
    struct Outcome {
        jrmp::Reader answer;
        std::optional<sdk::Result> fault;
        int lost = 0;  ///< why the connection is gone: an errno or closed_by_peer
    };
    using Done = std::function<void(const Outcome&)>;
    /// A kept connection is gone: an errno, closed_by_peer or too_talkative.
    using Lost = std::function<void(int)>;

    Exchange(sdk::Context context, TcpEndpoint endpoint, jrmp::Protocol protocol, bool kept);

    /// Asks over a new connection. `done` is called once, perhaps before this returns.
    void open(std::string_view question, jrmp::Reader::Wanted wanted, Done done);
    /// Asks over the connection that is kept.
    void ask(std::string_view question, jrmp::Reader::Wanted wanted, Done done);
    /// Keeps the connection of the last answer. `lost` is called once; the connection is closed by then.
    void keep(Lost lost);
    bool is_asking() const { return done_ != nullptr; }
    bool is_kept() const { return stage_ == Stage::kept; }
    void close();
    bool on_fd(int fd);
    /// Whether the kept connection is still there: `lost` is told if not.
    void look() {
        if (is_kept()) look_while_kept();
    }

    /// What the server fails to do, for a message: "does not answer".
    std::string waiting_for() const;
    double connect_seconds() const { return connect_seconds_; }

  private:
    enum class Stage : std::uint8_t { idle, connecting, sending, reading, answered, kept };

    void go_on(TcpConnection::Progress progress);
    void send_more();
    void read_more();
    /// Tells the server that its reply has come, and that no other message will.
    void acknowledge(const jrmp::Uid& uid);
    /// The connection that was there is gone: an errno.
    void fail(int error);
    void finish(std::optional<sdk::Result> fault);
    void look_while_kept();

    sdk::Context context_;
    jrmp::Protocol protocol_;
    TcpConnection connection_;
    Stage stage_ = Stage::idle;
    std::string question_;
    std::size_t sent_ = 0;
    jrmp::Reader reader_{false, jrmp::Reader::Wanted::pong};
    bool is_acknowledged_ = false;
    int gone_ = 0;
    sdk::Instant began_{};
    double connect_seconds_ = 0;
    Done done_;
    Lost lost_;
};

}  // namespace regent::plugins::rmi
