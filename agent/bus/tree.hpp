// SPDX-License-Identifier: Apache-2.0
// The objects on one connection, kept as the picture is. Bus thread.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "agent/bus/objects.hpp"
#include "agent/bus/outbox.hpp"
#include "agent/bus/plugin_objects.hpp"

namespace regent::bus {

class Tree {
  public:
    /// All objects of the picture.
    explicit Tree(const Surroundings& around);

    /// Takes a batch into `picture` (which must be that of the surroundings), and tells the bus of all that
    /// has changed: once for each object.
    void apply(Picture& picture, const Batch& batch);

  private:
    template <class Object, class View>
    void update(std::map<std::string, std::unique_ptr<Object>>& objects, std::map<std::string, View>& views,
                const std::map<std::string, std::optional<View>>& changes);
    template <class Object, class View>
    void remove(std::map<std::string, std::unique_ptr<Object>>& objects, std::map<std::string, View>& views,
                const std::map<std::string, std::optional<View>>& changes);
    void signal(const Transition& transition);
    void signal(const plugin::DeliveryFailed& failed);
    void signal(const plugin::Crashed& crashed);

    Surroundings around_;
    ManagerObject manager_;
    std::map<std::string, std::unique_ptr<InstanceObject>> instances_;
    std::map<std::string, std::unique_ptr<GroupObject>> groups_;
    std::map<std::string, std::unique_ptr<CheckObject>> checks_;
    std::map<std::string, std::unique_ptr<NotifierObject>> notifiers_;
    std::map<std::string, std::unique_ptr<PluginObject>> plugins_;
};

/// Takes a batch into the picture while there is no bus to tell.
void absorb(Picture& picture, const Batch& batch);

}  // namespace regent::bus
