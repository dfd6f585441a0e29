/* machine.h - how much memory this process may have: of its container, or of the machine.
 *
 * Reads what the kernel says below 'root' ("" for the real one; tests bring files of their own):
 * /proc/self/cgroup names the groups the process is in, /sys/fs/cgroup has their limits, of which
 * the narrowest on the way up to the root counts; /proc/meminfo says what the machine has. */
#ifndef EBB_STORAGE_BASE_MACHINE_H
#define EBB_STORAGE_BASE_MACHINE_H

#include <stddef.h>

typedef enum machineSource { MACHINE_RAM, MACHINE_CGROUP1, MACHINE_CGROUP2 } machineSource;

typedef struct machineMemory {
    size_t available; /* bytes; what the source of it grants */
    machineSource source;
    size_t swap; /* bytes of swap that the machine has */
} machineMemory;

/* What cannot be read limits nothing; without meminfo it is what sysinfo(2) says. */
machineMemory machineMemoryOf(const char *root);

/* "the machine", "cgroup v1", "cgroup v2". */
const char *machineSourceText(machineSource source);

#endif
