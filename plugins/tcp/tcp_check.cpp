// SPDX-License-Identifier: Apache-2.0
#include "tcp_check.hpp"

#include <array>

#include "hex.hpp"
#include "plugins/support/printable.hpp"
#include "plugins/support/socket_error.hpp"

namespace regent::plugins::tcp {

namespace {

constexpr std::size_t maximum_dialogue = 4096;
/// What a kept connection may say unasked between two probes before it is given up.
constexpr std::size_t maximum_unasked = 65536;

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

}  // namespace

void TcpCheck::validate(const sdk::Values& values) {
    (void)tcp_endpoint(values);
    (void)dialogue(values, "send");
    (void)dialogue(values, "expect");
}

TcpCheck::TcpCheck(sdk::Context context, const sdk::Values& values)
    : context_(context),
      send_(dialogue(values, "send")),
      expect_(dialogue(values, "expect")),
      keep_(values.boolean("keep")),
      connection_(context, tcp_endpoint(values), keep_) {}

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
        case Stage::connecting: go_on(connection_.finish()); break;
        case Stage::sending: send_more(); break;
        case Stage::expecting: read_more(); break;
        case Stage::kept:
            if (const int error = drain(); error != 0) lose(error);
            break;
    }
}

void TcpCheck::connect() {
    ++connects_;
    stage_ = Stage::connecting;
    go_on(connection_.connect());
}

void TcpCheck::go_on(TcpConnection::Progress progress) {
    using Progress = TcpConnection::Progress;
    if (progress == Progress::connected) return connected();
    if (progress == Progress::pending) return;
    auto fault = connection_.fault();
    fault.message = says(fault.message);
    answer(fault);
}

void TcpCheck::connected() {
    connect_seconds_ = std::chrono::duration<double>(context_.now() - started_).count();
    if (!send_.empty()) return send_more();
    if (expect_.empty()) return succeed();
    stage_ = Stage::expecting;
    connection_.watch(REGENT_FD_READ);
}

void TcpCheck::send_more() {
    const Transfer sent = connection_.send(std::string_view(send_).substr(sent_));
    if (sent.error != 0) return fail(sent.error);
    sent_ += sent.size;
    if (sent_ < send_.size()) {
        stage_ = Stage::sending;
        return connection_.watch(REGENT_FD_WRITE);
    }
    if (expect_.empty()) return succeed();
    stage_ = Stage::expecting;
    connection_.watch(REGENT_FD_READ);
}

void TcpCheck::read_more() {
    std::array<char, maximum_dialogue> part;
    const std::string_view missing = std::string_view(expect_).substr(matched_);
    const Transfer received = connection_.receive(std::span(part).first(missing.size()));
    if (received.error != 0) return fail(received.error);
    const std::string_view got(part.data(), received.size);
    if (!missing.starts_with(got)) {
        if (retried()) return;
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
        connection_.watch(REGENT_FD_READ);
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
    answer(socket_verdict(error, says(words_of(error))));
}

void TcpCheck::answer(const sdk::Result& result) {
    const auto probe = std::exchange(probe_, sdk::unsolicited);
    disconnect();
    context_.report(probe, result);
}

void TcpCheck::disconnect() {
    stage_ = Stage::idle;
    connection_.close();
}

int TcpCheck::drain() {
    std::array<char, 4096> part;
    for (;;) {
        const Transfer received = connection_.receive(part);
        if (received.error != 0 || received.size == 0) return received.error;
        unasked_ += received.size;
        if (unasked_ > maximum_unasked) return too_talkative;
    }
}

void TcpCheck::lose(int error) {
    disconnect();
    if (error == too_talkative)
        return context_.log(sdk::Level::warning, says("not kept: " + words_of(error)));
    ++losses_;
    // A connection that ended is a reset, whichever way it ended; a fault of this machine stays one.
    auto result = error == closed_by_peer ? sdk::down(sdk::Reason::reset, {}) : socket_verdict(error, {});
    result.message = says("the kept connection is gone: " + words_of(error));
    context_.report(sdk::unsolicited, result);
}

std::string TcpCheck::says(std::string_view what) const {
    return connection_.endpoint().text + ": " + std::string(what);
}

std::string TcpCheck::describe() const {
    static constexpr std::array<std::string_view, 5> stages{"idle", "connecting", "sending", "expecting",
                                                            "kept"};
    return "{\"stage\":\"" + std::string(stages[static_cast<std::size_t>(stage_)]) +
           "\",\"connects\":" + std::to_string(connects_) + ",\"losses\":" + std::to_string(losses_) + "}";
}

}  // namespace regent::plugins::tcp
