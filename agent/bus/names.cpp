// SPDX-License-Identifier: Apache-2.0
#include "agent/bus/names.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <new>
#include <systemd/sd-bus.h>

namespace regent::bus {

std::string path_of(Kind kind, std::string_view name) {
    static constexpr std::array folders{"/instance", "/group", "/check", "/notifier", "/plugin"};
    const std::string prefix = std::string(root_path) + folders.at(static_cast<std::size_t>(kind));
    char* path = nullptr;
    if (sd_bus_path_encode(prefix.c_str(), std::string(name).c_str(), &path) < 0) throw std::bad_alloc();
    const std::unique_ptr<char, decltype(&std::free)> owner(path, &std::free);
    return path;
}

std::string name_of(const std::string& path) {
    const auto folder = path.rfind('/');
    char* name = nullptr;
    if (folder == std::string::npos ||
        sd_bus_path_decode(path.c_str(), path.substr(0, folder).c_str(), &name) <= 0)
        return {};
    const std::unique_ptr<char, decltype(&std::free)> owner(name, &std::free);
    return name;
}

std::string state_word(vrrp::State state) {
    std::string text(vrrp::to_string(state));
    std::transform(text.begin(), text.end(), text.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
    });
    return text;
}

}  // namespace regent::bus
