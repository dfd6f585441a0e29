#include "storage/base/machine.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/base/mem.h"

enum { LINE_ROOM = PATH_MAX + 128 };

/* A version of cgroups: where it is mounted and which files of a group limit it. */
typedef struct cgroupKind {
    machineSource source;
    const char *const *mounts; /* ends with NULL */
    const char *const *files;
} cgroupKind;

static const char *const mounts1[] = {"/sys/fs/cgroup/memory", NULL};
static const char *const files1[] = {"memory.limit_in_bytes", NULL};
static const char *const mounts2[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified", NULL};
static const char *const files2[] = {"memory.max", "memory.high", NULL};
static const cgroupKind kind1 = {MACHINE_CGROUP1, mounts1, files1};
static const cgroupKind kind2 = {MACHINE_CGROUP2, mounts2, files2};

static FILE *openBelow(const char *root, const char *folder, const char *name) {
    char path[2 * PATH_MAX];
    int size = snprintf(path, sizeof path, "%s%s/%s", root, folder, name);
    return size > 0 && (size_t)size < sizeof path ? fopen(path, "re") : NULL;
}

/* A number, or SIZE_MAX for "max" and what cannot be read. */
static size_t readLimit(const char *root, const char *folder, const char *name) {
    char text[64] = "";
    FILE *in = openBelow(root, folder, name);
    if (!in) return SIZE_MAX;
    bool read = fgets(text, sizeof text, in);
    fclose(in);
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    return read && end != text ? (size_t)value : SIZE_MAX;
}

static void narrow(machineMemory *m, size_t limit, machineSource source) {
    if (limit >= m->available) return;
    m->available = limit;
    m->source = source;
}

/* The group at 'path' and all above it. A container may show its own group as the root of the
 * mount, while the path is that of the host: what is not there limits nothing. */
static void narrowByGroup(machineMemory *m, const char *root, const cgroupKind *kind,
                          const char *path) {
    for (const char *const *mount = kind->mounts; *mount; mount++) {
        char group[PATH_MAX];
        snprintf(group, sizeof group, "%s", path);
        for (;;) {
            char folder[2 * PATH_MAX];
            snprintf(folder, sizeof folder, "%s%s", *mount, group);
            for (const char *const *file = kind->files; *file; file++)
                narrow(m, readLimit(root, folder, *file), kind->source);
            char *slash = strrchr(group, '/');
            if (!slash) break;
            *slash = '\0';
        }
    }
}

static bool hasController(const char *list, const char *end, const char *name) {
    size_t size = strlen(name);
    for (const char *at = list; at < end; at++) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        if (!comma) comma = end;
        if ((size_t)(comma - at) == size && !memcmp(at, name, size)) return true;
        at = comma;
    }
    return false;
}

/* Lines are number:controllers:path; the second version has no controllers. */
static void narrowByLine(machineMemory *m, const char *root, char *line) {
    line[strcspn(line, "\n")] = '\0';
    char *list = strchr(line, ':');
    char *path = list ? strchr(list + 1, ':') : NULL;
    if (!path) return;
    list++;
    if (list == path)
        narrowByGroup(m, root, &kind2, path + 1);
    else if (hasController(list, path, "memory"))
        narrowByGroup(m, root, &kind1, path + 1);
}

static void readGroups(machineMemory *m, const char *root) {
    char line[LINE_ROOM];
    FILE *in = openBelow(root, "/proc/self", "cgroup");
    if (!in) return;
    while (fgets(line, sizeof line, in)) narrowByLine(m, root, line);
    fclose(in);
}

static void readMeminfo(machineMemory *m, const char *root) {
    char line[256];
    FILE *in = openBelow(root, "/proc", "meminfo");
    if (!in) return;
    unsigned long long kb;
    while (fgets(line, sizeof line, in)) {
        if (sscanf(line, "MemTotal: %llu kB", &kb) == 1) m->available = (size_t)kb * 1024;
        if (sscanf(line, "SwapTotal: %llu kB", &kb) == 1) m->swap = (size_t)kb * 1024;
    }
    fclose(in);
}

machineMemory machineMemoryOf(const char *root) {
    machineMemory m = {.available = memMachineBytes(), .source = MACHINE_RAM};
    readMeminfo(&m, root);
    readGroups(&m, root);
    return m;
}

const char *machineSourceText(machineSource source) {
    static const char *const texts[] = {"the machine", "cgroup v1", "cgroup v2"};
    return texts[source];
}
