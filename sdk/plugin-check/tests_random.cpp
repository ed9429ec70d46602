// SPDX-License-Identifier: Apache-2.0
// Random lives: whatever a host may do, in any order. A seed repeats one.
#include <fmt/core.h>
#include <memory>
#include <vector>

#include "agent/platform/clock.hpp"

#include "sdk/plugin-check/session.hpp"
#include "sdk/plugin-check/tests.hpp"

namespace regent::plugin_check::tests {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_instances = 4;
constexpr int most_steps = 400;
constexpr auto patience = 500ms;

struct Living {
    std::unique_ptr<Instance> instance{};
    void* self = nullptr;
    bool started = false;
    bool stopped = false;
    std::uint64_t asked = 0;
};

class Life {
  public:
    Life(Session& session, std::mt19937_64& random)
        : session_(session), random_(random), all_(most_instances) {}

    /// Does one thing that is allowed now; what it was.
    std::string step() {
        Living& one = all_[pick(all_.size())];
        if (!one.instance) return create(one);
        switch (pick(10)) {
            case 0:
            case 1:
            case 2: return ask(one);
            case 3: return cancel(one);
            case 4: return advance();
            case 5:
            case 6: return readiness(one);
            case 7: return stop(one);
            case 8: return destroy(one);
            default: session_.host().poll_once(1ms); return "turn";
        }
    }

  private:
    std::size_t pick(std::size_t count) { return static_cast<std::size_t>(random_() % count); }
    bool runs(const Living& one) const { return one.started && !one.stopped; }

    std::string create(Living& one) {
        one = Living{};
        one.instance = std::make_unique<Instance>(session_.create());
        one.self = session_.witness().last_self();
        if (pick(8) == 0) return "create";
        session_.start(*one.instance);
        one.started = true;
        return "create, start";
    }
    std::string ask(Living& one) {
        if (!runs(one)) return "nothing";
        if (one.asked != 0 && !session_.answer(*one.instance, one.asked)) return "nothing";
        one.asked = session_.ask(*one.instance, std::chrono::milliseconds(pick(300)));
        return "ask";
    }
    std::string cancel(Living& one) {
        if (!runs(one)) return "nothing";
        one.instance->cancel();
        one.asked = 0;
        return "cancel";
    }
    std::string advance() {
        session_.host().advance(std::chrono::milliseconds(pick(2000)));
        return "time";
    }
    std::string readiness(const Living& one) {
        if (!runs(one) || session_.witness().real().on_fd == nullptr) return "nothing";
        for (const auto& [fd, events] : one.instance->watching()) {
            if (one.instance->watching().contains(fd)) session_.witness().real().on_fd(one.self, fd, events);
        }
        return "readiness";
    }
    std::string stop(Living& one) {
        if (!runs(one)) return "nothing";
        one.instance->stop();
        one.stopped = true;
        return "stop";
    }
    std::string destroy(Living& one) {
        one = Living{};
        return "destroy";
    }

    Session& session_;
    std::mt19937_64& random_;
    std::vector<Living> all_;
};

}  // namespace

void faults_random(Trial& trial) {
    trial.each([&](const Subject& subject) {
        Session session(subject);
        const Instant end = platform::now() + patience;
        {
            Life life(session, trial.random());
            for (int count = 0; count < most_steps && platform::now() < end; ++count) {
                const std::string done = life.step();
                const auto breaches = session.host().breaches();
                if (!breaches.empty())
                    throw Failed{fmt::format("step {} ({}): {}", count + 1, done, breaches.front().text)};
                if (!session.witness().thrown().empty())
                    throw Failed{fmt::format("step {} ({}): an exception came across from {}", count + 1,
                                             done, session.witness().thrown().front())};
            }
        }
        session.serve(5ms);
        const auto breaches = session.host().breaches();
        if (!breaches.empty()) throw Failed{"at its end: " + breaches.front().text};
    });
}

}  // namespace regent::plugin_check::tests
