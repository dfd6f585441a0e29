/* What changes a listpack. */
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/slab.h"
#include "storage/struct/listpack_internal.h"

static listpackElement finished(listpackElement e) {
    e.data_size = e.head_size + e.body.size;
    e.back_size = (uint8_t)backlenSize(e.data_size);
    return e;
}

listpackElement listpackElementOfInt(int64_t number) {
    listpackElement e = {.head_size = 1};
    if (number >= 0 && number <= 127) {
        e.head[0] = (uint8_t)number;
    } else if (number >= -4096 && number <= 4095) {
        e.head[0] = (uint8_t)(0xC0 | (number >> 8 & 31));
        e.head[1] = (uint8_t)number;
        e.head_size = 2;
    } else {
        static const uint8_t heads[] = {INT_16, INT_24, INT_32, INT_64};
        static const uint8_t widths[] = {2, 3, 4, 8};
        unsigned i = 0;
        while (i < 3 && (number < -((int64_t)1 << (widths[i] * 8 - 1)) ||
                         number >= (int64_t)1 << (widths[i] * 8 - 1)))
            i++;
        e.head[0] = heads[i];
        memcpy(e.head + 1, &number, widths[i]);
        e.head_size = (uint8_t)(1 + widths[i]);
    }
    return finished(e);
}

listpackElement listpackElementOf(bytes text) {
    int64_t number;
    if (numParseInt(text, &number)) return listpackElementOfInt(number);
    listpackElement e = {.body = text, .head_size = 1};
    if (text.size < 64) {
        e.head[0] = (uint8_t)(0x80 | text.size);
    } else if (text.size < 4096) {
        e.head[0] = (uint8_t)(0xE0 | text.size >> 8);
        e.head[1] = (uint8_t)text.size;
        e.head_size = 2;
    } else {
        e.head[0] = TEXT_32;
        uint32_t size = (uint32_t)text.size;
        memcpy(e.head + 1, &size, sizeof size);
        e.head_size = 5;
    }
    return finished(e);
}

void listpackElementWrite(uint8_t *at, const listpackElement *e) {
    memcpy(at, e->head, e->head_size);
    at += e->head_size;
    if (e->body.size) memcpy(at, e->body.data, e->body.size);
    at += e->body.size;
    size_t rest = e->data_size;
    for (unsigned i = e->back_size; i-- > 0; rest >>= 7)
        at[i] = (uint8_t)((rest & 127) | (i ? 128 : 0));
}

size_t listpackElementSize(bytes text) {
    listpackElement e = listpackElementOf(text);
    return wholeSize(&e);
}

/* ---- room ---- */

static void setCount(listpack *lp, unsigned count) {
    uint16_t stored = (uint16_t)count;
    memcpy((uint8_t *)lp + 4, &stored, sizeof stored);
}

static void addCount(listpack *lp, size_t taken, size_t added) {
    unsigned count = storedCount(lp);
    if (count != COUNT_UNKNOWN) setCount(lp, (unsigned)(count - taken + added));
}

/* Room for 'size' bytes where there are 'old': the bytes that both have stay. */
static listpack *resize(listpack *lp, size_t old, size_t size) {
    size_t room = slabGoodSize(size);
    if (slabGoodSize(old) == room) return lp;
    if (old > SLAB_MAX && size > SLAB_MAX) return memRealloc(lp, room);
    listpack *to = slabAlloc(SLAB_BLOB, room);
    memcpy(to, lp, old < size ? old : size);
    slabFree(SLAB_BLOB, lp, old);
    return to;
}

/* Makes the 'taken' bytes at 'at' into 'given' ones that are to be written. */
static listpack *splice(listpack *lp, size_t at, size_t taken, size_t given) {
    size_t old = listpackSize(lp), size = old - taken + given;
    ensure(size < LISTPACK_MAX);
    if (given > taken) lp = resize(lp, old, size);
    memmove((uint8_t *)lp + at + given, (uint8_t *)lp + at + taken, old - at - taken);
    if (given < taken) lp = resize(lp, old, size);
    uint32_t total = (uint32_t)size;
    memcpy(lp, &total, sizeof total);
    return lp;
}

/* ---- changes ---- */

static listpack *insertElement(listpack *lp, size_t at, const listpackElement *e) {
    lp = splice(lp, at, 0, wholeSize(e));
    listpackElementWrite((uint8_t *)lp + at, e);
    addCount(lp, 0, 1);
    return lp;
}

/* A text in the listpack itself is moved about by the change: it is copied first. */
static char *saveText(const listpack *lp, bytes *text) {
    const char *start = (const char *)lp;
    if (text->data < start || text->data >= start + listpackSize(lp)) return NULL;
    char *copy = memAlloc(text->size + 1);
    memcpy(copy, text->data, text->size);
    text->data = copy;
    return copy;
}

static listpack *insertText(listpack *lp, size_t at, bytes text) {
    char *saved = saveText(lp, &text);
    listpackElement e = listpackElementOf(text);
    lp = insertElement(lp, at, &e);
    if (saved) memFree(saved);
    return lp;
}

static size_t endOf(const listpack *lp) {
    return listpackSize(lp) - 1;
}

listpack *listpackAppend(listpack *lp, bytes text) {
    return insertText(lp, endOf(lp), text);
}

listpack *listpackAppendInt(listpack *lp, int64_t number) {
    listpackElement e = listpackElementOfInt(number);
    return insertElement(lp, endOf(lp), &e);
}

listpack *listpackPrepend(listpack *lp, bytes text) {
    return insertText(lp, LISTPACK_HEADER, text);
}

listpack *listpackInsert(listpack *lp, listpackAt *at, bytes text) {
    if (*at == 0) *at = (listpackAt)endOf(lp);
    return insertText(lp, *at, text);
}

listpack *listpackInsertInt(listpack *lp, listpackAt *at, int64_t number) {
    if (*at == 0) *at = (listpackAt)endOf(lp);
    listpackElement e = listpackElementOfInt(number);
    return insertElement(lp, *at, &e);
}

static listpack *replaceElement(listpack *lp, size_t at, const listpackElement *e) {
    lp = splice(lp, at, after(lp, at) - at, wholeSize(e));
    listpackElementWrite((uint8_t *)lp + at, e);
    return lp;
}

listpack *listpackReplace(listpack *lp, listpackAt at, bytes text) {
    char *saved = saveText(lp, &text);
    listpackElement e = listpackElementOf(text);
    lp = replaceElement(lp, at, &e);
    if (saved) memFree(saved);
    return lp;
}

listpack *listpackReplaceInt(listpack *lp, listpackAt at, int64_t number) {
    listpackElement e = listpackElementOfInt(number);
    return replaceElement(lp, at, &e);
}

listpack *listpackDelete(listpack *lp, listpackAt *at, size_t count) {
    size_t end = *at, taken = 0;
    while (taken < count && *bytesAt(lp, end) != END_MARK) {
        end = after(lp, end);
        taken++;
    }
    lp = splice(lp, *at, end - *at, 0);
    addCount(lp, taken, 0);
    if (*bytesAt(lp, *at) == END_MARK) *at = 0;
    return lp;
}
