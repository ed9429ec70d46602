// SPDX-License-Identifier: Apache-2.0
#include "runner.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <system_error>

#include "nagios.hpp"

namespace regent::plugins::exec {

namespace {

/// Killed children of instances that are gone: whoever starts or ends a run next collects them.
class Orphans {
  public:
    void take(std::vector<Descriptor> killed) {
        for (Descriptor& handle : killed) {
            if (pidfds_.size() < maximum) pidfds_.push_back(std::move(handle));
        }
    }
    void collect() { std::erase_if(pidfds_, reap); }

  private:
    static constexpr std::size_t maximum = 1024;
    std::vector<Descriptor> pidfds_;
};

Orphans& orphans() {
    static Orphans all;
    return all;
}

sdk::Reason reason_of(int error) {
    switch (error) {
        case ENOENT:
        case ENOTDIR: return sdk::Reason::not_found;
        case EACCES:
        case EPERM: return sdk::Reason::permission;
        case EAGAIN:
        case ENOMEM:
        case EMFILE:
        case ENFILE: return sdk::Reason::resource;
        case ENOEXEC:
        case E2BIG:
        case EISDIR:
        case ELOOP: return sdk::Reason::config;
        default: return sdk::Reason::internal;
    }
}

/// What the errno of execve alone does not tell.
std::string hint(int error, const std::string& file) {
    struct stat status {};
    const bool there = ::stat(file.c_str(), &status) == 0;
    if (error == ENOENT && there) return ": the file is there, but the interpreter that it names is not";
    if (error == ENOEXEC) return ": it is no program, or a script without a line \"#!…\"";
    if (error == EACCES && there && S_ISDIR(status.st_mode)) return ": it is a directory";
    if (error == EACCES && there && (status.st_mode & 0111) == 0) return ": it is not marked as executable";
    return {};
}

}  // namespace

std::optional<Complaint> complaint(const Outcome& outcome, const std::string& file) {
    const End& end = outcome.end;
    if (end.failed_call != 0) {
        const std::string where = end.failed_step.empty() ? std::string{} : end.failed_step + ": ";
        return Complaint{reason_of(end.failed_call), end.failed_call,
                         "cannot run " + file + ": " + where +
                             std::generic_category().message(end.failed_call) +
                             (where.empty() ? hint(end.failed_call, file) : std::string{})};
    }
    if (outcome.flooded) return Complaint{sdk::Reason::resource, 0, "killed: it writes more than 1 MiB"};
    const std::string line = first_line(outcome.errors.empty() ? outcome.output : outcome.errors);
    const std::string said = line.empty() ? line : ": " + line;
    if (end.signal != 0) {
        const char* const words = ::sigdescr_np(end.signal);
        return Complaint{sdk::Reason::exited, 128 + end.signal,
                         "killed by signal " + std::to_string(end.signal) +
                             (words != nullptr ? " (" + std::string(words) + ")" : "") + said};
    }
    if (end.exit_status == 0) return std::nullopt;
    return Complaint{sdk::Reason::exited, end.exit_status,
                     "exit status " + std::to_string(end.exit_status) + said};
}

void Runner::begin(const Program& program, const std::string& input) {
    orphans().collect();
    if (dying_.size() >= maximum_dying) {
        throw std::system_error(EAGAIN, std::generic_category(),
                                "earlier runs were killed and do not die, so none is started");
    }
    outcome_ = {};
    written_ = 0;
    child_ = launch(program, input);
    ++started_;
    try {
        for (const Descriptor* const fd : {&child_->handle, &child_->output, &child_->errors})
            context_.watch(fd->get(), REGENT_FD_READ);
    } catch (const std::system_error&) {
        stop();
        throw;
    }
}

std::optional<Outcome> Runner::on_fd(int fd) {
    const auto dead = std::find_if(dying_.begin(), dying_.end(),
                                   [&](const Descriptor& handle) { return handle.get() == fd; });
    if (dead != dying_.end()) {
        if (!reap(*dead)) return std::nullopt;
        context_.unwatch(fd);
        dying_.erase(dead);
        return std::nullopt;
    }
    if (!child_) return std::nullopt;
    if (fd == child_->handle.get()) return finish();
    const bool is_output = fd == child_->output.get();
    Descriptor& pipe = is_output ? child_->output : child_->errors;
    if (!read_some(pipe, is_output ? outcome_.output : outcome_.errors)) close_pipe(pipe);
    if (written_ <= maximum_written) return std::nullopt;
    kill_and_keep();
    outcome_.flooded = true;
    return std::move(outcome_);
}

/// False: there is no more to come.
bool Runner::read_some(Descriptor& from, std::string& into) {
    std::array<char, 16384> part;
    const ssize_t size = ::read(from.get(), part.data(), part.size());
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    const auto got = static_cast<std::size_t>(size);
    into.append(part.data(), std::min(got, maximum_kept - into.size()));
    written_ += got;
    return size > 0;
}

/// It ended. Its last words are in the pipes already; a daemon that it left behind may hold them open for
/// ever.
Outcome Runner::finish() {
    const auto drain = [&](Descriptor& pipe, std::string& into) {
        for (std::size_t before = 0; pipe && written_ <= maximum_written;) {
            before = written_;
            if (!read_some(pipe, into)) close_pipe(pipe);
            if (written_ == before) return;
        }
    };
    drain(child_->output, outcome_.output);
    drain(child_->errors, outcome_.errors);
    close_pipe(child_->output);
    close_pipe(child_->errors);
    context_.unwatch(child_->handle.get());
    const Child child = std::move(*child_);
    child_.reset();
    outcome_.end = end_of(child);
    if (!leave_group_alone_) child.kill();
    (void)reap(child.handle);
    return std::move(outcome_);
}

void Runner::close_pipe(Descriptor& pipe) {
    if (pipe) context_.unwatch(pipe.get());
    pipe.reset();
}

void Runner::kill_and_keep() {
    child_->kill();
    close_pipe(child_->output);
    close_pipe(child_->errors);
    dying_.push_back(std::move(child_->handle));
    child_.reset();
}

void Runner::abandon() {
    if (child_) kill_and_keep();
}

void Runner::stop() {
    abandon();
    for (const Descriptor& handle : dying_)
        context_.unwatch(handle.get());
    orphans().take(std::move(dying_));
    dying_.clear();
    orphans().collect();
}

}  // namespace regent::plugins::exec
