// SPDX-License-Identifier: Apache-2.0
#include "tcp_check.hpp"

#include <cerrno>
#include <netinet/tcp.h>
#include <system_error>

#include "hex.hpp"
#include "plugins/support/printable.hpp"

namespace regent::plugins::tcp {

namespace {

constexpr std::size_t maximum_dialogue = 4096;
/// What a kept connection may say unasked between two probes before it is given up.
constexpr std::size_t maximum_unasked = 65536;
/// Not an errno: the peer ended the connection in good order.
constexpr int closed_by_peer = -1;
/// Not an errno: too much came unasked.
constexpr int too_talkative = -2;

/// What a pair of parameters, `name` and `name`_hex, says.
std::string dialogue(const sdk::Values& values, const std::string& name) {
    const std::string hex_name = name + "_hex";
    const auto text = values.text_if_set(name);
    const auto hex = values.text_if_set(hex_name);
    if (text && hex) throw sdk::Blame(values, hex_name, name + " says it already: give one of the two");
    if (text && text->size() > maximum_dialogue) throw sdk::Blame(values, name, "is longer than 4096 bytes");
    if (!hex) return text.value_or("");
    const auto bytes = bytes_from_hex(*hex);
    if (!bytes) throw sdk::Blame(values, hex_name, "must be pairs of hexadecimal digits, as in \"4a 52 0d\"");
    if (bytes->size() > maximum_dialogue) throw sdk::Blame(values, hex_name, "is longer than 4096 bytes");
    return *bytes;
}

SocketAddress address(const sdk::Values& values, std::string_view name, std::uint16_t port) {
    const auto made = socket_address(values.text(name), port);
    if (!made) throw sdk::Blame(values, name, "must be an IPv4 or IPv6 address, not a name");
    if (made->is_link_local())
        throw sdk::Blame(values, name, "is a link-local address, which means nothing without an interface");
    return *made;
}

std::optional<SocketAddress> source(const sdk::Values& values, const SocketAddress& peer) {
    if (!values.has("source")) return std::nullopt;
    const auto made = address(values, "source", 0);
    if (made.family() != peer.family())
        throw sdk::Blame(values, "source", "must be of the same family as host: IPv4 or IPv6");
    return made;
}

/// What an error of a socket call means. UNKNOWN is what this machine lacks; the peer is not to blame for it.
sdk::Result verdict(int error, std::string message) {
    using sdk::Reason;
    switch (error) {
        case ECONNREFUSED: return sdk::down(Reason::refused, std::move(message), error);
        case EHOSTUNREACH:
        case ENETUNREACH:
        case EHOSTDOWN:
        case ENETDOWN: return sdk::down(Reason::unreachable, std::move(message), error);
        case ECONNRESET:
        case ECONNABORTED:
        case EPIPE: return sdk::down(Reason::reset, std::move(message), error);
        case ETIMEDOUT: return sdk::down(Reason::timeout, std::move(message), error);
        case EPERM:
        case EACCES: return sdk::unknown(Reason::permission, std::move(message), error);
        case EADDRINUSE:
        case EADDRNOTAVAIL:
        case EAGAIN:
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM: return sdk::unknown(Reason::resource, std::move(message), error);
        default: return sdk::unknown(Reason::internal, std::move(message), error);
    }
}

std::string words_of(int error) {
    if (error == closed_by_peer) return "closed by the peer";
    return std::generic_category().message(error);
}

/// A port of this machine that nobody listens on can be the one that the kernel chose for our own end: then
/// the connection leads to itself.
bool leads_to_itself(int fd, const SocketAddress& peer) {
    SocketAddress own;
    own.size = sizeof own.v6;
    if (::getsockname(fd, &own.any, &own.size) != 0) return false;
    const auto port = [](const SocketAddress& of) {
        return of.family() == AF_INET ? of.v4.sin_port : of.v6.sin6_port;
    };
    return own.same_host(peer) && port(own) == port(peer);
}

bool would_block(ssize_t result) {
    return result < 0 && (errno == EAGAIN || errno == EINTR);
}

/// A host that falls silent is noticed within 4 s, also where nothing is ever sent.
void notice_silence(int fd) {
    const int on = 1;
    const int seconds = 1;
    const int attempts = 3;
    (void)::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds);
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &attempts, sizeof attempts);
}

}  // namespace

void TcpCheck::validate(const sdk::Values& values) {
    (void)source(values, address(values, "host", values.port("port")));
    (void)dialogue(values, "send");
    (void)dialogue(values, "expect");
}

TcpCheck::TcpCheck(sdk::Context context, const sdk::Values& values)
    : context_(context),
      peer_(address(values, "host", values.port("port"))),
      source_(source(values, peer_)),
      endpoint_(values.text("host") + " port " + std::to_string(values.port("port"))),
      send_(dialogue(values, "send")),
      expect_(dialogue(values, "expect")),
      keep_(values.boolean("keep")) {}

void TcpCheck::probe(sdk::ProbeId probe, sdk::Instant) {
    probe_ = probe;
    started_ = context_.now();
    sent_ = matched_ = unasked_ = 0;
    reused_ = stage_ == Stage::kept;
    if (!reused_) return connect();
    const int error = drain();
    if (error != 0) {
        (void)retried();
    } else if (send_.empty()) {
        succeed();
    } else {
        send_more();
    }
}

void TcpCheck::cancel(sdk::ProbeId) {
    probe_ = sdk::unsolicited;
    disconnect();
}

void TcpCheck::on_fd(int, std::uint32_t) {
    switch (stage_) {
        case Stage::idle: break;
        case Stage::connecting: {
            int error = 0;
            socklen_t size = sizeof error;
            (void)::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
            error == 0 ? connected() : fail(error);
            break;
        }
        case Stage::sending: send_more(); break;
        case Stage::expecting: read_more(); break;
        case Stage::kept:
            if (const int error = drain(); error != 0) lose(error);
            break;
    }
}

void TcpCheck::connect() {
    ++connects_;
    socket_ = Descriptor(::socket(peer_.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_) return fail(errno);
    if (source_) {
        // Else bind() would take a port away from all destinations at once.
        const int on = 1;
        (void)::setsockopt(socket_.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        if (::bind(socket_.get(), &source_->any, source_->size) != 0) {
            const int error = errno;
            return answer(sdk::unknown(sdk::Reason::config,
                                       "cannot connect from the source address: " + words_of(error), error));
        }
    }
    if (keep_) notice_silence(socket_.get());
    int result = ::connect(socket_.get(), &peer_.any, peer_.size);
    // On this machine the answer is there already when the first call returns: asking again is cheaper than
    // to have the descriptor watched.
    if (result != 0 && errno == EINPROGRESS) result = ::connect(socket_.get(), &peer_.any, peer_.size);
    if (result == 0) return connected();
    if (errno != EALREADY && errno != EINPROGRESS) return fail(errno);
    stage_ = Stage::connecting;
    watch(REGENT_FD_WRITE);
}

void TcpCheck::connected() {
    if (leads_to_itself(socket_.get(), peer_)) return fail(ECONNREFUSED);
    connect_seconds_ = std::chrono::duration<double>(context_.now() - started_).count();
    if (!send_.empty()) return send_more();
    if (expect_.empty()) return succeed();
    stage_ = Stage::expecting;
    watch(REGENT_FD_READ);
}

void TcpCheck::send_more() {
    const ssize_t size =
        ::send(socket_.get(), send_.data() + sent_, send_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size < 0 && !would_block(size)) return fail(errno);
    if (size > 0) sent_ += static_cast<std::size_t>(size);
    if (sent_ < send_.size()) {
        stage_ = Stage::sending;
        return watch(REGENT_FD_WRITE);
    }
    if (expect_.empty()) return succeed();
    stage_ = Stage::expecting;
    watch(REGENT_FD_READ);
}

void TcpCheck::read_more() {
    std::array<char, maximum_dialogue> part;
    const std::string_view missing = std::string_view(expect_).substr(matched_);
    const ssize_t size = ::recv(socket_.get(), part.data(), missing.size(), MSG_DONTWAIT);
    if (would_block(size)) return;
    if (size < 0) return fail(errno);
    if (size == 0) return fail(closed_by_peer);
    const std::string_view got(part.data(), static_cast<std::size_t>(size));
    if (!missing.starts_with(got)) {
        return answer(sdk::down(sdk::Reason::protocol,
                                says("the answer is \"" + expect_.substr(0, matched_) + printable(got, 40) +
                                     "\", which is not what was expected")));
    }
    matched_ += got.size();
    if (matched_ == expect_.size()) succeed();
}

void TcpCheck::succeed() {
    std::vector<sdk::Metric> metrics;
    if (!reused_) metrics.push_back({"connect_seconds", connect_seconds_});
    const auto probe = std::exchange(probe_, sdk::unsolicited);
    if (keep_) {
        stage_ = Stage::kept;
        watch(REGENT_FD_READ);
    } else {
        disconnect();
    }
    context_.report(probe, sdk::up(expect_.empty() ? "connected" : "answered", std::move(metrics)));
}

bool TcpCheck::retried() {
    if (!reused_) return false;
    reused_ = false;
    ++losses_;
    disconnect();
    sent_ = matched_ = 0;
    connect();
    return true;
}

void TcpCheck::fail(int error) {
    if (retried()) return;
    if (error == closed_by_peer)
        return answer(sdk::down(sdk::Reason::protocol, says("closed without the expected answer")));
    answer(verdict(error, says(words_of(error))));
}

void TcpCheck::answer(const sdk::Result& result) {
    const auto probe = std::exchange(probe_, sdk::unsolicited);
    disconnect();
    context_.report(probe, result);
}

void TcpCheck::watch(std::uint32_t events) {
    if (watched_ == events) return;
    context_.watch(socket_.get(), events);
    watched_ = events;
}

void TcpCheck::disconnect() {
    if (watched_ != 0) context_.unwatch(socket_.get());
    watched_ = 0;
    stage_ = Stage::idle;
    socket_.reset();
}

int TcpCheck::drain() {
    std::array<char, 4096> part;
    for (;;) {
        const ssize_t size = ::recv(socket_.get(), part.data(), part.size(), MSG_DONTWAIT);
        if (would_block(size)) return 0;
        if (size < 0) return errno;
        if (size == 0) return closed_by_peer;
        unasked_ += static_cast<std::size_t>(size);
        if (unasked_ > maximum_unasked) return too_talkative;
    }
}

void TcpCheck::lose(int error) {
    disconnect();
    if (error == too_talkative)
        return context_.log(sdk::Level::warning, says("not kept: it says too much without being asked"));
    ++losses_;
    // A connection that ended is a reset, whichever way it ended; a fault of this machine stays one.
    auto result = error == closed_by_peer ? sdk::down(sdk::Reason::reset, {}) : verdict(error, {});
    result.message = says("the kept connection is gone: " + words_of(error));
    context_.report(sdk::unsolicited, result);
}

std::string TcpCheck::says(std::string_view what) const {
    return endpoint_ + ": " + std::string(what);
}

std::string TcpCheck::describe() const {
    static constexpr std::array<std::string_view, 5> stages{"idle", "connecting", "sending", "expecting",
                                                            "kept"};
    return "{\"stage\":\"" + std::string(stages[static_cast<std::size_t>(stage_)]) +
           "\",\"connects\":" + std::to_string(connects_) + ",\"losses\":" + std::to_string(losses_) + "}";
}

}  // namespace regent::plugins::tcp
