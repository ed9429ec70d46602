// SPDX-License-Identifier: Apache-2.0
// A stats socket that says what the test wants, in the test's own thread: a question waits in it until it is
// answered.
#pragma once

#include <cstring>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace regent::test {

/// What HAProxy says to `show info;show stat`, as far as anybody reads it.
inline std::string stats_text(const std::string& info_lines = "", const std::string& proxies = "") {
    return "Name: HAProxy\nVersion: 2.6.12-1+deb12u4\nNbthread: 2\nPid: 4711\nUptime: 0d "
           "0h01m05s\nUptime_sec: 65\n"
           "CurrConns: 3\n" +
           info_lines + "Stopping: 0\nnode: lb1\n\n# pxname,svname,qcur,status,weight,type,\n" + proxies +
           "\n";
}

class Connection {
  public:
    explicit Connection(int fd) : fd_(fd) {}
    Connection(Connection&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Connection& operator=(Connection&&) = delete;
    ~Connection() { close(); }

    /// What has been asked.
    std::string read() const {
        pollfd polled{fd_, POLLIN, 0};
        if (::poll(&polled, 1, 5000) != 1) throw std::runtime_error("nothing is asked");
        char buffer[4096];
        const ssize_t count = ::read(fd_, buffer, sizeof buffer);
        return {buffer, static_cast<std::size_t>(count > 0 ? count : 0)};
    }
    /// As much of it as the other side takes. Whether that was all.
    bool write(const std::string& text) const {
        return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
               static_cast<ssize_t>(text.size());
    }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    int fd() const { return fd_; }

  private:
    int fd_;
};

class StatsSocket {
  public:
    explicit StatsSocket(const std::string& path, int backlog = 16)
        : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        ::unlink(path.c_str());
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
        if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
            ::listen(fd_, backlog) != 0)
            throw std::runtime_error("no stats socket");
    }
    StatsSocket(const StatsSocket&) = delete;
    StatsSocket& operator=(const StatsSocket&) = delete;
    ~StatsSocket() { ::close(fd_); }

    bool is_asked() const {
        pollfd polled{fd_, POLLIN, 0};
        return ::poll(&polled, 1, 0) == 1;
    }
    Connection accept() const {
        pollfd polled{fd_, POLLIN, 0};
        if (::poll(&polled, 1, 5000) != 1) throw std::runtime_error("nobody connects");
        return Connection(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
    }
    /// Takes one question and answers it.
    void answer(const std::string& text) const {
        const Connection connection = accept();
        connection.read();
        connection.write(text);
    }

  private:
    int fd_;
};

}  // namespace regent::test
