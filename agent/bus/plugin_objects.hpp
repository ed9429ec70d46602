// SPDX-License-Identifier: Apache-2.0
// The objects of checks, notifiers and plugins; as objects.hpp.
#pragma once

#include <map>
#include <org.regent1.Check.adaptor.hpp>
#include <org.regent1.Notifier.adaptor.hpp>
#include <org.regent1.Plugin.adaptor.hpp>
#include <string>
#include <vector>

#include "agent/bus/names.hpp"
#include "agent/bus/objects.hpp"

namespace regent::bus {

class CheckObject : public Shown<org::regent1::Check_adaptor> {
  public:
    CheckObject(const Surroundings& around, const std::string& name) : Shown(around, Kind::check, name) {
        appear();
    }

  private:
    const CheckView& view() const { return around_.picture.checks.at(name_); }

    std::string Name() override { return name_; }
    std::string Type() override { return view().status.type; }
    sdbus::ObjectPath Plugin() override { return path_of(Kind::plugin, view().status.plugin); }
    std::string State() override { return view().status.state; }
    std::string Message() override { return view().status.message; }
    std::uint64_t Since() override { return view().since; }
    std::uint64_t LastElapsed() override {
        return static_cast<std::uint64_t>(view().status.elapsed / std::chrono::microseconds(1));
    }
    std::uint32_t Rise() override { return view().status.rise; }
    std::uint32_t Fall() override { return view().status.fall; }
    std::map<std::string, double> Metrics() override { return view().status.metrics; }
    std::string Reason() override { return view().status.reason; }
    std::map<std::string, sdbus::Variant> Parameters() override;
    std::string OverrideState() override { return view().override_state; }
    std::uint64_t OverrideUntil() override { return view().override_until; }

    void RunNow(sdbus::Result<std::string, std::string>&& result) override;
    void Override(sdbus::Result<>&& result, std::string state, std::uint64_t duration_us) override;
    void ClearOverride(sdbus::Result<>&& result) override;
};

class NotifierObject : public Shown<org::regent1::Notifier_adaptor> {
  public:
    NotifierObject(const Surroundings& around, const std::string& name)
        : Shown(around, Kind::notifier, name) {
        appear();
    }

  private:
    const NotifierView& view() const { return around_.picture.notifiers.at(name_); }

    std::string Name() override { return name_; }
    std::string Type() override { return view().type; }
    sdbus::ObjectPath Plugin() override { return path_of(Kind::plugin, view().plugin); }
    std::uint32_t Queue() override { return view().waiting; }
    std::uint64_t Delivered() override { return view().delivered; }
    std::uint64_t Failed() override { return view().failed; }
    std::uint64_t Dropped() override { return view().dropped; }
    bool Failing() override { return view().failing; }
    std::string LastError() override { return view().last_failure; }

    void Test(sdbus::Result<>&& result) override;
};

class PluginObject : public Shown<org::regent1::Plugin_adaptor> {
  public:
    PluginObject(const Surroundings& around, const std::string& name) : Shown(around, Kind::plugin, name) {
        appear();
    }

  private:
    const PluginView& view() const { return around_.picture.plugins.at(name_); }

    std::string Name() override { return name_; }
    std::string Id() override { return view().id; }
    std::string Version() override { return view().version; }
    std::vector<std::string> Types() override { return view().types; }
    std::string Path() override { return view().status.file; }
    std::string State() override { return view().status.state; }
    std::uint32_t Pid() override { return static_cast<std::uint32_t>(view().status.pid); }
    std::uint64_t Starts() override { return view().status.starts; }
    std::map<std::string, std::uint64_t> Counters() override { return view().status.counters; }

    void Restart(sdbus::Result<>&& result) override;
};

}  // namespace regent::bus
