#!/usr/bin/env python3
"""What a key costs in memory, beside redis-server: a table with targets.

For each shape a fresh server is loaded with as many keys as asked for; what its RSS has grown by
since it was empty, after it has had time to settle, is divided by the keys. Keys have 16 bytes.
Exits with 1 if a target was missed.
"""
import argparse
import random
import sys
import time

from resp import Resp
from servers import Server, addServerOptions, needPrograms, useCores
from table import Table

SETTLE_SECONDS = 3


def numbers(keys):
    rng = random.Random(5)
    for n in range(keys):
        yield Resp.pack(b'SET', b'key:%012d' % n, b'%d' % rng.randint(10000000, 99999999))


def values(keys):
    rng = random.Random(5)
    for n in range(keys):
        yield Resp.pack(b'SET', b'key:%012d' % n, rng.randbytes(32))


def valuesWithTtl(keys):
    rng = random.Random(5)
    for n in range(keys):
        yield Resp.pack(b'SET', b'key:%012d' % n, rng.randbytes(64),
                        b'EX', b'%d' % rng.randint(10000, 1000000))


SHAPES = [
    ('number', '8 B number', numbers, 46),
    ('value', '32 B value', values, 70),
    ('ttl', '64 B value with TTL', valuesWithTtl, 125),
]


def bytesPerKey(kind, program, requests, keys):
    server = Server(kind, program)
    try:
        client = Resp(server.port)
        client.call('PING')
        empty = server.rss()
        client.many(requests(keys))
        time.sleep(SETTLE_SECONDS)
        held = client.call('DBSIZE')
        if held != keys:
            raise RuntimeError(f'{kind} holds {held} keys, not {keys}')
        client.close()
        return (server.rss() - empty) / keys
    finally:
        server.stop()


def main():
    names = [name for name, *_ in SHAPES]
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0],
                                     epilog=__doc__.split('\n\n', 1)[1],
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--keys', type=int, default=1000000)
    parser.add_argument('--only', help='shapes, with commas: ' + ','.join(names))
    addServerOptions(parser)
    args = parser.parse_args()
    wanted = args.only.split(',') if args.only else names
    for name in wanted:
        if name not in names:
            parser.error(f'there is no shape {name}; there are {", ".join(names)}')
    if args.keys < 1:
        parser.error('there must be a key')
    needPrograms(args.server, args.redis)
    useCores(args)
    table = Table()
    table.compareHead(f'RSS per key, {args.keys} keys of 16 B', 'B')
    for name, what, requests, target in SHAPES:
        if name in wanted:
            ebb = bytesPerKey('ebb', args.server, requests, args.keys)
            redis = bytesPerKey('redis', args.redis, requests, args.keys)
            table.compare(what, ebb, redis, target, 'ebb')
    return table.finish()


if __name__ == '__main__':
    sys.exit(main())
