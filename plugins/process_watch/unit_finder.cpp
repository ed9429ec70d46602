// SPDX-License-Identifier: Apache-2.0
// MainPID of a service, asked of systemd on the system bus and never waited for. (The unit's control group
// names its processes, but not which is the main one.) While the connection stands, signals tell of changes.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <systemd/sd-bus.h>

#include "plugins/process_watch/finder.hpp"

namespace regent::plugins::process_watch {
namespace {

constexpr const char* systemd = "org.freedesktop.systemd1";
constexpr const char* properties = "org.freedesktop.DBus.Properties";
/// Of one turn, so that a flood of signals does not keep the loop.
constexpr int maximum_messages = 64;

struct EndBus {
    void operator()(sd_bus* bus) const {
        sd_bus_close(bus);  // what is still to be sent is not worth waiting for
        sd_bus_unref(bus);
    }
    void operator()(sd_bus_slot* slot) const { sd_bus_slot_unref(slot); }
};

class UnitFinder final : public Finder {
  public:
    UnitFinder(sdk::Context context, std::string unit, std::uint64_t timer)
        : context_(context), unit_(std::move(unit)), timer_(timer) {}
    ~UnitFinder() override { stop(); }

    void start(Hint hint) override { hint_ = std::move(hint); }
    void find(sdk::Instant deadline, Done done) override;
    void hurry(sdk::Instant deadline) override;
    bool must_ask_while_alive() const override { return !bus_; }
    bool on_fd(int fd) override;
    bool on_timer(std::uint64_t timer) override;
    void stop() override {
        done_ = nullptr;
        disconnect();
    }

  private:
    /// Before the host says for us that we took too long: that the bus hangs is no fault of the service.
    sdk::Instant patience_until(sdk::Instant deadline) const {
        return context_.now() + (deadline - context_.now()) * 3 / 4;
    }
    int connect();
    int ask();
    void disconnect();
    void work();
    void update_watch();
    void finish(Answer answer);
    void fail(int error);
    static int on_reply(sd_bus_message* message, void* self, sd_bus_error*);
    static int on_signal(sd_bus_message*, void* self, sd_bus_error*) {
        static_cast<UnitFinder*>(self)->hint_();
        return 0;
    }

    sdk::Context context_;
    std::string unit_;
    std::uint64_t timer_;
    Hint hint_;
    Done done_;
    sdk::Instant give_up_{};
    std::unique_ptr<sd_bus, EndBus> bus_;
    std::unique_ptr<sd_bus_slot, EndBus> call_;
    std::string object_;
    int bus_fd_ = -1;
    WatchedDescriptor socket_;  ///< a second name of it: sd-bus closes its own when the connection is lost
    bool is_working_ = false;
};

int UnitFinder::connect() {
    if (bus_) return 0;
    char* object = nullptr;
    if (const int error = sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit_.c_str(), &object);
        error < 0)
        return error;
    object_ = object;
    std::free(object);
    sd_bus* bus = nullptr;
    if (const int error = sd_bus_open_system(&bus); error < 0) return error;
    bus_.reset(bus);
    const int error = sd_bus_match_signal_async(bus, nullptr, systemd, object_.c_str(), properties,
                                                "PropertiesChanged", on_signal, nullptr, this);
    if (error < 0) return error;
    // Without this, systemd sends no signals. That they are missing is no fault: then each probe finds out.
    return sd_bus_call_method_async(bus, nullptr, systemd, "/org/freedesktop/systemd1",
                                    "org.freedesktop.systemd1.Manager", "Subscribe", nullptr, nullptr, "");
}

int UnitFinder::ask() {
    if (const int error = connect(); error < 0) return error;
    sd_bus_slot* call = nullptr;
    const int error =
        sd_bus_call_method_async(bus_.get(), &call, systemd, object_.c_str(), properties, "Get", on_reply,
                                 this, "ss", "org.freedesktop.systemd1.Service", "MainPID");
    call_.reset(call);
    return error;
}

void UnitFinder::find(sdk::Instant deadline, Done done) {
    done_ = std::move(done);
    if (const int error = ask(); error < 0) return fail(-error);
    give_up_ = patience_until(deadline);
    context_.set_timer(timer_, give_up_);
    work();
}

void UnitFinder::hurry(sdk::Instant deadline) {
    give_up_ = std::min(give_up_, patience_until(deadline));
    context_.set_timer(timer_, context_.now());  // which then is set to that time
}

int UnitFinder::on_reply(sd_bus_message* message, void* self, sd_bus_error*) {
    auto& finder = *static_cast<UnitFinder*>(self);
    std::uint32_t pid = 0;
    if (const sd_bus_error* error = sd_bus_message_get_error(message)) {
        finder.finish(tl::unexpected(
            sdk::unknown(sdk::Reason::resource,
                         fmt::format("systemd does not say the main process of {}: {}", finder.unit_,
                                     error->message != nullptr ? error->message : error->name))));
    } else if (const int failed = sd_bus_message_read(message, "v", "u", &pid); failed < 0) {
        finder.fail(-failed);
    } else if (pid == 0) {
        finder.finish(tl::unexpected(
            sdk::down(sdk::Reason::not_found, fmt::format("unit {} has no main process", finder.unit_))));
    } else {
        auto process = open_process(static_cast<pid_t>(pid));
        if (!process) {
            finder.finish(tl::unexpected(process.error()));
        } else {
            std::vector<Process> one;
            one.push_back(std::move(*process));
            finder.finish(std::move(one));
        }
    }
    return 0;
}

void UnitFinder::finish(Answer answer) {
    if (!done_) return;
    context_.clear_timer(timer_);
    // It may ask again at once.
    const Done done = std::exchange(done_, nullptr);
    done(std::move(answer));
}

void UnitFinder::fail(int error) {
    if (!is_working_) disconnect();
    finish(tl::unexpected(
        sdk::unknown(error == ETIMEDOUT ? sdk::Reason::timeout : sdk::Reason::resource,
                     fmt::format("cannot ask systemd for unit {}: {}", unit_, std::strerror(error)), error)));
}

/// Takes in and sends all that there is.
void UnitFinder::work() {
    if (is_working_) return;  // asked from within an answer; the loop below sends it
    is_working_ = true;
    int result = 1;
    for (int count = 0; bus_ && result > 0 && count < maximum_messages; ++count)
        result = sd_bus_process(bus_.get(), nullptr);
    is_working_ = false;
    if (result < 0) return fail(-result);
    update_watch();
    // What was read already makes no descriptor ready.
    if (result > 0) context_.set_timer(timer_, context_.now());
}

void UnitFinder::update_watch() {
    const int fd = sd_bus_get_fd(bus_.get());
    const int wanted = sd_bus_get_events(bus_.get());
    if (fd < 0 || wanted < 0) return fail(ENOTCONN);
    if (!socket_ || bus_fd_ != fd) {
        bus_fd_ = fd;
        socket_ = WatchedDescriptor(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
        if (!socket_) return fail(errno);
    }
    constexpr std::uint32_t reads = REGENT_FD_READ, writes = REGENT_FD_WRITE;
    socket_.watch(context_, (wanted & POLLOUT) != 0 ? reads | writes : reads);
}

void UnitFinder::disconnect() {
    socket_.reset();
    context_.clear_timer(timer_);
    call_.reset();
    bus_.reset();
}

bool UnitFinder::on_fd(int fd) {
    if (!socket_ || fd != socket_.get()) return false;
    work();
    return true;
}

bool UnitFinder::on_timer(std::uint64_t timer) {
    if (timer != timer_) return false;
    if (bus_) work();
    if (done_ && context_.now() >= give_up_) {
        fail(ETIMEDOUT);
    } else if (done_) {
        context_.set_timer(timer_, give_up_);
    }
    return true;
}

}  // namespace

std::unique_ptr<Finder> find_by_unit(sdk::Context context, std::string unit, std::uint64_t timer) {
    return std::make_unique<UnitFinder>(context, std::move(unit), timer);
}

}  // namespace regent::plugins::process_watch
