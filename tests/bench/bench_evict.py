#!/usr/bin/env python3
"""How well eviction chooses: hit rates of a cache on two traces, beside redis-server.

A client asks for keys and stores those that were missing. Both servers get a maxmemory at which
they hold as many keys, so what is compared is the choice, not the bytes a key takes.

  zipf   the n-th most popular key is asked for in proportion to 1 / n^0.9
  scan   the same, with every third request going through keys that are never asked for again

The exact order by last use, simulated, stands beside them. The trace is spread over some seconds,
because both servers note the time of a use in whole seconds.

Usage: bench_evict.py [--keys N] [--cache N] [--requests N] [--traces zipf,scan] [--server PATH]
"""
import argparse
import bisect
import collections
import itertools
import random
import sys
import time

from resp import Resp
from servers import Server, addServerOptions, needPrograms, useCores
from table import Table

BATCH = 50
VALUE = b'v' * 100


def zipf(keys, count, rng):
    weights = list(itertools.accumulate(1 / (n + 1) ** 0.9 for n in range(keys)))
    order = list(range(keys))
    rng.shuffle(order)
    return [order[bisect.bisect(weights, rng.random() * weights[-1])] for _ in range(count)]


def withScan(trace, keys):
    fresh = itertools.count(keys)
    return [next(fresh) if i % 3 == 0 else n for i, n in enumerate(trace)]


def exactLru(trace, cache):
    held, hits = collections.OrderedDict(), 0
    for i, n in enumerate(trace):
        if n in held:
            held.move_to_end(n)
            hits += i >= len(trace) // 2
        else:
            held[n] = True
            if len(held) > cache:
                held.popitem(last=False)
    return hits / (len(trace) - len(trace) // 2)


def key(n):
    return b'key:%010d' % n


def limitFor(client, cache):
    """The memory that so many keys take."""
    client.many(Resp.pack(b'SET', key(n), VALUE) for n in range(cache))
    used = int(client.call('INFO', 'memory').split(b'used_memory:')[1].split(b'\r')[0])
    client.call('FLUSHALL', 'SYNC')
    return used


def replay(client, trace, seconds):
    """The hit rate in the second half."""
    hits, half, start = 0, len(trace) // 2, time.monotonic()
    for at in range(0, len(trace), BATCH):
        part = trace[at:at + BATCH]
        client.sock.sendall(b''.join(Resp.pack(b'GET', key(n)) for n in part))
        missed = [n for n in part if client.read() is None]
        if at >= half:
            hits += len(part) - len(missed)
        client.many(Resp.pack(b'SET', key(n), VALUE) for n in set(missed))
        ahead = at / len(trace) * seconds - (time.monotonic() - start)
        if ahead > 0:
            time.sleep(ahead)
    return hits / (len(trace) - half)


def measure(kind, program, policy, trace, args):
    server = Server(kind, program, '--maxmemory-policy', policy)
    client = Resp(server.port)
    client.call('CONFIG', 'SET', 'maxmemory', limitFor(client, args.cache))
    rate = replay(client, trace, args.seconds)
    held = client.call('DBSIZE')
    client.close()
    server.stop()
    return rate, held


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--keys', type=int, default=100000)
    parser.add_argument('--cache', type=int, default=10000)
    parser.add_argument('--requests', type=int, default=300000)
    parser.add_argument('--seconds', type=float, default=15)
    parser.add_argument('--traces', default='zipf,scan')
    addServerOptions(parser)
    args = parser.parse_args()
    useCores(args)
    needPrograms(args.server, args.redis)
    table = Table()
    trace = zipf(args.keys, args.requests, random.Random(5))
    for name, requests in (('zipf', trace), ('scan', withScan(trace, args.keys))):
        if name not in args.traces.split(','):
            continue
        table.row('exact', f'{name}, last use', 100 * exactLru(requests, args.cache), '%')
        for policy in ('allkeys-lru', 'allkeys-lfu', 'allkeys-random'):
            missed = {}
            for kind, program in (('ebb', args.server), ('redis', args.redis)):
                rate, held = measure(kind, program, policy, requests, args)
                table.row(kind, f'{name}, {policy}: hits, with {held} keys', 100 * rate, '%')
                missed[kind] = 100 * (1 - rate)
            # A hundredth for chance.
            table.row('ebb', f'{name}, {policy}: requests missed', missed['ebb'], '%',
                      missed['redis'] * 1.01)
    return table.finish()


if __name__ == '__main__':
    sys.exit(main())
