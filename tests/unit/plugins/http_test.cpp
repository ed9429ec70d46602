// SPDX-License-Identifier: Apache-2.0
// The check `http` against a server that the test plays itself.
#include <sys/resource.h>

#include "plugins/http/http_check.hpp"
#include "tests/unit/platform/network.hpp"
#include "tests/unit/plugins/http_support.hpp"

using namespace std::chrono_literals;
using namespace regent;
using sdk::Reason;
using sdk::State;
using test::Connection;
using test::http_answer;

namespace {

const regent_type& type = sdk::check<plugins::http::HttpCheck>;

struct Bench : test::HttpBench {
    sdk::testing::Instance check;

    explicit Bench(sdk::testing::Settings settings = {})
        : check(host.create(type, with(std::move(settings)))) {
        check.start();
    }
    ~Bench() { check.destroy(); }
    sdk::testing::Settings with(sdk::testing::Settings settings) const {
        settings.push_back({"url", "http://app.test/health?key=secret"});
        settings.push_back({"unix_socket", path});
        return settings;
    }
    /// One probe that is answered with `text`, and then with the end of the connection.
    sdk::testing::Report ask(const std::string& text) {
        const auto probe = check.probe();
        {
            const Connection connection = accept();
            question(connection);
            REQUIRE(connection.write(text));
        }
        return answer(check, probe);
    }
    /// One probe that has an hour of virtual time to wait for more than `text`.
    sdk::testing::Report ask_in_vain(const std::string& text) {
        const auto probe = check.probe(1s);
        const Connection connection = accept();
        question(connection);
        REQUIRE(connection.write(text));
        host.poll_once(50ms);
        const std::string done = "\"waiting_for\":\"the end of the body, of which 3 bytes";
        if (text.ends_with("abc"))
            REQUIRE(host.run_until([&] { return check.describe().find(done) != std::string::npos; }));
        if (text.ends_with("X: y\r\n")) {
            const std::string header = "\"waiting_for\":\"the end of the header";
            REQUIRE(host.run_until([&] { return check.describe().find(header) != std::string::npos; }));
        }
        host.advance(949ms);
        CHECK_FALSE(check.answer(probe));
        host.advance(1ms);
        REQUIRE(check.answer(probe));
        CHECK_FALSE(check.answer(probe)->by_host);
        CHECK(check.watched() == 0);
        return *check.answer(probe);
    }
};

}  // namespace

TEST_CASE("http: a good answer is UP, and nothing stays open") {
    Bench bench;
    const auto probe = bench.check.probe();
    const Connection connection = bench.accept();
    const std::string question = bench.question(connection);
    CHECK(question.starts_with("GET /health?key=secret HTTP/1.1\r\nHost: app.test\r\n"));
    REQUIRE(connection.write(http_answer("fine")));
    const auto report = bench.answer(bench.check, probe);
    CHECK(report.state == State::up);
    CHECK(report.message == "status 200");
    CHECK(report.metrics.size() == 3);
    CHECK(bench.check.watched() == 0);
    CHECK(connection.read().empty());
}

TEST_CASE("http: a status that is not wanted is told before the body, which may never end") {
    Bench bench;
    const auto report = bench.ask_in_vain("HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(report.message == "http://app.test/health: waited 1000 ms in vain for the end of the header");
    const auto probe = bench.check.probe();
    const Connection connection = bench.accept();
    bench.question(connection);
    REQUIRE(connection.write("HTTP/1.1 503 Busy\r\nContent-Length: 1000\r\n\r\nx"));
    const auto busy = bench.answer(bench.check, probe);
    CHECK(busy.state == State::down);
    CHECK(busy.reason == Reason::protocol);
    CHECK(busy.detail_code == 503);
    CHECK(busy.message == "http://app.test/health: status 503, want 200");
}

TEST_CASE("http: a server that changes to another protocol has answered, and is not waited for") {
    const std::string changed = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
    for (const char* const wanted : {"101", "200"}) {
        Bench bench({{"status", std::vector<sdk::testing::Given>{wanted}}});
        const auto probe = bench.check.probe();
        const Connection connection = bench.accept();
        bench.question(connection);
        REQUIRE(connection.write(changed));
        const auto report = bench.answer(bench.check, probe);
        if (wanted == std::string("101")) {
            CHECK(report.state == State::up);
            CHECK(report.message == "status 101");
        } else {
            CHECK(report.message == "http://app.test/health: status 101, want 200");
        }
        CHECK(bench.check.watched() == 0);
    }
}

TEST_CASE("http: redirects are not followed unless told so") {
    const std::string elsewhere =
        "HTTP/1.1 302 Found\r\nLocation: http://other.test/next\r\nContent-Length: 0\r\n\r\n";
    Bench plain;
    CHECK(plain.ask(elsewhere).message == "http://app.test/health: status 302, want 200");

    Bench following({{"redirects", 1}});
    const auto probe = following.check.probe();
    {
        const Connection connection = following.accept();
        following.question(connection);
        connection.write(elsewhere);
    }
    const Connection second = following.accept();
    CHECK(following.question(second).starts_with("GET /next HTTP/1.1\r\nHost: other.test\r\n"));
    second.write(elsewhere);
    const auto report = following.answer(following.check, probe);
    CHECK(report.state == State::down);
    CHECK(report.message.find("redirects") != std::string::npos);
}

TEST_CASE("http: what must stand in the body") {
    Bench bench(sdk::testing::Settings{{"body", "ready"}});
    CHECK(bench.ask(http_answer("not rea-dy")).message ==
          "http://app.test/health: \"ready\" is not in the body of 10 bytes");
    CHECK(bench.ask(http_answer("all is ready.")).state == State::up);
    // The one before does not count.
    CHECK(bench.ask(http_answer("")).state == State::down);
}

TEST_CASE("http: memory for an answer is bounded") {
    Bench bench(sdk::testing::Settings{{"max_body", 1000}});
    CHECK(bench.ask(http_answer(std::string(1000, 'x'))).state == State::up);
    CHECK(bench.ask("HTTP/1.1 200 OK\r\n\r\n" + std::string(1001, 'x')).message ==
          "http://app.test/health: the body is longer than 1000 bytes");
    std::string header = "HTTP/1.1 200 OK\r\n";
    while (header.size() <= plugins::curl::Transfer::maximum_header)
        header += "X-Long: " + std::string(1000, 'x') + "\r\n";
    const auto report = bench.ask(header);
    CHECK(report.state == State::down);
    CHECK(report.message == "http://app.test/health: the header is longer than 65536 bytes");
}

TEST_CASE("http: what is no answer is DOWN with a sentence") {
    Bench bench;
    const auto garbage = bench.ask("\x01\x02 garbage\r\n\r\n");
    CHECK(garbage.state == State::down);
    CHECK(garbage.reason == Reason::protocol);
    CHECK(garbage.message.find("the answer is not HTTP") != std::string::npos);
    CHECK(bench.ask("").message == "http://app.test/health: closed without an answer");
    CHECK(bench.ask("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc").message ==
          "http://app.test/health: closed before the end of the body, of which 3 bytes have come");
    const auto half = bench.ask("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
    CHECK(half.state == State::down);
    CHECK(bench.ask("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").state == State::down);
}

TEST_CASE("http: what ends a connection is not judged by the failure of another one") {
    const std::string bad_chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";
    Bench bench;
    bench.server.reset();
    CHECK(bench.answer(bench.check, bench.check.probe()).reason == Reason::refused);
    REQUIRE(::unlink(bench.path.c_str()) == 0);
    bench.server = std::make_unique<test::StatsSocket>(bench.path);
    const auto garbage = bench.ask(bad_chunk);
    CHECK(garbage.state == State::down);
    CHECK(garbage.reason == Reason::protocol);
    CHECK(garbage.message.find("refused") == std::string::npos);
    // Its own error counts, each time that it comes.
    for (int count = 0; count < 2; ++count) {
        const auto probe = bench.check.probe();
        bench.reset(bench.accept());
        const auto reset = bench.answer(bench.check, probe);
        CHECK(reset.reason == Reason::reset);
        CHECK(reset.message == "http://app.test/health: Connection reset by peer");
    }

    // libcurl asks again, over a new connection, when one that was kept breaks.
    Bench kept(sdk::testing::Settings{{"keep", true}});
    const auto first = kept.check.probe();
    Connection connection = kept.accept();
    kept.question(connection);
    connection.write(http_answer("1"));
    CHECK(kept.answer(kept.check, first).state == State::up);
    const auto second = kept.check.probe();
    kept.reset(std::move(connection));
    const Connection next = kept.accept();
    kept.question(next);
    next.write(bad_chunk);
    const auto report = kept.answer(kept.check, second);
    CHECK(report.reason == Reason::protocol);
    CHECK(report.message.find("reset") == std::string::npos);
}

TEST_CASE("http: what a server sends that libcurl cannot take is the server's fault") {
    Bench bench(sdk::testing::Settings{{"redirects", 3}});
    for (const std::string begin : {"HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 "}) {
        const auto report = bench.ask(begin + std::string(110'000, 'x') + "\r\n\r\n");
        CHECK(report.state == State::down);
        CHECK(report.reason == Reason::protocol);
        CHECK(report.message == "http://app.test/health: a line of the answer is too long");
    }
    for (const std::string target : {"http://[bad/", "http://other.test:99999/", "http:///"}) {
        const auto report = bench.ask("HTTP/1.1 302 Found\r\nLocation: " + target + "\r\n\r\n");
        INFO(report.message);
        CHECK(report.state == State::down);
        CHECK(report.reason == Reason::protocol);
        CHECK(report.message.find("redirect target") != std::string::npos);
    }
}

TEST_CASE("http: by the deadline it says what it waited for") {
    Bench bench;
    const std::string waited = "http://app.test/health: waited 1000 ms in vain for ";
    const auto silent = bench.ask_in_vain("");
    CHECK(silent.state == State::down);
    CHECK(silent.reason == Reason::timeout);
    CHECK(silent.message == waited + "the first byte of the answer");
    CHECK(bench.ask_in_vain("HTTP/1.1 200 OK\r\nX: y\r\n").message == waited + "the end of the header");
    CHECK(bench.ask_in_vain("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").message ==
          waited + "the end of the body, of which 3 bytes have come");
    CHECK(bench.ask(http_answer("again")).state == State::up);
}

TEST_CASE("http: nobody there") {
    Bench bench;
    bench.server.reset();
    const auto refused = bench.answer(bench.check, bench.check.probe());
    CHECK(refused.state == State::down);
    CHECK(refused.reason == Reason::refused);
    CHECK(refused.message == "http://app.test/health: Connection refused");
    REQUIRE(::unlink(bench.path.c_str()) == 0);
    CHECK(bench.answer(bench.check, bench.check.probe()).reason == Reason::not_found);
}

TEST_CASE("http: a server whose queue is full, over a unix socket, does not refuse") {
    Bench bench;
    bench.server.reset();
    bench.server = std::make_unique<test::StatsSocket>(bench.path, 0);
    // It hangs, and what was given up stays in its queue, which has room for one.
    const auto probe = bench.check.probe(1s);
    bench.host.poll_once();
    bench.host.advance(1s);
    CHECK(bench.answer(bench.check, probe).reason == Reason::timeout);
    const auto full = bench.answer(bench.check, bench.check.probe(1s));
    CHECK(full.state == State::down);
    CHECK(full.reason == Reason::timeout);
    CHECK(full.message == "http://app.test/health: takes no connection, its queue is full");
}

TEST_CASE("http: without descriptors the server is not to blame") {
    REQUIRE_NETWORK();
    Bench bench;
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const int next = ::dup(0);
    ::close(next);
    // The first probe opens what libcurl needs for itself.
    CHECK(bench.ask(http_answer("")).state == State::up);
    const int used = ::dup(0);
    ::close(used);
    const rlimit none{static_cast<rlim_t>(used), before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const auto probe = bench.check.probe();
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    const auto report = bench.answer(bench.check, probe);
    CHECK(report.state == State::unknown);
    CHECK(report.reason == Reason::resource);
}

TEST_CASE("http: each probe takes a fresh connection, unless it is to be kept") {
    Bench fresh;
    CHECK(fresh.ask(http_answer("")).state == State::up);
    fresh.server.reset();
    CHECK(fresh.answer(fresh.check, fresh.check.probe()).reason == Reason::refused);

    Bench kept(sdk::testing::Settings{{"keep", true}});
    const auto first = kept.check.probe();
    const Connection connection = kept.accept();
    kept.question(connection);
    connection.write(http_answer("1"));
    CHECK(kept.answer(kept.check, first).state == State::up);
    kept.server.reset();
    const auto second = kept.check.probe();
    kept.question(connection);
    connection.write(http_answer("2"));
    CHECK(kept.answer(kept.check, second).state == State::up);
}

TEST_CASE("http: a kept connection that the server has closed meanwhile is no failure") {
    Bench bench(sdk::testing::Settings{{"keep", true}});
    const auto first = bench.check.probe();
    {
        const Connection connection = bench.accept();
        bench.question(connection);
        connection.write(http_answer("1"));
        CHECK(bench.answer(bench.check, first).state == State::up);
    }
    CHECK(bench.ask(http_answer("2")).state == State::up);
}

TEST_CASE("http: the request as it is wanted") {
    Bench bench({{"method", "POST"},
                 {"send", "ping"},
                 {"host_header", "other.test"},
                 {"headers", std::vector<sdk::testing::Given>{"X-Probe: 1"}},
                 {"status", std::vector<sdk::testing::Given>{"2xx", "404"}}});
    const auto probe = bench.check.probe();
    const Connection connection = bench.accept();
    const std::string question = bench.question(connection);
    CHECK(question.starts_with("POST /health?key=secret HTTP/1.1\r\nHost: other.test\r\n"));
    CHECK(question.find("X-Probe: 1\r\n") != std::string::npos);
    CHECK(question.find("Content-Length: 4\r\n") != std::string::npos);
    CHECK(question.ends_with("\r\n\r\nping"));
    connection.write(http_answer("", "404 Not Found"));
    CHECK(bench.answer(bench.check, probe).state == State::up);

    Bench head(sdk::testing::Settings{{"method", "HEAD"}});
    CHECK(head.ask("HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n").state == State::up);
}

TEST_CASE("http: given up in the middle, stopped in the middle") {
    Bench bench;
    const auto probe = bench.check.probe();
    const Connection connection = bench.accept();
    bench.check.cancel();
    CHECK(bench.check.watched() == 0);
    CHECK(bench.check.timers() == 0);
    CHECK(bench.ask(http_answer("")).state == State::up);
    (void)bench.check.probe();
    bench.check.stop();
    CHECK_FALSE(bench.check.answer(probe));
}

TEST_CASE("http: over TCP, of both families, to another address than the URL's") {
    REQUIRE_NETWORK();
    const platform::test::Namespace network;
    sdk::testing::FakeHost host;
    for (const std::string address : {"127.0.0.1", "::1"}) {
        auto check = host.create(type, {{"url", "http://name.test:81/"}, {"address", address}});
        check.start();
        const auto probe = check.probe();
        REQUIRE(host.run_until([&] { return check.answer(probe).has_value(); }));
        CHECK(check.answer(probe)->message == "http://name.test:81/: Connection refused");
    }
    auto bracketed = host.create(type, {{"url", "http://[::1]:81/"}});
    bracketed.start();
    const auto probe = bracketed.probe();
    REQUIRE(host.run_until([&] { return bracketed.answer(probe).has_value(); }));
    CHECK(bracketed.answer(probe)->reason == Reason::refused);
    CHECK(host.violations().empty());
}

TEST_CASE("http: a host that does not answer runs into the deadline") {
    REQUIRE_NETWORK();
    const platform::test::Cable cable;
    sdk::testing::FakeHost host;
    auto check = host.create(type, {{"url", "http://192.0.2.77/"}});
    check.start();
    const auto probe = check.probe(300ms);
    host.poll_once();
    host.advance(300ms);
    REQUIRE(check.answer(probe));
    CHECK(check.answer(probe)->message == "http://192.0.2.77/: waited 300 ms in vain for the connection");
    CHECK(host.violations().empty());
}

TEST_CASE("http: a firewall on the way that forbids it is no rule of this machine") {
    REQUIRE_NETWORK();
    const platform::test::Cable cable;
    platform::test::forbid_on_the_way(cable);
    sdk::testing::FakeHost host;
    auto check = host.create(type, {{"url", "http://[2001:db8:7::1]/"}});
    check.start();
    const auto probe = check.probe();
    REQUIRE(host.run_until([&] { return check.answer(probe).has_value(); }));
    CHECK(check.answer(probe)->state == sdk::State::down);
    CHECK(check.answer(probe)->reason == Reason::unreachable);
    CHECK(host.violations().empty());
}

TEST_CASE("http: parameters that make no sense") {
    using sdk::testing::Given;
    const auto why = [](sdk::testing::Settings settings, const std::string& url = "http://192.0.2.1/") {
        settings.push_back({"url", url});
        return test::refusal(type, settings);
    };
    CHECK(why({}) == "accepted");
    CHECK(why({}, "https://[2001:db8::1]:8443/x") == "accepted");
    CHECK(why({}, "ftp://192.0.2.1/") == "url: must begin with http:// or https://");
    CHECK(why({}, "http://").starts_with("url: must be a URL"));
    CHECK(why({}, "192.0.2.1").starts_with("url: must be a URL"));
    CHECK(why({}, "http://me:word@192.0.2.1/").starts_with("url: must not hold a user"));
    CHECK(why({}, "http://app.test/").starts_with("url: \"app.test\" is a name"));
    for (const char* const url : {"http://[fe80::1]/", "http://[fe80::1%25eth0]/"})
        CHECK(why({}, url).starts_with("url: "));
    CHECK(why({{"address", "fe80::1"}}, "http://app.test/").starts_with("address: "));
    CHECK(why({{"address", "192.0.2.1"}}, "http://app.test/") == "accepted");
    CHECK(why({{"address", "192.0.2.1"}, {"unix_socket", "/x"}}).starts_with("unix_socket: address says"));
    CHECK(why({{"unix_socket", "/" + std::string(200, 'x')}}) ==
          "unix_socket: is too long for a unix socket");
    CHECK(why({{"ca_file", "/x"}}).starts_with("ca_file: is of no use"));
    // A redirect may lead to https://.
    CHECK(why({{"ca_file", "/x"}, {"redirects", 1}}) == "accepted");
    CHECK(why({{"ca_file", "/x"}, {"verify", false}}, "https://192.0.2.1/") ==
          "ca_file: is of no use with verify = false");
    CHECK(why({{"client_key", "/x"}}, "https://192.0.2.1/").starts_with("client_key: is of no use without"));
    CHECK(why({{"send", "x"}}).starts_with("send: is of no use"));
    CHECK(why({{"method", "HEAD"}, {"body", "x"}}) == "body: the answer to HEAD has none");
    CHECK(why({{"headers", std::vector<Given>{"X: y\r\nZ: w"}}}).starts_with("headers: each must be"));
    CHECK(why({{"host_header", "a\nb"}}).starts_with("host_header: must be one line"));
    for (const char* const status : {"20", "2xx0", "600", "99-200", "300-200", "+20", "xxx", ""})
        CHECK(why({{"status", std::vector<Given>{status}}}).starts_with("status: \""));
}
