/* A file as the input of a reader: see rdb_load.h. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "storage/persist/rdb_load.h"

enum { READ_STEP = 1024 * 1024, RELEASE_STEP = 4 * 1024 * 1024 };

static bool fill(rdbReader *r, size_t upto) {
    rdbFileReader *f = (rdbFileReader *)r;
    size_t wanted = r->input.size - r->there;
    if (wanted > READ_STEP) wanted = READ_STEP;
    if (upto - r->there > wanted) wanted = upto - r->there;
    char *memory = (char *)(uintptr_t)r->input.data;
    size_t target = r->there + wanted;
    while (r->there < upto) {
        ssize_t done = fileRead(f->ops, f->fd, memory + r->there, target - r->there);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) {
            f->error = errno;
            return rdbFailAt(r, r->there, "the file cannot be read");
        }
        if (done == 0) return rdbFailAt(r, r->there, "the file has become shorter");
        r->there += (size_t)done;
    }
    return true;
}

static void release(rdbReader *r) {
    rdbFileReader *f = (rdbFileReader *)r;
    if (r->at - f->released < RELEASE_STEP) return;
    size_t page = (size_t)sysconf(_SC_PAGESIZE), upto = r->at / page * page;
    madvise((char *)(uintptr_t)r->input.data + f->released, upto - f->released, MADV_DONTNEED);
    f->released = upto;
}

int rdbFileReaderInit(rdbFileReader *f, const fileOps *ops, int fd, uint64_t size) {
    *f = (rdbFileReader){.ops = ops, .fd = fd, .reserved = size ? size : 1};
    void *memory = mmap(NULL, f->reserved, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return ERR_NOMEM;
    f->r = (rdbReader){.input = bytesOf(memory, size), .fill = fill, .release = release};
    return 0;
}

void rdbFileReaderClear(rdbFileReader *f) {
    munmap((void *)(uintptr_t)f->r.input.data, f->reserved);
}
