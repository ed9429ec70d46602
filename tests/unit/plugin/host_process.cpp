// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/plugin/host_process.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/platform/clock.hpp"

namespace regent::test {

using platform::Descriptor;

namespace {

constexpr int patience_ms = std::chrono::milliseconds(patience).count();

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
        read = Descriptor(ends[0]);
        write = Descriptor(ends[1]);
    }
    Descriptor read, write;
};

std::string read_all(int fd) {
    std::string text;
    std::array<char, 4096> part{};
    while (readable(fd)) {
        const auto size = ::read(fd, part.data(), part.size());
        if (size <= 0) break;
        text.append(part.data(), static_cast<std::size_t>(size));
    }
    return text;
}

}  // namespace

bool readable(int fd) {
    pollfd wait{fd, POLLIN, 0};
    return ::poll(&wait, 1, patience_ms) == 1;
}

std::string test_plugin(const std::string& name) {
    return std::string(REGENT_TEST_PLUGINS) + "/" + name + ".so";
}

std::int64_t in(std::chrono::milliseconds time) {
    return (platform::now() + time).time_since_epoch().count();
}

std::string process_status(pid_t pid, const std::string& key) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    for (std::string word; file >> word;) {
        if (word == key + ":") return file >> word ? word : "";
    }
    return "";
}

bool ended(pid_t pid) {
    const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    return !process || readable(process.get());
}

pid_t start_host(const std::vector<std::string>& words, const std::vector<int>& descriptors,
                 const std::function<void()>& before) {
    std::vector<std::string> copies{REGENT_HOST_PROGRAM};
    copies.insert(copies.end(), words.begin(), words.end());
    std::vector<char*> arguments;
    for (auto& copy : copies)
        arguments.push_back(copy.data());
    arguments.push_back(nullptr);
    const pid_t pid = ::fork();
    if (pid < 0) throw std::runtime_error("no process");
    if (pid > 0) return pid;
    if (before) before();
    // First out of the way of the numbers that they are to have.
    std::vector<int> moved;
    for (const int fd : descriptors)
        moved.push_back(fd < 0 ? -1 : ::fcntl(fd, F_DUPFD_CLOEXEC, 100));
    for (std::size_t at = 0; at < moved.size(); ++at) {
        if (moved[at] >= 0) ::dup2(moved[at], static_cast<int>(at));
    }
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

Output run_host(const std::vector<std::string>& words, const std::string& input) {
    Pipe in_pipe, out, error;
    const pid_t pid = start_host(words, {in_pipe.read.get(), out.write.get(), error.write.get()});
    in_pipe.read.reset();
    out.write.reset();
    error.write.reset();
    std::size_t written = 0;
    while (written < input.size()) {
        const auto size = ::write(in_pipe.write.get(), input.data() + written, input.size() - written);
        if (size <= 0) break;
        written += static_cast<std::size_t>(size);
    }
    in_pipe.write = Descriptor();
    Output output;
    output.out = read_all(out.read.get());
    output.error = read_all(error.read.get());
    if (!ended(pid)) ::kill(pid, SIGKILL);
    int status = 0;
    ::waitpid(pid, &status, 0);
    if (WIFEXITED(status)) output.status = WEXITSTATUS(status);
    return output;
}

SocketPair::SocketPair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw std::runtime_error("no socket");
    ours = Descriptor(ends[0]);
    theirs = Descriptor(ends[1]);
    ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
}

HostProcess::HostProcess(const std::string& plugin, const std::vector<std::string>& options,
                         const std::function<void()>& before) {
    SocketPair sockets;
    Pipe error;
    std::vector<std::string> words = options;
    for (const auto& word : {std::string("--socket"), std::string("3"), test_plugin(plugin)})
        words.push_back(word);
    pid_ = start_host(words, {-1, -1, error.write.get(), sockets.theirs.get()}, before);
    socket_ = std::move(sockets.ours);
    words_ = std::move(error.read);
}

HostProcess::~HostProcess() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

bool HostProcess::is_about_slowness(const plugin::ToAgent& message) {
    const auto* line = std::get_if<plugin::LogLine>(&message);
    return line != nullptr && line->text.find("kept every other instance waiting") != std::string::npos;
}

void HostProcess::send_bytes(const Bytes& frame) const {
    pollfd wait{socket_.get(), POLLOUT, 0};
    ::poll(&wait, 1, patience_ms);
    ::send(socket_.get(), frame.data(), frame.size(), MSG_NOSIGNAL);
}

bool HostProcess::says_anything_within(std::chrono::milliseconds time) const {
    pollfd wait{socket_.get(), POLLIN, 0};
    return ::poll(&wait, 1, static_cast<int>(time.count())) != 0;
}

bool HostProcess::send_if_there(const plugin::ToHost& message) const {
    const Bytes frame = plugin::encode(message);
    pollfd wait{socket_.get(), POLLOUT, 0};
    if (::poll(&wait, 1, patience_ms) != 1 || (wait.revents & POLLHUP) != 0) return false;
    return ::send(socket_.get(), frame.data(), frame.size(), MSG_NOSIGNAL) > 0;
}

plugin::HostHello HostProcess::greet() {
    auto hello = await<plugin::HostHello>();
    send(plugin::AgentHello{plugin::protocol_version, "lb1"});
    return hello;
}

plugin::InstanceId HostProcess::make(const std::string& type, const std::vector<config::Value>& values,
                                     config::PluginKind kind) {
    send(plugin::Create{++last_, kind, type, "name", values});
    REQUIRE(await<plugin::Created>().instance == last_);
    return last_;
}

std::optional<plugin::ToAgent> HostProcess::receive() {
    Bytes frame(plugin::maximum_frame);
    if (!readable(socket_.get())) return std::nullopt;
    const auto size = ::recv(socket_.get(), frame.data(), frame.size(), MSG_TRUNC);
    if (size <= 0) return std::nullopt;
    REQUIRE(static_cast<std::size_t>(size) <= frame.size());
    const auto message = plugin::decode_to_agent(ByteView(frame).first(static_cast<std::size_t>(size)));
    if (!message) throw std::runtime_error(message.error().text);
    return *message;
}

plugin::Report HostProcess::probe(plugin::InstanceId instance, std::uint64_t probe,
                                  std::chrono::milliseconds time) {
    const auto now = in(std::chrono::milliseconds(0));
    send(plugin::Probe{instance, probe, now + std::chrono::nanoseconds(time).count(), now});
    return await<plugin::Report>();
}

int HostProcess::wait_status() {
    REQUIRE(ended(pid_));
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    return status;
}

std::string HostProcess::words() const {
    return read_all(words_.get());
}

}  // namespace regent::test
