// SPDX-License-Identifier: Apache-2.0
// Design §5: desired addresses and present ones are two sets, and the plan is their difference. Against a
// model, whatever comes in whatever order.
#include "agent/core/address_plan.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

#include "tests/unit/core/builders.hpp"

using namespace regent;
using namespace regent::core;
using namespace regent::core::test;

namespace {

constexpr AddressPlan::Owner owners = 2;
constexpr unsigned numbers = 4;

VirtualAddress numbered(unsigned number, Family family = Family::ipv4) {
    const auto* net = family == Family::ipv4 ? "10.0.0." : "2001:db8::";
    return virtual_address(net + std::to_string(100 + number), "eth0");
}

/// A plan and a kernel whose answers are delivered when the test says so.
struct Stage {
    Stage() {
        for (const auto& input : virtual_kernel.add_link("eth0", ip("10.0.0.1"))) {
            if (const auto* link = std::get_if<LinkChanged>(&input)) view.set_link(link->link, now);
        }
        // A leftover of an earlier run tells the plan that this kernel reports whose an address is.
        deliver(AddressAppeared{{2, ip("10.0.0.99"), 32, true, true}});
        deliver(AddressVanished{{2, ip("10.0.0.99"), 32, true, true}});
        settle();
    }
    void reconcile() {
        Actions actions;
        plan.reconcile(now, view, actions);
        for (const auto& action : actions) {
            const auto answer = [&](const auto& request) {
                if constexpr (requires { virtual_kernel.perform(request); }) {
                    for (auto& input : virtual_kernel.perform(request))
                        answers.push_back(std::move(input));
                }
            };
            std::visit(answer, action);
            ++requests;
        }
    }
    void deliver(const Input& input) {
        if (const auto* seen = std::get_if<AddressAppeared>(&input)) {
            if (!plan.appeared("eth0", seen->address)) view.add_address(seen->address);
        } else if (const auto* gone = std::get_if<AddressVanished>(&input)) {
            plan.vanished("eth0", gone->address, now);
            view.remove_address(gone->address);
        } else if (const auto* no = std::get_if<AddressRefused>(&input)) {
            plan.refused({"eth0", no->address, no->prefix}, no->adding, no->reason, now);
        }
    }
    void deliver_all() {
        for (const auto& input : std::exchange(answers, {}))
            deliver(input);
    }
    /// Until nothing is asked for any more; an hour lets every delay pass.
    void settle() {
        for (int i = 0; i < 100; ++i) {
            deliver_all();
            plan.take_events();
            const auto before = requests;
            reconcile();
            if (requests == before && answers.empty() && !plan.next_deadline()) return;
            if (requests == before && answers.empty()) now += 1h;
        }
        FAIL("the plan does not come to rest");
    }

    Instant now = Instant{} + 1h;
    KernelView view;
    AddressPlan plan;
    VirtualKernel virtual_kernel;
    std::vector<Input> answers;
    std::size_t requests = 0;
};

}  // namespace

TEST_CASE(
    "address plan: whatever happens in whatever order, it ends with what is desired and nothing else of "
    "ours") {
    rc::prop("model", [] {
        Stage s;
        // Linux tells IPv4 addresses of one interface apart by their prefix, IPv6 addresses it does not.
        const auto family = *rc::gen::element(Family::ipv4, Family::ipv6);
        const auto any_prefix = [family] {
            return family == Family::ipv4 ? std::uint8_t{32} : *rc::gen::element<std::uint8_t>(64, 128);
        };
        const auto address_of = [family](unsigned number) { return numbered(number, family).address; };
        std::vector<std::set<unsigned>> configured(owners);
        std::vector<bool> desired(owners, false);
        std::set<unsigned> by_hand;
        const auto steps = *rc::gen::inRange(1, 60);
        for (int i = 0; i < steps; ++i) {
            const auto owner = *rc::gen::inRange(0U, owners);
            const auto number = *rc::gen::inRange(0U, numbers);
            switch (*rc::gen::inRange(0, 8)) {
                case 0: {
                    // Addresses belong to one instance each; the configuration rules out anything else.
                    std::vector<VirtualAddress> list;
                    configured[owner].clear();
                    for (unsigned n = owner; n < numbers; n += owners) {
                        if (!*rc::gen::arbitrary<bool>()) continue;
                        configured[owner].insert(n);
                        list.push_back(numbered(n, family));
                        list.back().prefix = any_prefix();
                        list.back().label = *rc::gen::element<std::string>("", "eth0:a");
                    }
                    s.plan.configure(owner, list, 0s, s.now, s.view);
                    break;
                }
                case 1:
                    desired[owner] = !desired[owner];
                    s.plan.desire(owner, desired[owner], s.now);
                    break;
                case 2:
                    s.deliver_all();  // rules.md 1: what the kernel says is read before timers run
                    s.reconcile();
                    break;
                case 3: s.deliver_all(); break;
                case 4:
                    for (auto& input : s.virtual_kernel.remove_by_hand(address_of(number)))
                        s.answers.push_back(std::move(input));
                    by_hand.erase(number);
                    break;
                case 5:
                    if (s.virtual_kernel.holds(address_of(number))) break;
                    for (auto& input : s.virtual_kernel.add_by_hand("eth0", address_of(number), any_prefix()))
                        s.answers.push_back(std::move(input));
                    by_hand.insert(number);
                    break;
                case 6:
                    if (s.virtual_kernel.refuses_to_add.erase(address_of(number)) == 0)
                        s.virtual_kernel.refuses_to_add.insert(address_of(number));
                    break;
                default: {
                    // The notifications so far are lost, and everything is read anew.
                    s.answers.clear();
                    s.view.clear_addresses();
                    s.plan.begin_snapshot();
                    for (const auto& address : s.virtual_kernel.snapshot().addresses)
                        s.deliver(AddressAppeared{address});
                }
            }
        }
        s.virtual_kernel.refuses_to_add.clear();
        s.settle();
        RC_ASSERT(s.plan.settled());
        for (AddressPlan::Owner owner = 0; owner < owners; ++owner) {
            if (desired[owner]) RC_ASSERT(s.plan.complete(owner));
        }
        for (unsigned number = 0; number < numbers; ++number) {
            const AddressPlan::Owner owner = number % owners;
            const bool wanted = desired[owner] && configured[owner].contains(number);
            const bool held = s.virtual_kernel.holds(address_of(number));
            if (wanted) RC_ASSERT(held);
            // Rule 8: what was added by hand stays; what is ours and not wanted is gone.
            if (by_hand.contains(number)) RC_ASSERT(held);
            if (!wanted && !by_hand.contains(number)) RC_ASSERT(!held);
        }
    });
}

TEST_CASE("address plan: nothing is asked for twice while the answer is under way") {
    Stage s;
    s.plan.configure(0, {numbered(0)}, 0s, s.now, s.view);
    s.plan.desire(0, true, s.now);
    s.reconcile();
    s.reconcile();
    CHECK(s.requests == 1);
    s.plan.desire(0, false, s.now);
    s.reconcile();
    CHECK(s.requests == 1);
    CHECK_FALSE(s.plan.settled());
    s.deliver_all();
    s.reconcile();
    CHECK(s.requests == 2);
    s.deliver_all();
    s.reconcile();
    CHECK(s.plan.settled());
    CHECK_FALSE(s.virtual_kernel.holds(numbered(0).address));
}

TEST_CASE("address plan: answers about addresses that nobody knows are ignored") {
    Stage s;
    s.plan.vanished("eth0", {2, ip("10.9.9.9"), 32, true, true}, s.now);
    s.plan.refused({"eth0", ip("10.9.9.9"), 32}, true, "no", s.now);
    CHECK(s.plan.take_events().empty());
    CHECK_FALSE(s.plan.next_deadline());
    CHECK(s.plan.held(7).empty());
    CHECK(s.plan.complete(7));
}

TEST_CASE("address plan: an address moves to another owner in either order of configuration") {
    Stage s;
    s.plan.configure(0, {numbered(0)}, 0s, s.now, s.view);
    s.plan.desire(0, true, s.now);
    s.plan.desire(1, true, s.now);
    s.settle();
    REQUIRE(s.requests == 1);
    if (GENERATE(false, true)) {
        s.plan.configure(1, {numbered(0)}, 0s, s.now, s.view);
        s.plan.configure(0, {}, 0s, s.now, s.view);
    } else {
        s.plan.configure(0, {}, 0s, s.now, s.view);
        s.plan.configure(1, {numbered(0)}, 0s, s.now, s.view);
    }
    s.settle();
    CHECK(s.requests == 1);
    CHECK(s.plan.held(0).empty());
    CHECK(s.plan.held(1).size() == 1);
}
