/* Any bytes as a configuration file: read, asked for in whole, written anew and read again. The
 * first byte chooses whether a part of it comes as options of the command line. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/core/config.h"
#include "storage/base/log.h"
#include "storage/base/mem.h"
#include "tests/fuzz/fuzz.h"

enum { FILES_MAX_BYTES = 64 * 1024, ERROR_ROOM = 1024 };

static void must(bool kept) {
    if (!kept) abort();
}

static char folder[] = "/tmp/ebb-fuzz-config-XXXXXX";
static char file[sizeof folder + 16];

static void removeFolder(void) {
    unlink(file);
    rmdir(folder);
}

static void needFolder(void) {
    if (file[0]) return;
    must(mkdtemp(folder) != NULL);
    snprintf(file, sizeof file, "%s/redis.conf", folder);
    atexit(removeFolder);
}

static void writeFile(const uint8_t *data, size_t size) {
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must(fd >= 0);
    must(write(fd, data, size) == (ssize_t)size);
    close(fd);
}

static void count(void *ctx, bytes name, bytes value) {
    must(name.size > 0);
    must(value.size == 0 || value.data != NULL);
    (*(size_t *)ctx)++;
}

static size_t countAll(const config *c) {
    size_t found = 0;
    bytes all = BYTES("*");
    configGet(c, &all, 1, count, &found);
    return found;
}

/* What was read and written anew can be read again. */
static void rewrite(config *c, size_t directives) {
    char error[ERROR_ROOM] = "";
    if (configRewrite(c, directives % 2 == 0, error, sizeof error) < 0) return;
    config again;
    configInit(&again);
    int err = configLoad(&again, file, false, NULL, error, sizeof error);
    if (err < 0) fprintf(stderr, "%s\n", error);
    must(err == 0);
    must(countAll(&again) == directives);
    configClear(&again);
}

/* Other files are none of its business: they may never end, or include each other for ages. */
static bool namesFiles(const uint8_t *data, size_t size) {
    for (size_t i = 0; i + 7 <= size; i++)
        if (!strncasecmp((const char *)data + i, "include", 7)) return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const logSettings quiet = {.level = LOG_NOTHING, .file = "", .role = 'M'};
    if (size < 1 || size > FILES_MAX_BYTES || logConfigure(&quiet) < 0) return 0;
    if (namesFiles(data, size)) return 0;
    needFolder();
    size_t options_size = data[0] % 2 ? size / 3 : 0;
    data++, size--;
    char *options = memAlloc(options_size + 1);
    if (options_size > size) options_size = size;
    memcpy(options, data, options_size);
    options[options_size] = '\0';
    writeFile(data + options_size, size - options_size);
    config c;
    configInit(&c);
    char error[ERROR_ROOM] = "";
    int err = configLoad(&c, file, false, options_size ? options : NULL, error, sizeof error);
    if (err < 0)
        must(error[0] && memchr(error, 0, sizeof error));
    else
        rewrite(&c, countAll(&c));
    configClear(&c);
    memFree(options);
    return 0;
}
