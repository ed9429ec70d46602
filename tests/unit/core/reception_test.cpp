// SPDX-License-Identifier: Apache-2.0
// RFC 9568 §7.1 and rule 5: what is accepted, what is discarded, and what is told about it.
#include <catch2/catch.hpp>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;
using vrrp::ChecksumForm;
using vrrp::Discard;
using vrrp::State;

namespace {

/// A MASTER whose state must not change whatever is discarded.
struct Receiver : Solo {
    explicit Receiver(const Edit& edit = {}) : Solo(edit) {
        make_master();
        world.run_for(10500ms);
        world.forget();
    }
    void expect_discarded(Discard reason, const std::string& words) {
        CHECK(discarded(reason) == 1);
        CHECK(state() == State::master);
        CHECK(world.logged("lb1", LogLevel::warning, words) == 1);
        CHECK(counters().adverts_received == 0);
    }
};

void with_list(vrrp::Advert& advert, std::vector<IpAddress> list) {
    advert.addresses = std::move(list);
}

}  // namespace

TEST_CASE("7.1: what the packet alone shows to be wrong is counted at its router and told once") {
    Receiver r;
    SECTION("TTL") {
        r.hear(r.advert(200), "10.0.0.2", "224.0.0.18", 254);
        r.expect_discarded(Discard::ttl, "from 10.0.0.2: its TTL or hop limit is not 255 (it is 254)");
    }
    SECTION("checksum") {
        auto message =
            vrrp::encode(r.advert(200), ip("10.0.0.2"), ip("224.0.0.18"), ChecksumForm::message_only);
        message[2] = 201;
        r.world.tell(r.node, PacketReceived{r.node.kernel.link("eth0")->index, ip("10.0.0.2"),
                                            ip("224.0.0.18"), 255, message});
        r.expect_discarded(Discard::checksum, "from 10.0.0.2");
    }
}

TEST_CASE("7.1: a packet too short to name a router, and one for an unknown VRID, are told by interface") {
    Receiver r;
    r.world.tell(r.node, PacketReceived{r.node.kernel.link("eth0")->index, ip("10.0.0.2"), ip("224.0.0.18"),
                                        255, Bytes{0x21}});
    auto advert = r.advert(200);
    advert.virtual_router_id = 99;
    r.hear(advert, "10.0.0.2", "224.0.0.18");
    const auto logs = r.world.all<Log>("lb1");
    REQUIRE(logs.size() == 2);
    CHECK(logs[0].second.instance == "eth0");
    CHECK(logs[1].second.instance == "eth0");
    CHECK(r.state() == State::master);
}

TEST_CASE("a peer that wraps its adverts in AH is counted and named once, where a router of ours listens") {
    Receiver r;
    r.world.plug(r.node, "eth1", "other", "10.1.0.5");
    r.world.forget();
    const int elsewhere = r.node.kernel.link("eth1")->index;
    for (const int index :
         {r.node.kernel.link("eth0")->index, r.node.kernel.link("eth0")->index, elsewhere, 99})
        r.world.tell(r.node, AhHeard{index, ip("10.0.0.2")});
    const auto logs = r.world.all<Log>("lb1");
    REQUIRE(logs.size() == 1);
    CHECK(logs[0].second.level == LogLevel::warning);
    CHECK(logs[0].second.instance == "eth0");
    CHECK(logs[0].second.text ==
          "discarded an advertisement from 10.0.0.2: it uses AH (protocol 51), which regent does not speak: "
          "configure PASS or none there");
    CHECK(r.state() == State::master);
    r.world.tell(r.node, DumpRequested{});
    CHECK(r.world.logged("lb1", "for no instance: discarded 2 ah") == 1);
}

TEST_CASE("7.1: the VRID counts on its own interface alone") {
    Receiver r;
    r.world.plug(r.node, "eth1", "other", "10.1.0.5");
    const auto message =
        vrrp::encode(r.advert(200), ip("10.1.0.2"), ip("224.0.0.18"), ChecksumForm::message_only);
    r.world.tell(r.node, PacketReceived{r.node.kernel.link("eth1")->index, ip("10.1.0.2"), ip("224.0.0.18"),
                                        255, message});
    r.world.run_for(0s);
    CHECK(r.state() == State::master);
    CHECK(r.counters().adverts_received == 0);
}

TEST_CASE("7.1: another version than ours is discarded, and the sentence names both") {
    Receiver r;
    auto advert = r.advert(200);
    advert.version = vrrp::Version::v3;
    r.hear(advert, "10.0.0.2", "224.0.0.18");
    r.expect_discarded(Discard::version, "it speaks version 3, we speak 2");
}

TEST_CASE("RFC 3768 7.1: version 2 drops another interval, and the sentence names both") {
    Receiver r;
    r.hear(200, "10.0.0.2", [](vrrp::Advert& a) { a.interval = 5s; });
    r.expect_discarded(Discard::interval, "it says 5 s, we use 1 s");
}

TEST_CASE("RFC 2338 7.1: version 2 authentication must agree") {
    SECTION("we ask for a password, it has none") {
        Receiver r([](Instance& i) { i.password = "secret"; });
        r.hear(200, "10.0.0.2", [](vrrp::Advert& a) { a.password.reset(); });
        r.expect_discarded(Discard::authentication, "from 10.0.0.2");
    }
    SECTION("it has another") {
        Receiver r([](Instance& i) { i.password = "secret"; });
        r.hear(200, "10.0.0.2", [](vrrp::Advert& a) { a.password = vrrp::make_password("other"); });
        r.expect_discarded(Discard::authentication, "from 10.0.0.2");
    }
    SECTION("it has one, we have none") {
        Receiver r;
        r.hear(200, "10.0.0.2", [](vrrp::Advert& a) { a.password = vrrp::make_password("secret"); });
        r.expect_discarded(Discard::authentication, "from 10.0.0.2");
    }
    SECTION("they agree") {
        Receiver r([](Instance& i) { i.password = "secret"; });
        r.hear(200);
        CHECK(r.state() == State::backup);
        CHECK(r.adverts().back().decoded.advert.password == vrrp::make_password("secret"));
    }
}

TEST_CASE("unicast: only listed peers, only unicast, and to each of them") {
    Receiver r([](Instance& i) { i.unicast_peers = {ip("10.0.0.2"), ip("10.0.0.3")}; });
    SECTION("multicast is refused") {
        r.hear(r.advert(200), "10.0.0.2", "224.0.0.18");
        r.expect_discarded(Discard::transport, "from 10.0.0.2");
    }
    SECTION("an unlisted sender is refused") {
        r.hear(r.advert(200), "10.0.0.9", "10.0.0.5");
        r.expect_discarded(Discard::unlisted, "from 10.0.0.9");
    }
    SECTION("TTL 254 is refused while ours is 255") {
        r.hear(r.advert(200), "10.0.0.2", "10.0.0.5", 254);
        r.expect_discarded(Discard::ttl, "(it is 254; unicast_ttl below 255 accepts any)");
    }
    SECTION("a listed one is obeyed") {
        r.hear(r.advert(200), "10.0.0.2", "10.0.0.5");
        CHECK(r.state() == State::backup);
    }
    SECTION("each peer gets its own copy, counted as one advert") {
        const auto before = r.counters().adverts_sent;
        r.world.run_for(1s);
        const auto seen = r.adverts();
        REQUIRE(seen.size() == 2);
        CHECK(seen[0].destination == ip("10.0.0.2"));
        CHECK(seen[1].destination == ip("10.0.0.3"));
        CHECK(r.counters().adverts_sent == before + 1);
    }
}

TEST_CASE("unicast_ttl below 255: sent with it, and received TTLs are not checked") {
    Receiver r([](Instance& i) {
        i.unicast_peers = {ip("10.0.0.2")};
        i.unicast_ttl = 64;
    });
    r.world.run_for(1s);
    CHECK(r.adverts().back().ttl == 64);
    r.hear(r.advert(200), "10.0.0.2", "10.0.0.5", 60);
    CHECK(r.state() == State::backup);
}

TEST_CASE("a multicast router refuses unicast") {
    Receiver r;
    r.hear(r.advert(200), "10.0.0.2", "10.0.0.5");
    r.expect_discarded(Discard::transport, "from 10.0.0.2");
}

TEST_CASE("a router with a multicast_group of its own hears no other group that the interface has joined") {
    Receiver r([](Instance& i) { i.multicast_group = ip("224.0.0.200"); });
    SECTION("the RFC's is refused") {
        r.hear(r.advert(200), "10.0.0.2", "224.0.0.18");
        r.expect_discarded(Discard::transport, "from 10.0.0.2");
    }
    SECTION("its own is obeyed") {
        r.hear(r.advert(200), "10.0.0.2", "224.0.0.200");
        CHECK(r.state() == State::backup);
    }
}

TEST_CASE("a router of the RFC's group hears no other group that the interface has joined") {
    Receiver r;
    r.hear(r.advert(200), "10.0.0.2", "224.0.0.200");
    r.expect_discarded(Discard::transport, "from 10.0.0.2");
}

TEST_CASE("multicast_group and source_address are used for what is sent") {
    Receiver r([](Instance& i) {
        i.multicast_group = ip("224.0.0.200");
        i.source_address = ip("10.0.0.5");
    });
    r.world.run_for(1s);
    CHECK(r.adverts().back().destination == ip("224.0.0.200"));
    CHECK(r.adverts().back().source == ip("10.0.0.5"));
    CHECK(r.adverts().back().ttl == 255);
}

TEST_CASE("rule 5: a list that overlaps is accepted, reported once, and reported when equal again") {
    Receiver r([](Instance& i) { i.addresses.push_back(virtual_address("10.0.0.101", "eth0")); });
    const auto overlapping = [](vrrp::Advert& a) { with_list(a, {ip("10.0.0.101"), ip("10.0.0.102")}); };
    r.hear(200, "10.0.0.2", overlapping);
    r.hear(200, "10.0.0.2", overlapping);
    CHECK(r.state() == State::backup);
    CHECK(r.world.logged("lb1", LogLevel::warning,
                         "the addresses of 10.0.0.2 differ from ours: it has 10.0.0.101, 10.0.0.102; we have "
                         "10.0.0.100, 10.0.0.101") == 1);
    r.hear(200);
    r.hear(200);
    CHECK(r.world.logged("lb1", "the same as ours again") == 1);
    r.hear(200, "10.0.0.2", overlapping);
    CHECK(r.world.logged("lb1", LogLevel::warning, "differ from ours") == 2);
}

TEST_CASE(
    "5.2.9: an IPv6 list that does not begin with a link-local address is accepted: Keepalived sends such") {
    auto instance = make_instance("VI_1", "eth0", 51, 100, {"fe80::100", "2001:db8::100"});
    instance.version = vrrp::Version::v3;
    Solo solo(only(instance), false);
    solo.node.kernel.add_by_hand("eth0", ip("fe80::5"), 64);
    solo.boot();
    auto advert = solo.advert(200);
    advert.addresses = {ip("2001:db8::100")};
    solo.hear(advert, "fe80::2", "ff02::12");
    CHECK(solo.counters().adverts_received == 1);
    CHECK(solo.status().master == ip("fe80::2"));
    CHECK(solo.world.logged("lb1", "differ") == 0);
}

TEST_CASE("rule 5: the order of a list means nothing") {
    Receiver r([](Instance& i) { i.addresses.push_back(virtual_address("10.0.0.101", "eth0")); });
    r.hear(200, "10.0.0.2", [](vrrp::Advert& a) { with_list(a, {ip("10.0.0.101"), ip("10.0.0.100")}); });
    CHECK(r.state() == State::backup);
    CHECK(r.world.logged("lb1", "differ") == 0);
}

TEST_CASE("rule 5: a disjoint list is another virtual router on our VRID") {
    const auto disjoint = [](vrrp::Advert& a) { with_list(a, {ip("10.0.0.222")}); };
    SECTION("rejected from a stranger") {
        Receiver r;
        r.hear(200, "10.0.0.2", disjoint);
        r.expect_discarded(Discard::foreign, "from 10.0.0.2");
    }
    SECTION("accepted and reported from a listed unicast peer") {
        Receiver r([](Instance& i) { i.unicast_peers = {ip("10.0.0.2")}; });
        auto advert = r.advert(200);
        disjoint(advert);
        r.hear(advert, "10.0.0.2", "10.0.0.5");
        CHECK(r.state() == State::backup);
        CHECK(r.world.logged("lb1", LogLevel::warning, "differ from ours") == 1);
    }
    SECTION("one that was listed once is a stranger when it is no more") {
        Receiver r([](Instance& i) { i.unicast_peers = {ip("10.0.0.2")}; });
        auto advert = r.advert(50);
        disjoint(advert);
        r.hear(advert, "10.0.0.2", "10.0.0.5");
        r.change([](Instance& i) { i.unicast_peers.clear(); });
        r.hear(200, "10.0.0.2", disjoint);
        CHECK(r.discarded(Discard::foreign) == 1);
        CHECK(r.state() == State::master);
    }
    SECTION("accepted and reported from a sender whose list overlapped before") {
        Receiver r;
        r.hear(50);
        r.hear(200, "10.0.0.2", disjoint);
        CHECK(r.state() == State::backup);
        CHECK(r.world.logged("lb1", LogLevel::warning, "differ from ours") == 1);
        r.hear(210, "10.0.0.3", disjoint);
        CHECK(r.discarded(Discard::foreign) == 1);
    }
}

TEST_CASE(
    "rule 5: both checksum forms are accepted; auto sends RFC 5798's until a peer is heard, then the "
    "peer's") {
    const auto v3 = [](Instance& i) { i.version = vrrp::Version::v3; };
    Receiver r(v3);
    r.world.run_for(1s);
    CHECK(r.adverts().back().decoded.checksum_form == ChecksumForm::pseudo_header);
    r.hear(r.advert(50), "10.0.0.2", "224.0.0.18", 255, ChecksumForm::message_only);
    CHECK(r.adverts().back().decoded.checksum_form == ChecksumForm::message_only);
    r.hear(r.advert(50), "10.0.0.2", "224.0.0.18", 255, ChecksumForm::pseudo_header);
    r.world.run_for(1s);
    CHECK(r.adverts().back().decoded.checksum_form == ChecksumForm::pseudo_header);
    CHECK(r.counters().adverts_received == 2);
}

TEST_CASE("rule 5: a fixed checksum form is sent whatever the peer does") {
    const auto policy = GENERATE(ChecksumPolicy::message_only, ChecksumPolicy::pseudo_header);
    Receiver r([policy](Instance& i) {
        i.version = vrrp::Version::v3;
        i.checksum = policy;
    });
    const bool plain = policy == ChecksumPolicy::message_only;
    r.hear(r.advert(50), "10.0.0.2", "224.0.0.18", 255,
           plain ? ChecksumForm::pseudo_header : ChecksumForm::message_only);
    CHECK(r.adverts().back().decoded.checksum_form ==
          (plain ? ChecksumForm::message_only : ChecksumForm::pseudo_header));
}

TEST_CASE("rule 5: senders of different checksum forms are told of once each, not at every advert") {
    Receiver r([](Instance& i) { i.version = vrrp::Version::v3; });
    for (int i = 0; i < 20; ++i) {
        r.hear(r.advert(50), "10.0.0.2", "224.0.0.18", 255, ChecksumForm::message_only);
        r.hear(r.advert(50), "10.0.0.3", "224.0.0.18", 255, ChecksumForm::pseudo_header);
        r.world.run_for(1s);
    }
    CHECK(r.world.logged("lb1", "sends the checksum of") == 2);
}

TEST_CASE("a flood of senders costs bounded memory and a bounded number of lines") {
    Receiver r;
    for (int i = 0; i < 4000; ++i) {
        const auto from = "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250);
        r.hear(50, from, [](vrrp::Advert& a) { a.addresses.push_back(ip("10.0.0.102")); });
        r.hear(r.advert(50), from, "224.0.0.18", 1);
    }
    CHECK(r.world.all<Log>("lb1").size() < 150);
    CHECK(r.state() == State::master);
}
