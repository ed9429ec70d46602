// SPDX-License-Identifier: Apache-2.0
// One dockerd, shared by all checks of this process that ask it: one stream of events, and a few connections
// for questions.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "plugins/curl/transfer.hpp"
#include "plugins/curl/watcher.hpp"
#include "plugins/docker/event.hpp"

namespace regent::plugins::docker {

/// Who wants to know what dockerd tells unasked.
class Member {
  public:
    explicit Member(sdk::Context context) : context_(context) {}
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;
    virtual ~Member() = default;

    virtual void on_event(const Event& event) = 0;
    /// From now on nothing is missed. What was missed before has to be asked for.
    virtual void on_stream() = 0;
    /// Nothing is told any more, and dockerd cannot be reached again at once.
    virtual void on_stream_lost(const sdk::Result& why) = 0;

    sdk::Context context() const { return context_; }

  private:
    sdk::Context context_;
};

/// Loop thread. What the host watches for it, it watches for the first of the members: descriptors and timers
/// that come to any member are offered to on_fd() and on_timer().
class Daemon final : private curl::Watcher, private curl::Listener {
  public:
    /// The timers of an instance that are the daemon's. The instance's own begin at `free`.
    enum Timer : std::uint64_t { libcurl_timer = 1, stream_timer = 2, free = 3 };

    /// The daemon that has this peer already, or a new one.
    static std::shared_ptr<Daemon> at(const curl::Peer& peer);
    explicit Daemon(curl::Peer peer);

    void join(Member& member);
    void leave(Member& member);
    bool on_fd(int fd, std::uint32_t events);
    bool on_timer(std::uint64_t timer);

    curl::Multi& multi() { return multi_; }
    const curl::Peer& peer() const { return peer_; }
    bool is_streaming() const { return state_ == State::streaming; }
    std::size_t members() const { return members_.size(); }
    std::uint64_t events() const { return event_count_; }
    std::uint64_t streams() const { return stream_count_; }

  private:
    enum class State : std::uint8_t { idle, connecting, streaming, waiting };

    sdk::Context leader() const { return members_.front()->context(); }
    sdk::Instant now() const override { return leader().now(); }
    void watch(int fd, std::uint32_t events) override;
    void unwatch(int fd) override;
    void set_timer(sdk::Instant at) override;
    void clear_timer() override;
    void set_stream_timer(sdk::Instant at);
    void clear_stream_timer();
    void follow_leader();

    bool on_status(long status) override;
    bool on_body(std::string_view part) override;
    void on_end(CURLcode code) override;
    bool take(std::string_view line);
    void connect();
    void lose(const sdk::Result& why);
    void tell();
    template <class Tell>
    void tell_all(const Tell& tell);

    curl::Peer peer_;
    std::vector<Member*> members_;
    std::map<int, std::uint32_t> watched_;
    std::optional<sdk::Instant> libcurl_at_, stream_at_;
    curl::Multi multi_;
    curl::Transfer stream_;
    State state_ = State::idle;
    LineReader lines_;
    std::deque<Event> events_;
    std::string fault_;       ///< of the stream, as far as it is ours to see
    bool has_begun_ = false;  ///< the stream has, and nobody was told yet
    bool is_known_lost_ = false;
    bool is_overrun_ = false;
    bool is_telling_ = false;
    std::int64_t last_event_ns_ = 0;
    sdk::Instant streaming_since_{};
    sdk::Duration delay_{};
    std::uint64_t event_count_ = 0, stream_count_ = 0;
};

}  // namespace regent::plugins::docker
