// SPDX-License-Identifier: Apache-2.0
#include "exec_notifier.hpp"

#include <system_error>

#include "plugins/support/keepalived_words.hpp"

namespace regent::plugins::exec {

namespace {

std::string kind_of(const sdk::Event& event) {
    switch (event.kind) {
        case sdk::EventKind::instance: return "instance";
        case sdk::EventKind::group: return "group";
        case sdk::EventKind::test: break;
    }
    return "test";
}

/// Seconds since 1970 with six decimals.
std::string time_text(std::int64_t wall_ns) {
    const std::string micro = std::to_string(1'000'000 + wall_ns / 1000 % 1'000'000);
    return std::to_string(wall_ns / 1'000'000'000) + "." + micro.substr(1);
}

void describe(const sdk::Event& event, std::vector<std::string>& environment) {
    set_variable(environment, "REGENT_EVENT", std::to_string(event.id));
    set_variable(environment, "REGENT_KIND", kind_of(event));
    set_variable(environment, "REGENT_NAME", event.name);
    set_variable(environment, "REGENT_GROUP", event.group);
    set_variable(environment, "REGENT_OLD_STATE", event.old_state);
    set_variable(environment, "REGENT_STATE", event.new_state);
    set_variable(environment, "REGENT_PRIORITY", std::to_string(event.priority));
    set_variable(environment, "REGENT_REASON", event.reason);
    set_variable(environment, "REGENT_NODE", event.node);
    set_variable(environment, "REGENT_SEQUENCE", std::to_string(event.sequence));
    set_variable(environment, "REGENT_TIME", time_text(event.wall_ns));
}

}  // namespace

void ExecNotifier::notify(const sdk::Event& event) {
    event_ = event.id;
    Program program = program_;
    describe(event, program.environment);
    if (const auto words = keepalived_ ? keepalived_words(event) : std::nullopt) {
        for (const std::string& word : {words->kind, words->name, words->state, words->priority})
            program.arguments.push_back(word);
    }
    try {
        runner_.begin(program, event.json);
    } catch (const std::system_error& error) {
        context_.ack(event.id, false, error.what());
    }
}

void ExecNotifier::on_fd(int fd, std::uint32_t) {
    const auto outcome = runner_.on_fd(fd);
    if (!outcome) return;
    const auto why = complaint(*outcome, program_.arguments.front());
    context_.ack(event_, !why, why ? why->text : std::string{});
}

}  // namespace regent::plugins::exec
