/* kernel_files.h - files as the kernel shows them, below a folder of the test: for code that reads
 * /proc and /sys below a root. */
#ifndef EBB_TESTS_SUPPORT_KERNEL_FILES_H
#define EBB_TESTS_SUPPORT_KERNEL_FILES_H

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char kernel_root[64];

static inline void kernelBegin(void) {
    snprintf(kernel_root, sizeof kernel_root, "/tmp/ebb_kernel.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(kernel_root));
}

static inline int kernelRemove(const char *path, const struct stat *s, int kind, struct FTW *at) {
    (void)s;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline void kernelEnd(void) {
    nftw(kernel_root, kernelRemove, 8, FTW_DEPTH | FTW_PHYS);
}

/* Makes the folders on the way, too. */
static inline void kernelFile(const char *name, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s%s", kernel_root, name);
    for (char *slash = path + strlen(kernel_root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
    FILE *out = fopen(path, "we");
    ck_assert_ptr_nonnull(out);
    fputs(text, out);
    fclose(out);
}

#endif
