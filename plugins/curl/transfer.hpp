// SPDX-License-Identifier: Apache-2.0
// Requests to one server, one after another, with all that has to be known when one fails.
#pragma once

#include <array>
#include <curl/curl.h>
#include <memory>
#include <string_view>
#include <vector>

#include "plugins/curl/multi.hpp"
#include "plugins/curl/peer.hpp"
#include "plugins/curl/trust.hpp"

namespace regent::plugins::curl {

/// Who is told how a request goes on. Not allowed to begin or give up requests from within on_status() and
/// on_body(); from on_end() it is.
class Listener {
  public:
    Listener() = default;
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    virtual ~Listener() = default;

    /// The header of an answer has come (not of one that is on its way: 1xx but 101). False: that is enough.
    virtual bool on_status(long status) = 0;
    /// A part of the body. False: that is enough.
    virtual bool on_body(std::string_view part) = 0;
    /// The end. CURLE_WRITE_ERROR: after it was enough.
    virtual void on_end(CURLcode code) = 0;
};

struct Request {
    std::string method = "GET";
    std::vector<std::string> headers;
    std::string body;
    long maximum_redirects = 0;
    /// Whether the connection may be taken over from the request before, and left to the next.
    bool keep = false;
    /// An answer that goes on for ever: that its other end is gone has to be noticed while it says nothing.
    bool is_endless = false;
};

/// Loop thread.
class Transfer {
  public:
    Transfer(Peer peer, Request request, Listener& listener);
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;
    ~Transfer() { cancel(); }

    static Transfer* of(CURL* easy);
    CURL* handle() const { return easy_.get(); }

    /// In place of what the peer's URL says, of the same server.
    void set_url(const std::string& url);
    /// Gives up what is under way, and begins. The listener may be told before this returns.
    void start(Multi& multi);
    /// The listener is not told.
    void cancel();
    bool is_active() const { return multi_ != nullptr; }
    /// For Multi alone.
    void end(CURLcode code);

    const Peer& peer() const { return peer_; }
    long status() const;
    /// Of what is under way: "the TLS handshake". Bytes of the body as they come.
    std::string awaited() const;
    /// Of what has ended with an error that libcurl explains; "" when it does not.
    std::string_view explanation() const { return error_.data(); }
    /// Of a socket call of what has ended, since its last connection stood; 0: there was none.
    int system_error() const;
    /// Whether a connection has stood since the start, that of TLS with its handshake.
    bool has_stood() const { return is_connected_; }
    bool is_header_too_long() const { return header_size_ > maximum_header; }
    const Certificate& certificate() const { return certificate_; }
    /// From the start; 0: not come to that.
    double connect_seconds() const { return seconds(CURLINFO_CONNECT_TIME_T); }
    double first_byte_seconds() const { return seconds(CURLINFO_STARTTRANSFER_TIME_T); }

    static constexpr std::size_t maximum_header = 65536;

  private:
    struct CleanEasy {
        void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
    };
    struct FreeList {
        void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };
    using List = std::unique_ptr<curl_slist, FreeList>;

    template <class Value>
    void set(CURLoption option, Value value) {
        curl_easy_setopt(easy_.get(), option, value);
    }
    void set_safety();
    void set_peer();
    void set_request();
    void set_callbacks();
    bool forget_system_error();
    int last_system_error() const;
    double seconds(CURLINFO info) const;
    bool is_whole_header(std::string_view line);
    static void append(List& list, const std::string& text);
    static int on_open(void* self, curlsocktype, curl_sockaddr* address) noexcept;
    static int on_connected(void* self, char*, char*, int, int) noexcept;
    static std::size_t on_header(const char* bytes, std::size_t size, std::size_t count, void* self) noexcept;
    static std::size_t on_part(const char* bytes, std::size_t size, std::size_t count, void* self) noexcept;
    static CURLcode on_tls(CURL*, void* context, void* self) noexcept;

    const Peer peer_;
    const Request request_;
    Listener& listener_;
    std::array<char, CURL_ERROR_SIZE> error_{};
    List connect_to_;
    List headers_;
    std::unique_ptr<CURL, CleanEasy> easy_;  // goes before what it points to
    Multi* multi_ = nullptr;                 ///< while a request is under way
    Certificate certificate_;
    int open_error_ = 0;
    int past_error_ = 0;        ///< what libcurl knew already when the connection stood
    bool is_greeting_ = false;  ///< TLS has begun
    bool is_connected_ = false;
    bool has_header_ = false;
    std::size_t header_size_ = 0;
    std::size_t body_size_ = 0;
};

}  // namespace regent::plugins::curl
