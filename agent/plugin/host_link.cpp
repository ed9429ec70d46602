// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/host_link.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fmt/core.h>
#include <regent/abi/host.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

#include "agent/base/text.hpp"
#include "agent/platform/clock.hpp"
#include "agent/platform/system_error.hpp"

namespace regent::plugin {
namespace {

using namespace std::chrono_literals;
using core::LogLevel;

constexpr Duration hello_within = 5s;
constexpr Duration heartbeat = 1s;
constexpr Duration leave_within = 2s;
constexpr Duration die_within = 100ms;
constexpr std::uint64_t missed_heartbeats = 3;
constexpr Duration shortest_delay = 100ms;
constexpr Duration longest_delay = 30s;
// A host that has lived this many times its last delay has recovered.
constexpr int recovered_after = 10;
constexpr std::size_t frames_per_turn = 64;
constexpr std::size_t longest_queue = 8192;
// Frames a heartbeat: far more than checks that are asked often, push and log can have to say, and more than
// what waits in the socket, so that an answer to a ping is heard with the next one. What a host cannot send
// it keeps, the newest of it.
constexpr std::size_t frames_per_beat = 1024;
constexpr std::size_t frames_per_beat_and_client = 256;
constexpr unsigned lines_per_second = 20;

LogLevel level_of(std::uint32_t level) {
    switch (level) {
        case REGENT_LOG_ERROR: return LogLevel::error;
        case REGENT_LOG_WARNING: return LogLevel::warning;
        case REGENT_LOG_INFO: return LogLevel::info;
        default: return LogLevel::debug;
    }
}

}  // namespace

HostLink::HostLink(HostFile file, Wiring wiring)
    : file_(std::move(file)), wiring_(std::move(wiring)), due_(Instant{}), delay_(shortest_delay) {
    wiring_.agenda.update(*this);
}

HostLink::~HostLink() {
    answer_restarts("nothing uses the plugin any more");
    wiring_.agenda.remove(*this);
    if (!host_) return;
    send_signal(host_->process, SIGKILL);
    let_go();
}

PluginStatus HostLink::status() const {
    static constexpr std::array words{"waiting", "starting", "running", "ending"};
    const Pong& told = counters_.told;
    return {file_.plugin.stem(),
            file_.plugin,
            words.at(static_cast<std::size_t>(state_)),
            pid(),
            counters_.starts,
            {{"dropped_logs", told.dropped_logs + counters_.dropped_lines},
             {"dropped_reports", told.dropped_reports},
             {"late_calls", told.late_calls},
             {"slow_calls", told.slow_calls}}};
}

void HostLink::let_go() {
    if (host_->socket) wiring_.loop.unwatch(host_->socket.get());
    wiring_.loop.unwatch(host_->process.get());
    host_.reset();
    unsent_.clear();
    awaits_room_ = is_deaf_ = told_deaf_ = false;
    heard_ = 0;
}

void HostLink::add(InstanceId instance, HostClient& client) {
    clients_[instance] = &client;
    wiring_.agenda.update(*this);
    if (state_ == State::ready) create(instance, client, platform::now());
}

void HostLink::create(InstanceId instance, HostClient& client, Instant now) {
    Create creation = client.creation();
    creation.instance = instance;
    if (encode(ToHost(creation)).size() > maximum_frame) {
        return client.on_refused({instance, {}, "its parameters are too long for one message"}, now);
    }
    send(creation, now);
}

void HostLink::remove(InstanceId instance) {
    if (clients_.erase(instance) > 0) send(Destroy{instance}, platform::now());
}

void HostLink::start(Instant now) {
    started_ = heard_at_ = now;
    ++counters_.starts;
    auto host = wiring_.launcher.launch(file_);
    Result<void> watched;
    if (host) {
        host_ = std::move(*host);
        watched = wiring_.loop.watch(host_->process.get(), [this] { ended(platform::now()); });
        if (watched) {
            watched = wiring_.loop.watch(host_->socket.get(), EPOLLIN, [this](std::uint32_t events) {
                const Instant at = platform::now();
                if ((events & EPOLLOUT) != 0) flush(at);
                if ((events & ~std::uint32_t{EPOLLOUT}) != 0) receive(at);
            });
        }
    }
    if (!host || !watched) {
        why_ = (host ? watched.error() : host.error()).text;
        if (host_) {
            send_signal(host_->process, SIGKILL);
            let_go();
        }
        ended(now);
        return;
    }
    pings_ = answered_ = 0;
    state_ = State::starting;
    due_ = now + hello_within;
}

void HostLink::receive(Instant now) {
    heard_at_ = now;
    static thread_local Bytes buffer(maximum_frame + 1);
    for (std::size_t frames = 0; frames < frames_per_turn && host_ && state_ != State::ending; ++frames) {
        const ssize_t size = ::recv(host_->socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) break;
        if (size <= 0) {
            hung_up(now);
            break;
        }
        if (static_cast<std::size_t>(size) > maximum_frame) {
            condemn("has sent a frame that is too long", now);
            break;
        }
        const auto message = decode_to_agent(ByteView(buffer).first(static_cast<std::size_t>(size)));
        if (!message) {
            condemn(fmt::format("has sent nonsense ({})", message.error().text), now);
            break;
        }
        handle(*message, now);
        ++heard_;
    }
    if (heard_ >= allowance() && state_ == State::ready && !std::exchange(is_deaf_, true)) {
        update_watch();
        if (!std::exchange(told_deaf_, true))
            wiring_.log(LogLevel::warning, fmt::format("{} says more than {} things a second: the rest waits",
                                                       name(), allowance()));
    }
    wiring_.agenda.update(*this);
}

std::size_t HostLink::allowance() const {
    return frames_per_beat + frames_per_beat_and_client * clients_.size();
}

/// That it has hung up is told whatever it is listened to for.
void HostLink::update_watch() {
    const std::uint32_t events = (is_deaf_ ? 0U : EPOLLIN) | (awaits_room_ ? EPOLLOUT : 0U);
    static_cast<void>(wiring_.loop.change(host_->socket.get(), events));
}

void HostLink::handle(const ToAgent& message, Instant now) {
    if (const auto* hello = std::get_if<HostHello>(&message)) return greet(*hello, now);
    if (state_ != State::ready) return condemn("has not said hello first", now);
    const auto client = [this](InstanceId instance) {
        const auto found = clients_.find(instance);
        return found == clients_.end() ? nullptr : found->second;
    };
    // Of instances that have just been removed much may still be on its way.
    if (const auto* created = std::get_if<Created>(&message)) {
        if (auto* of = client(created->instance)) of->on_created(now);
    } else if (const auto* refused = std::get_if<Refused>(&message)) {
        if (auto* of = client(refused->instance)) of->on_refused(*refused, now);
    } else if (const auto* report = std::get_if<Report>(&message)) {
        if (auto* of = client(report->instance)) of->on_report(*report, now);
    } else if (const auto* ack = std::get_if<Ack>(&message)) {
        if (auto* of = client(ack->instance)) of->on_ack(*ack, now);
    } else if (const auto* line = std::get_if<plugin::LogLine>(&message)) {
        log_line(*line, now);
    } else if (const auto* pong = std::get_if<Pong>(&message)) {
        answered_ = std::max(answered_, std::min(pong->number, pings_));
        counters_.told = *pong;
    }
}

void HostLink::greet(const HostHello& hello, Instant now) {
    if (state_ != State::starting) return condemn("has said hello twice", now);
    if (hello.version != protocol_version) {
        return condemn(
            fmt::format("speaks version {} of the protocol, not {}", hello.version, protocol_version), now);
    }
    state_ = State::ready;
    due_ = now + heartbeat;
    told_.clear();
    answer_restarts({});
    send(AgentHello{protocol_version, wiring_.node}, now);
    for (const auto& [instance, client] : clients_)
        create(instance, *client, now);
}

void HostLink::log_line(const plugin::LogLine& line, Instant now) {
    if (now >= lines_from_ + 1s) {
        lines_from_ = now;
        lines_ = 0;
    }
    if (++lines_ > lines_per_second) {
        ++counters_.dropped_lines;
        return;
    }
    const auto found = clients_.find(line.instance);
    const auto who = found == clients_.end() ? name() : found->second->creation().name;
    wiring_.log(level_of(line.level), fmt::format("{}: {}", who, line.text));
}

bool HostLink::send(const ToHost& message, Instant now) {
    if (state_ != State::ready) return false;
    if (unsent_.size() >= longest_queue) {
        condemn("does not take what it is sent", now);
        return false;
    }
    Bytes frame = encode(message);
    // Whoever made it has cut what can be long; a frame that the host would not take must not cost the host.
    if (frame.size() > maximum_frame) return false;
    unsent_.push_back(std::move(frame));
    flush(now);
    return true;
}

void HostLink::flush(Instant now) {
    if (!host_ || state_ == State::ending) return;
    while (!unsent_.empty()) {
        const Bytes& frame = unsent_.front();
        if (::send(host_->socket.get(), frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
            if (errno != EAGAIN && errno != EINTR) return hung_up(now);
            break;
        }
        unsent_.pop_front();
    }
    if (awaits_room_ != unsent_.empty()) return;
    awaits_room_ = !unsent_.empty();
    update_watch();
}

void HostLink::beat(Instant now) {
    if (clients_.empty()) return dismiss(now);
    if (pings_ - answered_ >= missed_heartbeats) return condemn("does not answer", now);
    due_ = now + heartbeat;
    heard_ = 0;
    if (std::exchange(is_deaf_, false)) update_watch();
    send(Ping{++pings_}, now);
}

void HostLink::condemn(const std::string& why, Instant now) {
    if (!host_ || state_ == State::ending) return;
    due_.reset();
    send_signal(host_->process, SIGKILL);
    give_up(why, now);
}

void HostLink::hung_up(Instant now) {
    if (!host_ || state_ == State::ending) return;
    due_ = now + die_within;
    give_up("has closed its connection", now);
}

void HostLink::give_up(const std::string& why, Instant now) {
    why_ = why;
    state_ = State::ending;
    wiring_.loop.unwatch(host_->socket.get());
    // Not when it is gone: a process in the kernel's hands can take long to die, and its checks are blind by
    // now.
    lose_clients(why_, now);
    wiring_.agenda.update(*this);
}

void HostLink::lose_clients(const std::string& why, Instant now) {
    for (const auto& [instance, client] : clients_)
        client->on_lost(fmt::format("its plugin host {}", why), now);
}

bool HostLink::restart(Restarted done, Instant now) {
    if (restarts_.size() == maximum_restarts) return false;
    restarts_.push_back(std::move(done));
    delay_ = shortest_delay;
    if (state_ == State::waiting) {
        due_ = now;
    } else if (!std::exchange(restarting_, true) && state_ != State::ending) {
        dismiss(now);
        for (const auto& [instance, client] : clients_)
            client->on_restart("its plugin host is being restarted", now);
    }
    wiring_.agenda.update(*this);
    return true;
}

void HostLink::answer_restarts(const std::string& failure) {
    for (const auto& done : std::exchange(restarts_, {}))
        done(failure);
}

void HostLink::dismiss(Instant now) {
    state_ = State::ending;
    due_ = now + leave_within;
    wiring_.loop.unwatch(host_->socket.get());
    host_->socket.reset();
}

void HostLink::ended(Instant now) {
    const bool told_clients = state_ == State::ending;
    const bool dismissed = told_clients && why_.empty();
    if (host_) {
        const auto end = take_end(*host_);
        // One that has hung up, and that nobody has killed for it.
        const bool ended_by_itself = told_clients && due_ && host_->pid != 0;
        if (why_.empty() || (ended_by_itself && !dismissed)) why_ = end.text;
        if (!dismissed) wiring_.crashed({file_.plugin.stem(), end.status, why_});
        let_go();
    }
    // That a silent one was waited for is no life of its own.
    const Instant lived_until = told_clients ? heard_at_ : now;
    if (lived_until - started_ >= recovered_after * delay_) delay_ = shortest_delay;
    const auto sentence = fmt::format("plugin host of {} {}", name(), why_);
    // The same again and again is said once, until it runs again.
    if (sentence != told_ && !dismissed) {
        wiring_.log(LogLevel::warning,
                    fmt::format("{}; it is started again in {}", sentence, to_text(delay_)));
        told_ = sentence;
    }
    if (!told_clients) lose_clients(why_, now);
    if (!std::exchange(restarting_, false)) answer_restarts(sentence);
    why_.clear();
    state_ = State::waiting;
    due_ = dismissed ? now : now + delay_;
    delay_ = dismissed ? shortest_delay : std::min(longest_delay, delay_ * 2);
    wiring_.agenda.update(*this);
}

std::optional<Instant> HostLink::next_deadline() const {
    // A host that nobody needs is not started, unless somebody waits for that.
    if (state_ == State::waiting && clients_.empty() && restarts_.empty()) return std::nullopt;
    return due_;
}

void HostLink::run(Instant now) {
    if (!due_ || *due_ > now) return;
    switch (state_) {
        case State::waiting: start(now); break;
        case State::starting: condemn("has not said hello", now); break;
        case State::ready: beat(now); break;
        case State::ending:
            send_signal(host_->process, SIGKILL);
            due_.reset();
            // A process in the kernel's hands can take long to die. Of one that has hung up they know.
            if (why_.empty()) lose_clients("does not end", now);
            break;
    }
}

}  // namespace regent::plugin
