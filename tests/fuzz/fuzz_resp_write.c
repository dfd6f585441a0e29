#include "tests/fuzz/fuzz.h"
#include "tests/support/reply_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    replyCheckScript(data, size);
    return 0;
}
