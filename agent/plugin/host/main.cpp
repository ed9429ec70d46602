// SPDX-License-Identifier: Apache-2.0
// regent-plugin-host: one plugin, in a process that may do as little as possible.
#include <cstdio>
#include <fmt/core.h>
#include <string>
#include <unistd.h>

#include "agent/platform/system_error.hpp"
#include "agent/plugin/description.hpp"
#include "agent/plugin/host/confine.hpp"
#include "agent/plugin/host/host.hpp"
#include "agent/plugin/host/load.hpp"
#include "agent/plugin/host/offline.hpp"
#include "agent/plugin/host/options.hpp"

namespace regent::plugin::host {
namespace {

// Of a request on standard input. A configuration is nowhere near it.
constexpr std::size_t maximum_request = std::size_t{16} * 1024 * 1024;

// Seconds that instances have to end in. Then SIGALRM ends the process.
constexpr unsigned time_to_end = 1;

Result<std::string> read_request() {
    std::string request;
    std::string part(65536, '\0');
    for (;;) {
        const auto size = ::read(STDIN_FILENO, part.data(), part.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return platform::system_failure("cannot read the request", errno);
        if (size == 0) return request;
        request.append(part, 0, static_cast<std::size_t>(size));
        if (request.size() > maximum_request) return failure("the request is too long");
    }
}

Result<void> write_answer(int fd, const std::string& answer) {
    for (std::size_t written = 0; written < answer.size();) {
        const auto size = ::write(fd, answer.data() + written, answer.size() - written);
        if (size < 0 && errno != EINTR) return platform::system_failure("cannot write the answer", errno);
        if (size > 0) written += static_cast<std::size_t>(size);
    }
    return {};
}

Result<void> run(const Options& options) {
    if (auto done =
            confine({options.keep_net_raw, options.keep_setuid, true, options.parent, options.socket});
        !done)
        return done;
    platform::Descriptor socket(options.socket);
    auto contract = load(options.plugin);
    if (!contract) return tl::unexpected(contract.error());
    auto loop = platform::EventLoop::open();
    if (!loop) return tl::unexpected(loop.error());
    auto wakeup = platform::Wakeup::open();
    if (!wakeup) return tl::unexpected(wakeup.error());
    Mailbox mailbox(std::move(*wakeup));
    Host host(std::move(*contract), mailbox, *loop, std::move(socket));
    const std::string why = host.run();
    ::alarm(time_to_end);
    host.end_all();
    if (!why.empty()) return failure(why);
    return {};
}

/// --describe and --validate. Standard output is put aside, so that nothing that a plugin prints when it is
/// loaded gets into the answer.
Result<void> answer(const Options& options) {
    std::string request;
    if (options.mode == Mode::validate) {
        auto read = read_request();
        if (!read) return tl::unexpected(read.error());
        request = std::move(*read);
    }
    const platform::Descriptor out(::dup(STDOUT_FILENO));
    if (!out) return platform::system_failure("cannot keep standard output", errno);
    if (auto done = confine({false, false, false, options.parent, out.get()}); !done) return done;
    const auto contract = load(options.plugin);
    if (!contract) return tl::unexpected(contract.error());
    if (options.mode == Mode::describe)
        return write_answer(out.get(), write_description(contract->description) + "\n");
    const auto answers = validate(*contract, request);
    if (!answers) return tl::unexpected(answers.error());
    return write_answer(out.get(), *answers + "\n");
}

Result<void> serve(int count, const char* const* words) {
    const auto options = read_options(count, words);
    if (!options) return tl::unexpected(options.error());
    return options->mode == Mode::run ? run(*options) : answer(*options);
}

}  // namespace
}  // namespace regent::plugin::host

int main(int count, char** words) {
    std::string problem;
    try {
        const auto served = regent::plugin::host::serve(count, words);
        if (served) return 0;
        problem = served.error().text;
    } catch (const std::exception& thrown) {
        problem = thrown.what();
    } catch (...) {
        problem = "an exception of an unknown type";
    }
    std::fprintf(stderr, "regent-plugin-host: %s\n", problem.c_str());
    return 1;
}
