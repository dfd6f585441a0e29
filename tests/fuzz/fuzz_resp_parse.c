#include "tests/fuzz/fuzz.h"
#include "tests/support/request_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    requestCheckPieces(data, size);
    return 0;
}
