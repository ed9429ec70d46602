// SPDX-License-Identifier: Apache-2.0
// The check type `http`: a request, and what has to be true of its answer.
#pragma once

#include <array>

#include "plugins/curl/transfer.hpp"
#include "plugins/http/body_search.hpp"
#include "plugins/http/status_set.hpp"
#include "regent/check.hpp"

namespace regent::plugins::http {

class HttpCheck final : private curl::Listener {
  public:
    static constexpr std::string_view name = "http", summary = "asks an HTTP server and judges its answer";
    static constexpr std::array<std::string_view, 5> methods{"GET", "HEAD", "POST", "PUT", "OPTIONS"};
    static constexpr std::array params{
        sdk::Param::text("url",
                         "what is asked for; its host is an IP address unless address says where it is")
            .required(),
        sdk::Param::address("address", "IP address to connect to in place of the URL's host"),
        sdk::Param::path("unix_socket", "unix socket to connect to in place of the URL's host"),
        sdk::Param::choice("method", "the request's method", methods).or_else("\"GET\""),
        sdk::Param::text("host_header", "the Host header, if it is not to be the URL's host"),
        sdk::Param::text("headers", "further headers, \"Name: value\"").list().secret().between(0, 32),
        sdk::Param::text("send", "the body of the request").secret(),
        sdk::Param::text("status", "good statuses: \"200\", \"200-299\" or \"2xx\"")
            .list()
            .or_else("[\"200\"]")
            .between(1, 32),
        sdk::Param::text("body", "a text that must stand in the body"),
        sdk::Param::size("max_body", "a body that is longer is not good")
            .or_else("\"1MiB\"")
            .between(1, 1 << 30),
        sdk::Param::integer("redirects", "how many redirects are followed, all to the same address")
            .or_else("0")
            .between(0, 20),
        sdk::Param::boolean("verify", "whether the server's certificate must be valid for the URL's host")
            .or_else("true"),
        sdk::Param::path("ca_file", "whom to trust, PEM; default: whom this machine trusts"),
        sdk::Param::path("client_certificate", "what to prove us with, PEM"),
        sdk::Param::path("client_key", "its key, PEM, if that stands in a file of its own"),
        sdk::Param::boolean("keep", "ask over one connection, made anew every 30 s").or_else("false"),
    };

    static void validate(const sdk::Values& values);
    HttpCheck(sdk::Context context, const sdk::Values& values);

    void probe(sdk::ProbeId probe, sdk::Instant deadline);
    void cancel(sdk::ProbeId probe);
    void on_fd(int fd, std::uint32_t events) { multi_.on_fd(fd, events); }
    void on_timer(std::uint64_t timer);
    void stop();
    std::string describe() const;

  private:
    enum Timer : std::uint64_t { libcurl_timer = 1, deadline_timer = 2 };

    bool on_status(long status) override;
    bool on_body(std::string_view part) override;
    void on_end(CURLcode code) override;
    bool is_redirect(long status) const { return redirects_ > 0 && status >= 300 && status < 400; }
    sdk::Result judge(CURLcode code) const;
    std::vector<sdk::Metric> metrics() const;
    void answer(sdk::Result result);

    sdk::Context context_;
    StatusSet statuses_;
    BodySearch search_;
    std::size_t maximum_body_;
    long redirects_;
    bool has_body_;  ///< whether the method asks for one
    curl::ContextWatcher watcher_;
    curl::Multi multi_;
    curl::Transfer transfer_;
    sdk::ProbeId probe_ = sdk::unsolicited;
    std::size_t body_size_ = 0;
    sdk::Duration patience_{};
    std::uint64_t probes_ = 0;
    std::uint64_t timeouts_ = 0;
};

}  // namespace regent::plugins::http
