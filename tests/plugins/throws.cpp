// SPDX-License-Identifier: Apache-2.0
// A plugin in C++ without the wrapper, which lets an exception out of probe.
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "regent/abi/plugin.h"

namespace {

constexpr regent_str text(std::string_view words) {
    return {words.data(), words.size()};
}

void* create(const regent_host*, regent_instance, const regent_value*, std::size_t, regent_error*) {
    return std::malloc(1);
}
void probe(void*, std::uint64_t, std::int64_t) {
    throw std::runtime_error("nobody catches this");
}
void cancel(void*, std::uint64_t) {}

constexpr regent_check_ops ops = [] {
    regent_check_ops made{};
    made.struct_size = sizeof made;
    made.create = create;
    made.probe = probe;
    made.cancel = cancel;
    made.destroy = std::free;
    return made;
}();
constexpr regent_type type{sizeof(regent_type), REGENT_KIND_CHECK, 0,       0,
                           text("throws"),      text("throws"),    nullptr, &ops};
constexpr const regent_type* types[] = {&type};

}  // namespace

extern "C" REGENT_EXPORT constexpr regent_plugin regent_plugin_v1{sizeof(regent_plugin),
                                                                  REGENT_ABI_MAJOR,
                                                                  REGENT_ABI_MINOR,
                                                                  0,
                                                                  0,
                                                                  1,
                                                                  text("org.example.throws"),
                                                                  text("1.0.0"),
                                                                  text("a fixture"),
                                                                  {},
                                                                  text("Apache-2.0"),
                                                                  types};
