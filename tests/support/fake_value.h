/* fake_value.h - a collection of nothing, for tests of what holds collections: it counts how many
 * live and how they are freed. Brings its own valueOpsOf(), so include it in one file of a test. */
#ifndef EBB_TESTS_SUPPORT_FAKE_VALUE_H
#define EBB_TESTS_SUPPORT_FAKE_VALUE_H

#include "storage/base/mem.h"
#include "storage/types/values.h"

typedef struct fakeValue {
    size_t parts;
} fakeValue;

static size_t fake_live, fake_steps, fake_moved;

static inline fakeValue *fakeNew(size_t parts) {
    fakeValue *v = memAlloc(sizeof *v);
    v->parts = parts;
    fake_live++;
    return v;
}

static void fakeFree(void *value) {
    fake_live--;
    memFree(value);
}

static size_t fakeParts(const void *value) {
    return ((const fakeValue *)value)->parts;
}

static size_t fakeCount(const entry *e) {
    return fakeParts(entryPointer(e));
}

static size_t fakeMemory(const void *value) {
    return memUsable(value) + fakeParts(value) * 100;
}

static void *fakeCopy(const void *value) {
    return fakeNew(fakeParts(value));
}

static bool fakeFreeStep(void *value, size_t max) {
    fakeValue *v = value;
    fake_steps++;
    v->parts -= v->parts < max ? v->parts : max;
    if (v->parts) return false;
    fakeFree(v);
    return true;
}

/* Ten parts a step, and at the end it lives elsewhere. */
static void *fakeMove(void *value, uint64_t *cursor) {
    fakeValue *v = value;
    *cursor += 10;
    fake_moved += 10;
    if (*cursor < v->parts) return v;
    *cursor = 0;
    fakeValue *to = fakeNew(v->parts);
    fakeFree(v);
    return to;
}

const valueOps *valueOpsOf(valueType type, encoding enc) {
    static const valueOps ops = {.free = fakeFree,
                                 .parts = fakeParts,
                                 .count = fakeCount,
                                 .memory = fakeMemory,
                                 .copy = fakeCopy,
                                 .freeStep = fakeFreeStep,
                                 .move = fakeMove};
    (void)type;
    (void)enc;
    return &ops;
}

#endif
