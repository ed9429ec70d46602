// SPDX-License-Identifier: Apache-2.0
// The wire protocol of Java RMI (JRMP), as far as a check needs it. Computation alone: every byte that
// arrives is taken for hostile, and no object is ever made of it: class names and an endpoint are read, the
// rest is skipped. (Java RMI specification, chapter 10; Java object serialization specification, chapter 6.)
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace regent::plugins::rmi::jrmp {

/// `stream`: many messages on a connection, which the server must acknowledge first. `single`: one, at once.
enum class Protocol : std::uint8_t { stream, single };

/// What a new connection begins with.
std::string opening(Protocol protocol);

/// Asks for nothing but a sign of life.
inline constexpr std::string_view ping = "\x52";

/// A call of the registry's lookup(name). `name`: at most 65535 bytes of UTF-8, none of them 0 and none
/// beyond U+FFFF, which Java writes in another way.
std::string lookup(std::string_view name);

/// Marks one reply.
using Uid = std::array<char, 14>;

/// Tells the server that a reply has come. Until then, or for five minutes, it holds what the reply refers
/// to.
std::string acknowledgement(const Uid& uid);

struct Endpoint {
    std::string host;
    std::uint32_t port = 0;
};

/// What a name is bound to.
struct Bound {
    std::vector<std::string> types;    ///< the interfaces of a proxy, or the one class of anything else
    std::optional<Endpoint> endpoint;  ///< where it sends its clients; nothing if it does not say so
};

/// Sequence of bytes in, one answer out. Holds at most `maximum_answer` bytes.
class Reader {
  public:
    static constexpr std::size_t maximum_answer = 65536;

    enum class Wanted : std::uint8_t { pong, reply };
    enum class State : std::uint8_t {
        unfinished,  ///< more must come
        pong,        ///< the answer to a ping
        bound,       ///< the reply to a lookup: bound()
        thrown,      ///< an exception in its place: text() is its class
        broken       ///< not what RMI says; text() is a sentence, after "it"
    };

    /// `acknowledged`: the server acknowledges a new connection first.
    Reader(bool acknowledged, Wanted wanted)
        : step_(acknowledged ? Step::acknowledgement : first(wanted)), wanted_(wanted) {}

    /// No-ops once the state is final.
    void take(std::string_view bytes);
    /// Nothing more will come.
    void end();

    State state() const { return state_; }
    const Bound& bound() const { return bound_; }
    const std::string& text() const { return text_; }
    /// Of a reply that is none of an exception, as soon as it is there: to be acknowledged.
    const std::optional<Uid>& uid() const { return uid_; }
    std::size_t size() const { return bytes_.size(); }

  private:
    enum class Step : std::uint8_t { acknowledgement, pong, head, object, interfaces, name, endpoint };

    static Step first(Wanted wanted) { return wanted == Wanted::pong ? Step::pong : Step::head; }
    /// Whether the bytes that are there were enough for one more step.
    bool advance();
    bool read_acknowledgement();
    bool read_pong();
    bool read_head();
    bool read_object();
    bool read_interface();
    bool read_name();
    bool find_endpoint();
    /// Bytes not yet read.
    std::string_view rest() const { return std::string_view(bytes_).substr(at_); }
    bool fail(std::string text);
    bool finish(State state);

    Step step_;
    Wanted wanted_;
    State state_ = State::unfinished;
    std::string bytes_;
    std::size_t at_ = 0;
    bool is_exception_ = false;
    std::uint32_t interfaces_left_ = 0;
    std::optional<Uid> uid_;
    Bound bound_;
    std::string text_;
};

}  // namespace regent::plugins::rmi::jrmp
