#include "server/observe/crash_text.h"

#include <unistd.h>

#include "storage/base/num.h"

static void put(int fd, const char *data, size_t size) {
    while (size > 0) {
        ssize_t done = write(fd, data, size);
        if (done <= 0) return;
        data += done;
        size -= (size_t)done;
    }
}

void crashPut(int fd, const char *text) {
    put(fd, text, strlen(text));
}

void crashPutInt(int fd, int64_t value) {
    char digits[NUM_INT_MAX];
    put(fd, digits, numFormatInt(digits, value));
}

static const char hex[] = "0123456789abcdef";

void crashPutHex(int fd, uint64_t value) {
    char text[18] = "0x";
    for (size_t i = 0; i < 16; i++) text[2 + i] = hex[value >> (60 - 4 * i) & 15];
    put(fd, text, sizeof text);
}

void crashPutBytes(int fd, bytes value) {
    enum { SHOWN = 128 };
    char text[SHOWN * 4] = "";
    size_t size = 0;
    for (size_t i = 0; i < value.size && i < SHOWN; i++) {
        unsigned char byte = (unsigned char)value.data[i];
        if (byte >= ' ' && byte < 127 && byte != '\\') {
            text[size++] = (char)byte;
            continue;
        }
        text[size++] = '\\';
        text[size++] = 'x';
        text[size++] = hex[byte >> 4];
        text[size++] = hex[byte & 15];
    }
    put(fd, text, size);
    if (value.size > SHOWN) crashPut(fd, "...");
}

void crashPutField(int fd, const char *name, int64_t value) {
    crashPut(fd, name);
    crashPut(fd, ":");
    crashPutInt(fd, value);
    crashPut(fd, "\n");
}
