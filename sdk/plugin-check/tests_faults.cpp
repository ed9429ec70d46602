// SPDX-License-Identifier: Apache-2.0
// What goes wrong around a plugin, and is no reason to crash, to break the contract or to say DOWN.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

#include "agent/platform/descriptor.hpp"

#include "sdk/plugin-check/session.hpp"
#include "sdk/plugin-check/surroundings.hpp"
#include "sdk/plugin-check/tests.hpp"

namespace regent::plugin_check::tests {
namespace {

using namespace std::chrono_literals;

/// As long as it lives, no descriptor is to be had.
class NoDescriptors {
  public:
    NoDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const rlimit few{std::min<rlim_t>(before_.rlim_max, 256), before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &few);
        for (;;) {
            const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
            if (fd < 0) break;
            taken_.emplace_back(fd);
        }
    }
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;

  private:
    rlimit before_{};
    std::vector<platform::Descriptor> taken_;
};

/// Every breach, of whatever rule.
void demand_no_breach(Session& session) {
    const auto breaches = session.host().breaches();
    if (!breaches.empty()) throw Failed{breaches.front().text};
}

bool is_down(const Answer& answer) {
    return !answer.by_host && answer.state == sdk::State::down;
}

/// A started instance, with a probe under way, is handed to `work` together with what it is to the plugin.
template <class Work>
void while_it_works(Trial& trial, const Work& work) {
    trial.each([&](const Subject& subject) {
        Session session(subject);
        Instance instance = session.create();
        void* const self = session.witness().last_self();
        session.start(instance);
        session.ask(instance);
        work(session, instance, self);
        session.serve(5ms);
        instance.cancel();
        session.ask_and_wait(instance);
        work(session, instance, self);
        instance.destroy();
        demand_no_breach(session);
    });
}

}  // namespace

void faults_descriptors(Trial& trial) {
    trial.each([](const Subject& subject) {
        Session session(subject);
        Instance instance = session.create();
        session.start(instance);
        const Answer before = session.ask_and_wait(instance);
        {
            const NoDescriptors none;
            const Answer meanwhile = session.ask_and_wait(instance);
            const bool new_reason = !is_down(before) || meanwhile.reason != before.reason;
            if (subject.is_check && is_down(meanwhile) && new_reason)
                throw Failed{fmt::format(
                    "without a free descriptor it says DOWN ({}), and should say UNKNOWN", meanwhile.text)};
        }
        {
            const NoDescriptors none;
            Instance other = session.create();
            try {
                other.start();
                session.ask_and_wait(other);
            } catch (const sdk::testing::Refused&) {
                // To refuse is what it should do.
            }
        }
        const Answer after = session.ask_and_wait(instance);
        if (after.by_host && !before.by_host)
            throw Failed{"it does not answer any more after a moment without a free descriptor"};
        instance.destroy();
        demand_no_breach(session);
    });
}

void faults_spurious_fd(Trial& trial) {
    while_it_works(trial, [](Session& session, Instance& instance, void* self) {
        const auto on_fd = session.witness().real().on_fd;
        if (on_fd == nullptr) return;
        for (int count = 0; count < 3; ++count) {
            for (const auto& [fd, events] : instance.watching()) {
                // What was handled before may have unwatched it.
                if (instance.watching().contains(fd)) on_fd(self, fd, events);
            }
        }
    });
}

void faults_unknown_fd(Trial& trial) {
    while_it_works(trial, [](Session& session, Instance&, void* self) {
        const auto on_fd = session.witness().real().on_fd;
        if (on_fd == nullptr) return;
        constexpr int not_open = 1'000'000;
        on_fd(self, not_open, REGENT_FD_READ);
        on_fd(self, not_open, REGENT_FD_READ | REGENT_FD_WRITE | REGENT_FD_ERROR);
    });
}

void faults_clock(Trial& trial) {
    while_it_works(trial, [](Session& session, Instance& instance, void*) {
        session.host().advance(10min);
        session.host().poll_once();
        // The deadline is over before it begins.
        instance.cancel();
        session.ask(instance, -1s);
        session.serve(1ms);
    });
}

}  // namespace regent::plugin_check::tests
