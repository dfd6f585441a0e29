#!/usr/bin/env python3
"""What saving and loading cost beside redis-server: with targets.

A server is filled with --keys mixed keys (numbers, short strings, strings with a TTL, small hashes,
lists, sets and sorted sets). SAVE is timed from the client; loading as the server's log tells it,
each server from its own file. Wall time and CPU time of the server are compared, the best of
--rounds each: the disk and others on the machine disturb the first, hardly the second.

Then BGSAVE runs while every key is overwritten: what fork() took, and how much memory both
processes held together at their peak, divided by what the server held before.
Exits with 1 if a target was missed.
"""
import argparse
import os
import random
import re
import shutil
import sys
import tempfile
import threading
import time

from resp import Resp
from servers import Server, addServerOptions, mib, needPrograms, useCores
from table import Table

TARGET = 0.7


def mixed(count):
    rng = random.Random(5)
    for n in range(count):
        key = b'key:%012d' % n
        kind = n % 10
        if kind < 3:
            yield Resp.pack('SET', key, b'%d' % rng.randrange(10**9))
        elif kind < 6:
            yield Resp.pack('SET', key, rng.randbytes(32))
        elif kind == 6:
            yield Resp.pack('SET', key, rng.randbytes(64), 'EX', rng.randint(100000, 1000000))
        elif kind == 7:
            yield Resp.pack('HSET', key, *(w for f in range(5)
                                           for w in (b'f%d' % f, b'%08x' % rng.getrandbits(32))))
        elif kind == 8:
            yield Resp.pack('RPUSH', key, *(b'element:%d' % rng.randrange(10**6) for _ in range(5)))
        elif n % 20 == 9:
            yield Resp.pack('SADD', key, *(b'member:%d' % m for m in range(5)))
        else:
            yield Resp.pack('ZADD', key, *(w for m in range(5)
                                           for w in (rng.randrange(10**6), b'member:%d' % m)))


def overwrites(count):
    rng = random.Random(6)
    value = rng.randbytes(32)
    return (Resp.pack('SET', b'key:%012d' % n, value) for n in range(count))


def loadSeconds(server):
    server.log.seek(0)
    told = re.search(rb'DB loaded from disk: ([0-9.]+) seconds', server.log.read())
    return float(told.group(1))


def waitUntilLoaded(client):
    while True:
        reply = client.call('INFO', 'persistence')
        if isinstance(reply, bytes) and b'\nloading:0' in reply:
            return
        time.sleep(0.02)


def info(client, field):
    text = client.call('INFO').decode()
    return int(re.search(rf'^{field}:(\d+)', text, re.M).group(1))


def pss(pid):
    try:
        with open(f'/proc/{pid}/smaps_rollup') as rollup:
            for line in rollup:
                if line.startswith('Pss:'):
                    return int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


def childOf(pid):
    try:
        with open(f'/proc/{pid}/task/{pid}/children') as children:
            listed = children.read().split()
            return int(listed[0]) if listed else 0
    except FileNotFoundError:
        return 0


class Peak(threading.Thread):
    """Watches what a server and its child hold together."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak, self.ends = pid, 0, False

    def run(self):
        while not self.ends:
            child = childOf(self.pid)
            if child:
                self.peak = max(self.peak, pss(self.pid) + pss(child))
            time.sleep(0.02)


class Measured:
    """One kind of server: its best times, fork and peak."""

    def __init__(self, kind, program, args):
        self.save = self.saveCpu = self.load = self.loadCpu = float('inf')
        self.folder = tempfile.mkdtemp(prefix='ebb-bench-')
        try:
            self.run(kind, program, args)
        finally:
            shutil.rmtree(self.folder)

    def run(self, kind, program, args):
        server = Server(kind, program, '--dir', self.folder)
        try:
            client = Resp(server.port)
            client.many(mixed(args.keys))
            for _ in range(args.rounds):
                self.timeSave(server, client)
            self.bytes = os.path.getsize(os.path.join(self.folder, 'dump.rdb'))
            self.overwrite(server, client, args.keys)
        finally:
            server.stop()
        for _ in range(args.rounds):
            self.timeLoad(kind, program, args.keys)

    def timeSave(self, server, client):
        cpu, start = server.cpuSeconds(), time.monotonic()
        reply = client.call('SAVE')
        if isinstance(reply, RuntimeError):
            raise reply
        self.save = min(self.save, time.monotonic() - start)
        self.saveCpu = min(self.saveCpu, server.cpuSeconds() - cpu)

    def timeLoad(self, kind, program, keys):
        server = Server(kind, program, '--dir', self.folder)
        try:
            client = Resp(server.port)
            waitUntilLoaded(client)
            self.load = min(self.load, loadSeconds(server))
            self.loadCpu = min(self.loadCpu, server.cpuSeconds())
            held = client.call('DBSIZE')
            if held != keys:
                raise RuntimeError(f'{kind} loaded {held} keys, not {keys}')
        finally:
            server.stop()

    def overwrite(self, server, client, keys):
        before = pss(server.process.pid)
        saved = os.path.join(self.folder, 'dump.rdb')
        os.rename(saved, saved + '.kept')
        client.call('CONFIG', 'SET', 'rdb-key-save-delay', -50)
        client.call('BGSAVE')
        self.fork_ms = info(client, 'latest_fork_usec') / 1000
        watch = Peak(server.process.pid)
        watch.start()
        client.many(overwrites(keys))
        time.sleep(0.1)
        self.in_time = info(client, 'rdb_bgsave_in_progress')
        watch.ends = True
        watch.join()
        self.peak = watch.peak / before
        os.rename(saved + '.kept', saved)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0],
                                     epilog=__doc__.split('\n\n', 1)[1],
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--keys', type=int, default=2000000)
    parser.add_argument('--rounds', type=int, default=3)
    addServerOptions(parser)
    args = parser.parse_args()
    needPrograms(args.server, args.redis)
    useCores(args)
    ebb = Measured('ebb', args.server, args)
    redis = Measured('redis', args.redis, args)
    table = Table()
    table.compareHead(f'RDB of {args.keys} mixed keys', 's')
    table.compare('SAVE, wall', ebb.save, redis.save, TARGET)
    table.compare('SAVE, CPU of the server', ebb.saveCpu, redis.saveCpu, TARGET)
    table.compare('loading, wall', ebb.load, redis.load, TARGET)
    table.compare('start and loading, CPU of the server', ebb.loadCpu, redis.loadCpu, TARGET)
    for kind, measured in (('ebb', ebb), ('redis', redis)):
        table.row(kind, 'size of the file', mib(measured.bytes), 'MiB')
        table.row(kind, 'fork', measured.fork_ms, 'ms')
        table.row(kind, 'memory of both at the peak / before, all keys overwritten',
                  measured.peak, 'x')
        if not measured.in_time:
            table.note(kind, 'BGSAVE had ended before all keys were overwritten')
    return table.finish()


if __name__ == '__main__':
    sys.exit(main())
