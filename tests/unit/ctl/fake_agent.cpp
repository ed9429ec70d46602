// SPDX-License-Identifier: Apache-2.0
// Shows one picture on the system bus with the code of agent/bus, and answers what is asked, always the same:
//   fake-agent well|trouble|alien|strict|namesakes
// As its standard input says, a word a line, something changes; with its end the program ends.
#include <cstdio>
#include <map>
#include <sdbus-c++/sdbus-c++.h>
#include <string>
#include <unistd.h>

#include "agent/bus/system_bus.hpp"
#include "agent/platform/clock.hpp"

#include "tests/unit/bus/views.hpp"

using namespace regent;
using Outcome = core::OperatorAnswer::Outcome;
using Kind = core::OperatorCommand::Kind;

namespace {

bus::Picture well() {
    auto made = test::picture();
    made.instances["VI_3"] = test::instance("VI_3", vrrp::State::backup);
    made.instances["VI_3"].status.group.clear();
    made.instances["VI_3"].status.addresses.clear();
    made.instances["VI_3"].status.reason = "the master has a higher priority: 10.0.2.22, 200";
    made.instances["VI_3"].status.master = *IpAddress::parse("10.0.2.22");
    return made;
}

bus::Picture trouble() {
    auto made = well();
    test::spoil(made);
    made.instances["VI_3"].status.effective_priority = 41;
    made.instances["VI_3"].status.weights = "check rmi DOWN: connection refused (-60)";
    made.agent.config_problem = "/etc/regent/regent.toml was not applied: it has errors";
    made.checks["haproxy"].override_state = "up";
    made.checks["haproxy"].override_until = 1'000'000'000;
    made.plugins["regent-haproxy"].status.state = "waiting";
    made.plugins["regent-haproxy"].status.starts = 4;
    return made;
}

/// Nothing is configured, and the name of the node is no UTF-8.
bus::Picture alien() {
    bus::Picture made;
    made.agent = {"9.9.9", "lb\xff", "/etc/regent/regent.toml", "", "", 1'000'000'000, std::nullopt};
    return made;
}

/// Of everything one is called web; the group is MASTER, its member of that name not any more.
bus::Picture namesakes() {
    auto made = well();
    made.groups["web"] = {"web", "master", "no master heard for 3.605 s", {"web", "VI_3"}};
    made.instances["web"] = test::instance("web", vrrp::State::backup);
    made.instances["web"].status.group = "web";
    made.checks["web"] = made.checks["haproxy"];
    made.checks["web"].status.name = "web";
    return made;
}

bus::ReloadAnswer reload_answer(bool ok) {
    bus::ReloadAnswer answer{ok, {}};
    config::Diagnostic found;
    found.severity = config::Diagnostic::Severity::warning;
    found.file = "/etc/regent/regent.toml";
    found.line = 3;
    found.column = 1;
    found.code = "deprecated";
    found.key = "agent.nod";
    found.message = "nod is an old name";
    answer.diagnostics.push_back(found);
    if (ok) return answer;
    found.severity = config::Diagnostic::Severity::error;
    found.line = 4;
    found.code = "unknown-key";
    found.message = "unknown key \"nodd\"";
    found.hint = "did you mean \"node\"?";
    answer.diagnostics.push_back(found);
    found.line = found.column = 0;
    found.code = "plugin";
    found.message = "a plugin cannot be used";
    found.hint.clear();
    answer.diagnostics.push_back(found);
    return answer;
}

plugin::OrderAnswer answer_of_plugins(const core::OperatorCommand& command, bool good) {
    using How = plugin::OrderAnswer::Outcome;
    switch (command.kind) {
        case Kind::run_check:
            return good ? plugin::OrderAnswer{command.id, How::done, "up", "HAProxy 2.6.12, pid 812"}
                        : plugin::OrderAnswer{command.id, How::done, "down", "process 812 exited"};
        case Kind::test_notifier:
            return good ? plugin::OrderAnswer{command.id, How::done, "", ""}
                        : plugin::OrderAnswer{command.id, How::failed, "", "exit status 1"};
        default: break;
    }
    return good ? plugin::OrderAnswer{command.id, How::done, "", ""}
                : plugin::OrderAnswer{command.id, How::failed, "",
                                      "plugin host of regent-haproxy.so exited with status 1"};
}

core::OperatorAnswer answer_to(const core::OperatorCommand& command) {
    if (command.kind == core::OperatorCommand::Kind::announce && command.target == "VI_3")
        return {command.id, Outcome::not_master, "it is not MASTER: nothing to announce"};
    if (command.kind != core::OperatorCommand::Kind::handover) return {command.id, Outcome::done, ""};
    if (command.target == "SG1") return {command.id, Outcome::done, ""};
    if (command.target == "VI_3")
        return {command.id, Outcome::not_master, "it is not MASTER: nothing to hand over"};
    if (command.reason == "alone")
        return {command.id, Outcome::no_peer, "no other master was heard: it goes on as before"};
    return {command.id, Outcome::in_group, "VI_1 is in group SG1: act on the group"};
}

class FakeAgent {
  public:
    FakeAgent(bus::Picture picture, bool good)
        : picture_(std::move(picture)),
          good_(good),
          bus_(loop_, {[this](bus::Request request) {
                           answer(request);
                           return true;
                       },
                       [](const std::string& text) {
                           std::printf("%s\n", text.c_str());
                           std::fflush(stdout);
                       }}) {
        outbox_.put(picture_.agent);
        const auto put = [this](const auto& views) {
            for (const auto& [name, view] : views)
                outbox_.put(view);
        };
        put(picture_.instances);
        put(picture_.groups);
        put(picture_.checks);
        put(picture_.notifiers);
        put(picture_.plugins);
        for (const auto& [name, counters] : picture_.counters)
            outbox_.put(name, counters);
        outbox_.tell(bus::Transition{bus::Kind::instance, "VI_3", "init", "backup", 3,
                                     "the master has a higher priority: 10.0.2.22, 200", 1'000'000'000});
        outbox_.tell_whole();
    }

    bool run() {
        const bool begun = loop_.watch(outbox_.fd(), [this] { bus_.apply(outbox_.take()); }) &&
                           loop_.watch(STDIN_FILENO, [this] { read(); }) &&
                           loop_.add_timer([this] { bus_.run(platform::now()); }) &&
                           loop_.after_each_round([this] { loop_.set_timer(bus_.next_deadline()); });
        return begun && loop_.run();
    }

  private:
    void answer(const bus::Request& request) {
        const auto& command = request.command;
        switch (command.kind) {
            case Kind::reload: return outbox_.tell(bus::Answer{command.id, reload_answer(good_)});
            case Kind::run_check:
            case Kind::test_notifier:
            case Kind::restart_plugin:
                return outbox_.tell(bus::Answer{command.id, answer_of_plugins(command, good_)});
            default: return outbox_.tell(bus::Answer{command.id, answer_to(command)});
        }
    }

    void read() {
        std::string text(256, '\0');
        const auto size = ::read(STDIN_FILENO, text.data(), text.size());
        if (size <= 0) return loop_.quit();
        for (const char letter : text.substr(0, static_cast<std::size_t>(size))) {
            if (letter != '\n') {
                word_ += letter;
            } else {
                change(word_);
                word_.clear();
            }
        }
    }

    void change(const std::string& what) {
        auto check = picture_.checks.at("haproxy");
        if (what == "check") {
            check.status.state = "down";
            check.status.message = "process 812 exited";
            outbox_.put(check);
        } else if (what == "uncheck") {
            outbox_.put(check);
        } else if (what == "override") {
            check.override_state = "down";
            check.override_until = 2'000'000'000'000'000;
            outbox_.put(check);
        } else if (what == "group") {
            outbox_.tell(bus::Transition{bus::Kind::group, "SG1", "master", "fault", 8, "VI_2: no carrier"});
        } else {
            outbox_.tell(
                bus::Transition{bus::Kind::instance, "VI_3", "backup", what, 7, "told to be " + what});
        }
    }

    bus::Picture picture_;
    bool good_;
    platform::EventLoop loop_ = std::move(*platform::EventLoop::open());
    bus::Outbox outbox_{std::move(*platform::Wakeup::open())};
    bus::SystemBus bus_;
    std::string word_;
};

/// Lets everybody do everything, so that the tests need no root. On a thread of its own: the agent waits for
/// its answer.
class FakePolkit {
  public:
    FakePolkit() {
        using Subject = sdbus::Struct<std::string, std::map<std::string, sdbus::Variant>>;
        using Details = std::map<std::string, std::string>;
        object_->registerMethod("CheckAuthorization")
            .onInterface("org.freedesktop.PolicyKit1.Authority")
            .implementedAs([](const Subject&, const std::string&, const Details&, const std::uint32_t&,
                              const std::string&) {
                return sdbus::Struct<bool, bool, Details>(true, false, Details{});
            });
        object_->finishRegistration();
        connection_->enterEventLoopAsync();
    }

  private:
    std::unique_ptr<sdbus::IConnection> connection_ =
        sdbus::createSystemBusConnection("org.freedesktop.PolicyKit1");
    std::unique_ptr<sdbus::IObject> object_ =
        sdbus::createObject(*connection_, "/org/freedesktop/PolicyKit1/Authority");
};

/// Has the name, and answers nobody.
int be_mute() {
    const auto connection = sdbus::createSystemBusConnection("org.regent1");
    std::puts("mute");
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string which = argc > 1 ? argv[1] : "";
    const std::map<std::string, bus::Picture> pictures{{"well", well()},
                                                       {"trouble", trouble()},
                                                       {"alien", alien()},
                                                       {"strict", well()},
                                                       {"namesakes", namesakes()}};
    if (which == "mute") return be_mute();
    if (!pictures.contains(which)) {
        std::fputs("usage: fake-agent well|trouble|alien|strict|namesakes|mute\n", stderr);
        return 2;
    }
    std::unique_ptr<FakePolkit> polkit;
    if (which != "strict") polkit = std::make_unique<FakePolkit>();
    return FakeAgent(pictures.at(which), which != "trouble").run() ? 0 : 1;
}
