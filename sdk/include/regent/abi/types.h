/* SPDX-License-Identifier: Apache-2.0
 *
 * The words that all of the plugin contract is made of.
 *
 * Rules that hold for every header of this folder:
 *  - Within major version 1 a struct only grows at its end. One that begins with `struct_size` may grow; its
 *    maker writes sizeof, its reader takes what lies beyond for zero. One without never changes.
 *  - `reserved` is written as 0 and not read.
 *  - Enumerations start at 1, and a value is never used again. 0 is never valid, so that forgotten fields
 *    show. Flags are combined with |, and 0 is none of them.
 *  - Text is UTF-8 with a length, not ended by a zero byte. Whoever allocates frees. What a call is handed is
 *    valid until that call returns, unless it says otherwise.
 *  - Times are nanoseconds of CLOCK_MONOTONIC.
 *  - Nothing is thrown across, in either direction. */
#ifndef REGENT_ABI_TYPES_H
#define REGENT_ABI_TYPES_H

#include <stddef.h>
#include <stdint.h>

#define REGENT_ABI_MAJOR 1
#define REGENT_ABI_MINOR 0

#ifdef __cplusplus
extern "C" {
#endif

/* A text. `ptr` may be NULL only where `len` is 0. Never changes. */
typedef struct regent_str {
    const char* ptr;
    size_t len;
} regent_str;

/* An instance of a check or notifier type, as the host knows it. Never 0, never used twice in one process: a
 * call for one that is gone does nothing and is counted. */
typedef uint64_t regent_instance;

/* Where a plugin writes a sentence about what went wrong. The host owns it, sets `capacity`, and begins with
 * `param_index` REGENT_NO_PARAM and `len` 0; the plugin writes at most `capacity` bytes to `text` and their
 * number to `len`. `param_index` is the place in the schema of the parameter that is to blame. */
typedef struct regent_error {
    uint32_t struct_size;
    uint32_t param_index;
    char* text;
    size_t capacity;
    size_t len;
} regent_error;

#define REGENT_NO_PARAM UINT32_MAX

#ifdef __cplusplus
}
#endif

#endif
