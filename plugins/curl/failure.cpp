// SPDX-License-Identifier: Apache-2.0
#include "plugins/curl/failure.hpp"

#include <cerrno>
#include <fmt/format.h>

#include "plugins/support/printable.hpp"
#include "plugins/support/socket_error.hpp"

namespace regent::plugins::curl {
namespace {

constexpr std::size_t maximum_shown = 120;

/// What an error of a socket call means; ENOENT is that of a unix socket.
sdk::Result of_system(int error) {
    if (error == ENOENT) return sdk::down(sdk::Reason::not_found, words_of(error), error);
    return socket_verdict(error, words_of(error));
}

/// Why there is no connection.
int connecting_error(const Transfer& transfer) {
    const int error = transfer.system_error();
    if (error == 0) return ECONNREFUSED;
    const Peer& peer = transfer.peer();
    const std::string& host = peer.address.empty() ? peer.url.host : peer.address;
    const bool is_ipv6 = peer.unix_socket.empty() && host.find(':') != std::string::npos;
    // ICMPv6's "administratively prohibited", the word of a firewall on the way; that of ICMP is
    // EHOSTUNREACH.
    return is_ipv6 && error == EACCES ? EHOSTUNREACH : error;
}

sdk::Result of_no_connection(const Transfer& transfer) {
    // libcurl takes the EAGAIN of a unix socket for the beginning of a connection.
    if (!transfer.peer().unix_socket.empty() && transfer.system_error() == 0)
        return sdk::down(sdk::Reason::timeout, "takes no connection, its queue is full", EAGAIN);
    return of_system(connecting_error(transfer));
}

std::string explained(const Transfer& transfer, CURLcode code) {
    const std::string_view text = transfer.explanation();
    return printable(text.empty() ? curl_easy_strerror(code) : text, maximum_shown);
}

sdk::Result of_certificate(const Transfer& transfer, CURLcode code) {
    const Certificate& seen = transfer.certificate();
    return sdk::down(sdk::Reason::auth, seen.fault.empty() ? explained(transfer, code) : seen.fault);
}

/// Of a connection that stood. libcurl has no errno for what TLS has to say.
sdk::Result of_broken_connection(const Transfer& transfer, CURLcode code) {
    if (const int error = transfer.system_error(); error != 0) return of_system(error);
    return sdk::down(sdk::Reason::protocol, explained(transfer, code));
}

/// libcurl bounds the lines of an answer, and says of one that is longer that there is no memory.
sdk::Result of_memory(const Transfer& transfer, CURLcode code) {
    if (transfer.has_stood()) return sdk::down(sdk::Reason::protocol, "a line of the answer is too long");
    return sdk::unknown(sdk::Reason::resource, explained(transfer, code));
}

/// Our own URL was parsed when the check was made: it is one that the server redirects to.
sdk::Result of_url(const Transfer& transfer, CURLcode code) {
    if (transfer.has_stood()) return sdk::down(sdk::Reason::protocol, explained(transfer, code));
    return sdk::unknown(sdk::Reason::internal, explained(transfer, code));
}

}  // namespace

sdk::Result failure(const Transfer& transfer, CURLcode code) {
    using sdk::Reason;
    if (transfer.is_header_too_long())
        return sdk::down(Reason::protocol,
                         fmt::format("the header is longer than {} bytes", Transfer::maximum_header));
    switch (code) {
        case CURLE_COULDNT_CONNECT: return of_no_connection(transfer);
        case CURLE_OPERATION_TIMEDOUT:
            return sdk::down(Reason::timeout, fmt::format("waited in vain for {}", transfer.awaited()));
        case CURLE_SEND_ERROR:
        case CURLE_RECV_ERROR: return of_broken_connection(transfer, code);
        case CURLE_GOT_NOTHING: return sdk::down(Reason::protocol, "closed without an answer");
        case CURLE_PARTIAL_FILE:
            return sdk::down(Reason::protocol, fmt::format("closed before {}", transfer.awaited()));
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_HTTP2:
            return sdk::down(Reason::protocol, "the answer is not HTTP: " + explained(transfer, code));
        case CURLE_BAD_CONTENT_ENCODING:
        case CURLE_TOO_MANY_REDIRECTS: return sdk::down(Reason::protocol, explained(transfer, code));
        case CURLE_SSL_CONNECT_ERROR:
            return sdk::down(Reason::protocol, "no TLS: " + explained(transfer, code));
        case CURLE_PEER_FAILED_VERIFICATION: return of_certificate(transfer, code);
        case CURLE_SSL_CACERT_BADFILE:
            return sdk::unknown(Reason::config, transfer.certificate().ca_file_fault.empty()
                                                    ? explained(transfer, code)
                                                    : transfer.certificate().ca_file_fault);
        case CURLE_SSL_CERTPROBLEM: return sdk::unknown(Reason::config, explained(transfer, code));
        case CURLE_OUT_OF_MEMORY: return of_memory(transfer, code);
        case CURLE_URL_MALFORMAT: return of_url(transfer, code);
        case CURLE_FAILED_INIT:
        case CURLE_ABORTED_BY_CALLBACK: return sdk::unknown(Reason::resource, explained(transfer, code));
        default: return sdk::unknown(Reason::internal, explained(transfer, code));
    }
}

}  // namespace regent::plugins::curl
