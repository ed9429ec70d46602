// SPDX-License-Identifier: Apache-2.0
// The whole SDK in one include, and the one line that makes a shared object a plugin:
//
//     REGENT_PLUGIN("org.example.ftp", "1.0.0", "checks FTP servers", "https://example.org/", "Apache-2.0",
//                   regent::sdk::check<FtpCheck>)
#pragma once

#include "regent/abi/plugin.h"
#include "regent/check.hpp"
#include "regent/notifier.hpp"

namespace regent::sdk::detail {

template <const regent_type&... types>
inline constexpr std::array<const regent_type*, sizeof...(types)> type_list{&types...};

template <const regent_type&... types>
constexpr regent_plugin describe_plugin(std::string_view id, std::string_view version,
                                        std::string_view summary, std::string_view url,
                                        std::string_view license) {
    return {sizeof(regent_plugin),
            REGENT_ABI_MAJOR,
            REGENT_ABI_MINOR,
            0,
            0,
            sizeof...(types),
            to_abi(id),
            to_abi(version),
            to_abi(summary),
            to_abi(url),
            to_abi(license),
            type_list<types...>.data()};
}

}  // namespace regent::sdk::detail

/// Once a shared object, outside any namespace. All texts are literals; `license` is an SPDX expression.
#define REGENT_PLUGIN(id, version, summary, url, license, ...)                                 \
    extern "C" {                                                                               \
    constinit const regent_plugin regent_plugin_v1 =                                           \
        regent::sdk::detail::describe_plugin<__VA_ARGS__>(id, version, summary, url, license); \
    }
