#include "storage/base/bytes.h"

#include <strings.h>

#include "storage/base/mem.h"

int bytesCompare(bytes a, bytes b) {
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.data, b.data, common) : 0;
    if (order) return order;
    return a.size < b.size ? -1 : a.size > b.size;
}

bool bytesEqualWord(bytes a, const char *word) {
    return strlen(word) == a.size && strncasecmp(a.data, word, a.size) == 0;
}

char *bytesToText(bytes a) {
    char *text = memAlloc(a.size + 1);
    if (a.size) memcpy(text, a.data, a.size);
    text[a.size] = '\0';
    return text;
}
