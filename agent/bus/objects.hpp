// SPDX-License-Identifier: Apache-2.0
// The objects on the bus. Their interfaces are generated from xml/; what they show stands in the picture. Bus
// thread.
#pragma once

#include <map>
#include <org.regent1.Group.adaptor.hpp>
#include <org.regent1.Instance.adaptor.hpp>
#include <org.regent1.Manager.adaptor.hpp>
#include <sdbus-c++/sdbus-c++.h>
#include <string>
#include <vector>

#include "agent/bus/authority.hpp"
#include "agent/bus/desk.hpp"
#include "agent/bus/names.hpp"
#include "agent/bus/picture.hpp"

namespace regent::bus {

/// The objects of those names.
inline std::vector<sdbus::ObjectPath> paths_of(Kind kind, const std::vector<std::string>& names) {
    std::vector<sdbus::ObjectPath> paths;
    for (const auto& name : names)
        paths.emplace_back(path_of(kind, name));
    return paths;
}

/// What every object needs. All of it outlives the objects.
struct Surroundings {
    sdbus::IConnection& connection;
    const Picture& picture;
    Desk& desk;
    Authority& authority;
};

/// What the objects of one thing each have in common: they come, change and go. The first interface is the
/// one that changes.
template <class Interface, class... More>
class Shown : public sdbus::AdaptorInterfaces<Interface, More...> {
  public:
    Shown(const Surroundings& around, Kind kind, const std::string& name)
        : sdbus::AdaptorInterfaces<Interface, More...>(around.connection, path_of(kind, name)),
          around_(around),
          name_(name) {}
    virtual ~Shown() { this->unregisterAdaptor(); }
    Shown(const Shown&) = delete;
    Shown& operator=(const Shown&) = delete;

    /// Says that it goes; its end follows. Not by the destructor: when the connection is gone, nobody can be
    /// told.
    void withdraw() { this->getObject().emitInterfacesRemovedSignal(); }
    void changed(const std::vector<std::string>& properties) {
        this->getObject().emitPropertiesChangedSignal(Interface::INTERFACE_NAME, properties);
    }

  protected:
    /// For the constructor of the last class: it is asked for its properties at once.
    void appear() {
        this->registerAdaptor();
        this->getObject().emitInterfacesAddedSignal();
    }

    Surroundings around_;
    std::string name_;
};

class ManagerObject
    : public sdbus::AdaptorInterfaces<org::regent1::Manager_adaptor, sdbus::ObjectManager_adaptor> {
  public:
    explicit ManagerObject(const Surroundings& around);
    virtual ~ManagerObject();
    ManagerObject(const ManagerObject&) = delete;
    ManagerObject& operator=(const ManagerObject&) = delete;

    void changed(const std::vector<std::string>& properties);

  private:
    using Listed = std::vector<sdbus::Struct<std::string, sdbus::ObjectPath>>;
    using Diagnostics = std::vector<std::map<std::string, sdbus::Variant>>;

    void Reload(sdbus::Result<bool, Diagnostics>&& result) override;
    void SetMaintenance(sdbus::Result<>&& result, bool on, std::string reason) override;
    Listed ListInstances() override { return listed(Kind::instance, around_.picture.instances); }
    Listed ListGroups() override { return listed(Kind::group, around_.picture.groups); }
    Listed ListChecks() override { return listed(Kind::check, around_.picture.checks); }
    Listed ListNotifiers() override { return listed(Kind::notifier, around_.picture.notifiers); }
    Listed ListPlugins() override { return listed(Kind::plugin, around_.picture.plugins); }
    template <class Views>
    static Listed listed(Kind kind, const Views& views) {
        Listed list;
        for (const auto& [name, view] : views)
            list.emplace_back(name, path_of(kind, name));
        return list;
    }
    std::string Describe() override { return describe(around_.picture); }

    std::string Version() override { return around_.picture.agent.version; }
    std::string Node() override { return around_.picture.agent.node; }
    std::string State() override { return around_.picture.state(); }
    std::string ConfigPath() override { return around_.picture.agent.config_path; }
    std::string ConfigHash() override { return around_.picture.agent.config_hash; }
    std::string ConfigProblem() override { return around_.picture.agent.config_problem; }
    std::uint64_t LastReload() override { return around_.picture.agent.last_reload; }
    bool Maintenance() override { return around_.picture.agent.maintenance.has_value(); }
    std::string MaintenanceReason() override { return around_.picture.agent.maintenance.value_or(""); }

    Surroundings around_;
};

class InstanceObject
    : public Shown<org::regent1::Instance_adaptor, org::regent1::Instance::Statistics_adaptor> {
  public:
    InstanceObject(const Surroundings& around, const std::string& name)
        : Shown(around, Kind::instance, name) {
        appear();
    }

  private:
    const InstanceView& view() const { return around_.picture.instances.at(name_); }
    const core::InstanceStatus& status() const { return view().status; }
    core::Counters counters() const;
    using Change = sdbus::Struct<std::uint64_t, std::string, std::string, std::uint64_t, std::string>;

    void Handover(sdbus::Result<>&& result, std::string reason) override;
    void Release(sdbus::Result<>&& result) override;
    void SendGratuitous(sdbus::Result<>&& result) override;
    std::string Describe() override { return describe(around_.picture, name_); }

    std::string Name() override { return name_; }
    std::string Interface() override { return status().interface; }
    std::uint8_t VirtualRouterId() override { return status().virtual_router_id; }
    std::uint8_t Version() override { return view().version; }
    std::string Family() override { return view().family == regent::Family::ipv4 ? "ipv4" : "ipv6"; }
    std::string State() override;
    std::string Reason() override { return status().reason; }
    std::uint64_t Since() override { return view().since; }
    std::uint8_t Priority() override { return status().priority; }
    std::uint8_t EffectivePriority() override { return status().effective_priority; }
    std::string Weights() override { return status().weights; }
    bool Held() override { return status().held; }
    bool LastResort() override { return status().last_resort; }
    std::string LastResortCause() override { return status().last_resort_cause; }
    bool Degraded() override { return status().degraded; }
    std::vector<std::string> Addresses() override;
    std::string Master() override { return status().master ? status().master->to_string() : ""; }
    std::vector<std::string> Peers() override;
    std::vector<Change> LastTransitions() override;
    sdbus::ObjectPath Group() override;
    std::vector<sdbus::ObjectPath> Checks() override { return paths_of(Kind::check, view().checks); }

    std::uint64_t AdvertsSent() override { return counters().adverts_sent; }
    std::uint64_t AdvertsReceived() override { return counters().adverts_received; }
    std::uint64_t PriorityZeroSent() override { return counters().priority_zero_sent; }
    std::uint64_t PriorityZeroReceived() override { return counters().priority_zero_received; }
    std::uint64_t Transitions() override { return counters().transitions; }
    std::uint64_t BecameMaster() override { return counters().became_master; }
    std::uint64_t ReleasedMaster() override { return counters().released_master; }
    std::uint64_t AddressRepairs() override { return counters().address_repairs; }
    std::uint64_t LeaseRenewals() override { return counters().lease_renewals; }
    std::uint64_t LateAdverts() override { return counters().late_adverts; }
    std::uint64_t WorstLateness() override {
        return static_cast<std::uint64_t>(counters().worst_lateness / std::chrono::microseconds(1));
    }
    std::uint64_t SendFailures() override { return counters().send_failures; }
    std::map<std::string, std::uint64_t> Discarded() override;
};

class GroupObject : public Shown<org::regent1::Group_adaptor> {
  public:
    GroupObject(const Surroundings& around, const std::string& name) : Shown(around, Kind::group, name) {
        appear();
    }

  private:
    const GroupView& view() const { return around_.picture.groups.at(name_); }

    void Handover(sdbus::Result<>&& result, std::string reason) override;
    void Release(sdbus::Result<>&& result) override;

    std::string Name() override { return name_; }
    std::string State() override { return view().state; }
    std::string Reason() override { return view().reason; }
    std::vector<sdbus::ObjectPath> Instances() override { return paths_of(Kind::instance, view().instances); }
};

}  // namespace regent::bus
