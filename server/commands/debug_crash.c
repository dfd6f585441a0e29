/* DEBUG's sub-commands that end the process, each with its kind of crash report. */
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "server/commands/debug_commands.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"

/* DEBUG SEGFAULT */
void debugSegfault(client *c) {
    (void)c;
    char *page =
        mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *(volatile char *)page = 'x';
}

/* DEBUG PANIC */
void debugPanic(client *c) {
    ensurePanic("called by client %llu with DEBUG PANIC", (unsigned long long)c->id);
}

/* DEBUG ASSERT */
void debugAssert(client *c) {
    ensure(c->argc == 0);
}

/* DEBUG OOM */
void debugOom(client *c) {
    volatile size_t more_than_there_is = SIZE_MAX / 4;
    (void)c;
    memFree(memAlloc(more_than_there_is));
}
