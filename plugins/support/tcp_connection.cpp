// SPDX-License-Identifier: Apache-2.0
#include "plugins/support/tcp_connection.hpp"

#include <netinet/tcp.h>

#include "plugins/support/socket_error.hpp"

namespace regent::plugins {

namespace {

SocketAddress address(const sdk::Values& values, std::string_view name, std::uint16_t port) {
    const auto made = socket_address(values.text(name), port);
    if (!made) throw sdk::Blame(values, name, "must be an IPv4 or IPv6 address, not a name");
    if (made->is_link_local()) throw sdk::Blame(values, name, std::string(link_local_fault));
    return *made;
}

bool would_block(ssize_t result) {
    return result < 0 && (errno == EAGAIN || errno == EINTR);
}

void set_keepalive(int fd) {
    const int on = 1;
    const int seconds = 1;
    const int attempts = 3;
    (void)::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds);
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &attempts, sizeof attempts);
}

}  // namespace

TcpEndpoint tcp_endpoint(const sdk::Values& values) {
    const std::uint16_t port = values.port("port");
    TcpEndpoint made{address(values, "host", port), std::nullopt,
                     values.text("host") + " port " + std::to_string(port)};
    if (values.has("source")) {
        made.source = address(values, "source", 0);
        if (made.source->family() != made.peer.family())
            throw sdk::Blame(values, "source", "must be of the same family as host: IPv4 or IPv6");
    }
    return made;
}

TcpConnection::TcpConnection(sdk::Context context, TcpEndpoint endpoint, bool notice_silence)
    : context_(context), endpoint_(std::move(endpoint)), notice_silence_(notice_silence) {}

TcpConnection::Progress TcpConnection::connect() {
    close();
    const SocketAddress& peer = endpoint_.peer;
    socket_ = Descriptor(::socket(peer.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_) return fail(socket_verdict(errno, words_of(errno)));
    if (endpoint_.source) {
        // Else bind() would take a port away from all destinations at once.
        const int on = 1;
        (void)::setsockopt(socket_.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        if (::bind(socket_.get(), &endpoint_.source->any, endpoint_.source->size) != 0) {
            const int error = errno;
            return fail(sdk::unknown(sdk::Reason::config,
                                     "cannot connect from the source address: " + words_of(error), error));
        }
    }
    if (notice_silence_) set_keepalive(socket_.get());
    int result = ::connect(socket_.get(), &peer.any, peer.size);
    // On this machine the answer is there already when the first call returns: asking again is cheaper than
    // to have the descriptor watched.
    if (result != 0 && errno == EINPROGRESS) result = ::connect(socket_.get(), &peer.any, peer.size);
    if (result == 0) return established();
    if (errno != EALREADY && errno != EINPROGRESS) return fail(socket_verdict(errno, words_of(errno)));
    watch(REGENT_FD_WRITE);
    return Progress::pending;
}

TcpConnection::Progress TcpConnection::finish() {
    int error = 0;
    socklen_t size = sizeof error;
    (void)::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    // What this machine forbids is said by connect() itself. This late it is ICMPv6's "administratively
    // prohibited", the word of a firewall on the way; that of ICMP is EHOSTUNREACH.
    if (error == EACCES) error = EHOSTUNREACH;
    return error == 0 ? established() : fail(socket_verdict(error, words_of(error)));
}

TcpConnection::Progress TcpConnection::established() {
    // A port of this machine that nobody listens on can be the one that the kernel chose for our own end.
    if (leads_to_itself()) return fail(socket_verdict(ECONNREFUSED, words_of(ECONNREFUSED)));
    return Progress::connected;
}

TcpConnection::Progress TcpConnection::fail(sdk::Result fault) {
    close();
    fault_ = std::move(fault);
    return Progress::failed;
}

bool TcpConnection::leads_to_itself() const {
    SocketAddress own;
    own.size = sizeof own.v6;
    if (::getsockname(socket_.get(), &own.any, &own.size) != 0) return false;
    const auto port = [](const SocketAddress& of) {
        return of.family() == AF_INET ? of.v4.sin_port : of.v6.sin6_port;
    };
    return own.same_host(endpoint_.peer) && port(own) == port(endpoint_.peer);
}

Transfer TcpConnection::send(std::string_view bytes) const {
    const ssize_t size = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (would_block(size)) return {};
    if (size < 0) return {0, errno};
    return {static_cast<std::size_t>(size), 0};
}

Transfer TcpConnection::receive(std::span<char> into) const {
    const ssize_t size = ::recv(socket_.get(), into.data(), into.size(), MSG_DONTWAIT);
    if (would_block(size)) return {};
    if (size < 0) return {0, errno};
    if (size == 0) return {0, closed_by_peer};
    return {static_cast<std::size_t>(size), 0};
}

void TcpConnection::watch(std::uint32_t events) {
    if (watched_ == events) return;
    context_.watch(socket_.get(), events);
    watched_ = events;
}

void TcpConnection::close() {
    if (watched_ != 0) context_.unwatch(socket_.get());
    watched_ = 0;
    socket_.reset();
}

}  // namespace regent::plugins
