// SPDX-License-Identifier: Apache-2.0
// The tests by name; what each proves stands in test_list.cpp. They throw Failed and Skipped.
#pragma once

#include "sdk/plugin-check/test.hpp"

namespace regent::plugin_check::tests {

// The file (tests_elf.cpp).
void elf_object(Trial&);
void elf_exports(Trial&);
void elf_symbols(Trial&);
void elf_nodelete(Trial&);
void elf_relocations(Trial&);
void elf_stack(Trial&);
void elf_libraries(Trial&);
void elf_constructors(Trial&);

// What it says about itself (tests_descriptor.cpp, tests_schema.cpp).
void load(Trial&);
void descriptor_version(Trial&);
void descriptor_sizes(Trial&);
void descriptor_texts(Trial&);
void descriptor_types(Trial&);
void descriptor_flags(Trial&);
void descriptor_operations(Trial&);
void descriptor_accepted(Trial&);
void schema_names(Trial&);
void schema_summaries(Trial&);
void schema_types(Trial&);
void schema_choices(Trial&);
void schema_defaults(Trial&);

// Values (tests_config.cpp).
void config_accepts(Trial&);
void config_extremes(Trial&);
void config_random(Trial&);
void config_errors(Trial&);
void config_validate(Trial&);

// Its life (tests_lifecycle.cpp).
void lifecycle_unstarted(Trial&);
void lifecycle_start(Trial&);
void lifecycle_stop_mid_probe(Trial&);
void lifecycle_two_instances(Trial&);
void lifecycle_reconfigure(Trial&);
void lifecycle_descriptors(Trial&);
void lifecycle_threads(Trial&);
void lifecycle_children(Trial&);
void lifecycle_memory(Trial&);

// The rules while it works (tests_contract.cpp).
void contract_probe(Trial&);
void contract_returns(Trial&);
void contract_exceptions(Trial&);
void contract_answers(Trial&);
void contract_cancel(Trial&);
void contract_silence(Trial&);
void contract_results(Trial&);
void contract_threads(Trial&);
void contract_descriptors(Trial&);
void contract_operations(Trial&);
void contract_stdout(Trial&);
void contract_process(Trial&);
void contract_describe(Trial&);

// What may go wrong around it (tests_faults.cpp, tests_random.cpp).
void faults_descriptors(Trial&);
void faults_spurious_fd(Trial&);
void faults_unknown_fd(Trial&);
void faults_clock(Trial&);
void faults_random(Trial&);

// Whether it is right (tests_truth.cpp).
void truth_verdicts(Trial&);

}  // namespace regent::plugin_check::tests
