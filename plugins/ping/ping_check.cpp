// SPDX-License-Identifier: Apache-2.0
#include "ping_check.hpp"

#include <algorithm>
#include <cerrno>
#include <net/if.h>
#include <sys/random.h>
#include <system_error>

namespace regent::plugins::ping {

namespace {

constexpr std::uint64_t give_up_timer = 1;
/// Packets in one turn of the loop; the rest waits for the next.
constexpr int maximum_burst = 256;
/// Named in a message; of others only the number.
constexpr std::size_t maximum_named = 4;

std::uint64_t random_number() {
    std::uint64_t number = 0;
    if (::getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number)
        throw std::system_error(errno, std::generic_category(), "no random numbers");
    return number;
}

/// No two checks of this process have the same, until there are 65536 of them.
std::uint16_t next_identifier() {
    static auto last = static_cast<std::uint16_t>(random_number());
    return ++last;
}

std::vector<SocketAddress> addresses(const sdk::Values& values) {
    std::vector<SocketAddress> list;
    for (const std::string& text : values.texts("targets")) {
        const auto address = socket_address(text);
        if (!address) throw sdk::Blame(values, "targets", "\"" + text + "\" is no address");
        if (address->is_link_local() && !values.has("interface")) {
            throw sdk::Blame(values, "targets",
                             "\"" + text + "\" is link-local: `interface` must say where it is");
        }
        const auto same = [&](const SocketAddress& other) { return other.same_host(*address); };
        if (std::any_of(list.begin(), list.end(), same))
            throw sdk::Blame(values, "targets", "\"" + text + "\" is there twice");
        list.push_back(*address);
    }
    return list;
}

Origin origin(const sdk::Values& values, const std::vector<SocketAddress>& targets) {
    Origin made;
    made.interface = values.text("interface");
    if (values.has("interface") && (made.interface.empty() || made.interface.size() >= IFNAMSIZ))
        throw sdk::Blame(values, "interface", "is no name of an interface: 1 to 15 bytes");
    if (!values.has("source")) return made;
    made.source = socket_address(values.text("source"));
    if (!made.source) throw sdk::Blame(values, "source", "is no address");
    for (const SocketAddress& target : targets) {
        if (target.family() != made.source->family())
            throw sdk::Blame(values, "source", "must be of the same family as all targets: IPv4 or IPv6");
    }
    return made;
}

std::string words_of(int error) {
    return std::generic_category().message(error);
}

}  // namespace

void PingCheck::validate(const sdk::Values& values) {
    const auto list = addresses(values);
    (void)origin(values, list);
    if (values.integer("min_alive") > static_cast<std::int64_t>(list.size()))
        throw sdk::Blame(values, "min_alive", "is more than there are targets");
}

PingCheck::PingCheck(sdk::Context context, const sdk::Values& values)
    : context_(context),
      min_alive_(static_cast<std::size_t>(values.integer("min_alive"))),
      origin_(origin(values, addresses(values))),
      identifier_(next_identifier()) {
    for (const std::string& text : values.texts("targets"))
        targets_.push_back({socket_address(text).value(), text, Fate::waiting, {}});
}

void PingCheck::probe(sdk::ProbeId probe, sdk::Instant deadline) {
    probe_ = probe;
    // Only binding to it tells that the source is not here any more.
    if (origin_.source) close_sockets();
    if (!open_sockets()) return;
    sent_ = context_.now();
    // Before the host's own deadline, which could not say who is silent.
    const auto patience = deadline - sent_;
    context_.set_timer(give_up_timer,
                       deadline - std::max<sdk::Duration>(patience / 20, std::chrono::milliseconds(1)));
    first_sequence_ = static_cast<std::uint16_t>(first_sequence_ + targets_.size());
    cookie_ = random_number();
    send_all();
    judge();
}

void PingCheck::cancel(sdk::ProbeId) {
    probe_ = sdk::unsolicited;
    context_.clear_timer(give_up_timer);
}

void PingCheck::on_fd(int fd, std::uint32_t) {
    const auto socket =
        std::find_if(sockets_.begin(), sockets_.end(), [&](const EchoSocket& one) { return one.fd() == fd; });
    if (socket == sockets_.end()) return;
    const auto handle = [&](const Heard& heard, const SocketAddress& from) { take(heard, from); };
    for (int packets = 0; packets < maximum_burst; ++packets) {
        if (socket->receive(handle) == EchoSocket::More::no) break;
    }
    judge();
}

void PingCheck::on_timer(std::uint64_t) {
    if (probe_ == sdk::unsolicited) return;
    answer(sdk::down(sdk::Reason::timeout, shortfall()));
}

void PingCheck::stop() {
    context_.clear_timer(give_up_timer);
    close_sockets();
}

bool PingCheck::open_sockets() {
    try {
        for (const Target& target : targets_) {
            if (socket_for(target.address) != nullptr) continue;
            const Family family = target.address.family() == AF_INET ? Family::ipv4 : Family::ipv6;
            EchoSocket made(family, identifier_, origin_);
            context_.watch(made.fd(), REGENT_FD_READ);
            sockets_.push_back(std::move(made));
        }
        return true;
    } catch (const std::system_error& error) {
        const int code = error.code().value();
        const auto reason = code == EPERM || code == EACCES           ? sdk::Reason::permission
                            : code == ENODEV || code == EADDRNOTAVAIL ? sdk::Reason::config
                                                                      : sdk::Reason::resource;
        answer(sdk::unknown(reason, error.what(), code));
        return false;
    }
}

EchoSocket* PingCheck::socket_for(const SocketAddress& address) {
    const Family family = address.family() == AF_INET ? Family::ipv4 : Family::ipv6;
    for (EchoSocket& socket : sockets_) {
        if (socket.family() == family) return &socket;
    }
    return nullptr;
}

void PingCheck::send_all() {
    bool interface_gone = false;
    for (std::size_t index = 0; index < targets_.size(); ++index) {
        Target& target = targets_[index];
        target.fate = Fate::waiting;
        target.failure.clear();
        const int error = socket_for(target.address)->send(target.address, label_of(index));
        // A queue that is full now is no word about the target.
        if (error == 0 || error == ENOBUFS || error == EAGAIN) continue;
        target.fate = Fate::failed;
        target.failure = words_of(error);
        interface_gone = interface_gone || error == ENODEV || error == ENXIO;
    }
    // The socket is bound to an interface that will not come back, only another one of its name.
    if (interface_gone) close_sockets();
}

void PingCheck::take(const Heard& heard, const SocketAddress& from) {
    const auto index = static_cast<std::uint16_t>(heard.label.sequence - first_sequence_);
    const bool asked = probe_ != sdk::unsolicited && index < targets_.size() &&
                       heard.label.identifier == identifier_ &&
                       (!heard.has_cookie || heard.label.cookie == cookie_);
    if (!asked) {
        ++strays_;
        return;
    }
    Target& target = targets_[index];
    SocketAddress about = from;
    if (heard.meaning == Meaning::unreachable) {
        about = target.address;
        auto* const bytes = about.family() == AF_INET ? reinterpret_cast<std::uint8_t*>(&about.v4.sin_addr)
                                                      : about.v6.sin6_addr.s6_addr;
        std::copy(heard.destination.begin(), heard.destination.end(), bytes);
    }
    if (!about.same_host(target.address) || target.fate != Fate::waiting) {
        ++strays_;
        return;
    }
    if (heard.meaning == Meaning::unreachable) {
        target.fate = Fate::failed;
        target.failure = "unreachable, code " + std::to_string(heard.code);
        return;
    }
    target.fate = Fate::answered;
    if (count(Fate::answered) == 1) shortest_ = std::chrono::duration<double>(context_.now() - sent_).count();
}

void PingCheck::judge() {
    if (probe_ == sdk::unsolicited) return;
    const std::size_t answered = count(Fate::answered);
    if (answered >= min_alive_) {
        return answer(sdk::up(std::to_string(answered) + " of " + std::to_string(targets_.size()) +
                                  " targets answered, " + std::to_string(min_alive_) + " needed",
                              {{"rtt_seconds", shortest_}}));
    }
    if (targets_.size() - count(Fate::failed) < min_alive_)
        answer(sdk::down(sdk::Reason::unreachable, shortfall()));
}

void PingCheck::answer(const sdk::Result& result) {
    context_.clear_timer(give_up_timer);
    context_.report(std::exchange(probe_, sdk::unsolicited), result);
}

std::size_t PingCheck::count(Fate fate) const {
    return static_cast<std::size_t>(std::count_if(targets_.begin(), targets_.end(),
                                                  [&](const Target& target) { return target.fate == fate; }));
}

std::string PingCheck::shortfall() const {
    std::string text = std::to_string(count(Fate::answered)) + " of " + std::to_string(targets_.size()) +
                       " targets answered";
    std::size_t named = 0;
    const char* before = ", silent: ";
    for (const Target& target : targets_) {
        if (target.fate != Fate::waiting || ++named > maximum_named) continue;
        text += before + target.text;
        before = ", ";
    }
    if (named > maximum_named) text += " and " + std::to_string(named - maximum_named) + " more";
    named = 0;
    before = "; ";
    for (const Target& target : targets_) {
        if (target.fate != Fate::failed || ++named > maximum_named) continue;
        text += before + target.text + ": " + target.failure;
    }
    if (named > maximum_named) text += "; " + std::to_string(named - maximum_named) + " more unreachable";
    return text;
}

Label PingCheck::label_of(std::size_t target) const {
    return {identifier_, static_cast<std::uint16_t>(first_sequence_ + target), cookie_};
}

void PingCheck::close_sockets() {
    for (const EchoSocket& socket : sockets_)
        context_.unwatch(socket.fd());
    sockets_.clear();
}

std::string PingCheck::describe() const {
    return "{\"identifier\":" + std::to_string(identifier_) +
           ",\"answered\":" + std::to_string(count(Fate::answered)) +
           ",\"failed\":" + std::to_string(count(Fate::failed)) + ",\"strays\":" + std::to_string(strays_) +
           "}";
}

}  // namespace regent::plugins::ping
