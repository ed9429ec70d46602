// SPDX-License-Identifier: Apache-2.0
// The check `http` over TLS: whom it believes, and what it says of whom it does not.
#include <csignal>

#include "plugins/http/http_check.hpp"
#include "tests/unit/plugins/http_support.hpp"
#include "tests/unit/plugins/tls_server.hpp"

using namespace std::chrono_literals;
using namespace regent;
using sdk::Reason;
using sdk::State;
using test::http_answer;
using test::SelfSigned;
using test::TlsServer;

namespace {

const regent_type& type = sdk::check<plugins::http::HttpCheck>;
constexpr long day = 86400;

struct Bench : test::HttpBench {
    std::string ca_file = (directory.path() / "ca.pem").string();
    std::string key_file = (directory.path() / "key.pem").string();

    // As the host of a plugin has it.
    Bench() { ::signal(SIGPIPE, SIG_IGN); }
    sdk::testing::Instance start(sdk::testing::Settings settings = {}) {
        settings.push_back({"url", "https://app.test/"});
        settings.push_back({"unix_socket", path});
        const bool trusts_all = std::any_of(settings.begin(), settings.end(),
                                            [](const auto& setting) { return setting.name == "verify"; });
        if (!trusts_all && std::filesystem::exists(ca_file)) settings.push_back({"ca_file", ca_file});
        auto check = host.create(type, settings);
        check.start();
        return check;
    }
    /// One probe by a new instance that trusts `own` itself.
    sdk::testing::Report ask(const SelfSigned& own, const sdk::testing::Settings& settings = {}) {
        own.write(ca_file, key_file);
        auto check = start(settings);
        const TlsServer tls(*server, own, http_answer("fine"));
        return answer(check, check.probe(10s));
    }
};

}  // namespace

TEST_CASE("http: a certificate that is trusted, and how long it is valid yet") {
    Bench bench;
    const auto report = bench.ask(SelfSigned("app.test", -day, 10 * day));
    CHECK(report.message == "status 200");
    REQUIRE(report.metrics.size() == 4);
    CHECK(report.metrics[3].name == "certificate_valid_seconds");
    CHECK(report.metrics[3].value == Approx(10.0 * day).margin(60));
}

TEST_CASE("http: a certificate that is not valid is DOWN, with its age") {
    Bench bench;
    const auto expired = bench.ask(SelfSigned("app.test", -9 * day, -3 * day - 60));
    CHECK(expired.state == State::down);
    CHECK(expired.reason == Reason::auth);
    CHECK(expired.message == "https://app.test/: certificate expired 3 days ago");
    CHECK(bench.ask(SelfSigned("app.test", 2 * day + 60, 3 * day)).message ==
          "https://app.test/: certificate is valid only in 2 days");
    const auto other = bench.ask(SelfSigned("other.test", -day, day));
    CHECK(other.state == State::down);
    CHECK(other.reason == Reason::auth);
    CHECK(other.message.find("no alternative certificate subject name matches") != std::string::npos);
    CHECK(bench.ask(SelfSigned("other.test", -9 * day, -3 * day), {{"verify", false}}).state == State::up);
}

TEST_CASE("http: a certificate that nobody vouches for") {
    Bench bench;
    SelfSigned("app.test", -day, day).write(bench.ca_file, bench.key_file);
    auto check = bench.start();
    const SelfSigned stranger("app.test", -day, day);
    const TlsServer tls(*bench.server, stranger, http_answer(""));
    const auto report = bench.answer(check, check.probe(10s));
    CHECK(report.state == State::down);
    CHECK(report.message.starts_with("https://app.test/: certificate is not trusted: "));
}

TEST_CASE("http: a certificate is looked at each time, and the file of trusted ones when it has changed") {
    Bench bench;
    const SelfSigned first("app.test", -day, day);
    first.write(bench.ca_file, bench.key_file);
    auto check = bench.start();
    for (int count = 0; count < 2; ++count) {
        TlsServer tls(*bench.server, first, http_answer(""));
        CHECK(bench.answer(check, check.probe(10s)).state == State::up);
        CHECK_FALSE(tls.was_resumed());
    }
    const SelfSigned second("app.test", -day, day);
    second.write(bench.ca_file, bench.key_file);
    std::ofstream(bench.ca_file, std::ios::app) << "\n";
    const TlsServer tls(*bench.server, second, http_answer(""));
    CHECK(bench.answer(check, check.probe(10s)).message == "status 200");
}

TEST_CASE("http: a certificate is looked at in the first handshake of a connection alone") {
    Bench bench;
    const SelfSigned own("app.test", -day, day);
    own.write(bench.ca_file, bench.key_file);
    auto check = bench.start();
    test::RenegotiatingServer tls(*bench.server, own);
    CHECK(bench.answer(check, check.probe(10s)).state == State::down);
    CHECK(tls.reply() == test::RenegotiatingServer::alert);
}

TEST_CASE("http: what this machine lacks for TLS is UNKNOWN") {
    Bench bench;
    std::ofstream(bench.ca_file) << "no certificate\n";
    auto check = bench.start();
    const auto probe = check.probe();
    const auto broken = bench.answer(check, probe);
    CHECK(broken.state == State::unknown);
    CHECK(broken.reason == Reason::config);
    CHECK(broken.message.find("there are no certificates in " + bench.ca_file) != std::string::npos);
    std::filesystem::remove(bench.ca_file);
    CHECK(bench.answer(check, check.probe()).message.find("No such file") != std::string::npos);

    auto no_key = bench.start({{"client_certificate", "/nonexistent.pem"}});
    const auto report = bench.answer(no_key, no_key.probe());
    CHECK(report.state == State::unknown);
    CHECK(report.reason == Reason::config);
}

TEST_CASE("http: a server that wants to know who asks") {
    Bench bench;
    const SelfSigned own("app.test", -day, day);
    own.write(bench.ca_file, bench.key_file);
    const SelfSigned client("client.test", -day, day);
    const auto certificate = bench.directory.path() / "client.pem";
    const auto key = bench.directory.path() / "client.key";
    client.write(certificate, key);
    {
        auto check =
            bench.start({{"client_certificate", certificate.string()}, {"client_key", key.string()}});
        const TlsServer tls(*bench.server, own, http_answer(""), &client);
        CHECK(bench.answer(check, check.probe(10s)).state == State::up);
    }
    auto nobody = bench.start();
    const TlsServer tls(*bench.server, own, http_answer(""), &client);
    const auto report = bench.answer(nobody, nobody.probe(10s));
    // Its alert says why, but may be overtaken by the end of the connection, for in TLS 1.3 we are done
    // before it has judged us.
    CHECK(report.state == State::down);
    const bool is_told = report.message.find("certificate required") != std::string::npos;
    INFO(report.message);
    CHECK((is_told || report.reason == Reason::reset || report.reason == Reason::protocol));
}

TEST_CASE("http: a server that speaks no TLS, and one that says nothing") {
    Bench bench;
    SelfSigned("app.test", -day, day).write(bench.ca_file, bench.key_file);
    auto check = bench.start();
    const auto probe = check.probe();
    {
        const auto connection = bench.accept();
        connection.read();
        connection.write(http_answer("plain"));
        const auto report = bench.answer(check, probe);
        CHECK(report.state == State::down);
        CHECK(report.message.starts_with("https://app.test/: no TLS: "));
    }
    const auto second = check.probe(1s);
    const auto silent = bench.accept();
    REQUIRE(bench.host.run_until([&] { return check.describe().find("TLS") != std::string::npos; }));
    bench.host.advance(1s);
    REQUIRE(check.answer(second));
    CHECK(check.answer(second)->message == "https://app.test/: waited 1000 ms in vain for the TLS handshake");
}

TEST_CASE("http: rough durations") {
    using plugins::curl::rough_duration;
    CHECK(rough_duration(-3.5 * day) == "3 days");
    CHECK(rough_duration(day) == "1 day");
    CHECK(rough_duration(7300) == "2 hours");
    CHECK(rough_duration(-61) == "1 minute");
    CHECK(rough_duration(1) == "1 second");
    CHECK(rough_duration(0) == "0 seconds");
}
