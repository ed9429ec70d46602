// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/bus_client.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <future>
#include <memory>
#include <poll.h>
#include <sdbus-c++/sdbus-c++.h>
#include <thread>

#include "agent/bus/names.hpp"
#include "agent/ctl/named.hpp"

namespace regent::ctl {
namespace {

using nlohmann::ordered_json;

constexpr auto manager = "org.regent1.Manager";
// A yield waits up to two advert intervals, which may be 40 s each.
constexpr auto act_timeout = std::chrono::seconds(100);
constexpr auto read_timeout = std::chrono::seconds(5);
constexpr auto without_bus = "the agent does without it: systemctl status regent shows its state";

/// sd-bus itself waits 90 s for a bus that takes connections and says nothing: too long for who looks at
/// night. Its thread ends with the process then.
std::unique_ptr<sdbus::IConnection> connect() {
    const auto made = std::make_shared<std::promise<std::unique_ptr<sdbus::IConnection>>>();
    auto connection = made->get_future();
    std::thread([made] {
        try {
            made->set_value(sdbus::createSystemBusConnection());
        } catch (...) {
            made->set_exception(std::current_exception());
        }
    }).detach();
    if (connection.wait_for(read_timeout) == std::future_status::ready) return connection.get();
    throw BusError{ExitCode::unreachable, fmt::format("the system bus does not answer; {}", without_bus)};
}

ExitCode code_of(const std::string& name) {
    struct Known {
        std::string_view name;
        ExitCode code;
    };
    constexpr std::array known{
        Known{"org.regent1.Error.NotAuthorized", ExitCode::not_authorised},
        Known{"org.freedesktop.DBus.Error.AccessDenied", ExitCode::not_authorised},
        Known{"org.regent1.Error.NotFound", ExitCode::no_such_object},
        Known{"org.freedesktop.DBus.Error.UnknownObject", ExitCode::no_such_object},
        Known{"org.freedesktop.DBus.Error.ServiceUnknown", ExitCode::unreachable},
        Known{"org.freedesktop.DBus.Error.NameHasNoOwner", ExitCode::unreachable},
        Known{"org.freedesktop.DBus.Error.NoReply", ExitCode::unreachable},
        Known{"org.freedesktop.DBus.Error.Timeout", ExitCode::unreachable},
    };
    for (const auto& each : known) {
        if (each.name == name) return each.code;
    }
    return ExitCode::failure;
}

/// What sd-bus says when the bus has hung up.
bool is_cut(const std::string& name) {
    constexpr std::array<std::string_view, 4> names{"org.freedesktop.DBus.Error.Disconnected",
                                                    "System.Error.ECONNRESET", "System.Error.ENOTCONN",
                                                    "System.Error.EPIPE"};
    return std::find(names.begin(), names.end(), name) != names.end();
}

BusError translated(const sdbus::Error& error) {
    if (is_cut(error.getName()))
        return {ExitCode::unreachable,
                fmt::format("the system bus has gone ({}); {}", error.getMessage(), without_bus)};
    const ExitCode code = code_of(error.getName());
    if (code == ExitCode::unreachable)
        return {code, fmt::format("regentd does not answer on the system bus ({}); is it running? "
                                  "systemctl status regent tells",
                                  error.getMessage())};
    return {code, error.getMessage()};
}

template <class Call>
auto asked(const Call& call) {
    try {
        return call();
    } catch (const sdbus::Error& error) {
        throw translated(error);
    }
}

ordered_json json_of(const std::map<std::string, sdbus::Variant>& diagnostic) {
    ordered_json object;
    for (const auto* key : {"severity", "file", "line", "column", "code", "key", "message", "hint"}) {
        const auto found = diagnostic.find(key);
        if (found == diagnostic.end()) continue;
        if (found->second.containsValueOfType<std::uint32_t>()) {
            object[key] = found->second.get<std::uint32_t>();
        } else {
            object[key] = found->second.get<std::string>();
        }
    }
    return object;
}

}  // namespace

BusClient::BusClient() {
    try {
        connection_ = connect();
    } catch (const sdbus::Error& error) {
        throw BusError{ExitCode::unreachable,
                       fmt::format("there is no system bus: {}; {}", error.getMessage(), without_bus)};
    }
}

BusClient::~BusClient() = default;

ordered_json BusClient::describe() {
    std::string text;
    asked([&] {
        sdbus::createProxy(*connection_, bus::service_name, bus::root_path)
            ->callMethod("Describe")
            .onInterface(manager)
            .withTimeout(read_timeout)
            .storeResultsTo(text);
    });
    auto document = ordered_json::parse(text);
    // Between the installation of a new version and the restart of the agent it is an older one that answers.
    for (const char* list : {"instances", "groups", "checks", "notifiers", "plugins"})
        if (!document.contains(list)) document[list] = ordered_json::array();
    return document;
}

BusClient::Place BusClient::find(const std::string& name, std::initializer_list<const char*> kinds) {
    struct Known {
        std::string_view word;
        bus::Kind kind;
        const char* interface;
    };
    static constexpr std::array known{Known{"group", bus::Kind::group, "org.regent1.Group"},
                                      Known{"instance", bus::Kind::instance, "org.regent1.Instance"},
                                      Known{"check", bus::Kind::check, "org.regent1.Check"},
                                      Known{"notifier", bus::Kind::notifier, "org.regent1.Notifier"},
                                      Known{"plugin", bus::Kind::plugin, "org.regent1.Plugin"}};
    const auto document = describe();
    for (const std::string kind : kinds) {
        const auto& of =
            *std::find_if(known.begin(), known.end(), [&](const Known& each) { return each.word == kind; });
        for (const auto& entry : document.at(kind + "s")) {
            const auto its_name = entry.at("name").get<std::string>();
            if (named(name).is(kind, its_name)) return {bus::path_of(of.kind, its_name), of.interface};
        }
    }
    throw BusError{ExitCode::no_such_object,
                   fmt::format("there is no {} '{}'", fmt::join(kinds, " or "), name)};
}

template <class... Values>
void BusClient::act(const Place& place, const char* method, const Values&... values) {
    asked([&] {
        sdbus::createProxy(*connection_, bus::service_name, place.path)
            ->callMethod(method)
            .onInterface(place.interface)
            .withTimeout(act_timeout)
            .withArguments(values...);
    });
}

void BusClient::handover(const std::string& name, const std::string& reason) {
    act(find(name, {"group", "instance"}), "Handover", reason);
}

void BusClient::release(const std::string& name) {
    act(find(name, {"group", "instance"}), "Release");
}

void BusClient::announce(const std::string& instance) {
    act(find(instance, {"instance"}), "SendGratuitous");
}

std::pair<std::string, std::string> BusClient::run_check(const std::string& check) {
    std::string state;
    std::string message;
    const auto place = find(check, {"check"});
    asked([&] {
        sdbus::createProxy(*connection_, bus::service_name, place.path)
            ->callMethod("RunNow")
            .onInterface(place.interface)
            .withTimeout(act_timeout)
            .storeResultsTo(state, message);
    });
    return {state, message};
}

void BusClient::override_check(const std::string& check, const std::string& state,
                               std::chrono::microseconds lasts) {
    act(find(check, {"check"}), "Override", state, static_cast<std::uint64_t>(lasts.count()));
}

void BusClient::clear_override(const std::string& check) {
    act(find(check, {"check"}), "ClearOverride");
}

void BusClient::test_notifier(const std::string& notifier) {
    act(find(notifier, {"notifier"}), "Test");
}

void BusClient::restart_plugin(const std::string& plugin) {
    act(find(plugin, {"plugin"}), "Restart");
}

void BusClient::set_maintenance(bool on, const std::string& reason) {
    act({bus::root_path, manager}, "SetMaintenance", on, reason);
}

std::pair<bool, ordered_json> BusClient::reload() {
    bool ok = false;
    std::vector<std::map<std::string, sdbus::Variant>> diagnostics;
    asked([&] {
        sdbus::createProxy(*connection_, bus::service_name, bus::root_path)
            ->callMethod("Reload")
            .onInterface(manager)
            .withTimeout(act_timeout)
            .storeResultsTo(ok, diagnostics);
    });
    ordered_json list = ordered_json::array();
    for (const auto& diagnostic : diagnostics)
        list.push_back(json_of(diagnostic));
    return {ok, list};
}

void BusClient::subscribe(std::function<void(const Change&)> changed) {
    const auto told = std::make_shared<std::function<void(const Change&)>>(std::move(changed));
    const auto watch = [&](const std::string& match, auto handler) {
        connection_->addMatch("type='signal'," + match, std::move(handler), sdbus::floating_slot);
    };
    asked([&] {
        watch("sender='org.regent1',member='Transition'", [told](sdbus::Message& message) {
            Change change;
            change.kind = message.getInterfaceName() == "org.regent1.Group" ? "group" : "instance";
            change.name = bus::name_of(message.getPath());
            message >> change.old_state >> change.new_state >> change.sequence >> change.reason;
            (*told)(change);
        });
        watch(
            "sender='org.regent1',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',"
            "arg0='org.regent1.Check'",
            [told](sdbus::Message& message) {
                std::string interface;
                std::map<std::string, sdbus::Variant> properties;
                message >> interface >> properties;
                const auto text_of = [&](const char* property) {
                    const auto found = properties.find(property);
                    return found == properties.end() ? std::string() : found->second.get<std::string>();
                };
                const auto check = bus::name_of(message.getPath());
                if (properties.contains("OverrideState")) {
                    const auto counts_as = text_of("OverrideState");
                    (*told)({"override", check, {}, counts_as.empty() ? "ended" : counts_as, 0, {}});
                }
                if (properties.contains("State"))
                    (*told)({"check", check, {}, text_of("State"), 0, text_of("Message")});
            });
        watch("sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.regent1'",
              [told](sdbus::Message& message) {
                  std::string name;
                  std::string before;
                  std::string after;
                  message >> name >> before >> after;
                  (*told)({"agent", "regentd", {}, after.empty() ? "gone" : "there", 0, {}});
              });
    });
}

bool BusClient::wait(std::optional<std::chrono::milliseconds> limit, const std::function<bool()>& done) {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + limit.value_or(std::chrono::milliseconds::zero());
    return asked([&] {
        for (;;) {
            if (done()) return true;
            if (connection_->processPendingRequest()) continue;
            const auto data = connection_->getEventLoopPollData();
            pollfd waiting{data.fd, data.events, 0};
            int timeout = data.getPollTimeout();
            if (limit) {
                const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
                if (left <= 0) return false;
                if (timeout < 0 || left < timeout)
                    timeout = static_cast<int>(std::min<std::int64_t>(left, 60'000));
            }
            ::poll(&waiting, 1, timeout);
        }
    });
}

}  // namespace regent::ctl
