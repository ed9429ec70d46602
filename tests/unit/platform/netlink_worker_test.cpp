// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/netlink_worker.hpp"

#include <catch2/catch.hpp>

#include "agent/platform/clock.hpp"

#include "tests/unit/platform/network.hpp"

using namespace regent;
using namespace regent::platform;
using namespace regent::platform::test;
using namespace std::chrono_literals;

namespace {

core::AddAddress add(int interface_index, const std::string& address) {
    core::AddAddress request;
    request.interface_index = interface_index;
    request.address.address = ip(address);
    request.address.device = "left0";
    return request;
}

bool stands(const std::string& address) {
    return output_of("ip -o address show dev left0").find(address) != std::string::npos;
}

}  // namespace

TEST_CASE("The worker carries out requests in order, and a refusal comes back") {
    REQUIRE_NETWORK();
    const Cable cable;
    const auto worker = NetlinkWorker::open();
    REQUIRE(worker);
    (*worker)->start(std::nullopt);
    (*worker)->queue(add(cable.left_index, "192.0.2.200"));
    (*worker)->queue(add(4711, "192.0.2.201"));
    (*worker)->queue(core::RemoveAddress{cable.left_index, ip("192.0.2.200"), 32});
    (*worker)->queue(add(cable.left_index, "192.0.2.202"));
    (*worker)->kick();
    std::vector<core::Input> answers;
    eventually([&] {
        (*worker)->drain(answers);
        return !answers.empty() && stands("192.0.2.202");
    });
    CHECK_FALSE(stands("192.0.2.200/"));
    REQUIRE(answers.size() == 1);
    const auto* refused = std::get_if<core::AddressRefused>(&answers[0]);
    REQUIRE(refused);
    CHECK(refused->address == ip("192.0.2.201"));
}

TEST_CASE("What waits when the worker is ended is carried out before") {
    REQUIRE_NETWORK();
    const Cable cable;
    {
        const auto worker = NetlinkWorker::open();
        REQUIRE(worker);
        for (unsigned i = 1; i <= 200; ++i)
            (*worker)->queue(add(cable.left_index, "10.9.0." + std::to_string(i)));
        (*worker)->start(std::nullopt);
        (*worker)->finish();
    }
    CHECK(stands("10.9.0.1/"));
    CHECK(stands("10.9.0.200/"));
}

TEST_CASE("An addition later than its time is told as not tried; a renewal later than its lease is dropped") {
    REQUIRE_NETWORK();
    const Cable cable;
    const auto worker = NetlinkWorker::open();
    REQUIRE(worker);
    auto late = add(cable.left_index, "192.0.2.200");
    late.not_after = now() - 1ms;
    (*worker)->queue(late);
    (*worker)->queue(core::RenewLease{cable.left_index, late.address, 3s, now() - 1ms});
    (*worker)->start(std::nullopt);
    (*worker)->finish();
    std::vector<core::Input> answers;
    (*worker)->drain(answers);
    REQUIRE(answers.size() == 1);
    CHECK(std::holds_alternative<core::AddressNotTried>(answers[0]));
    CHECK_FALSE(stands("192.0.2.200"));
}

TEST_CASE("More than may wait: additions count as refused, renewals are dropped and counted") {
    REQUIRE_NETWORK();
    const Cable cable;
    const auto worker = NetlinkWorker::open();
    REQUIRE(worker);
    const auto one = add(cable.left_index, "192.0.2.200");
    for (std::size_t i = 0; i < NetlinkWorker::capacity; ++i)
        (*worker)->queue(core::RemoveAddress{cable.left_index, ip("192.0.2.99"), 32});
    (*worker)->queue(one);
    (*worker)->queue(core::RenewLease{cable.left_index, one.address, 3s, Instant::max()});
    std::vector<core::Input> answers;
    (*worker)->drain(answers);
    REQUIRE(answers.size() == 1);
    CHECK(std::holds_alternative<core::AddressRefused>(answers[0]));
    CHECK((*worker)->dropped_renewals() == 1);
}
