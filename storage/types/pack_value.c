#include "storage/types/pack_value.h"

#include "storage/struct/listpack.h"

void packValueFree(void *value) {
    listpackFree(value);
}

size_t packValueMemory(const void *value) {
    return listpackMemory(value);
}

void *packValueCopy(const void *value) {
    return listpackCopy(value);
}

void *packValueMove(void *value, uint64_t *cursor) {
    *cursor = 0;
    return listpackMove(value);
}

size_t valueIsOnePart(const void *value) {
    (void)value;
    return 1;
}
