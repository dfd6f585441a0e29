#!/usr/bin/env python3
"""What the append-only log costs: with targets.

  everysec  CPU of the server per SET, 16 pipelined, 50 clients: with appendonly yes against no
  always    SETs per second of 50 clients that wait for each reply, against redis-server on the
            same disk: as it is, and as one whose syncs take 5 ms more; and without waiting
  stall     the wait of a client that writes under everysec while each fsync takes half a second
            more: 99.9 of 100 writes

Usage: bench_aof.py [--parts everysec,always,stall] [--rounds N] [--folder where the logs lie]
The logs lie on a disk, not in memory: see --folder. Exits with 1 if a target was missed.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from resp import Resp
from servers import Server, addServerOptions, needPrograms, useCores
from table import Table

STALL_C = r'''
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
static void stall(void) {
    struct timespec wait = {0, 1000 * atol(getenv("SYNC_TAKES_US"))};
    nanosleep(&wait, 0);
}
int fsync(int fd) {
    stall();
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}
int fdatasync(int fd) {
    stall();
    return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
'''


class Logging:
    """A server with a log (or none) in a folder of its own, whose syncs take so much longer."""

    def __init__(self, args, kind, program, policy, slower_us=0):
        self.folder = tempfile.mkdtemp(prefix='ebb-bench-', dir=args.folder)
        options = ['--dir', self.folder, '--save', '', '--auto-aof-rewrite-percentage', '0']
        before = dict(os.environ)
        if slower_us:
            os.environ.update(LD_PRELOAD=self.shim(), SYNC_TAKES_US=str(slower_us))
        try:
            self.server = Server(kind, program, *options)
        finally:
            os.environ.clear()
            os.environ.update(before)
        self.client = Resp(self.server.port)
        if policy:
            for words in ('appendfsync', policy), ('appendonly', 'yes'):
                reply = self.client.call('CONFIG', 'SET', *words)
                assert reply == b'OK', reply
            while b'aof_rewrite_in_progress:1' in self.client.call('INFO', 'persistence'):
                time.sleep(0.01)

    def shim(self):
        source, shim = (os.path.join(self.folder, 'stall' + end) for end in ('.c', '.so'))
        with open(source, 'w') as out:
            out.write(STALL_C)
        subprocess.run(['cc', '-shared', '-fPIC', '-O1', '-o', shim, source, '-ldl'], check=True)
        return shim

    def stop(self):
        self.client.close()
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def benchmark(args, server, requests, pipeline):
    """SETs per second."""
    run = subprocess.run(
        [args.benchmark, '-p', str(server.port), '-c', '50', '-n', str(requests), '-P',
         str(pipeline), '-d', '64', '-r', '1000000', '-t', 'set', '--csv'],
        check=True, capture_output=True, text=True)
    return float(run.stdout.splitlines()[-1].split(',')[1].strip('"'))


def measureEverysec(table, args):
    sides = [Logging(args, 'ebb', args.server, policy) for policy in (None, 'everysec')]
    try:
        # In all, and of the loop's thread alone, to see whose it is.
        used = {False: ([], []), True: ([], [])}
        for _ in range(args.rounds):
            for i, side in enumerate(sides):
                before = {loop: side.server.cpuSeconds(loop) for loop in used}
                benchmark(args, side.server, args.requests, 16)
                for loop, times in used.items():
                    times[i].append((side.server.cpuSeconds(loop) - before[loop])
                                    / args.requests * 1e6)
        for loop, whose in (False, 'all threads'), (True, 'the loop'):
            without, with_log = map(statistics.median, used[loop])
            table.row('ebb', f'CPU of {whose} per SET without a log', without, 'us')
            table.row('ebb', f'CPU of {whose} per SET with a log, everysec', with_log, 'us')
            table.row('ebb', 'the log costs', (with_log / without - 1) * 100, '%',
                      None if loop else 10)
    finally:
        for side in sides:
            side.stop()


def measureAlways(table, args):
    alwaysOn(table, args, 0, '')
    alwaysOn(table, args, 5000, ' and 5 ms more a sync')


def alwaysOn(table, args, slower_us, told):
    """Beside both: Ebb with a log that is not waited for. What lies between it and Redis is all
    that can be won by waiting better."""
    kinds = (('ebb', args.server, 'always'), ('redis', args.redis, 'always'),
             ('ebb', args.server, 'no'))
    sides = [Logging(args, kind, program, policy, slower_us) for kind, program, policy in kinds]
    try:
        rates = [[] for _ in sides]
        for _ in range(args.rounds):
            for side, found in zip(sides, rates):
                found.append(benchmark(args, side.server, args.synced, 1))
        medians = [statistics.median(found) for found in rates]
        for (kind, _, policy), rate in zip(kinds, medians):
            table.row(kind, f'SETs per second, {policy}{told}, 50 clients', rate)
        ebb, redis, unsynced = medians
        table.row('', 'Redis / Ebb', redis / ebb, '', 1 / 1.5)
        table.row('', 'Redis / Ebb without waiting', redis / unsynced)
    finally:
        for side in sides:
            side.stop()


def measureStall(table, args):
    side = Logging(args, 'ebb', args.server, 'everysec', 500000)
    try:
        waits = []
        end = time.monotonic() + args.seconds
        n = 0
        while time.monotonic() < end:
            n += 1
            start = time.perf_counter()
            reply = side.client.call('SET', 'key:%d' % (n % 10000), 'x' * 64)
            waits.append((time.perf_counter() - start) * 1000)
            assert reply == b'OK', reply
            time.sleep(0.0002)
        waits.sort()
        syncs = side.client.call('INFO', 'persistence')
        assert b'aof_last_write_status:ok' in syncs
        table.row('ebb', 'wait of a write, syncs of 500 ms, median', waits[len(waits) // 2], 'ms')
        table.row('ebb', 'wait of a write, syncs of 500 ms, p99.9',
                  waits[min(len(waits) - 1, int(len(waits) * 0.999))], 'ms', 5)
    finally:
        side.stop()


PARTS = {'everysec': measureEverysec, 'always': measureAlways, 'stall': measureStall}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0],
                                     epilog=__doc__.split('\n\n', 1)[1],
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--parts', default=','.join(PARTS))
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--requests', type=int, default=2000000, help='of a round of everysec')
    parser.add_argument('--synced', type=int, default=20000, help='requests of a round of always')
    parser.add_argument('--seconds', type=float, default=20, help='of stall')
    parser.add_argument('--folder', default=tempfile.gettempdir())
    parser.add_argument('--benchmark', default=shutil.which('redis-benchmark') or 'redis-benchmark')
    addServerOptions(parser)
    args = parser.parse_args()
    needPrograms(args.server, args.redis, args.benchmark)
    useCores(args)
    table = Table()
    for part in args.parts.split(','):
        if part not in PARTS:
            parser.error(f'there is no part {part}')
        PARTS[part](table, args)
    return table.finish()


if __name__ == '__main__':
    sys.exit(main())
