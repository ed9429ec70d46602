// SPDX-License-Identifier: Apache-2.0
#include "plugins/process/process_check.hpp"

#include "plugins/process_watch/parameters.hpp"

namespace regent::plugins::process {
namespace {

std::optional<process_watch::Likeness> likeness(const sdk::Values& values) {
    if (!values.has("name")) return std::nullopt;
    return process_watch::Likeness{values.text("name"), values.texts("arguments")};
}

std::unique_ptr<process_watch::Finder> finder(sdk::Context context, const sdk::Values& values) {
    if (values.has("unit"))
        return process_watch::find_by_unit(context, process_watch::service_unit(values, "unit"),
                                           process_watch::timer::finder);
    if (values.has("pidfile"))
        return process_watch::find_by_pidfile(context, values.text("pidfile"), likeness(values));
    return process_watch::find_by_likeness(*likeness(values));
}

}  // namespace

ProcessCheck::ProcessCheck(sdk::Context context, const sdk::Values& values)
    : context_(context),
      watch_(context, finder(context, values), values.duration("grace"),
             [this](bool is_news) { seen(is_news); }) {}

void ProcessCheck::validate(const sdk::Values& values) {
    // A name beside a pidfile says what the pidfile must name.
    if (values.has("pidfile")) {
        process_watch::demand_one_of(values, {"pidfile", "unit"});
    } else {
        process_watch::demand_one_of(values, {"pidfile", "unit", "name"});
    }
    if (values.has("unit")) process_watch::service_unit(values, "unit");
    if (values.has("name") && values.text("name").empty()) throw sdk::Blame(values, "name", "is empty");
    if (values.has("name") && values.text("name").find('/') != std::string::npos)
        throw sdk::Blame(values, "name", "is a base name, without a folder");
    if (!values.texts("arguments").empty() && !values.has("name"))
        throw sdk::Blame(values, "arguments", "needs name: together they say which process is meant");
}

void ProcessCheck::probe(sdk::ProbeId probe, sdk::Instant deadline) {
    pending_ = probe;
    watch_.look(deadline);
}

void ProcessCheck::seen(bool is_news) {
    // Beside the answer: unasked, it counts for more.
    if (is_news) context_.report(sdk::unsolicited, watch_.sight());
    const auto probe = std::exchange(pending_, std::nullopt);
    if (!probe) return;
    sdk::Result answer = watch_.sight();
    answer.metrics = {{"processes", static_cast<double>(watch_.count())}};
    context_.report(*probe, answer);
}

}  // namespace regent::plugins::process
