// SPDX-License-Identifier: Apache-2.0
#include "agent/vrrp/state_machine.hpp"

#include <array>

namespace regent::vrrp {
namespace {

using S = State;
using E = Event;
using G = Guard;

// clang-format off
constexpr std::array rows{
    // from        event                  guard           to           operations                                          section
    Row{S::init,     E::startup,            G::owner,       S::backup,   expire_master_down,                                 "6.4.1: owner"},
    Row{S::init,     E::startup,            G::always,      S::backup,   arm_first,                                          "6.4.1; rule 4"},
    Row{S::init,     E::fault_raised,       G::always,      S::fault,    none,                                               "rule 10"},
    Row{S::init,     E::resume,             G::always,      S::master,   send_advert | take_addresses | arm_adver,           "rule 17"},

    Row{S::backup,   E::master_down,        G::group_ready, S::master,   send_advert | take_addresses | arm_adver,           "6.4.2"},
    Row{S::backup,   E::master_down,        G::always,      S::backup,   none,                                               "group waits"},
    Row{S::backup,   E::advert_zero,        G::last_resort, S::backup,   arm_master_down,                                    "rule 9"},
    Row{S::backup,   E::advert_zero,        G::pair_group,  S::backup,   arm_skew | expire_group,                            "6.4.2; rule 4"},
    Row{S::backup,   E::advert_zero,        G::always,      S::backup,   arm_skew,                                           "6.4.2"},
    Row{S::backup,   E::advert_winning,     G::always,      S::backup,   learn_interval | arm_master_down,                   "6.4.2"},
    Row{S::backup,   E::advert_losing,      G::no_preempt,  S::backup,   learn_interval | arm_master_down,                   "6.4.2: Preempt_Mode"},
    Row{S::backup,   E::advert_losing,      G::always,      S::backup,   none,                                               "6.4.2: discard"},
    Row{S::backup,   E::advert_last_resort, G::always,      S::backup,   arm_skew,                                           "rules 12, 15"},
    Row{S::backup,   E::fault_raised,       G::always,      S::fault,    disarm,                                             "rule 10"},
    Row{S::backup,   E::shutdown,           G::always,      S::init,     disarm,                                             "6.4.2: Shutdown"},

    Row{S::master,   E::advert_due,         G::always,      S::master,   send_advert | arm_adver,                            "6.4.3"},
    Row{S::master,   E::advert_zero,        G::always,      S::master,   answer_advert | announce_again | arm_adver,         "6.4.3"},
    Row{S::master,   E::advert_winning,     G::always,      S::backup,   send_advert | drop_addresses | learn_interval | arm_master_down, "6.4.3; rule 2"},
    Row{S::master,   E::advert_losing,      G::always,      S::master,   answer_advert | announce_again | arm_adver,         "6.4.3; rule 3"},
    Row{S::master,   E::advert_last_resort, G::always,      S::master,   answer_advert | announce_again | arm_adver,         "6.4.3; rule 3"},
    Row{S::master,   E::group_left,         G::always,      S::backup,   send_zero | drop_addresses | arm_master_down,       "rules 2, 4"},
    Row{S::master,   E::yield,              G::always,      S::yielding, send_zero | disarm,                                 "rule 9"},
    Row{S::master,   E::fault_raised,       G::always,      S::fault,    send_zero | drop_addresses | disarm,                "rules 2, 10"},
    Row{S::master,   E::shutdown,           G::always,      S::init,     send_zero | drop_addresses | disarm,                "6.4.3: Shutdown"},
    Row{S::master,   E::overtaken,          G::always,      S::backup,   drop_addresses | learn_interval | arm_master_down,  "rule 6"},
    Row{S::master,   E::lease_lost,         G::always,      S::backup,   drop_addresses | arm_listen,                        "rule 6"},

    Row{S::yielding, E::advert_winning,     G::always,      S::yielding, drop_addresses | learn_interval,                    "rule 9: relieved"},
    Row{S::yielding, E::advert_losing,      G::always,      S::yielding, drop_addresses | learn_interval,                    "rule 9: relieved"},
    Row{S::yielding, E::advert_last_resort, G::always,      S::yielding, drop_addresses | learn_interval,                    "rule 9: relieved"},
    Row{S::yielding, E::yield_relieved,     G::always,      S::backup,   drop_addresses | arm_master_down,                   "rule 9"},
    Row{S::yielding, E::yield_unanswered,   G::always,      S::master,   send_advert | take_addresses | arm_adver,           "rule 9"},
    Row{S::yielding, E::group_left,         G::always,      S::backup,   drop_addresses | arm_master_down,                   "rules 2, 4"},
    Row{S::yielding, E::fault_raised,       G::always,      S::fault,    drop_addresses | disarm,                            "rule 10"},
    Row{S::yielding, E::shutdown,           G::always,      S::init,     drop_addresses | disarm,                            "rule 9"},

    Row{S::fault,    E::fault_cleared,      G::owner,       S::backup,   expire_master_down,                                 "6.4.1: owner"},
    Row{S::fault,    E::fault_cleared,      G::always,      S::backup,   arm_first,                                          "6.4.1; rule 4"},
    Row{S::fault,    E::shutdown,           G::always,      S::init,     disarm,                                             "6.4.1"},
};
// clang-format on

bool holds(Guard guard, const Facts& facts) {
    switch (guard) {
        case Guard::always: return true;
        case Guard::owner: return facts.owner;
        case Guard::group_ready: return facts.group_ready;
        case Guard::last_resort: return facts.last_resort;
        case Guard::pair_group: return facts.pair_group;
        case Guard::no_preempt: return facts.no_preempt;
    }
    return false;
}

}  // namespace

std::span<const Row> table() {
    return rows;
}

const Row* find(State state, Event event, const Facts& facts) {
    for (const Row& row : rows) {
        if (row.from == state && row.event == event && holds(row.guard, facts)) return &row;
    }
    return nullptr;
}

std::string_view to_string(State state) {
    switch (state) {
        case State::init: return "INIT";
        case State::backup: return "BACKUP";
        case State::master:
        case State::yielding: return "MASTER";
        case State::fault: return "FAULT";
    }
    return "INIT";
}

}  // namespace regent::vrrp
