// SPDX-License-Identifier: Apache-2.0
// libcurl's multi interface, driven by somebody else's loop (curl_multi_socket_action(3)).
#pragma once

#include <curl/curl.h>
#include <map>
#include <memory>
#include <optional>

#include "plugins/curl/watcher.hpp"

namespace regent::plugins::curl {

class Transfer;

/// The transfers that share connections. Loop thread.
class Multi {
  public:
    /// At most `connections` at a time to one server; 0: no limit. Transfers beyond it wait for their turn.
    explicit Multi(Watcher& watcher, long connections = 0);
    Multi(const Multi&) = delete;
    Multi& operator=(const Multi&) = delete;
    /// No transfer may be under way.
    ~Multi() { close(); }

    /// Begins a transfer, which may end before this returns. False: libcurl refuses, and nothing will end.
    bool add(Transfer& transfer);
    /// Gives a transfer up. It is not told.
    void remove(Transfer& transfer);
    /// False: not a descriptor of libcurl's. `events` as the host tells them.
    bool on_fd(int fd, std::uint32_t events);
    void on_timer();
    /// Ends connections that are kept, and lets go of all descriptors and the timer.
    void close();

  private:
    struct Clean {
        void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
    };
    void open();
    void act(curl_socket_t socket, int events);
    void deliver();
    void update_timer();
    void unwatch(int fd);
    static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void*) noexcept;
    static int on_wish(CURLM*, long milliseconds, void* self) noexcept;

    Watcher& watcher_;
    long connections_;
    std::unique_ptr<CURLM, Clean> multi_;
    std::map<int, CURL*> watched_;        ///< and for whom
    std::optional<sdk::Instant> wanted_;  ///< when libcurl wants to be called
    std::optional<sdk::Instant> set_;     ///< what the watcher's timer is set to
    bool is_working_ = false;
    bool must_work_ = false;
};

}  // namespace regent::plugins::curl
