// SPDX-License-Identifier: Apache-2.0
// Where a server is, and whom it has to prove to be.
#pragma once

#include <optional>
#include <string>

namespace regent::plugins::curl {

struct Tls {
    bool verify = true;
    std::string ca_file;      ///< empty: the system's
    std::string certificate;  ///< of ours, PEM; empty: none
    std::string key;          ///< empty: it stands in `certificate`
};

/// A URL in parts. Nothing is looked up.
struct Url {
    std::string text;
    std::string host;  ///< IPv6 without brackets
    bool is_tls = false;

    /// Without query: that may hold a secret, and these are for messages.
    std::string shown;
};

/// Nothing when `text` is not http:// or https:// and a host; `why` gets a sentence.
std::optional<Url> parse_url(const std::string& text, std::string& why);

/// Whether it is an IPv4 or IPv6 address, without brackets or zone.
bool is_address(const std::string& text);
/// Whether it is an address that cannot be connected to, for nobody says through which interface.
bool is_link_local(const std::string& text);

struct Peer {
    Url url;
    std::string address;      ///< to connect to, whatever the URL's host; empty: that host
    std::string unix_socket;  ///< in place of an address; empty: none
    Tls tls;
};

}  // namespace regent::plugins::curl
