// SPDX-License-Identifier: Apache-2.0
#include "plugins/haproxy/stats_query.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <grp.h>
#include <memory>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace regent::plugins::haproxy {
namespace {

/// Of an answer: more than 5000 servers. A longer one is not read to its end.
constexpr std::size_t maximum_answer = 1 << 20;
/// Of one turn.
constexpr std::size_t maximum_read = 1 << 17;
/// Between two attempts: neither a full queue nor a reload has an end that could be waited for.
constexpr sdk::Duration retry_interval = std::chrono::milliseconds(20);

/// From /etc/group alone: a name service may take its time.
std::string group_name(gid_t gid) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/etc/group", "re"), std::fclose);
    while (const group* entry = file ? ::fgetgrent(file.get()) : nullptr) {
        if (entry->gr_gid == gid) return entry->gr_name;
    }
    return std::to_string(gid);
}

/// Which group would be let in.
std::string who_may(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return "its folder is closed to us";
    const bool group_may = (status.st_mode & S_IWGRP) != 0;
    return group_may ? fmt::format("it is open to group {}, which the agent's user is to join",
                                   group_name(status.st_gid))
                     : fmt::format("it is open to user {} alone: give it a mode and a group in haproxy.cfg",
                                   status.st_uid);
}

}  // namespace

bool is_socket_path(const std::string& path) {
    return path.size() < sizeof(sockaddr_un::sun_path);
}

void StatsQuery::start(sdk::Instant patient_until, Done done) {
    cancel();
    done_ = std::move(done);
    patient_until_ = patient_until;
    is_first_ = true;
    connect();
}

void StatsQuery::cancel() {
    socket_.reset();
    text_.clear();
    if (done_) context_.clear_timer(retry_timer_);
    done_ = nullptr;
}

void StatsQuery::finish(Answer answer) {
    const Done done = std::exchange(done_, nullptr);
    cancel();
    done(std::move(answer));
}

void StatsQuery::try_again_or(sdk::Result result) {
    const sdk::Instant now = context_.now();
    if (now >= patient_until_) return finish(tl::unexpected(std::move(result)));
    socket_.reset();
    if (std::exchange(is_first_, false)) return connect();
    context_.set_timer(retry_timer_, std::min(now + retry_interval, patient_until_));
}

sdk::Result StatsQuery::not_connected(int error) const {
    const std::string what = fmt::format("stats socket {}", path_);
    switch (error) {
        case ECONNREFUSED: return sdk::down(sdk::Reason::refused, what + ": nobody listens", error);
        case ENOENT:
        case ENOTDIR: return sdk::down(sdk::Reason::not_found, what + " does not exist", error);
        case EACCES:
        case EPERM:
            return sdk::unknown(sdk::Reason::permission, fmt::format("{}: {}", what, who_may(path_)), error);
        case EMFILE:
        case ENFILE:
        case ENOMEM:
        case ENOBUFS: return sdk::unknown(sdk::Reason::resource, what + ": " + std::strerror(error), error);
        default: return sdk::unknown(sdk::Reason::config, what + ": " + std::strerror(error), error);
    }
}

void StatsQuery::connect() {
    text_.clear();
    socket_ =
        process_watch::WatchedDescriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_) return finish(tl::unexpected(not_connected(errno)));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    // A unix socket is connected at once or not at all.
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        const int error = errno;
        socket_.reset();
        if (error == EAGAIN) return context_.set_timer(retry_timer_, context_.now() + retry_interval);
        if (error == ECONNREFUSED || error == ENOENT) return try_again_or(not_connected(error));
        return finish(tl::unexpected(not_connected(error)));
    }
    const ssize_t sent = ::send(socket_.get(), query.data(), query.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(query.size()))
        return try_again_or(sdk::down(sdk::Reason::reset, "the stats socket takes no question", errno));
    socket_.watch(context_, REGENT_FD_READ);
}

bool StatsQuery::on_timer(std::uint64_t timer) {
    if (timer != retry_timer_) return false;
    if (done_) connect();
    return true;
}

bool StatsQuery::on_fd(int fd) {
    if (!socket_ || fd != socket_.get()) return false;
    read_more();
    return true;
}

void StatsQuery::read_more() {
    std::array<char, 16384> buffer;
    for (std::size_t taken = 0; taken < maximum_read;) {
        const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return;
        if (count < 0)
            return try_again_or(
                sdk::down(sdk::Reason::reset, fmt::format("stats socket: {}", std::strerror(errno)), errno));
        if (count == 0) return at_end();
        text_.append(buffer.data(), static_cast<std::size_t>(count));
        taken += static_cast<std::size_t>(count);
        if (text_.size() > maximum_answer)
            return finish(tl::unexpected(
                sdk::unknown(sdk::Reason::protocol, "the stats socket answers more than 1 MiB")));
    }
}

void StatsQuery::at_end() {
    if (text_.empty())
        return try_again_or(sdk::down(sdk::Reason::reset, "the stats socket was closed without an answer"));
    auto stats = parse_answer(text_);
    if (!is_complete(text_) && text_.starts_with("Name: HAProxy"))
        return try_again_or(sdk::down(sdk::Reason::reset, "the stats socket was closed within the answer"));
    if (!stats)
        return finish(tl::unexpected(sdk::unknown(sdk::Reason::protocol, "stats socket: " + stats.error())));
    if (stats->info.is_stopping)
        return try_again_or(
            sdk::down(sdk::Reason::refused,
                      fmt::format("worker {} is stopping and none has taken its place", stats->info.pid)));
    finish(std::move(*stats));
}

}  // namespace regent::plugins::haproxy
