// SPDX-License-Identifier: Apache-2.0
#include "agent/bus/plugin_objects.hpp"

namespace regent::bus {

CheckObject::CheckObject(const Surroundings& around, const std::string& name)
    : AdaptorInterfaces(around.connection, path_of(bus::Kind::check, name)), around_(around), name_(name) {
    registerAdaptor();
    getObject().emitInterfacesAddedSignal();
}

CheckObject::~CheckObject() {
    unregisterAdaptor();
}

void CheckObject::withdraw() {
    getObject().emitInterfacesRemovedSignal();
}

void CheckObject::changed(const std::vector<std::string>& properties) {
    getObject().emitPropertiesChangedSignal(Check_adaptor::INTERFACE_NAME, properties);
}

NotifierObject::NotifierObject(const Surroundings& around, const std::string& name)
    : AdaptorInterfaces(around.connection, path_of(bus::Kind::notifier, name)), around_(around), name_(name) {
    registerAdaptor();
    getObject().emitInterfacesAddedSignal();
}

NotifierObject::~NotifierObject() {
    unregisterAdaptor();
}

void NotifierObject::withdraw() {
    getObject().emitInterfacesRemovedSignal();
}

void NotifierObject::changed(const std::vector<std::string>& properties) {
    getObject().emitPropertiesChangedSignal(Notifier_adaptor::INTERFACE_NAME, properties);
}

PluginObject::PluginObject(const Surroundings& around, const std::string& name)
    : AdaptorInterfaces(around.connection, path_of(bus::Kind::plugin, name)), around_(around), name_(name) {
    registerAdaptor();
    getObject().emitInterfacesAddedSignal();
}

PluginObject::~PluginObject() {
    unregisterAdaptor();
}

void PluginObject::withdraw() {
    getObject().emitInterfacesRemovedSignal();
}

void PluginObject::changed(const std::vector<std::string>& properties) {
    getObject().emitPropertiesChangedSignal(Plugin_adaptor::INTERFACE_NAME, properties);
}

}  // namespace regent::bus
