// SPDX-License-Identifier: Apache-2.0
#include "plugins/curl/peer.hpp"

#include <curl/curl.h>
#include <memory>

#include "plugins/support/socket_address.hpp"

namespace regent::plugins::curl {
namespace {

constexpr std::size_t maximum_url = 2048;

struct CleanUrl {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

std::string part(CURLU* url, CURLUPart what) {
    char* text = nullptr;
    if (curl_url_get(url, what, &text, 0) != CURLUE_OK) return {};
    std::string copy = text;
    curl_free(text);
    return copy;
}

}  // namespace

bool is_address(const std::string& text) {
    return socket_address(text).has_value();
}

bool is_link_local(const std::string& text) {
    const auto address = socket_address(text);
    return address && address->is_link_local();
}

std::optional<Url> parse_url(const std::string& text, std::string& why) {
    const std::unique_ptr<CURLU, CleanUrl> url(curl_url());
    why = "must be a URL, as in \"http://192.0.2.1:8080/health\"";
    if (!url || text.size() > maximum_url) return std::nullopt;
    if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return std::nullopt;
    Url made;
    const std::string scheme = part(url.get(), CURLUPART_SCHEME);
    made.is_tls = scheme == "https";
    if (scheme != "http" && scheme != "https") {
        why = "must begin with http:// or https://";
        return std::nullopt;
    }
    if (!part(url.get(), CURLUPART_USER).empty() || !part(url.get(), CURLUPART_PASSWORD).empty()) {
        why = "must not hold a user or a password: URLs are shown; give headers = [\"Authorization: ...\"]";
        return std::nullopt;
    }
    made.text = text;
    const std::string host = part(url.get(), CURLUPART_HOST);
    if (host.empty()) return std::nullopt;
    made.host = host.front() == '[' ? host.substr(1, host.size() - 2) : host;
    made.shown = scheme + "://" + host;
    if (const std::string port = part(url.get(), CURLUPART_PORT); !port.empty()) made.shown += ":" + port;
    made.shown += part(url.get(), CURLUPART_PATH);
    return made;
}

}  // namespace regent::plugins::curl
