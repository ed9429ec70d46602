// SPDX-License-Identifier: Apache-2.0
// The tests, in order, with the rule that each proves. Whoever adds one adds a plugin to tests/plugins that
// breaks its rule and no other.
#include <array>

#include "sdk/plugin-check/tests.hpp"

namespace regent::plugin_check {
namespace {

using namespace tests;
using Needs = std::vector<std::string_view>;

Needs plus(Needs needs, std::initializer_list<std::string_view> more) {
    needs.insert(needs.end(), more);
    return needs;
}

const Needs described{"descriptor.sizes"};
const Needs usable{"descriptor.accepted", "schema.defaults"};
// Each instance is made by way of validate.
const Needs made{"config.accepts", "config.validate"};
const Needs started{"config.accepts", "config.validate", "lifecycle.start"};
// What a life has in it (session.hpp, live): where one of these fails, every life does. And a thread that
// talks after its end may hit whatever comes next.
const Needs ends{"config.validate", "lifecycle.start", "contract.probe", "contract.cancel",
                 "lifecycle.stop-mid-probe"};
const Needs lives = plus(ends, {"contract.silence"});
// Many lives are as good as the few before, and must not take for ever.
const Needs quick = plus(lives, {"contract.returns", "contract.exceptions"});
const Needs many = plus(quick, {"lifecycle.two-instances", "lifecycle.reconfigure"});
// No known breach that a strange life would only show again.
const Needs sound = plus(many, {"contract.answers", "contract.results", "contract.threads",
                                "contract.descriptors", "contract.operations"});

std::vector<Test> file_tests() {
    return {
        {"elf.object", "a shared object for this machine", elf_object},
        {"elf.exports", "one symbol is exported, regent_plugin_v1", elf_exports, {"elf.object"}},
        {"elf.symbols",
         "the libraries that it names have all that it needs (-z defs)",
         elf_symbols,
         {"elf.object"}},
        {"elf.nodelete", "it is never unloaded (-z nodelete)", elf_nodelete, {"elf.object"}},
        {"elf.relocations",
         "its code is not changed when it is loaded (no TEXTREL)",
         elf_relocations,
         {"elf.object"}},
        {"elf.stack", "the stack stays without code", elf_stack, {"elf.object"}},
        {"elf.libraries", "it is linked with nothing of the agent", elf_libraries, {"elf.object"}},
    };
}

std::vector<Test> descriptor_tests() {
    return {
        {"load", "it is loaded, within a second", load, {"elf.object", "elf.symbols"}},
        {"elf.constructors", "no code of it runs when it is loaded", elf_constructors, {"load"}},
        {"descriptor.version", "made for this version of the contract", descriptor_version, {"load"}},
        {"descriptor.sizes",
         "every struct says its size, and nothing is missing",
         descriptor_sizes,
         {"descriptor.version"}},
        {"descriptor.texts", "id, version, summary, url and license are lines of UTF-8", descriptor_texts,
         described},
        {"descriptor.types", "its types have a kind that exists and a name of their own", descriptor_types,
         described},
        {"descriptor.flags", "no flag that does not exist", descriptor_flags, described},
        {"descriptor.operations", "every operation that is not optional is there", descriptor_operations,
         plus(described, {"descriptor.types"})},
        {"schema.names", "parameters have names of their own, and none of the agent's", schema_names,
         described},
        {"schema.summaries", "types and parameters say what they are", schema_summaries, described},
        {"schema.types", "parameters have a type that exists, and bounds that make sense", schema_types,
         described},
        {"schema.choices", "a choice has words to choose from, each once", schema_choices, described},
        {"descriptor.accepted",
         "the agent reads it as it is meant",
         descriptor_accepted,
         {"descriptor.texts", "descriptor.types", "descriptor.flags", "descriptor.operations", "schema.names",
          "schema.summaries", "schema.types", "schema.choices"}},
        {"schema.defaults",
         "every default is a value that the parameter takes",
         schema_defaults,
         {"descriptor.accepted"}},
    };
}

std::vector<Test> life_tests() {
    return {
        {"config.accepts", "there are values with which an instance is made", config_accepts, usable},
        {"config.extremes",
         "values at the edges of the schema are taken or refused",
         config_extremes,
         {"config.accepts"}},
        {"config.random",
         "so are random values (--seed)",
         config_random,
         {"config.accepts", "config.extremes"}},
        {"config.errors",
         "a refusal is a sentence, and blames a parameter that exists",
         config_errors,
         {"config.accepts", "config.extremes", "config.random"}},
        {"config.validate",
         "validate answers the same twice, and touches nothing",
         config_validate,
         {"config.accepts", "config.extremes", "config.random"}},
        {"lifecycle.unstarted", "destroy may follow create, a thousand times", lifecycle_unstarted, made},
        {"lifecycle.start", "create, start, stop, destroy", lifecycle_start,
         plus(made, {"lifecycle.unstarted"})},
        {"contract.probe", "probe and notify begin the work, and return at once", contract_probe, started},
        {"contract.cancel", "what was cancelled is not answered", contract_cancel,
         plus(started, {"contract.probe"})},
        {"lifecycle.stop-mid-probe", "stop may come while a probe is under way", lifecycle_stop_mid_probe,
         plus(started, {"contract.probe"})},
    };
}

std::vector<Test> contract_tests() {
    return {
        {"contract.silence", "nothing is said after stop, or before start", contract_silence, ends},
        {"contract.returns", "every operation returns at once", contract_returns, lives},
        {"contract.exceptions", "nothing is thrown across", contract_exceptions, lives},
        {"contract.answers", "one answer to each probe or event, and none to anything else", contract_answers,
         lives},
        {"contract.results", "reports have the form that the contract gives them", contract_results, lives},
        {"contract.threads", "other threads do not call what only the loop's may", contract_threads, lives},
        {"contract.descriptors", "descriptors are CLOEXEC, watched ones NONBLOCK, and unwatched before close",
         contract_descriptors, lives},
        {"contract.operations", "who watches or sets timers has the operation for it; at most 64 timers",
         contract_operations, lives},
        {"contract.stdout", "stdout is nobody's", contract_stdout, lives},
        {"contract.process", "signals, locale, umask, folder and environment stay as they are",
         contract_process, lives},
        {"contract.describe", "describe writes a JSON object that fits", contract_describe, lives},
        {"lifecycle.two-instances", "two instances do not know of each other", lifecycle_two_instances,
         plus(quick, {"contract.answers"})},
        {"lifecycle.reconfigure", "the next instance is made before the last has ended, again and again",
         lifecycle_reconfigure, quick},
        {"lifecycle.descriptors", "no descriptor is left behind", lifecycle_descriptors, many},
        {"lifecycle.threads", "no thread is left behind", lifecycle_threads, many},
        {"lifecycle.children", "no process is left behind", lifecycle_children, many},
        {"lifecycle.memory", "no memory is left behind", lifecycle_memory, plus(many, {"lifecycle.threads"})},
        {"faults.descriptors", "no free descriptor: no crash, and UNKNOWN, not DOWN", faults_descriptors,
         sound},
        {"faults.spurious-fd", "on_fd with nothing to read", faults_spurious_fd, sound},
        {"faults.unknown-fd", "on_fd for a descriptor that it does not have", faults_unknown_fd, sound},
        {"faults.clock", "the clock jumps by minutes; a deadline that is over", faults_clock, sound},
        {"faults.random", "whatever a host may do, in any order (--seed)", faults_random,
         plus(sound, {"faults.spurious-fd", "faults.clock"})},
        {"truth.verdicts", "its verdicts are true (--truth)", truth_verdicts, {"contract.probe"}},
    };
}

std::vector<Test> collect() {
    std::vector<Test> all;
    for (auto part : {file_tests(), descriptor_tests(), life_tests(), contract_tests()})
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

}  // namespace

std::span<const Test> all_tests() {
    static const std::vector<Test> all = collect();
    return all;
}

}  // namespace regent::plugin_check
