// SPDX-License-Identifier: Apache-2.0
#include "plugins/http/http_check.hpp"

#include <fmt/format.h>
#include <utility>

#include "plugins/curl/failure.hpp"
#include "plugins/support/printable.hpp"
#include "plugins/support/socket_address.hpp"

namespace regent::plugins::http {
namespace {

constexpr std::size_t maximum_wanted = 4096;
constexpr std::size_t maximum_shown = 40;
/// What follows is another protocol, and may never end.
constexpr long switching_protocols = 101;
/// What fits into the address of a unix socket.
constexpr std::size_t maximum_socket_path = 107;

curl::Url url(const sdk::Values& values) {
    std::string why;
    auto made = curl::parse_url(values.text("url"), why);
    if (!made) throw sdk::Blame(values, "url", why);
    return *made;
}

curl::Peer peer(const sdk::Values& values) {
    curl::Peer made{url(values), values.text("address"), values.text("unix_socket"), {}};
    if (!made.address.empty() && !made.unix_socket.empty())
        throw sdk::Blame(values, "unix_socket",
                         "address says already where to connect to: give one of the two");
    if (made.unix_socket.size() > maximum_socket_path)
        throw sdk::Blame(values, "unix_socket", "is too long for a unix socket");
    if (made.address.empty() && made.unix_socket.empty() && !curl::is_address(made.url.host))
        throw sdk::Blame(values, "url",
                         fmt::format("\"{}\" is a name, and looking one up takes too long: give address = "
                                     "\"its IP address\" beside it",
                                     printable(made.url.host, 64)));
    if (made.unix_socket.empty() && curl::is_link_local(made.address.empty() ? made.url.host : made.address))
        throw sdk::Blame(values, made.address.empty() ? "url" : "address", std::string(link_local_fault));
    made.tls = {values.boolean("verify"), values.text("ca_file"), values.text("client_certificate"),
                values.text("client_key")};
    // A redirect may lead to one that is.
    if (!made.url.is_tls && values.integer("redirects") == 0) {
        for (const char* const name : {"ca_file", "client_certificate", "client_key"}) {
            if (values.has(name))
                throw sdk::Blame(values, name, "is of no use with a URL that is not https://");
        }
    }
    if (!made.tls.verify && values.has("ca_file"))
        throw sdk::Blame(values, "ca_file", "is of no use with verify = false");
    if (!made.tls.key.empty() && made.tls.certificate.empty())
        throw sdk::Blame(values, "client_key", "is of no use without client_certificate");
    return made;
}

bool is_header_line(const std::string& text) {
    const std::size_t colon = text.find(": ");
    return colon != std::string::npos && colon > 0 && text.find_first_of("\r\n") == std::string::npos &&
           text.find_first_of(" \t") > colon;
}

curl::Request request(const sdk::Values& values) {
    curl::Request made;
    made.method = values.text("method");
    made.headers = values.texts("headers");
    for (const std::string& header : made.headers) {
        if (!is_header_line(header))
            throw sdk::Blame(values, "headers",
                             "each must be a name, a colon, a blank and a value, in one line");
    }
    if (values.has("host_header")) {
        made.headers.push_back("Host: " + values.text("host_header"));
        if (!is_header_line(made.headers.back()) || values.text("host_header").empty())
            throw sdk::Blame(values, "host_header", "must be one line, and not empty");
    }
    made.body = values.text("send");
    if (!made.body.empty() && made.method != "POST" && made.method != "PUT")
        throw sdk::Blame(values, "send", "is of no use unless method is \"POST\" or \"PUT\"");
    made.maximum_redirects = values.integer("redirects");
    made.keep = values.boolean("keep");
    return made;
}

StatusSet statuses(const sdk::Values& values) {
    StatusSet made;
    for (const std::string& text : values.texts("status")) {
        if (!made.add(text))
            throw sdk::Blame(values, "status",
                             "\"" + printable(text, 16) +
                                 "\" is none of \"200\", \"200-299\" and \"2xx\", from 100 to 599");
    }
    return made;
}

std::string wanted_body(const sdk::Values& values) {
    std::string made = values.text("body");
    if (made.size() > maximum_wanted) throw sdk::Blame(values, "body", "is longer than 4096 bytes");
    if (!made.empty() && values.text("method") == "HEAD")
        throw sdk::Blame(values, "body", "the answer to HEAD has none");
    return made;
}

}  // namespace

void HttpCheck::validate(const sdk::Values& values) {
    (void)peer(values);
    (void)request(values);
    (void)statuses(values);
    (void)wanted_body(values);
}

HttpCheck::HttpCheck(sdk::Context context, const sdk::Values& values)
    : context_(context),
      statuses_(statuses(values)),
      search_(wanted_body(values)),
      maximum_body_(static_cast<std::size_t>(values.integer("max_body"))),
      redirects_(values.integer("redirects")),
      has_body_(values.text("method") != "HEAD"),
      watcher_(context, libcurl_timer),
      multi_(watcher_),
      transfer_(peer(values), request(values), *this) {}

void HttpCheck::probe(sdk::ProbeId probe, sdk::Instant deadline) {
    ++probes_;
    probe_ = probe;
    body_size_ = 0;
    search_.restart();
    patience_ = deadline - context_.now();
    // Before the host's own deadline: it could not say what was waited for.
    context_.set_timer(deadline_timer,
                       deadline - std::max<sdk::Duration>(patience_ / 20, std::chrono::milliseconds(1)));
    transfer_.start(multi_);
}

void HttpCheck::cancel(sdk::ProbeId) {
    transfer_.cancel();
    context_.clear_timer(deadline_timer);
    probe_ = sdk::unsolicited;
}

void HttpCheck::stop() {
    cancel(probe_);
    multi_.close();
}

void HttpCheck::on_timer(std::uint64_t timer) {
    if (timer == libcurl_timer) return multi_.on_timer();
    if (probe_ == sdk::unsolicited) return;
    ++timeouts_;
    std::string awaited = transfer_.awaited();
    transfer_.cancel();
    answer(sdk::down(
        sdk::Reason::timeout,
        fmt::format("waited {} ms in vain for {}",
                    std::chrono::duration_cast<std::chrono::milliseconds>(patience_).count(), awaited)));
}

bool HttpCheck::on_status(long status) {
    body_size_ = 0;
    search_.restart();
    if (status == switching_protocols) return false;
    return statuses_.holds(status) || is_redirect(status);
}

bool HttpCheck::on_body(std::string_view part) {
    body_size_ += part.size();
    if (body_size_ > maximum_body_) return false;
    search_.add(part);
    return true;
}

void HttpCheck::on_end(CURLcode code) {
    answer(judge(code));
}

sdk::Result HttpCheck::judge(CURLcode code) const {
    if (code != CURLE_OK && (code != CURLE_WRITE_ERROR || transfer_.is_header_too_long()))
        return curl::failure(transfer_, code);
    const long status = transfer_.status();
    if (!statuses_.holds(status))
        return sdk::down(sdk::Reason::protocol, fmt::format("status {}, want {}", status, statuses_.words()),
                         static_cast<int>(status));
    if (body_size_ > maximum_body_)
        return sdk::down(sdk::Reason::protocol,
                         fmt::format("the body is longer than {} bytes", maximum_body_));
    if (!search_.is_found())
        return sdk::down(sdk::Reason::protocol,
                         fmt::format("\"{}\" is not in the body of {} bytes",
                                     printable(search_.wanted(), maximum_shown), body_size_));
    // A part of the body was refused, and by none of the above: there was no memory for it.
    if (code != CURLE_OK && status != switching_protocols)
        return sdk::unknown(sdk::Reason::internal, curl_easy_strerror(code));
    return sdk::up(fmt::format("status {}", status), metrics());
}

std::vector<sdk::Metric> HttpCheck::metrics() const {
    std::vector<sdk::Metric> made{{"connect_seconds", transfer_.connect_seconds()},
                                  {"first_byte_seconds", transfer_.first_byte_seconds()}};
    if (has_body_) made.push_back({"body_bytes", static_cast<double>(body_size_)});
    if (const auto left = transfer_.certificate().seconds_left)
        made.push_back({"certificate_valid_seconds", *left});
    return made;
}

void HttpCheck::answer(sdk::Result result) {
    context_.clear_timer(deadline_timer);
    if (result.state != sdk::State::up)
        result.message = printable(transfer_.peer().url.shown, 80) + ": " + result.message;
    context_.report(std::exchange(probe_, sdk::unsolicited), result);
}

std::string HttpCheck::describe() const {
    return fmt::format(R"({{"probes":{},"timeouts":{},"waiting_for":"{}"}})", probes_, timeouts_,
                       transfer_.is_active() ? transfer_.awaited() : "nothing");
}

}  // namespace regent::plugins::http
