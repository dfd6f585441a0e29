#include "storage/base/machine.h"
#include "storage/base/mem.h"
#include "tests/support/kernel_files.h"
#include "tests/support/suite.h"

#define MEMINFO "MemTotal:        1000 kB\nMemFree:  1 kB\nSwapTotal:   8 kB\n"

static void expect(size_t available, machineSource source) {
    machineMemory m = machineMemoryOf(kernel_root);
    ck_assert_uint_eq(m.available, available);
    ck_assert_int_eq(m.source, source);
}

START_TEST(withoutGroupsItIsTheMachine) {
    expect(memMachineBytes(), MACHINE_RAM);
    kernelFile("/proc/meminfo", MEMINFO);
    expect(1000 * 1024, MACHINE_RAM);
    ck_assert_uint_eq(machineMemoryOf(kernel_root).swap, 8 * 1024);
}
END_TEST

START_TEST(groupOfTheSecondVersionLimits) {
    kernelFile("/proc/meminfo", MEMINFO);
    kernelFile("/proc/self/cgroup", "0::/a/b\n");
    kernelFile("/sys/fs/cgroup/a/b/memory.max", "max\n");
    expect(1000 * 1024, MACHINE_RAM);
    kernelFile("/sys/fs/cgroup/a/b/memory.max", "600000\n");
    expect(600000, MACHINE_CGROUP2);
}
END_TEST

START_TEST(narrowestLimitOnTheWayUpCounts) {
    kernelFile("/proc/meminfo", MEMINFO);
    kernelFile("/proc/self/cgroup", "0::/a/b\n");
    kernelFile("/sys/fs/cgroup/a/b/memory.max", "600000\n");
    kernelFile("/sys/fs/cgroup/a/memory.max", "500000\n");
    expect(500000, MACHINE_CGROUP2);
    kernelFile("/sys/fs/cgroup/a/b/memory.high", "400000\n");
    expect(400000, MACHINE_CGROUP2);
    /* As a container sees it: its group is the root. */
    kernelFile("/proc/self/cgroup", "0::/\n");
    kernelFile("/sys/fs/cgroup/memory.max", "300000\n");
    expect(300000, MACHINE_CGROUP2);
}
END_TEST

START_TEST(groupOfTheFirstVersionLimits) {
    kernelFile("/proc/meminfo", MEMINFO);
    kernelFile("/proc/self/cgroup", "9:cpu,cpuacct:/x\n4:hugetlb,memory:/docker/abc\n1:name=s:/\n");
    kernelFile("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    expect(1000 * 1024, MACHINE_RAM);
    /* The path is that of the host, which the container does not see. */
    kernelFile("/sys/fs/cgroup/memory/memory.limit_in_bytes", "700000\n");
    expect(700000, MACHINE_CGROUP1);
    kernelFile("/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "200000\n");
    expect(200000, MACHINE_CGROUP1);
}
END_TEST

START_TEST(strangeFilesLimitNothing) {
    kernelFile("/proc/meminfo", MEMINFO);
    kernelFile("/proc/self/cgroup", "nonsense\n:\n4:memory\n0::/a\n");
    kernelFile("/sys/fs/cgroup/a/memory.max", "");
    expect(1000 * 1024, MACHINE_RAM);
}
END_TEST

START_TEST(sourcesHaveTexts) {
    ck_assert_str_eq(machineSourceText(MACHINE_RAM), "the machine");
    ck_assert_str_eq(machineSourceText(MACHINE_CGROUP2), "cgroup v2");
}
END_TEST

TESTS_BETWEEN("machine", kernelBegin, kernelEnd, withoutGroupsItIsTheMachine,
              groupOfTheSecondVersionLimits, narrowestLimitOnTheWayUpCounts,
              groupOfTheFirstVersionLimits, strangeFilesLimitNothing, sourcesHaveTexts)
