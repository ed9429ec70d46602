// SPDX-License-Identifier: Apache-2.0
// The inside of FakeHost (regent/testing.hpp): the table of functions that a plugin is handed, and the loop
// that calls its operations. Nothing here is for authors of tests to use.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <poll.h>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>

#include "regent/notifier.hpp"
#include "regent/testing/record.hpp"
#include "regent/testing/rules.hpp"
#include "regent/testing/settings.hpp"

namespace regent::sdk::testing {

class Loop {
  public:
    Loop() : wakeup_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (wakeup_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
    }
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    ~Loop() { close(wakeup_); }

    std::int64_t now_ns() const { return now_.load(); }

    std::shared_ptr<Record> create(const regent_type& type, const Settings& settings) {
        const detail::ValueMaker maker(type, settings);
        const auto& values = maker.values();
        auto record = std::make_shared<Record>();
        record->type = &type;
        record->ops = Operations::of(type);
        {
            const std::lock_guard lock(mutex_);
            record->id = ++last_number_;
            records_[record->id] = record;
        }
        const auto& ops = record->ops;
        try {
            asked(*record, [&](regent_error* error) {
                return ops.validate == nullptr || ops.validate(values.data(), values.size(), error) == 0;
            });
            asked(*record, [&](regent_error* error) {
                record->self = ops.create(&table_, record->id, values.data(), values.size(), error);
                return record->self != nullptr;
            });
        } catch (const Refused&) {
            set_phase(*record, Phase::destroyed);
            throw;
        }
        return record;
    }

    void start(Record& record) {
        need(record.phase == Phase::created, "start() comes once, after create");
        set_phase(record, Phase::started);
        try {
            asked(record, [&](regent_error* error) {
                return record.ops.start == nullptr || record.ops.start(record.self, error) == 0;
            });
        } catch (const Refused&) {
            end(record);
            throw;
        }
    }

    /// Of a probe, or of an event. Returns its number.
    std::uint64_t ask(Record& record, Duration deadline_in, const Event* event) {
        need(record.phase == Phase::started, "only a started instance can be asked");
        need((event == nullptr ? record.ops.probe != nullptr : record.ops.notify != nullptr),
             "checks are probed, notifiers are notified");
        std::uint64_t number = 0;
        {
            const std::lock_guard lock(mutex_);
            need(record.pending == 0, "at most one at a time: cancel() the other first");
            number = record.pending = ++last_number_;
            record.deadline = Duration(now_ns()) + deadline_in;
        }
        if (event == nullptr) {
            record.ops.probe(record.self, number, now_ns() + deadline_in.count());
        } else {
            const regent_event abi = to_abi_event(*event, number);
            record.ops.notify(record.self, &abi);
        }
        return number;
    }

    /// Returns the number that was cancelled; 0: there was none.
    std::uint64_t cancel(Record& record) {
        std::uint64_t number = 0;
        {
            const std::lock_guard lock(mutex_);
            number = std::exchange(record.pending, 0);
            if (number == 0) return 0;
            record.cancelled.insert(number);
            record.cancelling = true;
        }
        if (record.ops.cancel != nullptr) record.ops.cancel(record.self, number);
        const std::lock_guard lock(mutex_);
        record.cancelling = false;
        return number;
    }

    void stop(Record& record) {
        if (record.phase != Phase::started) return;
        if (record.ops.stop != nullptr) record.ops.stop(record.self);
        end(record);
    }

    void destroy(Record& record) {
        stop(record);
        if (record.phase == Phase::destroyed) return;
        record.ops.destroy(record.self);
        set_phase(record, Phase::destroyed);
    }

    void advance(Duration by) {
        const std::int64_t end = now_ns() + by.count();
        run_due(end);
        now_ = end;
    }

    bool turn(std::chrono::milliseconds limit) {
        bool busy = run_due(now_ns());
        std::vector<pollfd> polled{{wakeup_, POLLIN, 0}};
        std::vector<std::shared_ptr<Record>> owners{nullptr};
        {
            const std::lock_guard lock(mutex_);
            for (const auto& [id, record] : records_) {
                for (const auto& [fd, events] : record->watched) {
                    polled.push_back({fd, poll_events(events), 0});
                    owners.push_back(record);
                }
                busy = busy || record->woken;
            }
        }
        const int ready = poll(polled.data(), polled.size(), busy ? 0 : static_cast<int>(limit.count()));
        std::uint64_t count = 0;
        if (read(wakeup_, &count, sizeof count) > 0) busy = true;
        for (std::size_t index = 1; ready > 0 && index < polled.size(); ++index)
            hand_out(*owners[index], polled[index]);
        return hand_out_wakes() || busy || ready > 0;
    }

    std::string describe(Record& record) {
        std::string text(2, ' ');
        if (record.ops.describe == nullptr) return "{}";
        for (int attempt = 0; attempt < 3; ++attempt) {
            const std::size_t length = record.ops.describe(record.self, text.data(), text.size());
            const bool fits = length <= text.size();
            text.resize(length);
            if (fits) return text;
        }
        return text;
    }

    template <class Container>
    Container copy_of(const Container& container) const {
        const std::lock_guard lock(mutex_);
        return container;
    }

    std::vector<Violation> violations() {
        const std::lock_guard lock(mutex_);
        seen_ = violations_.size();
        return violations_;
    }
    std::size_t late_answers() const { return copy_of(late_answers_); }
    void end_if_unseen_violations() const {
        if (violations_.size() == seen_) return;
        for (const Violation& violation : violations_)
            std::fprintf(stderr, "FakeHost: %s\n", violation.text.c_str());
        // A test that fails already must be able to say why.
        if (std::uncaught_exceptions() == 0) std::abort();
    }

  private:
    struct Table : regent_host {
        explicit Table(Loop& owner)
            : regent_host{sizeof(regent_host), REGENT_ABI_MAJOR, REGENT_ABI_MINOR, abi_now,       abi_log,
                          abi_report,          abi_ack,          abi_watch_fd,     abi_set_timer, abi_wake,
                          abi_extension},
              loop(owner) {}
        Loop& loop;
    };
    static Loop& self(const regent_host* host) { return static_cast<const Table*>(host)->loop; }

    static std::int64_t abi_now(const regent_host* host) { return self(host).now_ns(); }
    static void abi_log(const regent_host* host, regent_instance id, std::uint32_t level, regent_str text) {
        self(host).any_thread(id, "logs", [&](Record& record) {
            record.logs.push_back({Level{level}, std::string(from_abi(text))});
        });
    }
    static void abi_report(const regent_host* host, regent_instance id, const regent_result* result) {
        Loop& loop = self(host);
        loop.any_thread(id, "reports", [&](Record& record) { loop.report(record, *result); });
    }
    static void abi_ack(const regent_host* host, regent_instance id, std::uint64_t event_id,
                        std::uint32_t status, regent_str text) {
        Loop& loop = self(host);
        loop.any_thread(id, "acks", [&](Record& record) {
            if (loop.is_answer(record, event_id))
                record.acks.push_back(
                    {event_id, status == REGENT_ACK_DELIVERED, std::string(from_abi(text))});
        });
    }
    static int abi_watch_fd(const regent_host* host, regent_instance id, int fd, std::uint32_t events) {
        return self(host).watch_fd(id, fd, events);
    }
    static int abi_set_timer(const regent_host* host, regent_instance id, std::uint64_t timer,
                             std::int64_t at) {
        return self(host).set_timer(id, timer, at);
    }
    static void abi_wake(const regent_host* host, regent_instance id) {
        self(host).any_thread(id, "wakes", [](Record& record) { record.woken = true; });
    }
    static const void* abi_extension(const regent_host*, regent_str) { return nullptr; }

    /// Runs `work` with the mutex held, if the instance is there, and wakes the loop.
    template <class Work>
    void any_thread(regent_instance id, std::string_view what, const Work& work) {
        const std::lock_guard lock(mutex_);
        const auto found = records_.find(id);
        if (found == records_.end() || found->second->phase == Phase::destroyed) {
            blame(id, Rule::silence, std::string(what) + " and is unknown, or destroyed");
        } else {
            work(*found->second);
        }
        const std::uint64_t one = 1;
        if (write(wakeup_, &one, sizeof one) < 0 && errno != EAGAIN) std::abort();
    }
    void blame(regent_instance id, Rule rule, const std::string& text) {
        violations_.push_back({rule, "instance " + std::to_string(id) + " " + text});
    }

    void report(Record& record, const regent_result& result) {
        if (record.phase != Phase::started) {
            blame(record.id, Rule::silence, "reports before start or after stop");
            return;
        }
        const std::string flaw = detail::flaw_of(result);
        if (!flaw.empty()) blame(record.id, Rule::result, flaw);
        if (result.probe_id != 0 && !is_answer(record, result.probe_id)) return;
        Report made;
        if (flaw.empty()) static_cast<Result&>(made) = copy_of(result);
        made.probe = ProbeId{result.probe_id};
        made.at = Instant(Duration(now_ns()));
        record.reports.push_back(std::move(made));
    }
    static Result copy_of(const regent_result& result) {
        Result made{State{result.state}, Reason{result.reason},
                    std::string(from_abi(result.message).substr(0, REGENT_MESSAGE_MAX)), result.detail_code};
        for (std::size_t index = 0; index < result.metric_count; ++index)
            made.metrics.push_back(
                {std::string(from_abi(result.metrics[index].name)), result.metrics[index].value});
        return made;
    }
    /// Whether `number` is under way; then it no longer is. Until cancel() has returned nobody can know that
    /// it came; after that a worker thread still may not, and is counted.
    bool is_answer(Record& record, std::uint64_t number) {
        if (number != 0 && number == record.pending) {
            record.pending = 0;
            return true;
        }
        const bool was_cancelled = record.cancelled.contains(number);
        if (was_cancelled && record.cancelling) return false;
        if (was_cancelled && std::this_thread::get_id() != thread_) {
            ++late_answers_;
        } else {
            blame(record.id, was_cancelled ? Rule::cancelled : Rule::answer,
                  "answers number " + std::to_string(number) +
                      ", which was answered, cancelled, or never asked");
        }
        return false;
    }

    /// The instance when this call is allowed to it.
    Record* on_loop(regent_instance id, std::string_view what) {
        const auto found = records_.find(id);
        const bool known = found != records_.end() && found->second->phase != Phase::destroyed;
        if (std::this_thread::get_id() != thread_) {
            blame(id, Rule::thread, std::string(what) + " from a thread that is not the loop's");
        } else if (!known) {
            blame(id, Rule::silence, std::string(what) + " and is unknown, or destroyed");
        } else {
            return found->second.get();
        }
        return nullptr;
    }
    int watch_fd(regent_instance id, int fd, std::uint32_t events) {
        const std::lock_guard lock(mutex_);
        Record* const record = on_loop(id, "watches");
        if (record == nullptr) return EINVAL;
        const int flags = fcntl(fd, F_GETFD);
        if (flags < 0) {
            blame(id, Rule::descriptor,
                  "watches or unwatches descriptor " + std::to_string(fd) + ", which is closed");
            record->watched.erase(fd);
            return EBADF;
        }
        if (events == 0) {
            record->watched.erase(fd);
            return 0;
        }
        if ((flags & FD_CLOEXEC) == 0 || (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0)
            blame(id, Rule::descriptor,
                  "watches descriptor " + std::to_string(fd) + ", which is not CLOEXEC and NONBLOCK");
        if (record->phase != Phase::started) blame(id, Rule::silence, "watches before start or after stop");
        if (record->ops.on_fd == nullptr) blame(id, Rule::operation, "watches without on_fd");
        record->watched[fd] = events;
        return 0;
    }
    int set_timer(regent_instance id, std::uint64_t timer, std::int64_t at) {
        const std::lock_guard lock(mutex_);
        Record* const record = on_loop(id, "sets a timer");
        if (record == nullptr) return EINVAL;
        if (at == 0) {
            record->timers.erase(timer);
            return 0;
        }
        if (record->phase != Phase::started)
            blame(id, Rule::silence, "sets a timer before start or after stop");
        if (record->ops.on_timer == nullptr) blame(id, Rule::operation, "sets a timer without on_timer");
        if (record->timers.size() >= 64 && !record->timers.contains(timer)) {
            blame(id, Rule::operation, "sets more than 64 timers");
            return ENOSPC;
        }
        record->timers[timer] = Duration(at);
        return 0;
    }

    /// Whether something was due.
    bool run_due(std::int64_t end) {
        constexpr int most = 100'000;
        int count = 0;
        while (run_next_due(end))
            need(++count < most, "a timer that sets itself for now fires for ever");
        return count > 0;
    }
    /// Lets happen what is due first, if it is due by `end`, at its time. Whether there was something.
    bool run_next_due(std::int64_t end) {
        std::shared_ptr<Record> next;
        std::optional<std::uint64_t> timer;
        {
            const std::lock_guard lock(mutex_);
            Duration first(end);
            const auto earlier = [&](const auto& record, Duration at, std::optional<std::uint64_t> number) {
                if (at > first || (next && at == first)) return;
                first = at;
                next = record;
                timer = number;
            };
            for (const auto& [id, record] : records_) {
                if (record->phase != Phase::started) continue;
                if (record->pending != 0) earlier(record, record->deadline, std::nullopt);
                for (const auto& [number, at] : record->timers)
                    earlier(record, at, number);
            }
            if (!next) return false;
            if (timer) next->timers.erase(*timer);
            now_ = std::max(now_ns(), first.count());
        }
        if (timer && next->ops.on_timer != nullptr) next->ops.on_timer(next->self, *timer);
        if (!timer) time_out(*next);
        return true;
    }
    void time_out(Record& record) {
        const std::uint64_t number = cancel(record);
        if (number == 0) return;
        const std::lock_guard lock(mutex_);
        if (record.ops.notify != nullptr) {
            record.acks.push_back({number, false, "timed out", true});
            return;
        }
        Report made;
        static_cast<Result&>(made) = down(Reason::timeout, "no answer by the deadline");
        made.probe = ProbeId{number};
        made.at = Instant(Duration(now_ns()));
        made.by_host = true;
        record.reports.push_back(std::move(made));
    }

    static short poll_events(std::uint32_t events) {
        return static_cast<short>(((events & REGENT_FD_READ) != 0 ? POLLIN : 0) |
                                  ((events & REGENT_FD_WRITE) != 0 ? POLLOUT : 0));
    }
    void hand_out(Record& record, const pollfd& polled) {
        if (polled.revents == 0) return;
        {
            const std::lock_guard lock(mutex_);
            if (record.phase != Phase::started || !record.watched.contains(polled.fd)) return;
            if ((polled.revents & POLLNVAL) != 0) {
                blame_closed(record.id, polled.fd);
                record.watched.erase(polled.fd);
                return;
            }
        }
        std::uint32_t events = 0;
        if ((polled.revents & POLLIN) != 0) events |= REGENT_FD_READ;
        if ((polled.revents & POLLOUT) != 0) events |= REGENT_FD_WRITE;
        if ((polled.revents & (POLLERR | POLLHUP)) != 0) events |= REGENT_FD_ERROR;
        if (record.ops.on_fd != nullptr) record.ops.on_fd(record.self, polled.fd, events);
    }
    bool hand_out_wakes() {
        std::vector<std::shared_ptr<Record>> woken;
        {
            const std::lock_guard lock(mutex_);
            for (const auto& [id, record] : records_) {
                if (std::exchange(record->woken, false) && record->phase == Phase::started)
                    woken.push_back(record);
            }
        }
        for (const auto& record : woken) {
            if (record->ops.on_wake != nullptr) record->ops.on_wake(record->self);
        }
        return !woken.empty();
    }

    /// Runs one operation that may say no.
    template <class Work>
    void asked(const Record& record, const Work& work) {
        const regent_type& type = *record.type;
        std::array<char, 256> text{};
        regent_error error{sizeof error, REGENT_NO_PARAM, text.data(), text.size(), 0};
        if (work(&error)) return;
        const std::string sentence(error.text, std::min(error.len, text.size()));
        std::string param;
        if (error.param_index < type.param_count) {
            param = from_abi(type.params[error.param_index]->name);
        } else if (error.param_index != REGENT_NO_PARAM) {
            const std::lock_guard lock(mutex_);
            blame(record.id, Rule::blame, "blames a parameter that the schema does not have");
        }
        throw Refused(param, sentence);
    }
    /// Nothing is called any more but destroy. The host unwatches what was left watched, if it is still open.
    void end(Record& record) {
        const std::lock_guard lock(mutex_);
        record.phase = Phase::stopped;
        for (const auto& [fd, events] : record.watched) {
            if (fcntl(fd, F_GETFD) < 0) blame_closed(record.id, fd);
        }
        record.watched.clear();
        record.timers.clear();
    }
    void blame_closed(regent_instance id, int fd) {
        blame(id, Rule::descriptor, "closed descriptor " + std::to_string(fd) + " while it was watched");
    }
    void set_phase(Record& record, Phase phase) {
        const std::lock_guard lock(mutex_);
        record.phase = phase;
    }
    static void need(bool condition, const char* rule) {
        if (!condition) throw std::logic_error(rule);
    }
    regent_event to_abi_event(const Event& event, std::uint64_t number) {
        return {sizeof(regent_event),
                static_cast<std::uint32_t>(event.kind),
                number,
                event.sequence,
                event.wall_ns,
                event.priority,
                0,
                to_abi(event.node),
                to_abi(event.name),
                to_abi(event.group),
                to_abi(event.old_state),
                to_abi(event.new_state),
                to_abi(event.reason),
                to_abi(event.json)};
    }

    const std::thread::id thread_ = std::this_thread::get_id();
    const int wakeup_;
    std::atomic<std::int64_t> now_ = 1'000'000'000'000;
    mutable std::mutex mutex_;
    std::uint64_t last_number_ = 0;  ///< of instances, probes and events alike: none is used twice
    std::map<regent_instance, std::shared_ptr<Record>> records_;
    std::vector<Violation> violations_;
    std::size_t seen_ = 0;
    std::size_t late_answers_ = 0;
    const Table table_{*this};
};

}  // namespace regent::sdk::testing
