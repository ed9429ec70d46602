// SPDX-License-Identifier: Apache-2.0
// A text is found in a body however that is cut; statuses and URLs from a configuration may be anything.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "plugins/curl/peer.hpp"
#include "plugins/http/body_search.hpp"
#include "plugins/http/status_set.hpp"

using namespace regent::plugins;

namespace {

void demand(bool is_true) {
    if (!is_true) std::abort();
}

void search(std::string_view wanted, std::string_view body, std::size_t step) {
    http::BodySearch reader{std::string(wanted)};
    std::string all;
    while (!body.empty()) {
        const auto part = body.substr(0, step);
        all += part;
        reader.add(part);
        demand(reader.is_found() == (all.find(wanted) != std::string::npos));
        body.remove_prefix(part.size());
    }
}

void configuration(const std::string& text) {
    http::StatusSet set;
    if (set.add(text)) demand(!set.words().empty() && !set.holds(99) && !set.holds(600));
    std::string why;
    if (const auto url = curl::parse_url(text, why)) {
        demand(!url->host.empty() && url->shown.starts_with(url->is_tls ? "https://" : "http://"));
    } else {
        demand(!why.empty());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string text(data + 2, data + size);
    const std::size_t length = std::min<std::size_t>(data[0] % 16, text.size());
    const std::string_view view = text;
    search(view.substr(0, length), view.substr(length), 1 + data[1] % 32);
    configuration(text);
    return 0;
}
