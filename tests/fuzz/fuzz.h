/* fuzz.h - what a fuzz target defines, under libFuzzer's name. It keeps nothing between calls and
 * ends the process where the code under test is wrong. */
#ifndef EBB_TESTS_FUZZ_FUZZ_H
#define EBB_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
