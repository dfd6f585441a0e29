#!/usr/bin/env python3
"""A long run at maxmemory: random SET, DEL and EXPIRE of values from 1 byte to 100 KB.

RSS may never pass maxmemory by more than a tenth and 32 MB, and the requests a second may not be
fewer than redis-server's at the same limit. Prints RSS and rate every --report seconds.

Usage: soak.py [--seconds N] [--maxmemory-mb N] [--server PATH] [--no-redis]
"""
import argparse
import os
import random
import sys
import time

from resp import Resp
from servers import Server, addServerOptions, mib, needPrograms, useCores
from table import Table

FILLER = os.urandom(1 << 17)
BATCH = 100
LARGEST = 100 * 1024


def requests(rng, keys):
    """Sizes even on a scale of powers: as many of 10 to 100 bytes as of 10 to 100 KB."""
    name = b'key:%d' % rng.randrange(keys)
    draw = rng.random()
    if draw < 0.7:
        return Resp.pack(b'SET', name, FILLER[:int(LARGEST ** rng.random())])
    if draw < 0.9:
        return Resp.pack(b'DEL', name)
    return Resp.pack(b'EXPIRE', name, b'%d' % rng.randrange(1, 60))


def run(table, kind, program, args):
    """(highest RSS, requests a second)"""
    server = Server(kind, program, '--maxmemory', f'{args.maxmemory_mb}mb', '--maxmemory-policy',
                    'allkeys-lru')
    client = Resp(server.port)
    rng = random.Random(3)
    keys = args.maxmemory_mb * 300  # about three times what fits
    start = last = time.monotonic()
    done, highest = 0, 0
    while time.monotonic() - start < args.seconds:
        client.many([requests(rng, keys) for _ in range(BATCH)])
        done += BATCH
        if done % (50 * BATCH) == 0:
            highest = max(highest, server.rss())
        if time.monotonic() - last > args.report:
            last = time.monotonic()
            table.note(kind, f'{last - start:6.0f} s: RSS {mib(server.rss()):7.1f} MiB, '
                             f'{client.call("DBSIZE")} keys, {done / (last - start):.0f} requests/s')
    rate = done / (time.monotonic() - start)
    cpu_us = server.cpuSeconds() / done * 1e6
    client.close()
    server.stop()
    table.row(kind, 'highest RSS', mib(highest), 'MiB',
              args.maxmemory_mb * 1.1 + 32 if kind == 'ebb' else None)
    table.row(kind, 'requests a second', rate)
    table.row(kind, 'CPU of the server a request', cpu_us, 'us')
    return rate, cpu_us


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seconds', type=float, default=600)
    parser.add_argument('--maxmemory-mb', type=int, default=1024)
    parser.add_argument('--report', type=float, default=30)
    parser.add_argument('--no-redis', action='store_true')
    addServerOptions(parser)
    args = parser.parse_args()
    useCores(args)
    needPrograms(args.server, *([] if args.no_redis else [args.redis]))
    table = Table()
    rate, cpu_us = run(table, 'ebb', args.server, args)
    if not args.no_redis:
        other_rate, other_cpu_us = run(table, 'redis', args.redis, args)
        table.row('ebb', "redis-server's rate / this one's", other_rate / rate, 'x', 1)
        table.row('ebb', "CPU a request / redis-server's", cpu_us / other_cpu_us, 'x')
    return table.finish()


if __name__ == '__main__':
    sys.exit(main())
