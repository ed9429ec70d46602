// SPDX-License-Identifier: Apache-2.0
// REGENT_CHECK is for errors of the programmer only. No input of any kind may reach one that fails.
#pragma once

#include <cstdio>
#include <cstdlib>

/// Aborts, with the place and the condition on stderr, when `condition` is false. Always compiled in: a wrong
/// agent must die and be resumed rather than go on.
#define REGENT_CHECK(condition)                                                                    \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            std::fprintf(stderr, "%s:%d: broken invariant: %s\n", __FILE__, __LINE__, #condition); \
            std::abort();                                                                          \
        }                                                                                          \
    } while (false)
