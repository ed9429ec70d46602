// SPDX-License-Identifier: Apache-2.0
#include "plugins/rmi/exchange.hpp"

#include "plugins/support/socket_error.hpp"

namespace regent::plugins::rmi {

namespace {

/// Of one turn; whoever sends faster is read in the next.
constexpr std::size_t maximum_read = 16384;

}  // namespace

Exchange::Exchange(sdk::Context context, TcpEndpoint endpoint, jrmp::Protocol protocol, bool kept)
    : context_(context), protocol_(protocol), connection_(context, std::move(endpoint), kept) {}

void Exchange::open(std::string_view question, jrmp::Reader::Wanted wanted, Done done) {
    close();
    question_ = jrmp::opening(protocol_).append(question);
    reader_ = jrmp::Reader(protocol_ == jrmp::Protocol::stream, wanted);
    is_acknowledged_ = false;
    sent_ = 0;
    done_ = std::move(done);
    stage_ = Stage::connecting;
    began_ = context_.now();
    go_on(connection_.connect());
}

void Exchange::ask(std::string_view question, jrmp::Reader::Wanted wanted, Done done) {
    question_ = question;
    reader_ = jrmp::Reader(false, wanted);
    sent_ = 0;
    lost_ = nullptr;
    done_ = std::move(done);
    send_more();
}

void Exchange::keep(Lost lost) {
    lost_ = std::move(lost);
    stage_ = Stage::kept;
    connection_.watch(REGENT_FD_READ);
}

void Exchange::close() {
    stage_ = Stage::idle;
    connection_.close();
    done_ = nullptr;
    lost_ = nullptr;
}

bool Exchange::on_fd(int fd) {
    if (!connection_.is_open() || fd != connection_.fd()) return false;
    switch (stage_) {
        case Stage::idle:
        case Stage::answered: break;
        case Stage::connecting: go_on(connection_.finish()); break;
        case Stage::sending: send_more(); break;
        case Stage::reading: read_more(); break;
        case Stage::kept: look_while_kept(); break;
    }
    return true;
}

void Exchange::go_on(TcpConnection::Progress progress) {
    using Progress = TcpConnection::Progress;
    if (progress == Progress::pending) return;
    if (progress == Progress::failed) return finish(connection_.fault());
    connect_seconds_ = std::chrono::duration<double>(context_.now() - began_).count();
    send_more();
}

void Exchange::send_more() {
    const Transfer sent = connection_.send(std::string_view(question_).substr(sent_));
    if (sent.error != 0) return fail(sent.error);
    sent_ += sent.size;
    stage_ = sent_ < question_.size() ? Stage::sending : Stage::reading;
    connection_.watch(stage_ == Stage::sending ? REGENT_FD_WRITE : REGENT_FD_READ);
}

void Exchange::read_more() {
    std::array<char, maximum_read> part;
    const Transfer received = connection_.receive(part);
    if (received.error == closed_by_peer) {
        gone_ = closed_by_peer;
        reader_.end();
    } else if (received.error != 0) {
        return fail(received.error);
    } else {
        reader_.take({part.data(), received.size});
    }
    if (reader_.uid() && !is_acknowledged_ && protocol_ == jrmp::Protocol::stream)
        acknowledge(*reader_.uid());
    if (reader_.state() != jrmp::Reader::State::unfinished) finish(std::nullopt);
}

void Exchange::acknowledge(const jrmp::Uid& uid) {
    is_acknowledged_ = true;
    // If it is lost, the server waits for its time to pass: nothing that the verdict depends on.
    (void)connection_.send(jrmp::acknowledgement(uid));
    (void)::shutdown(connection_.fd(), SHUT_WR);
}

void Exchange::fail(int error) {
    gone_ = error;
    finish(socket_verdict(error, words_of(error)));
}

void Exchange::finish(std::optional<sdk::Result> fault) {
    const Done done = std::exchange(done_, nullptr);
    stage_ = Stage::answered;
    if (fault || reader_.state() != jrmp::Reader::State::pong) close();
    const Outcome outcome{std::move(reader_), std::move(fault), std::exchange(gone_, 0)};
    done(outcome);
    if (stage_ == Stage::answered) close();
}

void Exchange::look_while_kept() {
    std::array<char, 64> part;
    const Transfer received = connection_.receive(part);
    if (received.error == 0 && received.size == 0) return;
    const Lost lost = std::exchange(lost_, nullptr);
    close();
    lost(received.size > 0 ? too_talkative : received.error);
}

std::string Exchange::waiting_for() const {
    if (stage_ == Stage::connecting) return "does not take the connection";
    if (reader_.size() > 0) return "stops within its answer";
    return "does not answer";
}

}  // namespace regent::plugins::rmi
