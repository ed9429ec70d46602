// SPDX-License-Identifier: Apache-2.0
// The rules that hold while an instance works: each test lives a whole life, and looks at one of them.
#include <algorithm>
#include <array>
#include <fcntl.h>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include "agent/base/text.hpp"
#include "agent/config/source_text.hpp"

#include "sdk/plugin-check/session.hpp"
#include "sdk/plugin-check/surroundings.hpp"
#include "sdk/plugin-check/tests.hpp"

namespace regent::plugin_check::tests {
namespace {

using namespace std::chrono_literals;

// The contract says at once, and the host logs what takes more than 5 ms. A breach is only what no busy
// machine explains: it must happen each time.
constexpr Duration worth_a_note = 5ms;
constexpr Duration too_long = 50ms;
// Joining a thread may take what a system call takes. The host gives all instances together one second.
constexpr Duration too_long_to_end = 500ms;
constexpr int attempts = 3;

Duration limit_of(const std::string& operation) {
    return operation == "stop" || operation == "destroy" ? too_long_to_end : too_long;
}

/// Runs `work` anew as long as an operation that `judged` chooses takes too long, and fails after some times.
template <class Judged, class Work>
void demand_quick(Trial& trial, const Subject& subject, const Judged& judged, const Work& work) {
    std::string slow;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        Session session(subject);
        work(session);
        slow.clear();
        std::string noted;
        for (const auto& [operation, longest] : session.witness().longest()) {
            if (!judged(operation)) continue;
            const auto rounded = std::chrono::round<std::chrono::milliseconds>(longest);
            const std::string text = fmt::format("{} took {}", operation, to_text(rounded));
            if (longest > worth_a_note) noted = text;
            if (longest > limit_of(operation)) slow = text;
        }
        if (slow.empty()) {
            if (!noted.empty()) trial.note(fmt::format("{}: {}", subject.label, noted));
            return;
        }
    }
    throw Failed{fmt::format("{}, and every other instance waits meanwhile", slow)};
}

bool is_question(const std::string& operation) {
    return operation == "probe" || operation == "notify";
}

/// One of a pair that libraries make for themselves and offer no way to mark: libcurl's multi handle does.
/// One that is watched is judged by the fake host.
bool is_unnamed_unix_socket(int fd) {
    sockaddr_un name{};
    socklen_t length = sizeof name;
    void* const place = &name;
    return ::getsockname(fd, static_cast<sockaddr*>(place), &length) == 0 && name.sun_family == AF_UNIX &&
           length <= sizeof name.sun_family;
}

/// The first breach of a rule in a life of each type.
void demand_in_life(Trial& trial, Rule rule) {
    trial.each([&](const Subject& subject) {
        Session session(subject);
        live(session);
        session.demand(rule);
    });
}

}  // namespace

void contract_probe(Trial& trial) {
    trial.each([&](const Subject& subject) {
        demand_quick(trial, subject, is_question, [](Session& session) {
            Instance instance = session.create();
            session.start(instance);
            for (int count = 0; count < 3; ++count)
                session.ask_and_wait(instance);
        });
    });
}

void contract_returns(Trial& trial) {
    trial.each([&](const Subject& subject) {
        demand_quick(
            trial, subject, [](const std::string& operation) { return !is_question(operation); },
            [](Session& session) { live(session); });
    });
}

void contract_exceptions(Trial& trial) {
    trial.each([](const Subject& subject) {
        Session session(subject);
        live(session);
        if (!session.witness().thrown().empty())
            throw Failed{fmt::format("an exception came across from {}",
                                     config::printable(session.witness().thrown().front()))};
    });
}

void contract_answers(Trial& trial) {
    demand_in_life(trial, Rule::answer);
}

void contract_cancel(Trial& trial) {
    trial.each([](const Subject& subject) {
        Session session(subject);
        Instance instance = session.create();
        session.start(instance);
        for (int count = 0; count < 3; ++count) {
            session.ask(instance);
            instance.cancel();
            session.serve(10ms);
        }
        session.ask_and_wait(instance);
        session.demand(Rule::cancelled);
    });
}

void contract_silence(Trial& trial) {
    demand_in_life(trial, Rule::silence);
}

void contract_results(Trial& trial) {
    demand_in_life(trial, Rule::result);
}

void contract_threads(Trial& trial) {
    demand_in_life(trial, Rule::thread);
}

void contract_operations(Trial& trial) {
    demand_in_life(trial, Rule::operation);
}

void contract_descriptors(Trial& trial) {
    trial.each([&](const Subject& subject) {
        Session session(subject);
        const auto before = open_descriptors();
        bool noted = false;
        live(session, [&] {
            for (const auto& [fd, what] : open_descriptors()) {
                const int flags = ::fcntl(fd, F_GETFD);
                if (before.contains(fd) || flags < 0 || (flags & FD_CLOEXEC) != 0) continue;
                const std::string text = fmt::format(
                    "descriptor {} ({}) is not CLOEXEC: every program that is started gets it", fd, what);
                if (!is_unnamed_unix_socket(fd)) throw Failed{text};
                if (!std::exchange(noted, true)) trial.note(fmt::format("{}: {}", subject.label, text));
            }
        });
        session.demand(Rule::descriptor);
    });
}

void contract_stdout(Trial& trial) {
    printed();
    trial.each([](const Subject& subject) {
        Session session(subject);
        live(session);
    });
    const std::string text = printed();
    if (!text.empty())
        throw Failed{fmt::format("it writes to stdout, which is nobody's: {}",
                                 config::in_quotes(text.substr(0, text.find('\n'))))};
}

void contract_process(Trial& trial) {
    const auto before = process_state();
    trial.each([&](const Subject& subject) {
        Session session(subject);
        live(session);
        for (const auto& [what, now] : process_state()) {
            if (before.at(what) != now)
                throw Failed{fmt::format("it changes {}, which belongs to the whole process", what)};
        }
    });
}

void contract_describe(Trial& trial) {
    trial.each([](const Subject& subject) {
        Session session(subject);
        Instance instance = session.create();
        session.start(instance);
        session.ask_and_wait(instance);
        const auto describe = session.witness().real().describe;
        if (describe == nullptr) return;
        void* const self = session.witness().last_self();
        constexpr char untouched = '\x7e';
        std::array<char, 65536> room{};
        for (const std::size_t capacity : {std::size_t{0}, std::size_t{1}, room.size() - 1}) {
            room.fill(untouched);
            const std::size_t length = describe(self, room.data(), capacity);
            if (room[capacity] != untouched)
                throw Failed{fmt::format("describe writes more than the {} bytes that it may", capacity)};
            if (length > capacity) continue;
            const auto read = nlohmann::json::parse(room.data(), room.data() + length, nullptr, false);
            if (!read.is_object()) throw Failed{"what describe writes is no JSON object"};
        }
    });
}

}  // namespace regent::plugin_check::tests
