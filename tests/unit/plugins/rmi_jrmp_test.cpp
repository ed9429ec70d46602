// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "plugins/rmi/jrmp.hpp"
#include "tests/unit/plugins/rmi_fixtures.hpp"

using namespace regent::plugins::rmi;
using jrmp::Reader;
using regent::test::rmi::bytes;
using State = Reader::State;
using Wanted = Reader::Wanted;
namespace fixture = regent::test::rmi;

namespace {

Reader read(const std::string& text, Wanted wanted = Wanted::reply, bool acknowledged = false) {
    Reader reader(acknowledged, wanted);
    reader.take(text);
    return reader;
}

/// All that a reader has come to, as text.
std::string seen(const Reader& reader) {
    std::string text = std::to_string(static_cast<int>(reader.state())) + " " + reader.text();
    for (const std::string& type : reader.bound().types)
        text += " " + type;
    if (const auto& endpoint = reader.bound().endpoint)
        text += " at " + endpoint->host + ":" + std::to_string(endpoint->port);
    return text;
}

/// In pieces of these sizes, again and again.
Reader read_in_pieces(const std::string& text, Wanted wanted, bool acknowledged,
                      const std::vector<std::size_t>& sizes) {
    Reader reader(acknowledged, wanted);
    std::size_t at = 0;
    for (std::size_t turn = 0; at < text.size(); ++turn) {
        const std::size_t size = sizes.empty() ? 1 : sizes[turn % sizes.size()] % 97 + 1;
        reader.take(std::string_view(text).substr(at, size));
        at += size;
    }
    return reader;
}

/// A reply that binds a proxy of one interface I, whose reference is `block`.
std::string reply_with(const std::string& block) {
    return bytes("51aced0005770f01a0777ee3000001a20d1a9e2f8008737d000000010001497077") +
           static_cast<char>(block.size()) + block + '\x78';
}

}  // namespace

TEST_CASE("jrmp: what is sent is what Java sends") {
    CHECK(jrmp::lookup("trazaServ") == fixture::lookup_request);
    CHECK(jrmp::opening(jrmp::Protocol::stream) == bytes("4a524d4900024b000000000000"));
    CHECK(jrmp::opening(jrmp::Protocol::single) == bytes("4a524d4900024c"));
    CHECK(jrmp::ping == bytes("52"));
    jrmp::Uid uid{};
    std::copy(fixture::uid.begin(), fixture::uid.end(), uid.begin());
    CHECK(jrmp::acknowledgement(uid) == bytes("54") + fixture::uid);
    CHECK(jrmp::lookup(std::string(300, 'x')).find(bytes("74012c78")) == 41);
}

TEST_CASE("jrmp: captured answers") {
    CHECK(read(fixture::pong, Wanted::pong).state() == State::pong);
    CHECK(read(fixture::acknowledged + fixture::pong, Wanted::pong, true).state() == State::pong);
    CHECK(read(fixture::acknowledged, Wanted::pong, true).state() == State::unfinished);
    for (const bool acknowledged : {true, false}) {
        const std::string before = acknowledged ? fixture::acknowledged : "";
        const auto bound = read(before + fixture::bound, Wanted::reply, acknowledged);
        REQUIRE(bound.state() == State::bound);
        CHECK(bound.bound().types == std::vector<std::string>{"Farhos$Traza"});
        REQUIRE(bound.bound().endpoint);
        CHECK(bound.bound().endpoint->host == "127.0.0.1");
        CHECK(bound.bound().endpoint->port == 9002);
        REQUIRE(bound.uid());
        CHECK(std::string(bound.uid()->data(), bound.uid()->size()) == fixture::uid);
        const auto unbound = read(before + fixture::unbound, Wanted::reply, acknowledged);
        CHECK(unbound.state() == State::thrown);
        CHECK(unbound.text() == "java.rmi.NotBoundException");
        CHECK_FALSE(unbound.uid());
        CHECK(read(before + fixture::no_registry, Wanted::reply, acknowledged).text() ==
              "java.rmi.NoSuchObjectException");
    }
}

TEST_CASE("jrmp: what is no RMI is named") {
    const auto says = [](const std::string& text, Wanted wanted, bool acknowledged) {
        const auto reader = read(text, wanted, acknowledged);
        CHECK(reader.state() == State::broken);
        return reader.text();
    };
    CHECK(says("HTTP/1.1 400 Bad Request\r\n", Wanted::pong, true) ==
          "answers \"HTTP/1.1 400 Bad Request...\": no RMI server");
    CHECK(says("SSH-2.0-OpenSSH_9.2\r\n", Wanted::pong, false) == "says more than it was asked");
    CHECK(says("HTTP", Wanted::reply, false) == "answers the lookup with \"HTTP\": no RMI registry");
    CHECK(says(bytes("51acee"), Wanted::reply, false) == "answers the lookup with \"Q..\": no RMI registry");
    CHECK(says("\x4f", Wanted::pong, true) == "does not support this protocol of RMI");
    CHECK(says(bytes("4e0100"), Wanted::pong, true) == "acknowledges the connection to an impossible host");
    CHECK(says("220 mail", Wanted::pong, false) == "answers the ping with \"220 mail\": no RMI server");
    const std::string head = fixture::bound.substr(0, 22);
    CHECK(says(head + bytes("7400"), Wanted::reply, false) ==
          "answers the lookup with something that is no object");
    CHECK(says(head + bytes("737d00000041"), Wanted::reply, false) ==
          "answers the lookup with an object of too many interfaces");
    CHECK(says(head + bytes("73720401"), Wanted::reply, false) ==
          "answers the lookup with a class of an impossible name");
    CHECK(says(fixture::unbound.substr(0, 22) + bytes("737d0000000100014970"), Wanted::reply, false) ==
          "answers the lookup with an exception that is none");
    CHECK(says(bytes("51aced0005770f03a0777ee3000001a20d1a9e2f8008"), Wanted::reply, false) ==
          "answers the lookup with neither a value nor an exception");
}

TEST_CASE("jrmp: references of other kinds") {
    const std::string host_and_port = bytes("0003") + "vip" + bytes("00002329");
    const auto second = read(reply_with(bytes("000b") + "UnicastRef2" + bytes("00") + host_and_port));
    CHECK(seen(second) == "2  I at vip:9001");
    const auto cut = [&](const std::string& block) {
        auto reader = read(reply_with(block));
        reader.end();
        return seen(reader);
    };
    CHECK(cut(bytes("000a") + "UnicastRef" + bytes("0003") + "vip" + bytes("000023")) == "2  I");
    CHECK(cut(bytes("000b") + "UnicastRef2") == "2  I");
    CHECK(cut(bytes("000a") + "Activatabl") == "2  I");
    CHECK(cut("") == "2  I");
    // A class of rmic instead of a proxy.
    auto stub = read(bytes("51aced0005770f01a0777ee3000001a20d1a9e2f800873720005") + "T_Stb" + bytes("77") +
                     '\x15' + bytes("000a") + "UnicastRef" + bytes("0003") + "vip" + bytes("00002329"));
    CHECK(seen(stub) == "2  T_Stb at vip:9001");
    // What looks like the beginning of a reference is not taken for the whole.
    const auto decoy =
        read(reply_with(bytes("77") + "\x05" + bytes("000a") + "Uni").substr(0, 40) + bytes("7717000a") +
             "UnicastRef" + bytes("0003") + "vip" + bytes("00002329") + "more");
    CHECK(seen(decoy) == "2  I at vip:9001");
}

TEST_CASE("jrmp: an answer that ends too early is not taken for a whole one") {
    const std::string whole = fixture::acknowledged + fixture::bound;
    const std::size_t typed = whole.find("Traza") + 5;
    for (std::size_t size = 0; size < whole.size() - 1 - 22 - 2; ++size) {
        auto reader = read(whole.substr(0, size), Wanted::reply, true);
        REQUIRE(reader.state() == State::unfinished);
        reader.end();
        // The type stands in front; where the object is may be missing.
        REQUIRE(reader.state() == (size < typed ? State::broken : State::bound));
        REQUIRE_FALSE(reader.bound().endpoint);
        REQUIRE(reader.text().empty() == (size >= typed));
    }
    Reader silent(true, Wanted::pong);
    silent.end();
    CHECK(silent.text() == "closes the connection without a word");
    auto half = read(fixture::acknowledged, Wanted::pong, true);
    half.end();
    CHECK(half.text() == "closes the connection instead of answering the ping");
    auto within = read("N", Wanted::pong, true);
    within.end();
    CHECK(within.text() == "closes the connection within its answer");
}

TEST_CASE("jrmp: whoever answers without end is not listened to for ever") {
    for (const std::string& begin :
         {fixture::bound.substr(0, 44), fixture::bound.substr(0, fixture::bound.size() - 53)}) {
        Reader reader(false, Wanted::reply);
        reader.take(begin);
        const std::string much(5000, '\x77');
        for (int turn = 0; turn < 1000; ++turn)
            reader.take(much);
        CHECK(reader.state() == State::broken);
        CHECK(reader.text() == "answers without end");
        CHECK(reader.size() <= Reader::maximum_answer);
    }
}

TEST_CASE("jrmp: any bytes, in any pieces") {
    rc::prop("random", [](const std::string& noise, bool acknowledged, bool ping,
                          const std::vector<std::size_t>& sizes) {
        const auto wanted = ping ? Wanted::pong : Wanted::reply;
        const auto whole = read(noise, wanted, acknowledged);
        RC_ASSERT((whole.state() == State::broken) == !whole.text().empty() ||
                  whole.state() == State::thrown);
        const auto pieces = read_in_pieces(noise, wanted, acknowledged, sizes);
        // What comes behind a pong is seen only if it comes with it.
        if (pieces.state() != State::pong && whole.text().find('"') == std::string::npos)
            RC_ASSERT(seen(pieces) == seen(whole));
    });
    rc::prop("damaged", [] {
        const bool acknowledged = *rc::gen::arbitrary<bool>();
        std::string text = *rc::gen::element(fixture::bound, fixture::unbound, fixture::no_registry);
        if (acknowledged) text = fixture::acknowledged + text;
        for (int count = *rc::gen::inRange(0, 4); count > 0; --count)
            text[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
        text.resize(text.size() - *rc::gen::inRange<std::size_t>(0, 40));
        const auto whole = read(text, Wanted::reply, acknowledged);
        const auto pieces = read_in_pieces(text, Wanted::reply, acknowledged,
                                           *rc::gen::arbitrary<std::vector<std::size_t>>());
        RC_ASSERT(whole.state() == pieces.state());
        // What is shown of wrong bytes are those that were there when they were found wrong.
        if (whole.state() != State::broken) RC_ASSERT(seen(whole) == seen(pieces));
    });
}
