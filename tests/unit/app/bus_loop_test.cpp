// SPDX-License-Identifier: Apache-2.0
// From the engine's transitions to signals on a bus that is there, and on one that hangs: with the bus
// thread, a real dbus-daemon and somebody who listens.
#include "agent/app/bus_loop.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <sdbus-c++/sdbus-c++.h>
#include <thread>

#include "agent/app/bus_views.hpp"

#include "private_bus.hpp"

using namespace regent;
using namespace std::chrono_literals;

namespace {

/// Reads every Transition of two instances and their group, in the order in which they come.
class Listener {
  public:
    Listener() : connection_(sdbus::createSystemBusConnection()) {
        listen("instance/VI_5f1", "org.regent1.Instance");
        listen("instance/VI_5f2", "org.regent1.Instance");
        listen("group/SG1", "org.regent1.Group");
        connection_->enterEventLoopAsync();
    }
    ~Listener() { connection_->leaveEventLoop(); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    /// All numbers so far, once the last is this one; what there is after the time.
    std::vector<std::uint64_t> wait_for(std::uint64_t last, std::chrono::seconds limit) {
        std::unique_lock guard(lock_);
        news_.wait_for(guard, limit, [&] { return !numbers_.empty() && numbers_.back() == last; });
        return numbers_;
    }

    /// How many there are once there are so many, or after the time.
    std::size_t wait_count(std::size_t count, std::chrono::seconds limit) {
        std::unique_lock guard(lock_);
        news_.wait_for(guard, limit, [&] { return numbers_.size() >= count; });
        return numbers_.size();
    }

  private:
    void listen(const std::string& object, const std::string& interface) {
        auto proxy = sdbus::createProxy(*connection_, "org.regent1", "/org/regent1/" + object);
        proxy->uponSignal("Transition")
            .onInterface(interface)
            .call([this](const std::string&, const std::string&, const std::uint64_t& sequence,
                         const std::string&) {
                const std::lock_guard guard(lock_);
                numbers_.push_back(sequence);
                news_.notify_all();
            });
        proxy->finishRegistration();
        proxies_.push_back(std::move(proxy));
    }

    std::mutex lock_;
    std::condition_variable news_;
    std::vector<std::uint64_t> numbers_;
    std::unique_ptr<sdbus::IConnection> connection_;
    std::vector<std::unique_ptr<sdbus::IProxy>> proxies_;
};

/// The service thread's part: what the engine reports goes to the bus thread. Two instances of one group that
/// move together.
class Agent {
  public:
    Agent()
        : channels_(*platform::Wakeup::open(), *platform::Wakeup::open(), *platform::Wakeup::open(),
                    *platform::Wakeup::open()),
          views_(channels_.outbox, "0", "/etc/regent/regent.toml") {
        config::Loaded loaded;
        loaded.settings.emplace();
        core::Group group;
        group.name = "SG1";
        group.members = {"VI_1", "VI_2"};
        loaded.settings->groups.push_back(group);
        source_.configure(*loaded.settings);
        views_.configure(loaded);
        for (const auto& name : group.members)
            views_.show(status(name));
        channels_.outbox.tell_whole();
        auto loop = app::BusLoop::open(channels_);
        REQUIRE(loop);
        thread_ = std::thread([loop = std::move(*loop)] { loop->run(); });
        wait_log("is on the system bus");
    }
    ~Agent() {
        if (thread_.joinable()) stop();
    }
    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;

    /// Both instances change their state, and so does their group; returns the number of the last event.
    std::uint64_t flap() {
        std::swap(from_, to_);
        for (const auto& name : {"VI_1", "VI_2"}) {
            views_.show(status(name));
            const auto events =
                source_.transition({0, name, "SG1", from_, to_, 101, "no master heard for 3.605 s"});
            views_.tell(events);
            last_ = events.back().sequence;
        }
        return last_;
    }

    /// As a clean stop does: what was told until now is the last.
    void stop() {
        channels_.finish_bus.store(true);
        channels_.outbox.wake();
        thread_.join();
    }

    std::string wait_log(const std::string& words) {
        for (const auto deadline = std::chrono::steady_clock::now() + 20s;
             std::chrono::steady_clock::now() < deadline;) {
            pollfd waiting{channels_.wake_service.fd(), POLLIN, 0};
            ::poll(&waiting, 1, 100);
            channels_.wake_service.clear();
            while (const auto report = channels_.bus_reports.try_pop()) {
                const auto& text = std::get<core::Log>(report->what).text;
                if (text.find(words) != std::string::npos) return text;
            }
        }
        FAIL("the bus thread does not say: " << words);
        return {};
    }

    bus::Outbox& outbox() { return channels_.outbox; }

  private:
    core::InstanceStatus status(const std::string& name) const {
        core::InstanceStatus made;
        made.name = name;
        made.state = to_;
        made.reason = "no master heard for 3.605 s";
        return made;
    }

    vrrp::State from_ = vrrp::State::master, to_ = vrrp::State::backup;
    std::uint64_t last_ = 0;
    app::Channels channels_;
    notify::EventSource source_;
    app::BusViews views_;
    std::thread thread_;
};

std::size_t memory_peak_kib() {
    std::ifstream file("/proc/self/status");
    for (std::string word; file >> word;)
        if (std::size_t kib = 0; word == "VmHWM:" && file >> kib) return kib;
    return 0;
}

/// How many numbers are left out between those that came. Fails where one is not higher than the one before
/// it.
std::uint64_t missing(const std::vector<std::uint64_t>& numbers) {
    std::uint64_t sum = 0, last = 0;
    for (const auto number : numbers) {
        if (number <= last) FAIL(number << " comes after " << last);
        sum += number - last - 1;
        last = number;
    }
    return sum;
}

}  // namespace

TEST_CASE("bus: ten thousand transitions are as many signals, none missing, none twice, in order") {
    const test::PrivateBus bus;
    Listener listener;
    Agent agent;
    std::uint64_t last = 0;
    for (int times = 0; times < 5'000; ++times)
        last = agent.flap();
    const auto numbers = listener.wait_for(last, 60s);
    CHECK(last >= 10'000);
    CHECK(numbers.size() == last);
    CHECK(missing(numbers) == 0);
    CHECK(agent.outbox().dropped() == 0);
}

TEST_CASE("bus: what happens last before a clean stop is told too") {
    const test::PrivateBus bus;
    Listener listener;
    std::uint64_t heard = 0;
    for (int times = 0; times < 20; ++times) {
        Agent agent;
        const auto last = agent.flap();
        agent.stop();
        heard += last;
        CHECK(listener.wait_count(heard, 5s) == heard);
    }
}

TEST_CASE("bus: one that hangs costs bounded memory, and what it was not told is missing in the sequence") {
    const test::PrivateBus bus;
    Listener listener;
    Agent agent;
    const auto before = agent.flap();
    REQUIRE(listener.wait_for(before, 10s).size() == before);
    const auto memory = memory_peak_kib();
    bus.hang();
    std::uint64_t last = 0;
    // In portions, so that the bus thread has its turn between them.
    for (int portion = 0; portion < 300; ++portion) {
        for (int times = 0; times < 200; ++times)
            last = agent.flap();
        std::this_thread::yield();
    }
    const auto grown = memory_peak_kib() - memory;
    bus.wake();
    const auto numbers = listener.wait_for(last, 60s);
    const auto dropped = agent.outbox().dropped();
    INFO(last << " transitions, " << dropped << " dropped, " << grown << " KiB more");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    CHECK(grown < 64 * 1024);  // three times what the outbox and one batch of it take
#endif
    CHECK(numbers.size() + dropped == last);
    CHECK(missing(numbers) == dropped);
    agent.wait_log("were not told on the bus");
}
