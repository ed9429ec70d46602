// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/play.hpp"

#include <stdexcept>

#include "agent/config/config.hpp"

#include "tests/conformance/case.hpp"
#include "tests/conformance/shown.hpp"
#include "tests/unit/core/builders.hpp"

namespace regent::conformance {
namespace {

using core::test::ip;
using record::Json;

core::Settings settings_of(const std::filesystem::path& file) {
    const auto loaded = config::load_file(file);
    if (loaded.settings) return *loaded.settings;
    throw std::runtime_error(config::render(loaded.diagnostics, false));
}

/// Of a case that has none of its own: the one beside the sections.
std::filesystem::path configuration_of(const std::filesystem::path& directory) {
    const auto own = directory / "regent.toml";
    return exists(own) ? own : directory.parent_path().parent_path() / "regent.toml";
}

/// One virtual balancer, which can hear others.
class Stage {
  public:
    explicit Stage(const std::filesystem::path& directory)
        : directory_(directory),
          node_(world_.add_node("lb1")),
          settings_(settings_of(configuration_of(directory))),
          begun_(world_.now()) {
        world_.watch = [this](const auto&, const auto&, const core::Actions& actions) { note(actions); };
        world_.plug(node_, "eth0", "client", "10.0.0.5");
        world_.plug(node_, "eth1", "internal", "192.168.1.5");
        node_.kernel.add_by_hand("eth0", ip("fe80::5"), 64);
        world_.start(node_, settings_);
    }

    void play(const Step& step) {
        world_.run_until(begun_ + std::chrono::milliseconds(step.at_ms));
        std::visit([this](const auto& input) { happens(input); }, step.input);
        world_.run_for(Duration::zero());
    }

    /// What the agent has done, and then its counters.
    std::string seen();

  private:
    void happens(const Hear& hear);
    void happens(const SetLink& change);
    void happens(const DeleteLink& link) { world_.tell(node_, node_.kernel.remove_link(link.interface)); }
    void happens(const DeleteAddress& deleted) {
        world_.tell(node_, node_.kernel.remove_by_hand(deleted.address));
    }
    void happens(const RefuseAddress& refused) { node_.kernel.refuses_to_add.insert(refused.address); }
    void happens(const Reload& reload) {
        settings_ = settings_of(directory_ / reload.file);
        world_.reload(node_, settings_);
    }
    void happens(const Stall& stall) {
        world_.pause(node_);
        world_.run_for(std::chrono::milliseconds(stall.for_ms));
        world_.wake(node_);
    }
    void happens(const End& /*end*/) {}
    template <class Input>
    void happens(const Input& input) {
        world_.tell(node_, input);
    }

    void note(const core::Actions& actions) {
        for (const auto& action : actions)
            if (const auto what = shown(action, node_.kernel)) note(*what);
    }
    void note(const Json& what);
    const core::Link& link(const std::string& name) const {
        const auto* found = node_.kernel.link(name);
        return found ? *found : throw std::runtime_error("there is no interface " + name);
    }
    vrrp::Advert advert(const Hear& hear) const;

    std::filesystem::path directory_;
    core::test::World world_;
    core::test::Node& node_;
    core::Settings settings_;
    Instant begun_;
    std::string seen_;
};

void Stage::happens(const SetLink& change) {
    const auto& now = link(change.interface);
    world_.tell(node_, node_.kernel.set_link(change.interface, change.up.value_or(now.up),
                                             change.carrier.value_or(now.carrier)));
    if (change.name) world_.tell(node_, node_.kernel.rename_link(change.interface, *change.name));
}

vrrp::Advert Stage::advert(const Hear& hear) const {
    const auto& ours = settings_.instances.front();
    vrrp::Advert advert;
    advert.version = hear.version ? static_cast<vrrp::Version>(*hear.version) : ours.version;
    advert.virtual_router_id = hear.vrid.value_or(ours.virtual_router_id);
    advert.priority = hear.priority.value_or(100);
    advert.interval = hear.interval_ms ? std::chrono::milliseconds(*hear.interval_ms) : ours.advert_interval;
    for (const auto& address : ours.addresses)
        advert.addresses.push_back(address.address);
    if (hear.addresses) advert.addresses = *hear.addresses;
    const auto& password = hear.password ? hear.password : ours.password;
    if (password) advert.password = vrrp::make_password(*password);
    return advert;
}

void Stage::happens(const Hear& hear) {
    const auto family = settings_.instances.front().family;
    core::PacketReceived packet;
    packet.interface_index = link(hear.interface.value_or("eth0")).index;
    packet.source = hear.from.value_or(ip(family == Family::ipv4 ? "10.0.0.2" : "fe80::2"));
    packet.destination = hear.to.value_or(vrrp::multicast_group(family));
    packet.ttl = hear.ttl.value_or(vrrp::required_ttl);
    const auto form =
        hear.checksum == "rfc9568" ? vrrp::ChecksumForm::message_only : vrrp::ChecksumForm::pseudo_header;
    packet.message =
        hear.message ? *hear.message : vrrp::encode(advert(hear), packet.source, packet.destination, form);
    world_.tell(node_, packet);
}

void Stage::note(const Json& what) {
    Json line;
    line["at_ms"] = in_ms(world_.now() - begun_);
    line.update(what);
    seen_ += line.dump() + "\n";
}

std::string Stage::seen() {
    Json counters;
    for (const auto& instance : settings_.instances) {
        if (const auto found = node_.engine->counters(instance.name))
            counters["Counters"][instance.name] = shown(*found);
    }
    note(counters);
    return seen_;
}

}  // namespace

std::string play(const std::filesystem::path& directory) {
    const auto steps = read_steps(directory);
    Stage stage(directory);
    for (const auto& step : steps)
        stage.play(step);
    return stage.seen();
}

}  // namespace regent::conformance
