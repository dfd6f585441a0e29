#!/usr/bin/env python3
"""Big collections: what they give back, and who has to wait for them. A table with targets.

  shrink   90 % of the elements of a set, a sorted set and a hash deleted at random: RSS against a
           fresh server with the survivors
  free     DEL, UNLINK, expiry and FLUSHALL of one collection: the worst wait of another client,
           against an idle server's. The median of several rounds counts, a round being a quarter of
           a second: the machine's own pauses hit some of them, a stall of the server hits all
  grow     a collection that grows: commands that took a millisecond or more by the server's own slow
           log, against as many commands that touch nothing big

Usage: bench_collections.py [--elements N] [--grow N] [--parts shrink,free,grow] [--types set,...]
Exits with 1 if a target was missed.
"""
import argparse
import os
import random
import statistics
import sys
import time

from probe import Probe
from resp import Resp
from servers import Server, addServerOptions, useCores
from table import Table

KEY = b'big'


def member(n):
    return b'member:%012d' % n  # 19 bytes


class Kind:
    def __init__(self, name, add, remove):
        self.name, self.add, self.remove = name, add, remove


KINDS = [
    Kind('set', lambda n: Resp.pack(b'SADD', KEY, member(n)),
         lambda n: Resp.pack(b'SREM', KEY, member(n))),
    Kind('zset', lambda n: Resp.pack(b'ZADD', KEY, n * 7919 % 1000003, member(n)),
         lambda n: Resp.pack(b'ZREM', KEY, member(n))),
    Kind('hash', lambda n: Resp.pack(b'HSET', KEY, b'field:%012d' % n, b'v' * 16),
         lambda n: Resp.pack(b'HDEL', KEY, b'field:%012d' % n)),
    Kind('list', lambda n: Resp.pack(b'RPUSH', KEY, member(n)), None),
]


def loaded(kind, program, collection, numbers):
    server = Server(kind, program)
    client = Resp(server.port)
    client.many(map(collection.add, numbers))
    return server, client


def measureShrink(table, kind, program, collection, elements):
    if not collection.remove:
        return
    order = list(range(elements))
    random.Random(7).shuffle(order)
    kept = elements // 10
    server, client = loaded(kind, program, collection, sorted(order[:kept]))
    time.sleep(3)
    base = server.rss()
    client.close()
    server.stop()
    server, client = loaded(kind, program, collection, range(elements))
    full = server.rss()
    client.many(map(collection.remove, order[kept:]))
    curve = []
    for _ in range(10):
        time.sleep(1)
        curve.append(server.rss() / base)
    table.row(kind, f'{collection.name}: RSS with {elements} elements / fresh', full / base, 'x')
    table.note(kind, f'{collection.name}: each second after: ' +
               ' '.join(f'{x:.3f}' for x in curve))
    table.row(kind, f'{collection.name}: RSS / fresh, 10 s after deleting 90 %', curve[-1], 'x',
              1.2 if kind == 'ebb' else None)
    client.close()
    server.stop()


def worstWait(server, work):
    """Of another client in the quarter of a second that begins with 'work'."""
    probe = Probe(server, pause=0.0002)
    time.sleep(0.02)
    work()
    time.sleep(0.25)
    return probe.stop()['worst']


WAYS = [
    ('DEL', lambda client: client.call('DEL', KEY)),
    ('UNLINK', lambda client: client.call('UNLINK', KEY)),
    ('expiry', lambda client: client.call('PEXPIRE', KEY, 1)),
    ('FLUSHALL', lambda client: client.call('FLUSHALL')),
]


def measureFree(table, kind, program, collection, elements, rounds):
    server = Server(kind, program)
    client = Resp(server.port)
    noise = statistics.median(worstWait(server, lambda: client.call('PING'))
                              for _ in range(rounds * 2))
    table.row(kind, f'{collection.name}: worst wait while nothing is freed', noise, 'us')
    for name, free in WAYS:
        waits = []
        for _ in range(rounds):
            client.many(map(collection.add, range(elements)))
            time.sleep(0.3)
            waits.append(worstWait(server, lambda: free(client)))
            client.call('FLUSHALL')
            time.sleep(1)
        table.row(kind, f"{collection.name} of {elements}: {name}, others' worst wait",
                  statistics.median(waits), 'us', noise + 1000 if kind == 'ebb' else None)
    client.close()
    server.stop()


def slowCalls(client, requests):
    client.call('SLOWLOG', 'RESET')
    client.many(requests)
    return client.call('SLOWLOG', 'LEN')


def measureGrow(table, kind, program, collection, elements):
    server = Server(kind, program, '--slowlog-log-slower-than', '1000',
                    '--slowlog-max-len', '100000')
    client = Resp(server.port)
    nothing = Resp.pack(b'PING')
    noise = slowCalls(client, (nothing for _ in range(elements)))
    slow = slowCalls(client, map(collection.add, range(elements)))
    table.row(kind, f'{collection.name}: of {elements} PINGs took 1 ms and more', noise)
    table.row(kind, f'{collection.name}: of {elements} additions took 1 ms and more', slow, '',
              noise * 1.5 + 10 if kind == 'ebb' else None)
    worst = client.call('SLOWLOG', 'GET', -1)
    if worst:
        table.row(kind, f'{collection.name}: the slowest of them', max(w[2] for w in worst), 'us')
    client.close()
    server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0],
                                     epilog=__doc__.split('\n\n', 1)[1],
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--elements', type=int, default=1000000)
    parser.add_argument('--grow', type=int, default=10000000)
    parser.add_argument('--rounds', type=int, default=5, help='of each way to free')
    parser.add_argument('--parts', default='shrink,free,grow')
    parser.add_argument('--types', default=','.join(k.name for k in KINDS))
    parser.add_argument('--no-redis', action='store_true')
    addServerOptions(parser)
    args = parser.parse_args()
    useCores(args)
    servers = [('ebb', args.server)]
    if not args.no_redis and os.path.exists(args.redis):
        servers.append(('redis', args.redis))
    table = Table()
    for kind, program in servers:
        for collection in KINDS:
            if collection.name not in args.types.split(','):
                continue
            if 'shrink' in args.parts:
                measureShrink(table, kind, program, collection, args.elements)
            if 'free' in args.parts:
                measureFree(table, kind, program, collection, args.elements, args.rounds)
            if 'grow' in args.parts and collection.remove:
                measureGrow(table, kind, program, collection, args.grow)
    return table.finish()


if __name__ == '__main__':
    sys.exit(main())
