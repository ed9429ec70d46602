// SPDX-License-Identifier: Apache-2.0
#include "agent/plugin/host/link.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "agent/platform/system_error.hpp"

namespace regent::plugin::host {

// Frames taken in one turn of the loop, so that plugins have their turn, too.
constexpr int frames_a_turn = 64;

Result<void> Link::open() {
    const int flags = ::fcntl(socket_.get(), F_GETFL);
    if (flags < 0 || ::fcntl(socket_.get(), F_SETFL, flags | O_NONBLOCK) != 0)
        return platform::system_failure("the agent's socket", errno);
    return loop_.watch(socket_.get(), EPOLLIN,
                       [this](platform::EventLoop::Events events) { on_ready(events); });
}

void Link::on_ready(platform::EventLoop::Events events) {
    if ((events & EPOLLOUT) != 0) flush();
    if ((events & ~static_cast<platform::EventLoop::Events>(EPOLLOUT)) != 0) receive();
    if (!ended_) outlets_.turn_over();
}

void Link::receive() {
    for (int frame = 0; frame < frames_a_turn && !ended_; ++frame) {
        if (!receive_one()) return;
    }
}

bool Link::receive_one() {
    const auto size = ::recv(socket_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT | MSG_TRUNC);
    if (size < 0) {
        if (errno == EINTR) return true;
        if (errno != EAGAIN)
            end(errno == ECONNRESET ? "" : "cannot hear the agent: " + platform::kernel_words(errno));
        return false;
    }
    const auto bytes = static_cast<std::size_t>(size);
    if (bytes == 0) {
        end("");
    } else if (bytes > buffer_.size()) {
        end("a frame of the agent is too long");
    } else if (const auto message = decode_to_host(ByteView(buffer_).first(bytes)); message) {
        outlets_.message(*message);
    } else {
        end("from the agent: " + message.error().text);
    }
    return true;
}

void Link::send(const ToAgent& message) {
    if (ended_) return;
    Bytes frame = encode(message);
    if (frame.size() > maximum_frame) return end("a frame for the agent is too long");
    if (waiting_.size() == maximum_waiting) flush();
    if (waiting_.size() == maximum_waiting) return end("the agent does not read");
    waiting_.push_back(std::move(frame));
}

void Link::flush() {
    while (!waiting_.empty() && !ended_) {
        const Bytes& frame = waiting_.front();
        if (::send(socket_.get(), frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
            if (errno == EINTR) continue;
            if (errno == EAGAIN) break;
            // That the agent is gone is said by receive(), which may still find its last words.
            waiting_.clear();
            break;
        }
        waiting_.pop_front();
    }
    if (ended_ || awaits_room_ != waiting_.empty()) return;
    awaits_room_ = !waiting_.empty();
    static_cast<void>(loop_.change(socket_.get(), awaits_room_ ? EPOLLIN | EPOLLOUT : EPOLLIN));
}

void Link::end(const std::string& why) {
    if (ended_) return;
    ended_ = true;
    waiting_.clear();
    loop_.unwatch(socket_.get());
    outlets_.ended(why);
}

}  // namespace regent::plugin::host
