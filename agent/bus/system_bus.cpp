// SPDX-License-Identifier: Apache-2.0
#include "agent/bus/system_bus.hpp"

#include <fmt/core.h>
#include <sys/epoll.h>
#include <utility>

#include "agent/bus/names.hpp"
#include "agent/bus/tree.hpp"
#include "agent/platform/clock.hpp"

namespace regent::bus {
namespace {

constexpr Duration retry_after = std::chrono::seconds(1);
constexpr auto call_timeout = std::chrono::seconds(2);
// Of one turn, so that what the agent has to tell has its turn as well.
constexpr int messages_per_turn = 64;

}  // namespace

struct SystemBus::Connected {
    platform::EventLoop& loop;
    // In this order: objects go before their connection.
    std::unique_ptr<sdbus::IConnection> connection;
    Authority authority;
    std::unique_ptr<Tree> tree;
    int watched = -1;

    explicit Connected(platform::EventLoop& event_loop)
        : loop(event_loop), connection(sdbus::createSystemBusConnection()), authority(*connection) {
        connection->setMethodCallTimeout(call_timeout);
    }
    Connected(const Connected&) = delete;
    Connected& operator=(const Connected&) = delete;
    ~Connected() {
        if (watched >= 0) loop.unwatch(watched);
    }
};

SystemBus::SystemBus(platform::EventLoop& loop, Outlets outlets)
    : loop_(loop), outlets_(std::move(outlets)), desk_(outlets_.submit) {}

SystemBus::~SystemBus() {
    desk_.forget();  // who waits for an answer holds on to the connection
}

void SystemBus::say(const std::string& what) {
    if (what == said_) return;
    said_ = what;
    outlets_.told(what);
}

void SystemBus::connect() {
    try {
        auto made = std::make_unique<Connected>(loop_);
        made->tree =
            std::make_unique<Tree>(Surroundings{*made->connection, picture_, desk_, made->authority});
        // Last: who sees the name sees all objects.
        made->connection->requestName(service_name);
        const int fd = made->connection->getEventLoopPollData().fd;
        const auto done = loop_.watch(fd, EPOLLIN, [this](platform::EventLoop::Events) { process(); });
        if (!done) return lose(done.error().text);
        made->watched = fd;
        connected_ = std::move(made);
        retry_.reset();
        say(fmt::format("{} is on the system bus", service_name));
        process();
    } catch (const sdbus::Error& error) {
        lose(error.getMessage());
    }
}

void SystemBus::lose(const std::string& why) {
    desk_.forget();
    connected_.reset();
    retry_ = platform::now() + retry_after;
    say(fmt::format("not on the system bus: {}", why));
}

void SystemBus::process() {
    if (!connected_) return;
    auto& connection = *connected_->connection;
    try {
        for (int handled = 0; handled < messages_per_turn && connection.processPendingRequest(); ++handled) {
        }
        const auto wanted =
            static_cast<platform::EventLoop::Events>(connection.getEventLoopPollData().events);
        congested_ = (wanted & EPOLLOUT) != 0;
        static_cast<void>(loop_.change(connected_->watched, wanted));
    } catch (const sdbus::Error& error) {
        lose(error.getMessage());
    }
}

void SystemBus::apply(const Batch& batch) {
    if (!connected_) {
        if (batch.is_whole) retry_ = Instant{};
        return absorb(picture_, batch);
    }
    try {
        connected_->tree->apply(picture_, batch);
    } catch (const sdbus::Error& error) {
        lose(error.getMessage());
        // It was half told. All of it stands, for the next connection.
        return absorb(picture_, batch);
    }
    process();
}

std::optional<Instant> SystemBus::next_deadline() const {
    if (!connected_) return retry_;
    const auto timeout = connected_->connection->getEventLoopPollData().timeout_usec;
    if (timeout == UINT64_MAX) return std::nullopt;
    return Instant(std::chrono::microseconds(timeout));
}

void SystemBus::run(Instant now) {
    if (connected_) return process();
    if (retry_ && *retry_ <= now) connect();
}

}  // namespace regent::bus
