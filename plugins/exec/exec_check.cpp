// SPDX-License-Identifier: Apache-2.0
#include "exec_check.hpp"

#include <system_error>

#include "nagios.hpp"

namespace regent::plugins::exec {

void ExecCheck::probe(sdk::ProbeId probe, sdk::Instant) {
    probe_ = probe;
    try {
        runner_.begin(program_);
    } catch (const std::system_error& error) {
        context_.report(probe, sdk::unknown(sdk::Reason::resource, error.what(), error.code().value()));
    }
}

void ExecCheck::on_fd(int fd, std::uint32_t) {
    if (const auto outcome = runner_.on_fd(fd)) context_.report(probe_, judge(*outcome));
}

sdk::Result ExecCheck::judge(const Outcome& outcome) const {
    const End& end = outcome.end;
    const bool ran = end.failed_call == 0 && !outcome.flooded;
    const bool judged = ran && end.signal == 0 && (keepalived_ || end.exit_status <= 3);
    if (!judged) {
        const auto why = complaint(outcome, program_.arguments.front()).value();
        if (keepalived_ && ran) return {sdk::State::down, why.reason, why.text, why.detail_code, {}};
        return sdk::unknown(why.reason, why.text, why.detail_code);
    }
    Output output = read_output(outcome.output);
    if (output.message.empty()) output.message = first_line(outcome.errors);
    if (output.message.empty()) output.message = "exit status " + std::to_string(end.exit_status);
    const auto state = state_of_exit(end.exit_status);
    const auto reason = state == sdk::State::up ? sdk::Reason::ok : sdk::Reason::exited;
    return {state, reason, std::move(output.message), end.exit_status, std::move(output.metrics)};
}

sdk::State ExecCheck::state_of_exit(int status) const {
    if (!keepalived_) return state_of(status);
    return status == 0 ? sdk::State::up : sdk::State::down;
}

std::string ExecCheck::describe() const {
    return "{\"running\":" + std::string(runner_.running() ? "true" : "false") +
           ",\"runs\":" + std::to_string(runner_.started()) +
           ",\"dying\":" + std::to_string(runner_.dying()) + "}";
}

}  // namespace regent::plugins::exec
