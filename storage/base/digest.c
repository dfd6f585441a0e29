#include "storage/base/digest.h"

#include <xxhash.h>

uint64_t digestXxh3(bytes data) {
    return XXH3_64bits(data.data, data.size);
}
