#!/usr/bin/env python3
"""What a key or an element of a collection costs in memory, beside redis-server: with targets.

For each shape a fresh server is loaded with as many keys (or with one collection of as many
elements) as asked for; what its RSS has grown by since it was empty, after it has had time to
settle, is divided by their number. Keys have 16 bytes.
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


def packs(name, key, parts, size=100):
    """Requests of a command that takes many words, 'size' parts (tuples of words) in each."""
    batch = []
    for part in parts:
        batch += part
        if len(batch) >= size * len(part):
            yield Resp.pack(name, key, *batch)
            batch = []
    if batch:
        yield Resp.pack(name, key, *batch)


def setOfMembers(count):
    return packs('SADD', 'set', ((b'member:%012d' % n,) for n in range(count)))


def streamOfEntries(count):
    rng = random.Random(5)
    return (Resp.pack('XADD', 'stream', '*', 'id', n, 'level', b'%d' % rng.randint(1000, 9999))
            for n in range(count))


def zsetOfMembers(count):
    rng = random.Random(5)
    return packs('ZADD', 'zset', ((b'%d' % rng.randrange(10**9), b'member:%012d' % n)
                                  for n in range(count)))


def hashOfFields(count):
    rng = random.Random(5)
    return packs('HSET', 'hash', ((b'field:%012d' % n, rng.randbytes(16)) for n in range(count)))


def smallHashes(count):
    rng = random.Random(5)
    for n in range(count):
        yield Resp.pack('HSET', b'key:%012d' % n, *(w for f in range(1, 6)
                                                    for w in (b'f%d' % f, b'%08x' % rng.getrandbits(32))))


def listOfElements(count):
    return packs('RPUSH', 'list', ((b'elem:%09d' % n,) for n in range(count)))


class Shape:
    """One row: requests(count) fill the server with 'share' of --keys things, which 'held' counts;
    each may take 'target' bytes."""

    def __init__(self, name, what, requests, target, held=('DBSIZE',), share=1.0):
        self.name, self.what, self.requests, self.target = name, what, requests, target
        self.held, self.share = held, share


KEYS = [
    Shape('number', '8 B number', numbers, 46),
    Shape('value', '32 B value', values, 70),
    Shape('ttl', '64 B value with TTL', valuesWithTtl, 125),
    Shape('hashes', 'hash of five fields', smallHashes, 130, share=0.3),
]
ELEMENTS = [
    Shape('hash', 'hash, 18 B fields, 16 B values', hashOfFields, 54, held=('HLEN', 'hash')),
    Shape('list', 'list, elements of 14 B', listOfElements, 20, held=('LLEN', 'list')),
    Shape('set', 'set, members of 19 B', setOfMembers, 37, held=('SCARD', 'set')),
    Shape('stream', 'stream, two fields with a number each', streamOfEntries, 22,
          held=('XLEN', 'stream')),
    Shape('zset', 'sorted set, members of 19 B', zsetOfMembers, 58, held=('ZCARD', 'zset')),
]


def bytesPerThing(kind, program, shape, count):
    server = Server(kind, program)
    try:
        client = Resp(server.port)
        client.call('PING')
        empty = server.rss()
        client.many(shape.requests(count))
        time.sleep(SETTLE_SECONDS)
        held = client.call(*shape.held)
        if held != count:
            raise RuntimeError(f'{kind}: {shape.held} says {held}, not {count}')
        client.close()
        return (server.rss() - empty) / count
    finally:
        server.stop()


def compare(table, args, what, shapes):
    if shapes:
        table.compareHead(what, 'B')
    for shape in shapes:
        count = max(int(args.keys * shape.share), 1)
        ebb = bytesPerThing('ebb', args.server, shape, count)
        redis = bytesPerThing('redis', args.redis, shape, count)
        table.compare(shape.what, ebb, redis, shape.target, 'ebb')


def main():
    names = [shape.name for shape in KEYS + ELEMENTS]
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
    keys = [shape for shape in KEYS if shape.name in wanted]
    elements = [shape for shape in ELEMENTS if shape.name in wanted]
    compare(table, args, f'RSS per key, {args.keys} keys of 16 B', keys)
    compare(table, args, f'RSS per element, {args.keys} in a key', elements)
    return table.finish()


if __name__ == '__main__':
    sys.exit(main())
