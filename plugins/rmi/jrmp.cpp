// SPDX-License-Identifier: Apache-2.0
#include "plugins/rmi/jrmp.hpp"

#include <algorithm>

#include "plugins/support/printable.hpp"

namespace regent::plugins::rmi::jrmp {

namespace {

using namespace std::string_view_literals;

constexpr char message_acknowledged = '\x4e', message_not_supported = '\x4f';
constexpr char message_pong = '\x53', message_acknowledgement = '\x54';
constexpr char return_value = '\x01', return_exception = '\x02';
constexpr char type_object = '\x73', type_class = '\x72', type_proxy_class = '\x7d', type_block = '\x77';

/// A reply up to its kind: return, stream header, a block of 15 bytes.
constexpr auto reply_head = "\x51\xac\xed\x00\x05\x77\x0f"sv;
constexpr std::size_t head_size = 7 + 1 + std::tuple_size_v<Uid>;

constexpr std::size_t maximum_client_host = 255;
/// Of an interface or a class. The longest that people write are a fifth of it.
constexpr std::size_t maximum_type_name = 1024;
constexpr std::uint32_t maximum_interfaces = 64;
constexpr std::size_t maximum_shown = 24;

std::uint32_t number(std::string_view bytes) {
    std::uint32_t value = 0;
    for (const char byte : bytes)
        value = value << 8 | static_cast<unsigned char>(byte);
    return value;
}

/// A length of two bytes and the text, as Java writes it. Nothing if it is not all there.
std::optional<std::string_view> counted_text(std::string_view bytes) {
    if (bytes.size() < 2) return std::nullopt;
    const std::size_t size = number(bytes.substr(0, 2));
    if (bytes.size() < 2 + size) return std::nullopt;
    return bytes.substr(2, size);
}

/// `block`: the data of a block. How java.rmi.server.RemoteObject writes where it is.
std::optional<Endpoint> endpoint_in(std::string_view block) {
    const auto kind = counted_text(block);
    if (!kind) return std::nullopt;
    block.remove_prefix(2 + kind->size());
    if (*kind == "UnicastRef2"sv) {
        // One byte says whether a socket factory follows behind host and port.
        if (block.empty()) return std::nullopt;
        block.remove_prefix(1);
    } else if (*kind != "UnicastRef"sv) {
        return std::nullopt;
    }
    const auto host = counted_text(block);
    if (!host || block.size() < 2 + host->size() + 4) return std::nullopt;
    return Endpoint{std::string(*host), number(block.substr(2 + host->size(), 4))};
}

}  // namespace

std::string opening(Protocol protocol) {
    // Where the client itself can be called back: nowhere, which servers accept.
    if (protocol == Protocol::stream) return std::string("JRMI\x00\x02\x4b\x00\x00\x00\x00\x00\x00"sv);
    return std::string("JRMI\x00\x02\x4c"sv);
}

std::string lookup(std::string_view name) {
    std::string call("\x50\xac\xed\x00\x05\x77\x22"sv);
    call.append(22, '\0');                         // the registry's object number
    call += "\x00\x00\x00\x02"sv;                  // lookup
    call += "\x44\x15\x4d\xc9\xd4\xe6\x3b\xdf"sv;  // the registry's interface
    call += '\x74';
    call += static_cast<char>(name.size() >> 8 & 0xff);
    call += static_cast<char>(name.size() & 0xff);
    return call.append(name);
}

std::string acknowledgement(const Uid& uid) {
    std::string message(1, message_acknowledgement);
    return message.append(uid.data(), uid.size());
}

void Reader::take(std::string_view bytes) {
    if (state_ != State::unfinished) return;
    const std::size_t room = maximum_answer - bytes_.size();
    bytes_.append(bytes.substr(0, room));
    while (state_ == State::unfinished && advance()) {
    }
    if (state_ == State::unfinished && bytes.size() > room) fail("answers without end");
}

void Reader::end() {
    if (state_ != State::unfinished) return;
    if (step_ == Step::endpoint) {
        finish(State::bound);
    } else if (bytes_.empty()) {
        fail("closes the connection without a word");
    } else if (at_ == bytes_.size() && wanted_ == Wanted::pong) {
        fail("closes the connection instead of answering the ping");
    } else {
        fail("closes the connection within its answer");
    }
}

bool Reader::advance() {
    switch (step_) {
        case Step::acknowledgement: return read_acknowledgement();
        case Step::pong: return read_pong();
        case Step::head: return read_head();
        case Step::object: return read_object();
        case Step::interfaces: return read_interface();
        case Step::name: return read_name();
        case Step::endpoint: return find_endpoint();
    }
    return false;
}

bool Reader::read_acknowledgement() {
    if (rest().empty()) return false;
    if (rest()[0] == message_not_supported) return fail("does not support this protocol of RMI");
    if (rest()[0] != message_acknowledged)
        return fail("answers \"" + printable(rest(), maximum_shown) + "\": no RMI server");
    const std::string_view body = rest().substr(1);
    if (body.size() >= 2 && number(body.substr(0, 2)) > maximum_client_host)
        return fail("acknowledges the connection to an impossible host");
    const auto host = counted_text(body);
    if (!host || body.size() < 2 + host->size() + 4) return false;
    at_ += 1 + 2 + host->size() + 4;
    step_ = first(wanted_);
    return true;
}

bool Reader::read_pong() {
    if (rest().empty()) return false;
    if (rest()[0] != message_pong)
        return fail("answers the ping with \"" + printable(rest(), maximum_shown) + "\": no RMI server");
    if (rest().size() > 1) return fail("says more than it was asked");
    return finish(State::pong);
}

bool Reader::read_head() {
    const std::size_t comparable = std::min(rest().size(), reply_head.size());
    if (rest().substr(0, comparable) != reply_head.substr(0, comparable))
        return fail("answers the lookup with \"" + printable(rest(), maximum_shown) + "\": no RMI registry");
    if (rest().size() < head_size) return false;
    const char kind = rest()[reply_head.size()];
    if (kind != return_value && kind != return_exception)
        return fail("answers the lookup with neither a value nor an exception");
    is_exception_ = kind == return_exception;
    if (!is_exception_) {
        uid_.emplace();
        std::copy_n(rest().data() + reply_head.size() + 1, uid_->size(), uid_->data());
    }
    at_ += head_size;
    step_ = Step::object;
    return true;
}

bool Reader::read_object() {
    if (rest().size() < 2) return false;
    const char kind = rest()[1];
    if (rest()[0] != type_object || (kind != type_class && kind != type_proxy_class))
        return fail("answers the lookup with something that is no object");
    if (kind == type_class) {
        at_ += 2;
        step_ = Step::name;
        return true;
    }
    if (rest().size() < 6) return false;
    interfaces_left_ = number(rest().substr(2, 4));
    if (interfaces_left_ > maximum_interfaces)
        return fail("answers the lookup with an object of too many interfaces");
    at_ += 6;
    step_ = Step::interfaces;
    return true;
}

bool Reader::read_interface() {
    if (interfaces_left_ > 0) {
        if (!read_name()) return false;
        --interfaces_left_;
        return true;
    }
    if (is_exception_) return fail("answers the lookup with an exception that is none");
    step_ = Step::endpoint;
    return true;
}

bool Reader::read_name() {
    if (rest().size() >= 2 && number(rest().substr(0, 2)) > maximum_type_name)
        return fail("answers the lookup with a class of an impossible name");
    const auto name = counted_text(rest());
    if (!name) return false;
    at_ += 2 + name->size();
    if (step_ == Step::interfaces) {
        bound_.types.emplace_back(*name);
        return true;
    }
    if (is_exception_) {
        text_ = *name;
        return finish(State::thrown);
    }
    bound_.types.emplace_back(*name);
    step_ = Step::endpoint;
    return true;
}

bool Reader::find_endpoint() {
    const std::size_t block = rest().find(type_block);
    if (block == std::string_view::npos) {
        at_ = bytes_.size();
        return false;
    }
    at_ += block;
    // Every byte may be the beginning of a block, so none is taken for one that does not read like this one.
    static constexpr auto name =
                              "\x00\x0a"
                              "UnicastRef"sv,
                          other_name =
                              "\x00\x0b"
                              "UnicastRef2"sv;
    if (rest().size() < 2) return false;
    const std::string_view body = rest().substr(2);
    const auto may_be = [&](std::string_view wanted) {
        const std::size_t comparable = std::min(body.size(), wanted.size());
        return body.substr(0, comparable) == wanted.substr(0, comparable);
    };
    if (may_be(name) || may_be(other_name)) {
        const std::size_t size = number(rest().substr(1, 1));
        if (body.size() < size) return false;
        if (auto found = endpoint_in(body.substr(0, size))) {
            bound_.endpoint = std::move(found);
            return finish(State::bound);
        }
    }
    ++at_;
    return true;
}

bool Reader::fail(std::string text) {
    text_ = std::move(text);
    return finish(State::broken);
}

bool Reader::finish(State state) {
    state_ = state;
    return false;
}

}  // namespace regent::plugins::rmi::jrmp
