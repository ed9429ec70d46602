// SPDX-License-Identifier: Apache-2.0
#include "plugins/curl/multi.hpp"

#include <algorithm>
#include <system_error>
#include <vector>

#include "plugins/curl/transfer.hpp"

namespace regent::plugins::curl {
namespace {

/// Rounds of one turn in which libcurl may say that it has more to do at once.
constexpr int maximum_rounds = 16;

/// What libcurl sets up for the whole process, once and when it is needed, for nothing may run at load.
bool is_set_up() {
    static const bool done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    return done;
}

}  // namespace

Multi::Multi(Watcher& watcher, long connections) : watcher_(watcher), connections_(connections) {}

void Multi::open() {
    if (multi_) return;
    if (is_set_up()) multi_.reset(curl_multi_init());
    if (!multi_) throw std::system_error(ENOMEM, std::generic_category(), "libcurl");
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &Multi::on_socket);
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &Multi::on_wish);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
    if (connections_ > 0) {
        curl_multi_setopt(multi_.get(), CURLMOPT_MAX_HOST_CONNECTIONS, connections_);
        curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, connections_);
    }
}

bool Multi::add(Transfer& transfer) {
    open();
    if (curl_multi_add_handle(multi_.get(), transfer.handle()) != CURLM_OK) return false;
    // At once, not with the next turn of the loop: most of it is done by the time that probe() returns.
    act(CURL_SOCKET_TIMEOUT, 0);
    return true;
}

void Multi::remove(Transfer& transfer) {
    // First, for libcurl (7.88) closes the socket of a connection that does not stand yet before it lets go
    // of it.
    std::vector<int> fds;
    for (const auto& [fd, easy] : watched_) {
        if (easy == transfer.handle()) fds.push_back(fd);
    }
    for (const int fd : fds)
        unwatch(fd);
    if (multi_) curl_multi_remove_handle(multi_.get(), transfer.handle());
    if (!is_working_) update_timer();
}

bool Multi::on_fd(int fd, std::uint32_t events) {
    if (!watched_.contains(fd)) return false;
    int mask = 0;
    if ((events & REGENT_FD_READ) != 0) mask |= CURL_CSELECT_IN;
    if ((events & REGENT_FD_WRITE) != 0) mask |= CURL_CSELECT_OUT;
    if ((events & REGENT_FD_ERROR) != 0) mask |= CURL_CSELECT_ERR;
    act(fd, mask);
    return true;
}

void Multi::on_timer() {
    set_.reset();
    wanted_.reset();
    act(CURL_SOCKET_TIMEOUT, 0);
    // libcurl says a time once: where its clock has not come to it yet, it has to be asked for what is left.
    long left = -1;
    if (wanted_ || !multi_ || curl_multi_timeout(multi_.get(), &left) != CURLM_OK || left < 0) return;
    wanted_ = watcher_.now() + std::chrono::milliseconds(std::max(left, 1L));
    update_timer();
}

void Multi::act(curl_socket_t socket, int events) {
    must_work_ = true;
    if (is_working_ || !multi_)
        return;  // begun from within an end that is being told: the loop below does it
    is_working_ = true;
    for (int round = 0; must_work_ && round < maximum_rounds; ++round) {
        must_work_ = false;
        int running = 0;
        curl_multi_socket_action(multi_.get(), socket, events, &running);
        deliver();
        socket = CURL_SOCKET_TIMEOUT;
        events = 0;
    }
    is_working_ = false;
    update_timer();
}

void Multi::deliver() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        CURL* const easy = message->easy_handle;
        const CURLcode code = message->data.result;
        Transfer* const transfer = Transfer::of(easy);
        curl_multi_remove_handle(multi_.get(), easy);
        if (transfer != nullptr) transfer->end(code);
    }
}

void Multi::update_timer() {
    if (must_work_) wanted_ = watcher_.now();
    if (wanted_ == set_) return;
    set_ = wanted_;
    if (set_) {
        watcher_.set_timer(*set_);
    } else {
        watcher_.clear_timer();
    }
}

void Multi::unwatch(int fd) {
    if (watched_.erase(fd) > 0) watcher_.unwatch(fd);
}

void Multi::close() {
    multi_.reset();
    while (!watched_.empty())
        unwatch(watched_.begin()->first);
    wanted_.reset();
    must_work_ = false;
    update_timer();
}

int Multi::on_socket(CURL* easy, curl_socket_t socket, int what, void* data, void*) noexcept {
    auto& self = *static_cast<Multi*>(data);
    try {
        if (what == CURL_POLL_REMOVE || what == CURL_POLL_NONE) {
            self.unwatch(socket);
            return 0;
        }
        std::uint32_t events = 0;
        if ((what & CURL_POLL_IN) != 0) events |= REGENT_FD_READ;
        if ((what & CURL_POLL_OUT) != 0) events |= REGENT_FD_WRITE;
        self.watcher_.watch(socket, events);
        self.watched_[socket] = easy;
    } catch (const std::exception&) {
        return -1;  // libcurl ends all transfers with CURLE_ABORTED_BY_CALLBACK
    }
    return 0;
}

int Multi::on_wish(CURLM*, long milliseconds, void* data) noexcept {
    auto& self = *static_cast<Multi*>(data);
    if (milliseconds == 0 && self.is_working_) {
        self.must_work_ = true;
    } else if (milliseconds < 0) {
        self.wanted_.reset();
    } else {
        self.wanted_ = self.watcher_.now() + std::chrono::milliseconds(milliseconds);
    }
    return 0;
}

}  // namespace regent::plugins::curl
