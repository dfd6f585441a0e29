#include "server/observe/memory_report.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "server/observe/info.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"
#include "storage/base/slab.h"

/* The second and third number of statm: resident pages, and those of them that are of files. Both 0
 * where /proc is not there. */
static void readResident(size_t *rss, size_t *file) {
    char text[128];
    *rss = *file = 0;
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    if (size <= 0) return;
    text[size] = '\0';
    size_t page = (size_t)sysconf(_SC_PAGESIZE), pages[3];
    char *at = text;
    for (int i = 0; i < 3; i++) pages[i] = (size_t)strtoull(at, &at, 10);
    *rss = pages[1] * page;
    *file = pages[2] * page;
}

static size_t systemBytes(void) {
    struct sysinfo info;
    return sysinfo(&info) == 0 ? (size_t)info.totalram * info.mem_unit : 0;
}

static void addClients(const server *s, memoryReport *r) {
    CHAIN_EACH((chain *)(uintptr_t)&s->clients, node) {
        const client *c = CHAIN_ITEM(node, client, in_server);
        *(c->flags & CLIENT_REPLICA ? &r->replicas : &r->clients) += clientTotalMemory(c);
    }
}

double memoryRatio(size_t a, size_t b) {
    return b ? (double)a / (double)b : 0;
}

long long memoryDelta(size_t a, size_t b) {
    return (long long)a - (long long)b;
}

memoryReport memoryReportOf(server *s, size_t own) {
    memNotePeak();
    memStats heap = memAllocatorStats();
    slabStats slabs = slabStatsTotal();
    memoryReport r = {.used = memUsed() - own,
                      .peak = memPeak(),
                      .startup = infoStartupBytes(s),
                      .system = systemBytes(),
                      .allocated = heap.allocated + slabs.item_bytes,
                      .active = heap.active + slabs.page_bytes,
                      .resident = heap.resident + slabs.page_bytes + slabs.empty_bytes,
                      .muzzy = heap.muzzy,
                      .heap_is_known = heap.resident != 0,
                      .slab_items = slabs.item_bytes,
                      .slab_pages = slabs.page_bytes,
                      .slab_chunks = slabs.chunk_bytes};
    readResident(&r.rss, &r.file);
    if (r.heap_is_known) r.unexplained = memoryDelta(r.rss, r.file + r.resident);
    addClients(s, &r);
    if (s->scriptUsage) {
        scriptUsage u = s->scriptUsage(s);
        r.scripts = u.script_bytes + u.eval_vm;
        r.functions = u.function_bytes + u.function_vm;
    }
    for (int i = 0; i < s->db_count; i++) {
        r.keys += dbCount(s->dbs[i]);
        r.tables += dbTableBytes(s->dbs[i]);
    }
    r.overhead = r.startup + r.clients + r.replicas + r.tables + r.scripts + r.functions;
    r.dataset = r.used > r.overhead ? r.used - r.overhead : 0;
    size_t net = r.used > r.startup ? r.used - r.startup : 0;
    r.peak_percent = 100 * memoryRatio(r.used, r.peak);
    r.dataset_percent = 100 * memoryRatio(r.dataset, net);
    r.bytes_per_key = memoryRatio(net, r.keys);
    return r;
}

size_t memoryOfKey(const db *d, const entry *e) {
    size_t count = dbCount(d);
    return entryMemory(e) + (count ? (dbTableBytes(d) + count / 2) / count : 0);
}

/* ---- the doctor ---- */

enum {
    SMALL_BYTES = 5 * 1024 * 1024,
    WASTE_BYTES = 10 * 1024 * 1024,
    CLIENT_BYTES = 200 * 1024,
};

/* Each finding: what is seen, why that can be, what helps. */
static void findings(server *s, const memoryReport *r, infoText *t) {
    char a[32], b[32];
    if (memoryRatio(r->peak, r->used) > 1.5) {
        numFormatHuman(a, r->peak);
        numFormatHuman(b, r->used);
        infoLine(t,
                 " * Peak: %s were in use once, %s are now. Freed pages go back to the system by "
                 "themselves; RSS follows within seconds.",
                 a, b);
    }
    size_t waste = r->slab_pages - r->slab_items;
    if (waste > WASTE_BYTES && memoryRatio(r->slab_pages, r->slab_items) > 1.15) {
        numFormatHuman(a, waste);
        infoLine(t,
                 " * Sparse pages: %s lie between live items. The background task is moving items "
                 "together; if this stays, see that reclaim-enabled is yes.",
                 a);
    }
    if (r->heap_is_known && memoryDelta(r->rss, r->resident) > WASTE_BYTES &&
        memoryRatio(r->rss, r->resident) > 1.25) {
        numFormatHuman(a, r->rss - r->resident);
        infoLine(t,
                 " * Outside of the allocators: %s of RSS belong to neither heap nor slabs: "
                 "libraries, stacks, or pages shared with a child.",
                 a);
    }
    if (memoryDelta(r->resident, r->active) > WASTE_BYTES &&
        memoryRatio(r->resident, r->active) > 1.25) {
        numFormatHuman(a, r->resident - r->active);
        infoLine(t,
                 " * Free pages not returned yet: %s. They go after some seconds; MEMORY PURGE "
                 "returns them now.",
                 a);
    }
    size_t per_client = s->client_count ? r->clients / s->client_count : 0;
    if (per_client > CLIENT_BYTES) {
        numFormatHuman(a, per_client);
        infoLine(t,
                 " * Clients: %s each on average. Somebody reads slowly or sends huge requests; "
                 "CLIENT LIST shows who, client-output-buffer-limit bounds it.",
                 a);
    }
    if (s->config.maxmemory && r->used > s->config.maxmemory / 100 * 95)
        infoLine(t, " * Limit: over 95 %% of maxmemory are in use.");
}

char *memoryDoctor(server *s) {
    memoryReport r = memoryReportOf(s, 0);
    if (r.used < SMALL_BYTES)
        return memText("There is next to nothing in this server, so there is nothing to say about "
                       "its memory. Ask again when it holds some data.");
    infoText t = {0};
    findings(s, &r, &t);
    char *text;
    if (!t.size) {
        text = memText("The memory is in good order: nothing stands out.");
    } else {
        static const char head[] = "Found in the memory of this server:\r\n";
        text = memAlloc(sizeof head + t.size);
        memcpy(text, head, sizeof head - 1);
        memcpy(text + sizeof head - 1, t.data, t.size);
        text[sizeof head - 1 + t.size] = '\0';
    }
    infoTextClear(&t);
    return text;
}
