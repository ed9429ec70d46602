// SPDX-License-Identifier: Apache-2.0
#include "plugins/rmi/rmi_check.hpp"

#include <algorithm>

#include "plugins/support/printable.hpp"
#include "plugins/support/socket_error.hpp"

namespace regent::plugins::rmi {

namespace {

constexpr std::uint64_t give_up_timer = 1;
/// How long a server may take to answer a ping anew after a kept connection was lost. A killed JVM on a
/// machine that lives refuses at once; whoever takes longer may be collecting garbage or far away.
constexpr sdk::Duration verification_patience = std::chrono::milliseconds(30);
/// Between two probes: whoever closes more often is not worth being kept.
constexpr unsigned maximum_losses = 8;
constexpr std::size_t maximum_name = 255;
constexpr std::size_t maximum_shown = 40;

jrmp::Protocol protocol(const sdk::Values& values) {
    return values.text("protocol") == "single" ? jrmp::Protocol::single : jrmp::Protocol::stream;
}

bool keep(const sdk::Values& values) {
    const bool can_be_kept = protocol(values) == jrmp::Protocol::stream;
    if (!values.has("keep")) return can_be_kept;
    if (values.boolean("keep") && !can_be_kept)
        throw sdk::Blame(values, "keep", "needs protocol \"stream\": with \"single\" the server closes");
    return values.boolean("keep");
}

void check_name(const sdk::Values& values, std::string_view param, const std::string& name) {
    const auto is_odd = [](char letter) {
        const auto byte = static_cast<unsigned char>(letter);
        return byte < 0x20 || byte == 0x7f || byte >= 0xf0;  // from 0xf0 on Java has an encoding of its own
    };
    if (name.size() <= maximum_name && std::none_of(name.begin(), name.end(), is_odd)) return;
    throw sdk::Blame(values, param,
                     "\"" + printable(name, maximum_shown) +
                         "\" is longer than 255 bytes, or holds a control character or one beyond U+FFFF");
}

Demands demands(const sdk::Values& values) {
    Demands made;
    made.names = values.texts("names");
    for (const std::string& one : made.names) {
        if (one.empty()) throw sdk::Blame(values, "names", "one of them is empty");
        check_name(values, "names", one);
    }
    made.interfaces = values.texts("interfaces");
    for (const std::string& one : made.interfaces)
        check_name(values, "interfaces", one);
    if (!made.interfaces.empty() && made.interfaces.size() != made.names.size())
        throw sdk::Blame(values, "interfaces", "must be as many as names: one for each, \"\" for any");
    for (const std::string_view param : {"stub_host", "stub_port"}) {
        if (values.has(param) && made.names.empty())
            throw sdk::Blame(values, param, "needs names: the stub is what a name is bound to");
    }
    if (values.has("stub_host")) {
        made.stub_host = values.text("stub_host");
        if (made.stub_host.empty()) throw sdk::Blame(values, "stub_host", "is empty");
        check_name(values, "stub_host", made.stub_host);
    }
    if (values.has("stub_port")) made.stub_port = values.port("stub_port");
    return made;
}

double seconds_since(sdk::Instant then, sdk::Instant now) {
    return std::chrono::duration<double>(now - then).count();
}

std::string milliseconds(sdk::Duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) + " ms";
}

}  // namespace

void RmiCheck::validate(const sdk::Values& values) {
    (void)tcp_endpoint(values);
    (void)keep(values);
    (void)demands(values);
}

RmiCheck::RmiCheck(sdk::Context context, const sdk::Values& values)
    : context_(context),
      where_(tcp_endpoint(values).text),
      keep_(keep(values)),
      demands_(demands(values)),
      pings_(context, tcp_endpoint(values), protocol(values), keep_),
      lookups_(context, tcp_endpoint(values), protocol(values), false),
      findings_(demands_) {}

void RmiCheck::probe(sdk::ProbeId probe, sdk::Instant deadline) {
    abandon();
    probe_ = probe;
    losses_in_turn_ = 0;
    // Before the host's own deadline, which could not say what was waited for.
    const sdk::Instant now = context_.now();
    const auto margin = std::max<sdk::Duration>((deadline - now) / 20, std::chrono::milliseconds(1));
    begin(Round::probe, deadline - margin);
}

void RmiCheck::cancel(sdk::ProbeId) {
    abandon();
}

void RmiCheck::stop() {
    abandon();
    pings_.close();
}

void RmiCheck::on_fd(int fd, std::uint32_t) {
    if (!pings_.on_fd(fd)) lookups_.on_fd(fd);
}

void RmiCheck::on_timer(std::uint64_t) {
    if (round_ == Round::none) return;
    const std::string limit = " within " + milliseconds(patience_);
    const std::string text =
        lookups_.is_asking() ? asked_for() + ", it " + lookups_.waiting_for() : "it " + pings_.waiting_for();
    conclude(sdk::down(sdk::Reason::timeout, text + limit));
}

void RmiCheck::begin(Round round, sdk::Instant give_up_at) {
    round_ = round;
    asked_ = context_.now();
    patience_ = give_up_at - asked_;
    context_.set_timer(give_up_timer, give_up_at);
    findings_ = Findings(demands_);
    next_name_ = 0;
    ping_seconds_ = lookup_seconds_ = 0;
    ping();
}

void RmiCheck::ping() {
    const auto done = [this](const Exchange::Outcome& outcome) { pinged(outcome); };
    is_reused_ = pings_.is_kept();
    if (is_reused_) return pings_.ask(jrmp::ping, jrmp::Reader::Wanted::pong, done);
    ++connects_;
    pings_.open(jrmp::ping, jrmp::Reader::Wanted::pong, done);
}

void RmiCheck::pinged(const Exchange::Outcome& outcome) {
    const bool has_answered = !outcome.fault && outcome.answer.state() == jrmp::Reader::State::pong;
    if (!has_answered && is_reused_) {
        // It may be long gone, so that a new one is to judge.
        if (outcome.lost != 0) lost_ = words_of(outcome.lost);
        ++losses_;
        return ping();
    }
    if (outcome.fault) return conclude(*outcome.fault);
    if (!has_answered) return conclude(sdk::down(sdk::Reason::protocol, "it " + outcome.answer.text()));
    ping_seconds_ = seconds_since(asked_, context_.now());
    if (keep_) pings_.keep([this](int error) { lose(error); });
    // How long names take is no sign of death, and only a probe has the time for them.
    if (round_ == Round::verification) return conclude(sdk::up());
    lost_.clear();
    look_up();
}

void RmiCheck::look_up() {
    if (next_name_ == demands_.names.size()) return conclude(findings_.judge());
    ++connects_;
    asked_ = context_.now();
    lookups_.open(jrmp::lookup(demands_.names[next_name_]), jrmp::Reader::Wanted::reply,
                  [this](const Exchange::Outcome& outcome) { looked_up(outcome); });
}

void RmiCheck::looked_up(const Exchange::Outcome& outcome) {
    if (outcome.fault) {
        auto fault = *outcome.fault;
        fault.message = asked_for() + ": " + fault.message;
        return conclude(std::move(fault));
    }
    lookup_seconds_ = std::max(lookup_seconds_, seconds_since(asked_, context_.now()));
    if (!findings_.add(next_name_, outcome.answer)) return conclude(findings_.judge());
    ++next_name_;
    look_up();
}

void RmiCheck::conclude(sdk::Result result) {
    const bool is_good = result.state == sdk::State::up || result.state == sdk::State::degraded;
    // Of all that a dying server closes, the lookup's connection may be seen first.
    if (!is_good) pings_.look();
    const Round round = round_;
    const auto probe = std::exchange(probe_, sdk::unsolicited);
    abandon();
    if (is_good) result.metrics = metrics();
    if (round == Round::verification) {
        judge_loss(std::move(result));
    } else {
        tell(probe, std::move(result));
    }
    // It went while the names were looked up.
    if (is_good && keep_ && !pings_.is_kept()) verify();
}

void RmiCheck::tell(sdk::ProbeId probe, sdk::Result result) {
    const bool is_good = result.state == sdk::State::up || result.state == sdk::State::degraded;
    const bool is_death = !is_good && !lost_.empty();
    result.message =
        says(is_death ? "the kept connection is gone (" + lost_ + "), and of a new one: " + result.message
                      : result.message);
    if (is_death) lost_.clear();
    context_.report(probe, result);
}

void RmiCheck::judge_loss(sdk::Result result) {
    const std::string lost = "the kept connection was lost (" + lost_ + "), and ";
    if (result.state == sdk::State::up) {
        lost_.clear();
        return context_.log(sdk::Level::info, says(lost + "a new one works"));
    }
    // A server that lives may be slow; what is pushed would count as a whole row of failed probes.
    if (result.reason == sdk::Reason::timeout)
        return context_.log(sdk::Level::info,
                            says(lost + "of a new one: " + result.message + "; the next probe decides"));
    tell(sdk::unsolicited, std::move(result));
}

void RmiCheck::abandon() {
    if (round_ == Round::none) return;
    round_ = Round::none;
    probe_ = sdk::unsolicited;
    context_.clear_timer(give_up_timer);
    lookups_.close();
    if (!pings_.is_kept()) pings_.close();
}

void RmiCheck::lose(int error) {
    lost_ = words_of(error);
    ++losses_;
    if (round_ == Round::none) verify();
}

void RmiCheck::verify() {
    if (++losses_in_turn_ > maximum_losses) {
        return context_.log(sdk::Level::warning,
                            says("not kept until the next probe, for it closes again and again"));
    }
    begin(Round::verification, context_.now() + verification_patience);
}

std::vector<sdk::Metric> RmiCheck::metrics() const {
    std::vector<sdk::Metric> list{{"ping_seconds", ping_seconds_}};
    if (!is_reused_) list.push_back({"connect_seconds", pings_.connect_seconds()});
    if (!demands_.names.empty()) list.push_back({"lookup_seconds", lookup_seconds_});
    return list;
}

std::string RmiCheck::asked_for() const {
    return "asked for \"" + printable(demands_.names[next_name_], maximum_shown) + "\"";
}

std::string RmiCheck::describe() const {
    static constexpr std::array<std::string_view, 3> rounds{"none", "probe", "verification"};
    return "{\"round\":\"" + std::string(rounds[static_cast<std::size_t>(round_)]) +
           "\",\"kept\":" + (pings_.is_kept() ? "true" : "false") +
           ",\"connects\":" + std::to_string(connects_) + ",\"losses\":" + std::to_string(losses_) + "}";
}

}  // namespace regent::plugins::rmi
