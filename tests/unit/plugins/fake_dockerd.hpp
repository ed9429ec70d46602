// SPDX-License-Identifier: Apache-2.0
// A dockerd that says what the test has it say, in the test's own thread: it works while serve() is called.
#pragma once

#include <fcntl.h>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <vector>

#include "tests/unit/plugins/http_support.hpp"

namespace regent::test {

/// A full id that begins with `digits`.
inline std::string docker_id(const std::string& digits) {
    return digits + std::string(64 - digits.size(), '0');
}

/// What inspecting a container gives, as far as anybody reads it. `state`: more members of State, each with
/// its leading comma.
inline std::string inspected(const std::string& name, const std::string& state = "", int pid = 4711,
                             const std::string& id = docker_id("c0ffee")) {
    const std::string status =
        pid == 0 ? R"("Status":"exited","Running":false)" : R"("Status":"running","Running":true)";
    return R"({"Id":")" + id + R"(","Name":"/)" + name + R"(","RestartCount":2,"State":{)" + status +
           R"(,"Paused":false,"Restarting":false,"OOMKilled":false,"ExitCode":0,"StartedAt":"2026-01-01T00:00:00.5Z","Pid":)" +
           std::to_string(pid) + state + "}}";
}

inline std::string event_line(const std::string& action, const std::string& name,
                              const std::string& id = docker_id("c0ffee"),
                              const std::string& attributes = "") {
    return R"({"Type":"container","Action":")" + action + R"(","Actor":{"ID":")" + id +
           R"(","Attributes":{"name":")" + name + "\"" + attributes +
           R"(}},"time":1700000000,"timeNano":1700000000123456789})" + "\n";
}

class FakeDockerd {
  public:
    explicit FakeDockerd(std::string path)
        : path_(std::move(path)), socket_(std::make_unique<StatsSocket>(path_)) {}

    /// By path, as in "/containers/web/json": the whole answer with its header, or nothing at all for "".
    std::map<std::string, std::string> answers;
    /// What begins the stream of events.
    std::string stream_answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";
    /// All questions so far, their paths alone.
    std::vector<std::string> asked;

    void has(const std::string& name, const std::string& body, const std::string& status = "200 OK") {
        answers["/containers/" + name + "/json"] = http_answer(body, status);
    }
    void serve() {
        while (socket_ && socket_->is_asked())
            connections_.push_back({socket_->accept()});
        for (auto one = connections_.begin(); one != connections_.end();) {
            auto now = one++;
            if (!answer(*now)) connections_.erase(now);
        }
    }
    /// To all streams of events.
    bool tell(const std::string& text) {
        bool is_all = true;
        for (Caller& caller : connections_) {
            if (caller.is_stream) is_all = caller.connection.write(text) && is_all;
        }
        return is_all;
    }
    std::size_t streams() const {
        std::size_t count = 0;
        for (const Caller& caller : connections_)
            count += caller.is_stream ? 1 : 0;
        return count;
    }
    void end_streams() {
        connections_.remove_if([](const Caller& caller) { return caller.is_stream; });
    }
    std::size_t connections() const { return connections_.size(); }
    /// As after kill -9: its socket stays, and refuses.
    void die() {
        connections_.clear();
        socket_.reset();
    }
    void come_back() { socket_ = std::make_unique<StatsSocket>(path_); }

  private:
    struct Caller {
        Connection connection;
        std::string text{};
        std::string unsent{};
        bool is_stream = false;
    };

    /// False: the caller has gone.
    bool answer(Caller& caller) {
        if (!caller.unsent.empty()) {
            const ssize_t sent = ::send(caller.connection.fd(), caller.unsent.data(), caller.unsent.size(),
                                        MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent < 0 && errno != EAGAIN) return false;
            if (sent > 0) caller.unsent.erase(0, static_cast<std::size_t>(sent));
            return true;
        }
        pollfd polled{caller.connection.fd(), POLLIN, 0};
        if (::poll(&polled, 1, 0) != 1) return true;
        const std::string part = caller.connection.read();
        if (part.empty()) return false;
        caller.text += part;
        if (caller.text.find("\r\n\r\n") == std::string::npos) return true;
        const std::size_t begin = caller.text.find(' ') + 1;
        const std::string target = caller.text.substr(begin, caller.text.find(' ', begin) - begin);
        caller.text.clear();
        asked.push_back(target);
        if (target.starts_with("/events?")) {
            caller.is_stream = stream_answer.find(" 200 ") != std::string::npos;
            caller.connection.write(stream_answer);
            return stream_answer.empty() || caller.is_stream;
        }
        const auto found = answers.find(target.substr(0, target.find('?')));
        caller.unsent = found != answers.end()
                            ? found->second
                            : http_answer(R"({"message":"No such container"})", "404 Not Found");
        return true;
    }

    std::string path_;
    std::unique_ptr<StatsSocket> socket_;
    std::list<Caller> connections_;
};

}  // namespace regent::test
