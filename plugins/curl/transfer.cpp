// SPDX-License-Identifier: Apache-2.0
#include "plugins/curl/transfer.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <sys/socket.h>
#include <system_error>
#include <utility>

namespace regent::plugins::curl {
namespace {

/// A kept connection is made anew after this time, or a listener that is gone would never be noticed.
constexpr long maximum_connection_age_s = 30;
/// Of 1xx the one that no other answer follows (RFC 9110, section 15.2.2).
constexpr long switching_protocols = 101;

}  // namespace

Transfer::Transfer(Peer peer, Request request, Listener& listener)
    : peer_(std::move(peer)), request_(std::move(request)), listener_(listener), easy_(curl_easy_init()) {
    if (!easy_) throw std::system_error(ENOMEM, std::generic_category(), "libcurl");
    set_safety();
    set_peer();
    set_request();
    set_callbacks();
}

/// What must not be left to the surroundings.
void Transfer::set_safety() {
    set(CURLOPT_PRIVATE, this);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_PROXY, "");  // not even that of the environment
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
    set(CURLOPT_ERRORBUFFER, error_.data());
    set(CURLOPT_USERAGENT, "regent");
    if (request_.is_endless) {
        set(CURLOPT_TCP_KEEPALIVE, 1L);
        set(CURLOPT_TCP_KEEPIDLE, 2L);
        set(CURLOPT_TCP_KEEPINTVL, 1L);
    }
    if (request_.keep) {
        set(CURLOPT_MAXLIFETIME_CONN, maximum_connection_age_s);
    } else {
        set(CURLOPT_FRESH_CONNECT, 1L);
        set(CURLOPT_FORBID_REUSE, 1L);
    }
}

void Transfer::set_peer() {
    set(CURLOPT_URL, peer_.url.text.c_str());
    if (!peer_.unix_socket.empty()) {
        set(CURLOPT_UNIX_SOCKET_PATH, peer_.unix_socket.c_str());
    } else {
        // Of any host that a redirect may name, too: nothing is ever looked up, and it is this server that is
        // asked.
        const std::string host = peer_.address.empty() ? peer_.url.host : peer_.address;
        append(connect_to_, host.find(':') == std::string::npos ? "::" + host + ":" : "::[" + host + "]:");
        set(CURLOPT_CONNECT_TO, connect_to_.get());
    }
    const Tls& tls = peer_.tls;
    set(CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
    set(CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
    // What is trusted is read by trust(), once for all, and remembered there: libcurl would go on with what
    // it has seen first.
    set(CURLOPT_CA_CACHE_TIMEOUT, 0L);
    set(CURLOPT_CAINFO, static_cast<char*>(nullptr));
    set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
    if (!tls.certificate.empty()) {
        set(CURLOPT_SSLCERT, tls.certificate.c_str());
        set(CURLOPT_SSLKEY, tls.key.empty() ? tls.certificate.c_str() : tls.key.c_str());
    }
}

void Transfer::set_request() {
    for (const std::string& header : request_.headers)
        append(headers_, header);
    if (headers_) set(CURLOPT_HTTPHEADER, headers_.get());
    if (request_.method == "HEAD") {
        set(CURLOPT_NOBODY, 1L);
    } else if (request_.method == "POST" || !request_.body.empty()) {
        set(CURLOPT_POSTFIELDSIZE, static_cast<long>(request_.body.size()));
        set(CURLOPT_POSTFIELDS, request_.body.c_str());
    }
    if (request_.method != "HEAD" && request_.method != "GET")
        set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    if (request_.maximum_redirects > 0) {
        set(CURLOPT_FOLLOWLOCATION, 1L);
        set(CURLOPT_MAXREDIRS, request_.maximum_redirects);
    }
}

void Transfer::set_callbacks() {
    set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_open);
    set(CURLOPT_OPENSOCKETDATA, this);
    set(CURLOPT_PREREQFUNCTION, &Transfer::on_connected);
    set(CURLOPT_PREREQDATA, this);
    set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Transfer::on_part);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_SSL_CTX_FUNCTION, &Transfer::on_tls);
    set(CURLOPT_SSL_CTX_DATA, this);
}

void Transfer::append(List& list, const std::string& text) {
    curl_slist* const longer = curl_slist_append(list.get(), text.c_str());
    if (longer == nullptr) throw std::system_error(ENOMEM, std::generic_category(), "libcurl");
    (void)list.release();
    list.reset(longer);
}

Transfer* Transfer::of(CURL* easy) {
    char* self = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
    return reinterpret_cast<Transfer*>(self);
}

void Transfer::set_url(const std::string& url) {
    set(CURLOPT_URL, url.c_str());
}

void Transfer::start(Multi& multi) {
    cancel();
    error_[0] = '\0';
    certificate_ = {};
    open_error_ = past_error_ = 0;
    is_greeting_ = is_connected_ = has_header_ = false;
    header_size_ = body_size_ = 0;
    multi_ = &multi;
    if (!forget_system_error() || !multi.add(*this)) end(CURLE_FAILED_INIT);
}

/// libcurl (7.88) never does between the requests of one handle. False: there is no memory for another.
bool Transfer::forget_system_error() {
    if (last_system_error() == 0) return true;
    std::unique_ptr<CURL, CleanEasy> fresh(curl_easy_duphandle(easy_.get()));
    if (!fresh) return false;
    easy_ = std::move(fresh);
    return true;
}

void Transfer::cancel() {
    if (multi_ != nullptr) std::exchange(multi_, nullptr)->remove(*this);
}

void Transfer::end(CURLcode code) {
    multi_ = nullptr;
    listener_.on_end(code);
}

long Transfer::status() const {
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    return status;
}

double Transfer::seconds(CURLINFO info) const {
    curl_off_t microseconds = 0;
    curl_easy_getinfo(easy_.get(), info, &microseconds);
    return static_cast<double>(microseconds) / 1e6;
}

int Transfer::last_system_error() const {
    long error = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &error);
    return static_cast<int>(error);
}

int Transfer::system_error() const {
    if (open_error_ != 0) return open_error_;
    const int error = last_system_error();
    return error == past_error_ ? 0 : error;
}

std::string Transfer::awaited() const {
    if (has_header_) return fmt::format("the end of the body, of which {} bytes have come", body_size_);
    if (header_size_ > 0) return "the end of the header";
    if (is_connected_) return "the first byte of the answer";
    return is_greeting_ ? "the TLS handshake" : "the connection";
}

int Transfer::on_open(void* data, curlsocktype, curl_sockaddr* address) noexcept {
    // Unlike libcurl's own, closed in what another plugin's code may start.
    const int fd =
        ::socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);
    if (fd < 0) static_cast<Transfer*>(data)->open_error_ = errno;
    return fd;
}

int Transfer::on_connected(void* data, char*, char*, int, int) noexcept {
    auto& self = *static_cast<Transfer*>(data);
    self.is_connected_ = true;
    // A request is made again when a kept connection breaks, which says nothing of the one that follows.
    self.past_error_ = self.last_system_error();
    self.error_[0] = '\0';
    return CURL_PREREQFUNC_OK;
}

bool Transfer::is_whole_header(std::string_view line) {
    if (line.starts_with("HTTP/")) has_header_ = false;
    if (line != "\r\n" && line != "\n") return false;
    return status() >= 200 || status() == switching_protocols;
}

std::size_t Transfer::on_header(const char* bytes, std::size_t size, std::size_t count, void* data) noexcept {
    auto& self = *static_cast<Transfer*>(data);
    self.header_size_ += size * count;
    if (self.is_header_too_long()) return 0;
    if (!self.is_whole_header({bytes, size * count})) return size * count;
    self.has_header_ = true;
    self.body_size_ = 0;
    try {
        return self.listener_.on_status(self.status()) ? size * count : 0;
    } catch (const std::exception&) {
        return 0;
    }
}

std::size_t Transfer::on_part(const char* bytes, std::size_t size, std::size_t count, void* data) noexcept {
    auto& self = *static_cast<Transfer*>(data);
    self.body_size_ += size * count;
    try {
        return self.listener_.on_body({bytes, size * count}) ? size * count : 0;
    } catch (const std::exception&) {
        return 0;
    }
}

CURLcode Transfer::on_tls(CURL*, void* context, void* data) noexcept {
    auto& self = *static_cast<Transfer*>(data);
    self.is_greeting_ = true;
    if (!self.peer_.tls.verify) return CURLE_OK;
    try {
        const bool can_judge =
            trust(static_cast<SSL_CTX*>(context), self.peer_.tls.ca_file, self.certificate_);
        return can_judge ? CURLE_OK : CURLE_SSL_CACERT_BADFILE;
    } catch (const std::exception&) {
        return CURLE_OUT_OF_MEMORY;
    }
}

}  // namespace regent::plugins::curl
