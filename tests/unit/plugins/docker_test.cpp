// SPDX-License-Identifier: Apache-2.0
// The check `docker` against a dockerd that the test plays itself.
#include "plugins/docker/docker_check.hpp"
#include "tests/unit/plugins/fake_dockerd.hpp"
#include "tests/unit/plugins/processes.hpp"

using namespace std::chrono_literals;
using namespace regent;
using sdk::Reason;
using sdk::State;
using sdk::testing::Report;
using test::docker_id;
using test::event_line;
using test::http_answer;
using test::inspected;

namespace {

const regent_type& type = sdk::check<plugins::docker::DockerCheck>;

struct Bench : test::HttpBench {
    test::FakeDockerd dockerd{(directory.path() / "docker.sock").string()};
    std::string socket = (directory.path() / "docker.sock").string();

    sdk::testing::Instance make(sdk::testing::Settings settings) {
        settings.push_back({"socket", socket});
        auto check = host.create(type, settings);
        check.start();
        return check;
    }
    sdk::testing::Instance start(const std::string& name = "web") { return make({{"container", name}}); }
    bool until(const std::function<bool()>& done, std::chrono::milliseconds limit = 5000ms) {
        const auto end = std::chrono::steady_clock::now() + limit;
        while (!done() && std::chrono::steady_clock::now() < end) {
            dockerd.serve();
            host.poll_once(1ms);
        }
        return done();
    }
    Report ask(sdk::testing::Instance& check) {
        const auto probe = check.probe();
        REQUIRE(until([&] { return check.answer(probe).has_value(); }));
        return *check.answer(probe);
    }
    static std::vector<Report> pushes(const sdk::testing::Instance& check) {
        std::vector<Report> found;
        for (const auto& report : check.reports()) {
            if (report.probe == sdk::unsolicited) found.push_back(report);
        }
        return found;
    }
    /// What is told next, unasked.
    Report push(const sdk::testing::Instance& check, std::size_t before) {
        REQUIRE(until([&] { return pushes(check).size() > before; }));
        return pushes(check)[before];
    }
    void wait_streaming(const sdk::testing::Instance& check) {
        REQUIRE(until([&] { return check.describe().find("\"streaming\":true") != std::string::npos; }));
    }
    /// Containers "1" to "3", all well.
    void has_three_of_label() {
        std::string body;
        for (const char* const id : {"1", "2", "3"}) {
            body += (body.empty() ? "" : ",") + ("{\"Id\":\"" + docker_id(id)) + "\"}";
            dockerd.has(docker_id(id), inspected(std::string("c") + id, "", 4711, docker_id(id)));
        }
        dockerd.answers["/containers/json"] = http_answer("[" + body + "]");
    }
    /// Until nothing is under way any more.
    void settle(std::size_t looks) {
        REQUIRE(until([&] { return dockerd.asked.size() >= looks; }));
        for (int turn = 0; turn < 20; ++turn) {
            dockerd.serve();
            host.poll_once();
        }
    }
};

}  // namespace

TEST_CASE("docker: a container that runs is UP, and so it is told before the first probe") {
    Bench bench;
    bench.dockerd.has("web", inspected("web"));
    auto check = bench.start();
    const auto first = bench.push(check, 0);
    CHECK(first.state == State::up);
    CHECK(first.message == "container web runs");
    const auto report = bench.ask(check);
    CHECK(report.state == State::up);
    REQUIRE(report.metrics.size() == 1);
    CHECK(report.metrics[0].name == "restarts");
    CHECK(report.metrics[0].value == 2);
    CHECK(bench.pushes(check).size() == 1);
}

TEST_CASE("docker: what is not UP") {
    Bench bench;
    auto check = bench.start();
    const auto said = [&](const std::string& body, const std::string& status = "200 OK") {
        bench.dockerd.has("web", body, status);
        return bench.ask(check);
    };
    CHECK(said(inspected("web", R"(,"Paused":true)")).message == "container web is paused");
    const auto gone = said(R"({"message":"No such container: web"})", "404 Not Found");
    CHECK(gone.state == State::down);
    CHECK(gone.reason == Reason::not_found);
    CHECK(gone.message == "there is no container web");
    const auto ended = said(inspected("web", R"(,"ExitCode":137,"OOMKilled":true)", 0));
    CHECK(ended.state == State::down);
    CHECK(ended.reason == Reason::exited);
    CHECK(ended.detail_code == 137);
    CHECK(ended.message == "container web has ended with status 137, killed for lack of memory");
    CHECK(said(inspected("web", R"(,"Status":"created")", 0)).message ==
          "container web was created and has never run");
    CHECK(said(inspected("web", R"(,"Running":true)", 0)).message == "container web has no process");
    CHECK(said(inspected("web", R"(,"Running":true,"Restarting":true,"ExitCode":3)", 0)).message ==
          "container web is about to be restarted after exit status 3");
    const auto sick = said(inspected(
        "web", R"(,"Health":{"Status":"unhealthy","FailingStreak":3,"Log":[{"Output":"no\ngood"}]})"));
    CHECK(sick.state == State::down);
    CHECK(sick.message == "container web is unhealthy, 3 health checks failed in a row: no.good");
    CHECK(said(inspected("web", R"(,"Health":{"Status":"starting"})")).state == State::down);
    CHECK(said(inspected("web", R"(,"Health":{"Status":"healthy"})")).message ==
          "container web runs and is healthy");
    // Health of a run that has ended is stale.
    CHECK(said(inspected("web", R"(,"Health":{"Status":"healthy"})", 0)).state == State::down);
    CHECK(said(inspected("web", R"(,"Health":{"Status":"none"})")).state == State::up);
}

TEST_CASE("docker: an event has the facts asked for, and only news are told") {
    Bench bench;
    bench.dockerd.has("web", inspected("web"));
    auto check = bench.start();
    CHECK(bench.push(check, 0).state == State::up);
    bench.settle(2);
    const std::size_t before = bench.dockerd.asked.size();
    bench.dockerd.has("web", inspected("web", R"(,"Paused":true)"));
    REQUIRE(bench.dockerd.tell(event_line("pause", "other", docker_id("abc"))));
    bench.settle(before);
    CHECK(bench.dockerd.asked.size() == before);
    REQUIRE(bench.dockerd.tell(event_line("pause", "web")));
    const auto paused = bench.push(check, 1);
    CHECK(paused.state == State::down);
    CHECK(paused.reason == Reason::config);
    REQUIRE(bench.dockerd.tell(event_line("health_status: healthy", "web")));
    bench.settle(before + 2);
    CHECK(bench.pushes(check).size() == 2);
    bench.dockerd.has("web", inspected("web"));
    REQUIRE(bench.dockerd.tell(event_line("unpause", "web")));
    CHECK(bench.push(check, 2).state == State::up);
    // A death that is long past, told again after a lost connection, is no death.
    const std::size_t asked = bench.dockerd.asked.size();
    REQUIRE(bench.dockerd.tell(event_line("die", "web")));
    bench.settle(asked + 1);
    CHECK(bench.pushes(check).size() == 3);
}

TEST_CASE("docker: an event is believed when dockerd does not answer for the container") {
    Bench bench;
    bench.dockerd.has("web", inspected("web"));
    auto check = bench.start();
    CHECK(bench.push(check, 0).state == State::up);
    bench.settle(2);
    bench.dockerd.answers["/containers/web/json"] = "";
    REQUIRE(bench.dockerd.tell(event_line("start", "web") + event_line("pause", "web")));
    bench.settle(3);
    bench.host.advance(29ms);
    CHECK(bench.pushes(check).size() == 1);
    bench.host.advance(1ms);
    REQUIRE(bench.pushes(check).size() == 2);
    CHECK(bench.pushes(check)[1].message == "container web is paused");
    // And it stands, until something else is told or seen.
    auto probe = check.probe(1s);
    bench.host.advance(1s);
    CHECK(check.answer(probe)->state == State::down);
    // An old death that is told again, with what came after it, is none.
    REQUIRE(bench.dockerd.tell(event_line("die", "web") + event_line("start", "web")));
    bench.settle(4);
    bench.host.advance(100ms);
    probe = check.probe(1s);
    bench.host.advance(1s);
    CHECK(check.answer(probe)->state == State::unknown);
    bench.dockerd.has("web", inspected("web"));
    CHECK(bench.ask(check).state == State::up);
}

TEST_CASE("docker: events in any pieces") {
    Bench bench;
    bench.dockerd.has("web", inspected("web"));
    auto check = bench.start();
    CHECK(bench.push(check, 0).state == State::up);
    bench.dockerd.has("web", inspected("web", "", 0));
    const std::string line = "\n\r\n" + event_line("die", "web");
    for (const char letter : line) {
        REQUIRE(bench.dockerd.tell(std::string(1, letter)));
        bench.host.poll_once();
    }
    CHECK(bench.push(check, 1).state == State::down);
}

TEST_CASE("docker: dockerd that is gone is UNKNOWN, once, and what it says when it is back") {
    Bench bench;
    bench.dockerd.has("web", inspected("web"));
    auto check = bench.start();
    CHECK(bench.push(check, 0).state == State::up);
    bench.dockerd.die();
    const auto lost = bench.push(check, 1);
    CHECK(lost.state == State::unknown);
    const auto report = bench.ask(check);
    CHECK(report.state == State::unknown);
    CHECK(report.reason == Reason::refused);
    CHECK(report.message == "cannot ask dockerd: Connection refused");
    for (int second = 0; second < 20; ++second) {
        bench.host.advance(1s);
        bench.until([] { return false; }, 2ms);
    }
    CHECK(bench.pushes(check).size() == 2);
    bench.dockerd.come_back();
    bench.dockerd.has("web", inspected("web", "", 0));
    for (int step = 0; step < 50 && bench.pushes(check).size() == 2; ++step) {
        bench.host.advance(100ms);
        bench.until([] { return false; }, 5ms);
    }
    const auto back = bench.push(check, 2);
    CHECK(back.state == State::down);
    CHECK(back.message == "container web has ended with status 0");
}

TEST_CASE("docker: a stream that a middleman cuts is begun anew, where it was, and nobody is told") {
    Bench bench;
    bench.dockerd.has("web", inspected("web"));
    auto check = bench.start();
    CHECK(bench.push(check, 0).state == State::up);
    REQUIRE(bench.dockerd.tell(event_line("start", "web")));
    bench.settle(3);
    bench.host.advance(6s);
    bench.dockerd.end_streams();
    REQUIRE(bench.until([&] { return check.describe().find("\"streams\":2") != std::string::npos; }));
    CHECK(bench.pushes(check).size() == 1);
    bool is_replayed = false;
    for (const std::string& asked : bench.dockerd.asked)
        is_replayed = is_replayed || asked.starts_with("/events?since=1700000000.123456789&");
    CHECK(is_replayed);
    // One that does not stand for long is not hurried to.
    bench.dockerd.end_streams();
    CHECK(bench.push(check, 1).state == State::unknown);
    const std::size_t before = bench.dockerd.asked.size();
    bench.until([] { return false; }, 20ms);
    CHECK(bench.dockerd.asked.size() == before);
    bench.host.advance(100ms);
    CHECK(bench.push(check, 2).state == State::up);
}

TEST_CASE("docker: dockerd that hangs is UNKNOWN by the deadline, and so is one that tells no events") {
    Bench bench;
    bench.dockerd.answers["/containers/web/json"] = "";
    auto check = bench.start();
    bench.wait_streaming(check);
    const auto probe = check.probe(1s);
    bench.settle(2);
    bench.host.advance(949ms);
    CHECK_FALSE(check.answer(probe));
    bench.host.advance(1ms);
    REQUIRE(check.answer(probe));
    CHECK_FALSE(check.answer(probe)->by_host);
    CHECK(check.answer(probe)->state == State::unknown);
    CHECK(check.answer(probe)->message ==
          "dockerd hangs: waited 1000 ms in vain for the first byte of the answer");

    Bench silent;
    silent.dockerd.stream_answer = "";
    auto unheard = silent.start();
    silent.settle(1);
    silent.host.advance(2s);
    const auto told = silent.push(unheard, 0);
    CHECK(told.state == State::unknown);
    CHECK(told.message ==
          "dockerd does not tell its events: waited in vain for the first byte of the answer");
    // Without events it is still asked.
    silent.dockerd.has("web", inspected("web"));
    CHECK(silent.ask(unheard).state == State::up);
}

TEST_CASE("docker: a stream that is no stream of events") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"garbage\n", "what came is no event of a container"},
        {"{\"Type\":\"container\"}\n", "what came is no event of a container"},
        {std::string(1000, '[') + "\n", "what came is no event of a container"},
    };
    for (const auto& [text, words] : cases) {
        Bench bench;
        bench.dockerd.has("web", inspected("web"));
        auto check = bench.start();
        CHECK(bench.push(check, 0).state == State::up);
        REQUIRE(bench.dockerd.tell(text));
        const auto told = bench.push(check, 1);
        CHECK(told.state == State::unknown);
        CHECK(told.reason == Reason::protocol);
        CHECK(told.message == "dockerd does not tell its events: " + words);
    }
    Bench endless;
    endless.dockerd.has("web", inspected("web"));
    auto check = endless.start();
    CHECK(endless.push(check, 0).state == State::up);
    REQUIRE(endless.until([&] {
        (void)endless.dockerd.tell(std::string(16384, 'x'));
        return endless.pushes(check).size() > 1;
    }));
    CHECK(endless.pushes(check)[1].message ==
          "dockerd does not tell its events: an event is longer than 262144 bytes");

    Bench forbidden;
    forbidden.dockerd.stream_answer = http_answer("no", "403 Forbidden");
    forbidden.dockerd.has("web", inspected("web"));
    auto asking = forbidden.start();
    CHECK(forbidden.push(asking, 0).message == "dockerd does not tell its events: status 403");
    CHECK(forbidden.ask(asking).state == State::up);
}

TEST_CASE("docker: an answer that is no answer is UNKNOWN with a sentence") {
    Bench bench;
    auto check = bench.start();
    const auto said = [&](const std::string& answer) {
        bench.dockerd.answers["/containers/web/json"] = answer;
        const auto report = bench.ask(check);
        CHECK(report.state == State::unknown);
        return report.message;
    };
    CHECK(said("garbage\r\n\r\n").starts_with("cannot ask dockerd: the answer is not HTTP"));
    CHECK(said(http_answer("garbage")) == "dockerd: the answer is not that of a container");
    CHECK(said(http_answer(R"({"Id":"x","State":{}})")) == "dockerd: the container has no Id");
    CHECK(said(http_answer(R"({"message":"boom"})", "500 Oh")) == "dockerd answers with status 500: boom");
    CHECK(said(http_answer("", "403 Forbidden")) == "dockerd answers with status 403");
    const std::string wrong = R"(,"Pid":-1)";
    CHECK(said(http_answer(inspected("web", wrong))).find("lacks Running, Paused or Pid") !=
          std::string::npos);
}

TEST_CASE("docker: an answer without end does not fill the memory") {
    Bench bench;
    auto check = bench.start();
    bench.settle(2);
    auto& answer = bench.dockerd.answers["/containers/web/json"];
    answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    while (answer.size() <= plugins::docker::Question::maximum_answer + 0x20000)
        answer += "20000\r\n" + std::string(0x20000, ' ') + "\r\n";
    const auto report = bench.ask(check);
    CHECK(report.state == State::unknown);
    CHECK(report.message == "dockerd's answer is longer than 4194304 bytes");
}

TEST_CASE("docker: all checks of a process share one stream, whoever of them goes first") {
    Bench bench;
    for (const std::string name : {"a", "b", "c"})
        bench.dockerd.has(name, inspected(name, "", 4711, docker_id(name)));
    auto first = bench.start("a");
    auto second = bench.start("b");
    auto third = bench.start("c");
    for (auto* const check : {&first, &second, &third})
        CHECK(bench.push(*check, 0).state == State::up);
    bench.settle(4);
    CHECK(bench.dockerd.streams() == 1);
    first.destroy();
    bench.dockerd.has("c", inspected("c", "", 0, docker_id("c")));
    REQUIRE(bench.dockerd.tell(event_line("die", "c", docker_id("c"))));
    CHECK(bench.push(third, 1).state == State::down);
    CHECK(bench.pushes(second).size() == 1);
    third.destroy();
    CHECK(bench.ask(second).state == State::up);
    bench.dockerd.die();
    CHECK(bench.push(second, 1).state == State::unknown);
    second.destroy();
    bench.dockerd.come_back();
    auto fourth = bench.start("a");
    CHECK(bench.push(fourth, 0).state == State::up);
    CHECK(bench.dockerd.streams() == 1);
    fourth.destroy();
    bench.until([&] { return bench.dockerd.connections() == 0; });
    CHECK(bench.dockerd.connections() == 0);
}

TEST_CASE("docker: so many of a label") {
    Bench bench;
    auto check = bench.make({{"label", "app=web"}, {"min_running", 2}});
    const auto list = [&](const std::vector<std::string>& ids) {
        std::string body;
        for (const std::string& id : ids)
            body += (body.empty() ? "" : ",") + ("{\"Id\":\"" + docker_id(id)) + "\"}";
        bench.dockerd.answers["/containers/json"] = http_answer("[" + body + "]");
    };
    const auto has = [&](const std::string& id, const std::string& state = "", int pid = 4711) {
        bench.dockerd.has(docker_id(id), inspected("c" + id, state, pid, docker_id(id)));
    };
    list({});
    const auto none = bench.ask(check);
    CHECK(none.reason == Reason::not_found);
    CHECK(none.message == "there is no container with label app=web");
    list({"1", "2", "3"});
    for (const char* const id : {"1", "2", "3"})
        has(id);
    const auto all = bench.ask(check);
    CHECK(all.state == State::up);
    CHECK(all.message == "3 of 3 containers with label app=web up");
    CHECK(all.metrics.size() == 2);
    has("2", R"(,"Paused":true)");
    CHECK(bench.ask(check).state == State::up);
    const std::size_t told = bench.pushes(check).size();
    has("3", R"(,"ExitCode":1)", 0);
    REQUIRE(bench.dockerd.tell(event_line("die", "c3", docker_id("3"))));
    const auto few = bench.push(check, told);
    CHECK(few.state == State::down);
    CHECK(few.message.starts_with("1 of 3 containers with label app=web up, want 2: container c"));
    // A container that is new is known by its label alone.
    list({"1", "4"});
    has("4");
    REQUIRE(bench.dockerd.tell(event_line("start", "c4", docker_id("4"), R"(,"app":"other")")));
    bench.settle(bench.dockerd.asked.size());
    CHECK(bench.pushes(check).size() == told + 1);
    REQUIRE(bench.dockerd.tell(event_line("start", "c4", docker_id("4"), R"(,"app":"web")")));
    CHECK(bench.push(check, told + 1).state == State::up);
    // One that is gone between the two questions is none.
    list({"1", "4", "5"});
    CHECK(bench.ask(check).message == "2 of 2 containers with label app=web up");
    bench.dockerd.answers["/containers/json"] = http_answer("[{}]");
    CHECK(bench.ask(check).state == State::unknown);
    list(std::vector<std::string>(65, "1"));
    CHECK(bench.ask(check).reason == Reason::config);
    // Those of earlier runs that nobody has removed are no reason not to look at the ones that run.
    std::string body;
    for (int count = 0; count < 100; ++count)
        body += "{\"Id\":\"" + docker_id(std::to_string(100 + count)) + "\",\"State\":\"exited\"},";
    for (const char* const id : {"1", "4"})
        body += "{\"Id\":\"" + docker_id(id) + "\",\"State\":\"running\"}" + (*id == '1' ? "," : "");
    bench.dockerd.answers["/containers/json"] = http_answer("[" + body + "]");
    const auto among_many = bench.ask(check);
    INFO(among_many.message);
    CHECK(among_many.state == State::up);
    for (int count = 0; count < 65; ++count)
        body += ",{\"Id\":\"" + docker_id(std::to_string(300 + count)) + "\",\"State\":\"running\"}";
    bench.dockerd.answers["/containers/json"] = http_answer("[" + body + "]");
    CHECK(bench.ask(check).message ==
          "67 containers that have not ended have label app=web, and no more than 64 are looked at");
}

TEST_CASE("docker: one container of a label that dockerd does not answer for leaves the others") {
    Bench bench;
    bench.has_three_of_label();
    auto enough = bench.make({{"label", "app=web"}, {"min_running", 2}});
    auto all_needed = bench.make({{"label", "app=web"}, {"min_running", 3}});
    CHECK(bench.ask(enough).state == State::up);
    CHECK(bench.ask(all_needed).state == State::up);
    // As dockerd does of one that is paused within a health check.
    bench.dockerd.answers["/containers/" + docker_id("2") + "/json"] = "";
    const auto ask = [&](sdk::testing::Instance& check) {
        const auto probe = check.probe(1s);
        bench.settle(bench.dockerd.asked.size());
        bench.host.advance(1s);
        REQUIRE(check.answer(probe));
        return *check.answer(probe);
    };
    const auto report = ask(enough);
    CHECK(report.state == State::up);
    CHECK(report.message ==
          "2 of 2 containers with label app=web up, and dockerd does not answer for all there are");
    const std::string hangs = "dockerd hangs: waited 1000 ms in vain for the first byte of the answer";
    CHECK(ask(all_needed).message == hangs);
    bench.dockerd.answers["/containers/json"] = "";
    CHECK(ask(enough).message == hangs);
}

TEST_CASE("docker: one container of a label that dockerd has trouble with leaves the others") {
    Bench bench;
    bench.has_three_of_label();
    auto enough = bench.make({{"label", "app=web"}, {"min_running", 2}});
    auto all_needed = bench.make({{"label", "app=web"}, {"min_running", 3}});
    CHECK(bench.ask(all_needed).state == State::up);
    // As of one whose image is damaged, for ever.
    const auto [answer, why] = GENERATE(table<std::string, std::string>(
        {{http_answer("{}", "500 Internal Server Error"), "dockerd answers with status 500"},
         {http_answer("{}"), "dockerd: the answer is not that of a container"}}));
    bench.dockerd.answers["/containers/" + docker_id("2") + "/json"] = answer;
    const auto report = bench.ask(enough);
    CHECK(report.state == State::up);
    CHECK(report.message ==
          "2 of 2 containers with label app=web up, and dockerd does not answer for all there are");
    CHECK(bench.ask(all_needed).state == State::unknown);
    CHECK(bench.ask(all_needed).message == why);
}

TEST_CASE("docker: an event that comes during a probe is not lost when that is given up") {
    Bench bench;
    bench.dockerd.has("web", inspected("web"));
    auto check = bench.start();
    CHECK(bench.push(check, 0).state == State::up);
    bench.settle(2);
    bench.dockerd.answers["/containers/web/json"] = "";
    (void)check.probe(1s);
    bench.settle(3);
    REQUIRE(bench.dockerd.tell(event_line("health_status: healthy", "web")));
    bench.settle(3);
    check.cancel();
    bench.dockerd.has("web", inspected("web", R"(,"Paused":true)"));
    CHECK(bench.push(check, 1).state == State::down);
}

TEST_CASE("docker: given up and stopped in the middle") {
    Bench bench;
    bench.dockerd.answers["/containers/web/json"] = "";
    auto check = bench.start();
    const auto probe = check.probe(1s);
    bench.settle(2);
    check.cancel();
    CHECK_FALSE(check.answer(probe));
    (void)check.probe(1s);
    bench.settle(3);
    check.stop();
    CHECK(check.watched() == 0);
    CHECK(check.timers() == 0);
}

TEST_CASE("docker: parameters that make no sense") {
    const auto why = [](const sdk::testing::Settings& settings) { return test::refusal(type, settings); };
    CHECK(why({{"container", "web"}}) == "accepted");
    CHECK(why({{"label", "a"}}) == "accepted");
    CHECK(why({}).starts_with("container: one of container and label"));
    CHECK(why({{"container", "web"}, {"label", "a"}}).starts_with("label: one of"));
    for (const char* const name : {"", "../x", "a/b", "a b", "-a", "a?b"})
        CHECK(why({{"container", name}}).starts_with("container: is no name"));
    CHECK(why({{"label", "=x"}}).starts_with("label: must be"));
    CHECK(why({{"container", "web"}, {"min_running", 2}}).starts_with("min_running: is of no use"));
    CHECK(why({{"container", "web"}, {"port", 1}}).starts_with("port: is of no use"));
    CHECK(why({{"container", "web"}, {"socket", "/x"}, {"host", "192.0.2.1"}})
              .starts_with("socket: host says"));
    CHECK(why({{"container", "web"}, {"host", "192.0.2.1"}, {"tls", false}}) == "accepted");
    CHECK(why({{"container", "web"}, {"host", "2001:db8::1"}, {"server_name", "worker1"}}) == "accepted");
    CHECK(why({{"container", "web"}, {"host", "192.0.2.1"}, {"server_name", "a/b"}})
              .starts_with("server_name: must"));
    CHECK(why({{"container", "web"}, {"host", "fe80::1"}}).starts_with("host: "));
    CHECK(why({{"container", "web"}, {"host", "192.0.2.1"}, {"tls", false}, {"ca_file", "/x"}})
              .starts_with("ca_file: is"));
    CHECK(why({{"container", "web"}, {"host", "192.0.2.1"}, {"client_key", "/x"}})
              .starts_with("client_key: is"));
    CHECK(why({{"container", "web"}, {"socket", "/" + std::string(200, 'x')}})
              .starts_with("socket: is too long"));
}
