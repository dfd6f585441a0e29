/* standalone.c - runs a fuzz target without libFuzzer: replays each file of the corpus folder that
 * is its argument, then feeds mutations of them for EBB_FUZZ_SECONDS (2 by default). With a file
 * as argument it replays only that. A failing mutation is left in a file, to be replayed. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "storage/base/bytes.h"
#include "storage/base/mem.h"
#include "storage/base/rng.h"
#include "tests/fuzz/fuzz.h"

enum { FILES_MAX = 1000, INPUT_MAX = 128 * 1024 };

typedef struct corpus {
    bytes files[FILES_MAX];
    size_t count;
} corpus;

/* What is being fed, for the crash handler. */
static uint8_t input[INPUT_MAX];
static size_t input_size;
static const char *crash_file = "fuzz-crash";

static void keepInput(int number) {
    int fd = open(crash_file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ssize_t written = fd < 0 ? -1 : write(fd, input, input_size);
    static const char told[] = "the failing input is in fuzz-crash of the working folder\n";
    if (written >= 0) written = write(STDERR_FILENO, told, sizeof told - 1);
    signal(number, SIG_DFL);
    raise(number);
}

static void readFile(corpus *c, const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file || c->count == FILES_MAX) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(2);
    }
    char *data = memAlloc(INPUT_MAX);
    size_t size = fread(data, 1, INPUT_MAX, file);
    fclose(file);
    c->files[c->count++] = bytesOf(data, size);
}

static int compareNames(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Reads a folder's files in the order of their names, so that a seed repeats a run. */
static void readFolder(corpus *c, const char *path) {
    char *names[FILES_MAX];
    size_t count = 0;
    DIR *folder = opendir(path);
    if (!folder) {
        readFile(c, path);
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) && count < FILES_MAX;) {
        char name[4096];
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.') names[count++] = memText(name);
    }
    closedir(folder);
    qsort(names, count, sizeof names[0], compareNames);
    for (size_t i = 0; i < count; i++) {
        readFile(c, names[i]);
        memFree(names[i]);
    }
}

static void setInput(bytes data) {
    if (data.size) memcpy(input, data.data, data.size);
    input_size = data.size;
}

/* Feeds a copy of just its size, so that the sanitizer sees a read behind it. */
static void feed(void) {
    uint8_t *copy = memAlloc(input_size + (input_size == 0));
    memcpy(copy, input, input_size);
    LLVMFuzzerTestOneInput(copy, input_size);
    memFree(copy);
}

/* Replaces 'cut' bytes at 'at' by 'size' ones. */
static void replacePart(size_t at, size_t cut, const uint8_t *data, size_t size) {
    if (input_size - cut + size > INPUT_MAX) return;
    memmove(input + at + size, input + at + cut, input_size - at - cut);
    memcpy(input + at, data, size);
    input_size += size - cut;
}

static void mutate(rng *r, const corpus *c) {
    static const char *const pieces[] = {"\r\n", "*", "$",      "-1",
                                         "0",    "9", "*3\r\n", "$3\r\nabc\r\n"};
    size_t at = (size_t)rngBelow(r, input_size + 1), left = input_size - at;
    uint8_t block[256];
    switch (rngBelow(r, 6)) {
    case 0:
        block[0] = (uint8_t)rngNext(r);
        replacePart(at, left ? 1 : 0, block, 1);
        return;
    case 1: {
        size_t size = rngBelow(r, 16);
        for (size_t i = 0; i < size; i++) block[i] = (uint8_t)rngNext(r);
        replacePart(at, 0, block, size);
        return;
    }
    case 2: replacePart(at, rngBelow(r, (left < 32 ? left : 32) + 1), block, 0); return;
    case 3: {
        size_t size = left < sizeof block ? left : sizeof block;
        memcpy(block, input + at, size);
        replacePart((size_t)rngBelow(r, input_size + 1), 0, block, size);
        return;
    }
    case 4: {
        bytes other = c->files[rngBelow(r, c->count)];
        replacePart(at, left, (const uint8_t *)other.data, other.size);
        return;
    }
    default: {
        const char *piece = pieces[rngBelow(r, sizeof pieces / sizeof pieces[0])];
        replacePart(at, 0, (const uint8_t *)piece, strlen(piece));
        return;
    }
    }
}

static uint64_t numberOf(const char *variable, uint64_t otherwise) {
    const char *given = getenv(variable);
    return given ? strtoull(given, NULL, 10) : otherwise;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s corpus-folder-or-file\n", argv[0]);
        return 2;
    }
    static corpus c;
    readFolder(&c, argv[1]);
    if (c.count == 0) c.files[c.count++] = BYTES("");
    struct stat info;
    bool folder = stat(argv[1], &info) == 0 && S_ISDIR(info.st_mode);
    if (folder) signal(SIGABRT, keepInput);
    for (size_t i = 0; i < c.count; i++) {
        setInput(c.files[i]);
        feed();
    }
    uint64_t seed = numberOf("EBB_SEED", (uint64_t)time(NULL));
    printf("%zu files replayed; seed: EBB_SEED=%llu\n", c.count, (unsigned long long)seed);
    fflush(stdout);
    rng r;
    rngSeed(&r, seed);
    uint64_t runs = 0;
    time_t stop = time(NULL) + (folder ? (time_t)numberOf("EBB_FUZZ_SECONDS", 2) : 0);
    for (; time(NULL) < stop; runs++) {
        setInput(c.files[rngBelow(&r, c.count)]);
        for (uint64_t left = 1 + rngBelow(&r, 8); left; left--) mutate(&r, &c);
        feed();
    }
    printf("%llu mutations\n", (unsigned long long)runs);
    for (size_t i = 0; i < c.count; i++)
        if (c.files[i].size) memFree((char *)(uintptr_t)c.files[i].data);
    return 0;
}
