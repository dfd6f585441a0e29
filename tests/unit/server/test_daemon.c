#include "server/daemon.h"
#include "storage/base/log.h"
#include "tests/support/kernel_files.h"
#include "tests/support/suite.h"

static config c;
static char log_path[128], text[8192];

static void begin(void) {
    kernelBegin();
    configInit(&c);
    kernelFile("/log", "");
    snprintf(log_path, sizeof log_path, "%s/log", kernel_root);
    logSettings settings = {.level = LOG_NOTICE, .file = log_path, .role = 'M'};
    ck_assert_int_eq(logConfigure(&settings), 0);
}

static void end(void) {
    logSettings settings = {.level = LOG_NOTICE, .file = "", .role = 'M'};
    ck_assert_int_eq(logConfigure(&settings), 0);
    configClear(&c);
    kernelEnd();
}

static void set(const char *name, const char *value) {
    char error[512];
    bytes n = bytesOfText(name), v = bytesOfText(value);
    ck_assert_int_eq(configSet(&c, &n, &v, 1, true, error, sizeof error), 0);
}

static const char *logged(void) {
    FILE *in = fopen(log_path, "re");
    ck_assert_ptr_nonnull(in);
    text[fread(text, 1, sizeof text - 1, in)] = '\0';
    fclose(in);
    return text;
}

#define THP_FILE "/sys/kernel/mm/transparent_hugepage/enabled"

START_TEST(goodMachineIsNoNews) {
    kernelFile("/proc/sys/net/core/somaxconn", "4096\n");
    kernelFile("/proc/sys/vm/overcommit_memory", "1\n");
    kernelFile(THP_FILE, "always [madvise] never\n");
    kernelFile("/proc/meminfo", "MemTotal: 1000 kB\nSwapTotal: 8 kB\n");
    kernelFile("/proc/sys/vm/swappiness", "1\n");
    daemonWarnHost(&c, kernel_root);
    ck_assert_str_eq(logged(), "");
}
END_TEST

START_TEST(whatHarmsIsSaid) {
    kernelFile("/proc/sys/net/core/somaxconn", "128\n");
    kernelFile("/proc/sys/vm/overcommit_memory", "0\n");
    kernelFile(THP_FILE, "[always] madvise never\n");
    kernelFile("/proc/meminfo", "MemTotal: 1000 kB\nSwapTotal: 2048 kB\n");
    kernelFile("/proc/sys/vm/swappiness", "60\n");
    daemonWarnHost(&c, kernel_root);
    ck_assert_ptr_nonnull(strstr(logged(), "somaxconn"));
    ck_assert_ptr_nonnull(strstr(text, "vm.overcommit_memory is 0"));
    ck_assert_ptr_nonnull(strstr(text, "they are off for this process"));
    ck_assert_ptr_nonnull(strstr(text, "This machine swaps (2.00M, vm.swappiness 60)"));
}
END_TEST

START_TEST(strictOvercommitIsSaid) {
    kernelFile("/proc/sys/vm/overcommit_memory", "2\n");
    daemonWarnHost(&c, kernel_root);
    ck_assert_ptr_nonnull(strstr(logged(), "vm.overcommit_memory is 2"));
}
END_TEST

START_TEST(chosenLimitIsSaid) {
    kernelFile("/proc/self/cgroup", "0::/\n");
    kernelFile("/sys/fs/cgroup/memory.max", "1073741824\n");
    set("save", "");
    daemonTellMemory(&c, kernel_root);
    ck_assert_str_eq(logged(), "");
    set("maxmemory", "auto");
    c.maxmemory = 805306368; /* what it would be there */
    daemonTellMemory(&c, kernel_root);
    ck_assert_ptr_nonnull(
        strstr(logged(), "maxmemory is 768.00M: auto, of 1.00G that cgroup v2 has"));
    set("maxmemory", "40%");
    c.maxmemory = 429496730;
    daemonTellMemory(&c, kernel_root);
    ck_assert_ptr_nonnull(
        strstr(logged(), "maxmemory is 409.60M: 40% of 1.00G that cgroup v2 has"));
    ck_assert_ptr_null(strstr(text, " # "));
}
END_TEST

START_TEST(limitWithNoRoomIsWarnedOf) {
    kernelFile("/proc/self/cgroup", "0::/\n");
    kernelFile("/sys/fs/cgroup/memory.max", "1073741824\n");
    set("maxmemory", "400mb");
    daemonTellMemory(&c, kernel_root);
    ck_assert_str_eq(logged(), "");
    set("maxmemory", "600mb");
    daemonTellMemory(&c, kernel_root);
    ck_assert_ptr_nonnull(strstr(logged(), "maxmemory is 600.00M of the 1.00G that cgroup v2 has"));
    ck_assert_ptr_nonnull(strstr(text, "in memory twice"));
    set("maxmemory", "2gb");
    daemonTellMemory(&c, kernel_root);
    ck_assert_ptr_nonnull(strstr(logged(), "the kernel will end the server first"));
}
END_TEST

TESTS_BETWEEN("daemon", begin, end, goodMachineIsNoNews, whatHarmsIsSaid, strictOvercommitIsSaid,
              chosenLimitIsSaid, limitWithNoRoomIsWarnedOf)
