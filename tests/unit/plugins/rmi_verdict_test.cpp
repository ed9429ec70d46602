// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "plugins/rmi/verdict.hpp"
#include "tests/unit/plugins/rmi_fixtures.hpp"

using namespace regent;
using namespace regent::plugins::rmi;
using sdk::Reason;
using sdk::State;
namespace fixture = regent::test::rmi;

namespace {

jrmp::Reader answer(const std::string& text) {
    jrmp::Reader reader(false, jrmp::Reader::Wanted::reply);
    reader.take(text);
    reader.end();
    return reader;
}

sdk::Result judge(const Demands& demands, const std::vector<std::string>& answers) {
    Findings findings(demands);
    for (std::size_t index = 0; index < answers.size(); ++index) {
        if (!findings.add(index, answer(answers[index]))) break;
    }
    return findings.judge();
}

sdk::Result judge_stub(const std::string& host, std::uint32_t port) {
    return judge({{"a"}, {}, host, port}, {fixture::bound});
}

}  // namespace

TEST_CASE("rmi verdict: all is well") {
    CHECK(judge({}, {}).message == "answers the ping");
    const auto one = judge({{"a"}, {}, "", 0}, {fixture::bound});
    CHECK(one.state == State::up);
    CHECK(one.message == "answers the ping, 1 name is bound");
    CHECK(judge({{"a", "b"}, {"Farhos$Traza", ""}, "", 0}, {fixture::bound, fixture::bound}).message ==
          "answers the ping, 2 names are bound");
}

TEST_CASE("rmi verdict: names that are not bound are named") {
    const auto one = judge({{"a", "b"}, {}, "", 0}, {fixture::bound, fixture::unbound});
    CHECK(one.state == State::down);
    CHECK(one.reason == Reason::not_found);
    CHECK(one.message == "\"b\" is not bound in the registry");
    const std::vector<std::string> none(5, fixture::unbound);
    CHECK(judge({{"a", "b", "c", "d", "e"}, {}, "", 0}, none).message ==
          "\"a\", \"b\", \"c\" and 2 more are not bound in the registry");
}

TEST_CASE("rmi verdict: the longest names leave room for what is wrong with them") {
    const std::vector<std::string> names(5, std::string(255, 'n'));
    const std::vector<std::string> none(5, fixture::unbound);
    const auto result = judge({names, {}, "", 0}, none);
    CHECK(result.message.size() <= REGENT_MESSAGE_MAX - 60);  // where it is comes before it
}

TEST_CASE("rmi verdict: another object, no registry, another exception") {
    const auto other = judge({{"a"}, {"Farhos$Login"}, "", 0}, {fixture::bound});
    CHECK(other.state == State::down);
    CHECK(other.reason == Reason::not_found);
    CHECK(other.message == "\"a\" is bound to another object, of Farhos$Traza and not Farhos$Login");
    const auto port = judge({{"a", "b"}, {}, "", 0}, {fixture::no_registry, fixture::bound});
    CHECK(port.state == State::down);
    CHECK(port.reason == Reason::not_found);
    CHECK(port.message == "there is no registry here, though RMI is spoken: is it the port of an object?");
    std::string thrown = fixture::unbound;
    thrown.replace(thrown.find("NotBound"), 8, "ServerXx");
    const auto failed = judge({{"a"}, {}, "", 0}, {thrown});
    CHECK(failed.state == State::down);
    CHECK(failed.reason == Reason::protocol);
    CHECK(failed.message == "the lookup of \"a\" fails: java.rmi.ServerXxException");
    CHECK(judge({{"a"}, {}, "", 0}, {"garbage"}).message ==
          "asked for \"a\", it answers the lookup with \"garbage\": no RMI registry");
}

TEST_CASE("rmi verdict: where the stub sends clients") {
    CHECK(judge_stub("127.0.0.1", 9002).state == State::up);
    CHECK(judge_stub("127.0.0.1", 0).state == State::up);
    CHECK(judge_stub("", 9002).state == State::up);
    const auto host = judge_stub("10.0.2.210", 9001);
    CHECK(host.state == State::degraded);
    CHECK(host.reason == Reason::config);
    CHECK(host.message ==
          "the stub of \"a\" sends clients to 127.0.0.1 port 9002, past 10.0.2.210: set "
          "java.rmi.server.hostname of "
          "its JVM");
    CHECK(judge_stub("", 9001).message ==
          "the stub of \"a\" sends clients to 127.0.0.1 port 9002 instead of 9001");
    // Behind the class there is nothing more: cut short, or a reference of another kind.
    const auto silent = judge({{"a"}, {}, "vip", 0}, {fixture::bound.substr(0, 100)});
    CHECK(silent.state == State::degraded);
    CHECK(silent.message == "the stub of \"a\" does not say where it sends clients");
    std::string named = fixture::bound;
    named.replace(named.find("127.0.0.1"), 9, "VIP.local");
    CHECK(judge({{"a"}, {}, "vip.LOCAL", 0}, {named}).state == State::up);
    CHECK(judge({{"a"}, {}, "vip.locaL.", 0}, {named}).state == State::degraded);
    const auto both = judge({{"a", "b"}, {}, "10.0.2.210", 0}, {fixture::bound, fixture::bound});
    CHECK_THAT(both.message, Catch::EndsWith("; and 1 more like it"));
    const auto unbound = judge({{"a", "b"}, {}, "10.0.2.210", 0}, {fixture::bound, fixture::unbound});
    CHECK(unbound.state == State::down);
}
