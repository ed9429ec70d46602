// SPDX-License-Identifier: Apache-2.0
// Network namespaces for the tests: two, joined by a cable, without a name and gone with the objects here.
// The tests move the calling thread between them; a socket stays in the one it was opened in.
#pragma once

#include <array>
#include <functional>
#include <linux/capability.h>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/ip_address.hpp"
#include "agent/base/mac_address.hpp"
#include "agent/core/input.hpp"
#include "agent/platform/descriptor.hpp"

namespace regent::platform::test {

/// False, with a loud message, when no namespace can be made; a failure where $CI is set.
bool network_allowed();

/// Ends the test case early where there is no permission.
#define REQUIRE_NETWORK() \
    if (!regent::platform::test::network_allowed()) return

IpAddress ip(std::string_view text);

/// Runs a shell command in the calling thread's namespace; it must succeed.
void run(const std::string& command);
/// The same, giving its standard output.
std::string output_of(const std::string& command);

/// Waits until `fd` is readable, at most 5 s; false when that passed.
bool readable(int fd);

/// Asks again and again until the answer is yes, at most 5 s; fails the test then.
void eventually(const std::function<bool()>& question);

/// A network namespace with loopback up, entered by its construction and left by its destruction.
class Namespace {
  public:
    Namespace();
    ~Namespace();
    Namespace(const Namespace&) = delete;
    Namespace& operator=(const Namespace&) = delete;

    void enter() const;
    /// As `ip link … netns` takes it.
    std::string path() const;

  private:
    Descriptor before_;
    Descriptor own_;
};

/// left0 192.0.2.1/24 fe80::1/64 2001:db8::1/64 and right0 with 2 for 1, joined, up, without duplicate
/// detection. The calling thread is in `left` afterwards.
struct Cable {
    Cable();

    Namespace right;
    Namespace left;
    int left_index = 0;
    int right_index = 0;
};

/// `right` routes, and forbids what `left` sends to 2001:db8:7::/64 by it, as a firewall on the way does. The
/// calling thread is in `left` afterwards.
void forbid_on_the_way(const Cable& cable);

/// Without some effective capabilities for as long as it lives.
class WithoutCapability {
  public:
    explicit WithoutCapability(unsigned capability);
    ~WithoutCapability();
    WithoutCapability(const WithoutCapability&) = delete;
    WithoutCapability& operator=(const WithoutCapability&) = delete;

  private:
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> before_{};
};

/// Everything that arrives at an interface of the calling thread's namespace, as whole Ethernet frames.
class Capture {
  public:
    explicit Capture(int interface_index);
    /// The next frame with this Ethernet type to this address: the kernel sends of its own accord, too (MLD
    /// reports, router solicitations). Fails the test after 5 s.
    Bytes next(std::uint16_t ethernet_type, const MacAddress& to);

  private:
    Descriptor socket_;
};

/// Collects inputs from a source until `enough` says so, at most 5 s; fails the test then.
std::vector<core::Input> collect(int fd, const std::function<void(std::vector<core::Input>&)>& drain,
                                 const std::function<bool(const std::vector<core::Input>&)>& enough);

/// The inputs of one kind, in order.
template <class T>
std::vector<T> only(const std::vector<core::Input>& inputs) {
    std::vector<T> found;
    for (const core::Input& input : inputs) {
        if (const T* one = std::get_if<T>(&input)) found.push_back(*one);
    }
    return found;
}

}  // namespace regent::platform::test
