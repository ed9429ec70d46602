// SPDX-License-Identifier: Apache-2.0
#include "plugins/docker/daemon.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

#include "plugins/docker/question.hpp"

namespace regent::plugins::docker {
namespace {

using namespace std::chrono_literals;

/// Connections to one dockerd, the stream among them.
constexpr long maximum_connections = 8;
/// Events that wait to be told. Beyond it, all members have to ask anew.
constexpr std::size_t maximum_events = 1024;
/// How long dockerd may take to begin its stream.
constexpr sdk::Duration stream_patience = 2s;
constexpr sdk::Duration first_delay = 100ms, longest_delay = 5s;
/// dockerd says that the stream stands before it does: what happens in between is told by looking back.
constexpr auto look_back = 2s;

/// Of what a container's verdict can depend on. exec_create and its like, which each health check makes, stay
/// away.
constexpr const char* filters =
    "%7B%22type%22%3A%5B%22container%22%5D%2C%22event%22%3A%5B%22die%22%2C%22start%22%2C%22pause%22%2C%"
    "22unpause%22%2C"
    "%22oom%22%2C%22health_status%22%2C%22rename%22%2C%22destroy%22%5D%7D";

std::int64_t wall_ns() {
    return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

curl::Request endless() {
    curl::Request made;
    made.is_endless = true;
    return made;
}

std::string key(const curl::Peer& peer) {
    const curl::Tls& tls = peer.tls;
    std::string made;
    for (const std::string& part : {peer.url.text, peer.address, peer.unix_socket, tls.ca_file,
                                    tls.certificate, tls.key, std::string(tls.verify ? "1" : "0")})
        made += part + '\n';
    return made;
}

}  // namespace

std::shared_ptr<Daemon> Daemon::at(const curl::Peer& peer) {
    static std::map<std::string, std::weak_ptr<Daemon>> known;
    std::erase_if(known, [](const auto& entry) { return entry.second.expired(); });
    std::weak_ptr<Daemon>& entry = known[key(peer)];
    auto daemon = entry.lock();
    if (!daemon) entry = daemon = std::make_shared<Daemon>(peer);
    return daemon;
}

Daemon::Daemon(curl::Peer peer)
    : peer_(std::move(peer)), multi_(*this, maximum_connections), stream_(peer_, endless(), *this) {}

void Daemon::join(Member& member) {
    members_.push_back(&member);
    if (members_.size() == 1) {
        connect();
    } else if (is_streaming()) {
        member.on_stream();
    }
}

void Daemon::leave(Member& member) {
    const auto found = std::find(members_.begin(), members_.end(), &member);
    if (found == members_.end()) return;
    if (members_.size() == 1) {
        stream_.cancel();
        multi_.close();
        clear_stream_timer();
        state_ = State::idle;
        events_.clear();
        has_begun_ = is_known_lost_ = is_overrun_ = false;
        last_event_ns_ = 0;
        members_.clear();
        return;
    }
    const bool was_leader = found == members_.begin();
    if (was_leader) {
        for (const auto& [fd, events] : watched_)
            leader().unwatch(fd);
        leader().clear_timer(libcurl_timer);
        leader().clear_timer(stream_timer);
    }
    members_.erase(found);
    if (was_leader) follow_leader();
}

void Daemon::follow_leader() {
    for (const auto& [fd, events] : watched_)
        leader().watch(fd, events);
    if (libcurl_at_) leader().set_timer(libcurl_timer, *libcurl_at_);
    if (stream_at_) leader().set_timer(stream_timer, *stream_at_);
}

void Daemon::watch(int fd, std::uint32_t events) {
    leader().watch(fd, events);
    watched_[fd] = events;
}

void Daemon::unwatch(int fd) {
    leader().unwatch(fd);
    watched_.erase(fd);
}

void Daemon::set_timer(sdk::Instant at) {
    libcurl_at_ = at;
    leader().set_timer(libcurl_timer, at);
}

void Daemon::clear_timer() {
    libcurl_at_.reset();
    leader().clear_timer(libcurl_timer);
}

void Daemon::set_stream_timer(sdk::Instant at) {
    stream_at_ = at;
    leader().set_timer(stream_timer, at);
}

void Daemon::clear_stream_timer() {
    stream_at_.reset();
    leader().clear_timer(stream_timer);
}

bool Daemon::on_fd(int fd, std::uint32_t events) {
    if (!multi_.on_fd(fd, events)) return false;
    tell();
    return true;
}

bool Daemon::on_timer(std::uint64_t timer) {
    if (timer == libcurl_timer) {
        libcurl_at_.reset();
        multi_.on_timer();
        tell();
        return true;
    }
    if (timer != stream_timer) return false;
    stream_at_.reset();
    if (state_ == State::waiting) {
        connect();
    } else if (state_ == State::connecting && !has_begun_) {
        const std::string awaited = stream_.awaited();
        stream_.cancel();
        lose(sdk::unknown(sdk::Reason::timeout,
                          fmt::format("dockerd does not tell its events: waited in vain for {}", awaited)));
    }
    tell();
    return true;
}

void Daemon::connect() {
    state_ = State::connecting;
    fault_.clear();
    lines_.restart();
    has_begun_ = false;
    const std::int64_t since =
        last_event_ns_ > 0 ? last_event_ns_ : wall_ns() - std::chrono::nanoseconds(look_back).count();
    stream_.set_url(fmt::format("{}/events?since={}.{:09}&filters={}", peer_.url.text, since / 1'000'000'000,
                                since % 1'000'000'000, filters));
    set_stream_timer(now() + stream_patience);
    stream_.start(multi_);
}

bool Daemon::on_status(long status) {
    if (status != 200) {
        fault_ = fmt::format("status {}", status);
        return false;
    }
    has_begun_ = true;
    set_stream_timer(now());  // libcurl is not to be called from within: tell() does it
    return true;
}

bool Daemon::on_body(std::string_view part) {
    const bool is_good = lines_.add(part, [this](std::string_view line) { return take(line); });
    if (!is_good && lines_.is_too_long())
        fault_ = fmt::format("an event is longer than {} bytes", LineReader::maximum_line);
    if (!events_.empty() || is_overrun_) set_stream_timer(now());
    return is_good;
}

bool Daemon::take(std::string_view line) {
    auto event = parse_event(line);
    if (!event) {
        fault_ = "what came is no event of a container";
        return false;
    }
    ++event_count_;
    last_event_ns_ = std::max(last_event_ns_, event->time_ns);
    if (events_.size() >= maximum_events) {
        is_overrun_ = true;
    } else {
        events_.push_back(std::move(*event));
    }
    return true;
}

void Daemon::on_end(CURLcode code) {
    if (!fault_.empty())
        return lose(sdk::unknown(sdk::Reason::protocol, "dockerd does not tell its events: " + fault_));
    if (code != CURLE_OK) return lose(dockerd_failure(stream_, code));
    lose(sdk::unknown(sdk::Reason::reset, "dockerd has ended its stream of events"));
}

void Daemon::lose(const sdk::Result& why) {
    // Perhaps a middleman has cut what was silent for long: if dockerd is there again at once, nobody need
    // know.
    const bool has_stood =
        state_ == State::streaming && fault_.empty() && now() - streaming_since_ >= longest_delay;
    state_ = State::waiting;
    if (has_stood) {
        delay_ = {};
    } else {
        delay_ = std::clamp(delay_ * 2, first_delay, longest_delay);
        if (!std::exchange(is_known_lost_, true)) {
            tell_all([&](Member& member) { member.on_stream_lost(why); });
        }
    }
    set_stream_timer(now() + delay_);
}

void Daemon::tell() {
    if (is_telling_) return;
    is_telling_ = true;
    if (std::exchange(has_begun_, false) && state_ == State::connecting) {
        state_ = State::streaming;
        streaming_since_ = now();
        ++stream_count_;
        is_known_lost_ = false;
        tell_all([](Member& member) { member.on_stream(); });
    }
    while (!events_.empty()) {
        const Event event = std::move(events_.front());
        events_.pop_front();
        tell_all([&](Member& member) { member.on_event(event); });
    }
    if (std::exchange(is_overrun_, false)) tell_all([](Member& member) { member.on_stream(); });
    if (state_ == State::streaming && stream_at_) clear_stream_timer();
    is_telling_ = false;
}

template <class Tell>
void Daemon::tell_all(const Tell& tell) {
    // By number: a member may be told something that has it ask, and an answer may be there at once.
    for (std::size_t index = 0; index < members_.size(); ++index)
        tell(*members_[index]);
}

}  // namespace regent::plugins::docker
