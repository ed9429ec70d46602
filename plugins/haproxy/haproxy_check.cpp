// SPDX-License-Identifier: Apache-2.0
#include "plugins/haproxy/haproxy_check.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "plugins/process_watch/parameters.hpp"

namespace regent::plugins::haproxy {
namespace {

constexpr std::uint64_t retry_timer = process_watch::timer::free;
constexpr std::uint64_t own_timer = process_watch::timer::free + 1;
/// How long HAProxy may take to answer what nobody asked us for.
constexpr sdk::Duration own_patience = std::chrono::seconds(1);
/// How long its stats socket may be missing while its process lives.
constexpr sdk::Duration reload_patience = std::chrono::milliseconds(250);

Demands demands(const sdk::Values& values) {
    Demands made;
    made.frontends = values.texts("frontends");
    for (const std::string& text : values.texts("min_servers")) {
        auto parsed = parse_min_servers(text);
        if (!parsed)
            throw sdk::Blame(values, "min_servers",
                             "\"" + text + "\" is not BACKEND:NUMBER, as in \"web:2\"");
        made.min_servers.push_back(std::move(*parsed));
    }
    if (values.text("min_servers_state") == "degraded") made.too_few_servers = sdk::State::degraded;
    return made;
}

std::unique_ptr<process_watch::Finder> finder(sdk::Context context, const sdk::Values& values) {
    if (values.has("unit"))
        return process_watch::find_by_unit(context, process_watch::service_unit(values, "unit"),
                                           process_watch::timer::finder);
    const std::string executable = values.text_if_set("executable").value_or("haproxy");
    return process_watch::find_by_pidfile(context, values.text("pidfile"),
                                          process_watch::Likeness{executable, {}});
}

}  // namespace

HaproxyCheck::HaproxyCheck(sdk::Context context, const sdk::Values& values)
    : context_(context),
      demands_(demands(values)),

      watch_(context, finder(context, values), values.duration("grace"),
             [this](bool is_news) { seen(is_news); }),
      query_(context, values.text("stats_socket"), retry_timer) {}

void HaproxyCheck::validate(const sdk::Values& values) {
    process_watch::demand_one_of(values, {"pidfile", "unit"});
    if (values.has("unit")) process_watch::service_unit(values, "unit");
    if (values.has("executable") && values.has("unit"))
        throw sdk::Blame(values, "executable", "is of no use with unit: systemd knows its process");
    if (values.has("executable") && values.text("executable").empty())
        throw sdk::Blame(values, "executable", "is empty");
    if (!is_socket_path(values.text("stats_socket")))
        throw sdk::Blame(values, "stats_socket", "is too long for a unix socket");
    demands(values);
}

void HaproxyCheck::probe(sdk::ProbeId probe, sdk::Instant deadline) {
    query_.cancel();
    context_.clear_timer(own_timer);
    probe_ = probe;
    deadline_ = deadline;
    asking_ = Asking::process;
    watch_.look(deadline);
}

void HaproxyCheck::cancel(sdk::ProbeId) {
    query_.cancel();
    asking_ = Asking::nothing;
}

void HaproxyCheck::stop() {
    query_.cancel();
    context_.clear_timer(own_timer);
    watch_.stop();
}

void HaproxyCheck::on_fd(int fd, std::uint32_t) {
    if (!query_.on_fd(fd)) watch_.on_fd(fd);
}

void HaproxyCheck::on_timer(std::uint64_t timer) {
    if (timer == own_timer) {
        cancel(probe_);
    } else if (!query_.on_timer(timer)) {
        watch_.on_timer(timer);
    }
}

void HaproxyCheck::seen(bool is_news) {
    const sdk::Result& sight = watch_.sight();
    if (sight.state != sdk::State::up) {
        // Whatever its socket may still say: a stale one proves nothing, and it is gone in a moment.
        query_.cancel();
        if (is_news) context_.report(sdk::unsolicited, sight);
        if (asking_ != Asking::nothing) answer(sight);
        return;
    }
    if (asking_ == Asking::process) return ask_socket();
    if (asking_ == Asking::socket || !is_news) return;
    // It is back: that it serves is to be told without waiting for the next probe.
    probe_ = sdk::unsolicited;
    deadline_ = context_.now() + own_patience;
    context_.set_timer(own_timer, deadline_);
    ask_socket();
}

void HaproxyCheck::ask_socket() {
    asking_ = Asking::socket;
    // The verdict is to be ours, not the host's, who knows no more than that the time is over.
    const sdk::Instant now = context_.now();
    const sdk::Duration patience = std::min((deadline_ - now) * 3 / 4, reload_patience);
    query_.start(now + patience, [this](StatsQuery::Answer answer) { take(std::move(answer)); });
}

void HaproxyCheck::take(StatsQuery::Answer given) {
    if (!given)
        return answer(given.error().reason == sdk::Reason::not_found && !has_been_up_
                          ? sdk::unknown(sdk::Reason::config,
                                         given.error().message + "; is it the right path?",
                                         given.error().detail_code)
                          : given.error());
    const sdk::Result result = judge(*given, demands_, watch_.pid(), has_been_up_);
    has_been_up_ = has_been_up_ || result.state == sdk::State::up || result.state == sdk::State::degraded;
    answer(result);
}

void HaproxyCheck::answer(const sdk::Result& result) {
    context_.clear_timer(own_timer);
    asking_ = Asking::nothing;
    const auto probe = std::exchange(probe_, sdk::unsolicited);
    const bool is_good = result.state == sdk::State::up || result.state == sdk::State::degraded;
    // Unasked, only that it serves again is told; for anything else the next probe is soon enough.
    if (probe != sdk::unsolicited || is_good) context_.report(probe, result);
}

std::string HaproxyCheck::describe() const {
    return fmt::format(R"({{"process":{},"asking_socket":{},"has_been_up":{}}})", watch_.describe(),
                       query_.is_active(), has_been_up_);
}

}  // namespace regent::plugins::haproxy
