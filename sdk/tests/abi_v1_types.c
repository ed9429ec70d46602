/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything that the contract has, reachable from three names: what abi_v1.abi was made of, and is compared
 * with (tests/sdk/test_abi.py). It finds what offsets and sizes do not show, such as an argument of an
 * operation. */
#include <regent/abi/plugin.h>

extern const regent_plugin* abi_plugin;
extern const regent_check_ops* abi_check_ops;
extern const regent_notifier_ops* abi_notifier_ops;

const regent_plugin* abi_plugin;
const regent_check_ops* abi_check_ops;
const regent_notifier_ops* abi_notifier_ops;
