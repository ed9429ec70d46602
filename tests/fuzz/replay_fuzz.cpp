// SPDX-License-Identifier: Apache-2.0
// Any recording: no line of it may harm the reader or, given to an engine that serves, the engine. What a
// line says can be written again and says the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/base/check.hpp"
#include "agent/core/engine.hpp"
#include "agent/record/line.hpp"
#include "agent/record/trust.hpp"

using namespace regent;

namespace {

constexpr Duration rest = std::chrono::minutes(1);
constexpr unsigned most_turns = 50;

/// Two machines would do no more: an instance with a check, in a group, on an interface that is up.
constexpr std::string_view beginning =
    R"({"at":1,"input":{"ConfigApplied":{"settings":{"node":"n","instances":[{"name":"a","interface":"e",)"
    R"("virtual_router_id":1,"priority":100,"version":"v3","family":"ipv4","advert_interval":1000000000,)"
    R"("down_adverts":3,"addresses":[{"address":"10.0.0.9","prefix":24,"device":"e","label":"","scope":"global"}],)"
    R"("addresses_excluded":[],"routes":[],"lease":3000000000,"pair":true,"preempt":true,"preempt_delay":0,)"
    R"("startup_delay":0,"recover_delay":0,"debounce":0,"unicast_peers":[],"unicast_ttl":255,"checksum":"automatic",)"
    R"("gratuitous":{"count":1,"delay":0,"refresh":0,"interval":0},"checks":[{"check":"c","weight":-50,)"
    R"("on_down":"fault"}],"interfaces":[]}],"groups":[{"name":"g","members":["a"],"checks":[]}],"checks":[)"
    R"({"name":"c","type":"t","interval":1000000000,"timeout":1000000000,"rise":1,"fall":1,"on_unknown":"hold"}]}}}})"
    "\n"
    R"({"at":2,"input":{"KernelSnapshot":{"links":[{"index":2,"name":"e","up":true,"carrier":true,"arp":true,)"
    R"("mtu":1500,"mac":"00:00:00:00:00:01"}],"addresses":[{"interface_index":2,"address":"10.0.0.1","prefix":24,)"
    R"("ours":false,"usable":true,"marked":false}]}}})"
    "\n";

class Play {
  public:
    void line(std::string_view text) {
        const auto line = record::parse_line(text);
        if (!line) return;
        const auto again = record::to_text(*line);
        REGENT_CHECK(record::to_text(record::parse_line(again).value()) == again);
        if (const auto* step = std::get_if<record::Step>(&*line)) give(step->input, step->at);
    }
    /// Lets the engine do what it has planned.
    void go_on() {
        const Instant end = now_ + rest;
        for (unsigned turn = 0; turn < most_turns; ++turn) {
            const auto due = engine_.next_deadline();
            if (!due || *due > end) return;
            now_ = std::max(now_, *due);
            engine_.step(core::TimerFired{}, now_);
        }
    }

  private:
    void give(const core::Input& input, Instant at) {
        if (at < now_) return;
        if (const auto* applied = std::get_if<core::ConfigApplied>(&input)) {
            if (!record::check_trust(*applied->settings)) return;
            configured_ = true;
        }
        if (configured_ && std::holds_alternative<core::Recalled>(input)) return;
        now_ = at;
        engine_.step(input, at);
    }

    core::Engine engine_;
    Instant now_{};
    bool configured_ = false;
};

void lines(Play& play, std::string_view text) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        play.line(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    // What is no line reaches no engine.
    if (text.find("\"input\"") == std::string_view::npos) {
        Play().line(text);
        return 0;
    }
    Play play;
    // Half of the cases come from nowhere: they may bring memory and settings of their own.
    if (!text.empty() && text.front() == '!') {
        text.remove_prefix(1);
    } else {
        lines(play, beginning);
    }
    lines(play, text);
    play.go_on();
    return 0;
}
