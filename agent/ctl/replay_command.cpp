// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/replay_command.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <stdexcept>

#include "agent/base/text.hpp"
#include "agent/ctl/arguments.hpp"
#include "agent/record/replay.hpp"
#include "agent/record/text_value.hpp"

namespace regent::ctl {
namespace {

using nlohmann::ordered_json;
using record::Replayed;

std::string_view word(core::LogLevel level) {
    switch (level) {
        case core::LogLevel::error: return "error";
        case core::LogLevel::warning: return "warning";
        case core::LogLevel::notice: return "notice";
        case core::LogLevel::info: return "info";
        case core::LogLevel::debug: break;
    }
    return "debug";
}

std::string_view word(core::OperatorCommand::Kind kind) {
    using Kind = core::OperatorCommand::Kind;
    switch (kind) {
        case Kind::handover: return "handover";
        case Kind::release: return "release";
        case Kind::maintenance_on: return "maintenance on";
        case Kind::announce: return "announce";
        case Kind::override_check: return "check override";
        case Kind::clear_override: return "check clear";
        case Kind::run_check: return "check run";
        case Kind::test_notifier: return "notifier test";
        case Kind::restart_plugin: return "plugin restart";
        case Kind::reload: return "reload";
        case Kind::maintenance_off: break;
    }
    return "maintenance off";
}

/// Of a time of the recording, "2026-01-31T12:34:56.000001Z".
std::string wall_text(const record::Header& header, Instant at) {
    constexpr std::int64_t second = 1'000'000'000;
    // Both may be anything that 64 bits hold.
    const auto wall = static_cast<std::int64_t>(static_cast<std::uint64_t>(header.wall) +
                                                static_cast<std::uint64_t>((at - header.at).count()));
    const std::int64_t ns = (wall % second + second) % second;
    const std::time_t seconds = (wall - ns) / second;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                       parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, ns / 1000);
}

/// One thing to show: `fields` for programs, `text` for people.
struct Event {
    ordered_json fields;
    std::string text;
};

/// Names and messages may be no text at all: a terminal is not to be written to by a file.
std::string clean(const std::string& text) {
    std::string shown;
    const bool valid = record::is_utf8(text);
    for (const char letter : text) {
        const auto code = static_cast<unsigned char>(letter);
        shown += code < 0x20 || code == 0x7f || (code >= 0x80 && !valid) ? '?' : letter;
    }
    return shown;
}

Event event_of(const core::OperatorCommand& command) {
    const auto target = clean(command.target), reason = clean(command.reason), who = clean(command.who);
    Event event{{{"event", "command"},
                 {"command", word(command.kind)},
                 {"target", target},
                 {"reason", reason},
                 {"who", who}},
                fmt::format("command: {}{}{}", word(command.kind), target.empty() ? "" : " ", target)};
    if (command.kind == core::OperatorCommand::Kind::override_check) {
        const auto* state = command.up ? "up" : "down";
        event.fields["state"] = state;
        event.fields["lasts_ns"] = command.lasts.count();
        event.text += fmt::format(" {} for {}", state, to_text(command.lasts));
    }
    if (!reason.empty()) event.text += fmt::format(" ({})", reason);
    if (!who.empty()) event.text += ", asked for by " + who;
    return event;
}

std::optional<Event> event_of(const core::Input& input) {
    if (const auto* command = std::get_if<core::OperatorCommand>(&input)) return event_of(*command);
    if (const auto* stop = std::get_if<core::StopRequested>(&input))
        return Event{{{"event", "stop"}, {"at_once", stop->at_once}},
                     stop->at_once ? "command: stop at once" : "command: stop"};
    if (std::holds_alternative<core::SuspendRequested>(input))
        return Event{{{"event", "suspend"}}, "command: leave everything in place and exit"};
    return std::nullopt;
}

std::optional<Event> event_of(const core::Action& action) {
    if (const auto* change = std::get_if<core::Transition>(&action)) {
        const auto instance = clean(change->instance), reason = clean(change->reason);
        const auto from = vrrp::to_string(change->from), to = vrrp::to_string(change->to);
        return Event{{{"event", "transition"},
                      {"sequence", change->sequence},
                      {"instance", instance},
                      {"from", from},
                      {"to", to},
                      {"reason", reason}},
                     fmt::format("change: {} from {} to {}: {}", instance, from, to, reason)};
    }
    if (const auto* log = std::get_if<core::Log>(&action)) {
        const auto instance = clean(log->instance), text = clean(log->text);
        return Event{
            {{"event", "log"}, {"level", word(log->level)}, {"instance", instance}, {"text", text}},
            fmt::format("{}: {}{}", word(log->level), instance.empty() ? "" : "(" + instance + ") ", text)};
    }
    if (const auto* answer = std::get_if<core::OperatorAnswer>(&action))
        return Event{{{"event", "answer"},
                      {"done", answer->outcome == core::OperatorAnswer::Outcome::done},
                      {"text", clean(answer->text)}},
                     fmt::format("answer: {}", clean(answer->text))};
    return std::nullopt;
}

std::string ending_text(const Replayed& replayed) {
    switch (replayed.ending) {
        case Replayed::Ending::stopped: return "the agent stopped";
        case Replayed::Ending::limit: return "the file was full";
        case Replayed::Ending::gap:
            return fmt::format("{} inputs are missing at line {}: what comes after them cannot be replayed",
                               replayed.missing, replayed.lines);
        case Replayed::Ending::cut: break;
    }
    return "the file ends without an end: the agent was killed, could not write any more, or still runs";
}

std::string_view ending_word(Replayed::Ending ending) {
    switch (ending) {
        case Replayed::Ending::stopped: return "stopped";
        case Replayed::Ending::limit: return "limit";
        case Replayed::Ending::gap: return "gap";
        case Replayed::Ending::cut: break;
    }
    return "cut";
}

/// Prints, or collects for the document.
class Show {
  public:
    Show(const Streams& streams, bool json) : streams_(streams), json_(json) {}

    void begins(const record::Header& header) {
        header_ = header;
        if (json_) return;
        streams_.out << fmt::format("{}: regent {}, recorded from {}\n", clean(header.node),
                                    clean(header.version), wall_text(header, header.at));
    }

    /// What was printed must be out, should this process die of it too.
    void dies(const std::string& file, std::uint64_t line) const {
        streams_.out.flush();
        streams_.err << fmt::format("regentctl: {}:{}: the agent died of this input; here it comes\n",
                                    clean(file), line)
                     << std::flush;
    }

    void stepped(const record::Step& step, const core::Actions& actions) {
        if (const auto event = event_of(step.input)) add(*event, step.at);
        for (const auto& action : actions) {
            if (const auto event = event_of(action)) add(*event, step.at);
        }
    }

    ExitCode finish(const std::string& file, const Result<Replayed>& found) {
        const bool whole = found && found->ending != Replayed::Ending::gap;
        if (!found) problem(fmt::format("{}:{}", file, found.error().text));
        if (found && !whole) problem(fmt::format("{}: {}", file, ending_text(*found)));
        if (json_) {
            streams_.out << document(file, found).dump(2) << '\n';
        } else if (found) {
            streams_.out << fmt::format("{} inputs, {} actions, as recorded{}\n", found->inputs,
                                        found->actions, whole ? "; " + ending_text(*found) : " up to there");
        }
        return whole ? ExitCode::ok : ExitCode::failure;
    }

  private:
    void add(const Event& event, Instant at) {
        const auto time = wall_text(header_, at);
        if (!json_) {
            streams_.out << time << ' ' << event.text << '\n';
            return;
        }
        ordered_json entry{{"time", time}, {"monotonic_ns", at.time_since_epoch().count()}};
        entry.update(event.fields);
        events_.push_back(std::move(entry));
    }

    void problem(const std::string& text) {
        problem_ = text;
        const bool other = !header_.version.empty() && header_.version != REGENT_VERSION;
        if (other)
            problem_ +=
                fmt::format(" (recorded by regent {}, this is {})", clean(header_.version), REGENT_VERSION);
        streams_.err << "regentctl: " << clean(problem_) << '\n';
    }

    ordered_json document(const std::string& file, const Result<Replayed>& found) const {
        ordered_json made{{"schema", "regent.replay.1"},
                          {"file", clean(file)},
                          {"node", clean(header_.node)},
                          {"version", clean(header_.version)},
                          {"as_recorded", found && found->ending != Replayed::Ending::gap},
                          {"problem", clean(problem_)}};
        if (found) {
            made["ending"] = ending_word(found->ending);
            made["inputs"] = found->inputs;
            made["actions"] = found->actions;
        }
        made["events"] = events_;
        return made;
    }

    const Streams& streams_;
    const bool json_;
    record::Header header_;
    ordered_json events_ = ordered_json::array();
    std::string problem_;
};

}  // namespace

ExitCode replay(const Arguments& given, const Streams& streams) {
    const std::string& file = given.operands.front();
    std::ifstream in(file, std::ios::binary);
    if (!in) throw std::runtime_error(fmt::format("cannot read {}: {}", file, std::strerror(errno)));
    if (std::filesystem::is_directory(file))
        throw std::runtime_error(fmt::format("cannot read {}: it is a directory", file));
    Show show(streams, given.is("json"));
    const auto found = record::replay(
        in, {[&](const record::Header& header) { show.begins(header); },
             [&](std::uint64_t line, const record::Fatal&) { show.dies(file, line); },
             [&](const record::Step& step, const core::Actions& actions) { show.stepped(step, actions); }});
    return show.finish(file, found);
}

}  // namespace regent::ctl
