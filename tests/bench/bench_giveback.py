#!/usr/bin/env python3
"""Memory that comes back, whatever it was that went: a table with targets.

For each way of losing data: a server is loaded, loses most of it, and is left alone; its RSS
within 10 s, with no traffic and no command after the first two, is divided by that of a fresh
server that was given just what is left. Another client's waits meanwhile, and its round trips in
the two seconds after, stand beside those of the same server before.

Usage: bench_giveback.py [--keys N] [--only NAME,...] [--rounds N] [--server PATH] [--no-redis]
"""
import argparse
import os
import random
import sys
import time

from probe import Probe
from resp import Resp
from servers import Server, addServerOptions, mib, needPrograms, useCores
from table import Table

SECONDS = 10
FILLER = os.urandom(1 << 16)


def key(n):
    return b'key:%010d' % n


def sets(numbers, sizeOf, *options):
    for n in numbers:
        yield Resp.pack(b'SET', key(n), FILLER[:sizeOf(n)], *options)


def dels(numbers):
    return (Resp.pack(b'DEL', key(n)) for n in numbers)


def chunks(numbers, size):
    for at in range(0, len(numbers), size):
        yield numbers[at:at + size]


class Case:
    """What is done to a server, what is left, and what the fresh server gets."""
    limit = 1.15
    options = ()

    def __init__(self, count):
        rng = random.Random(7)
        self.count = count
        self.sizes = [rng.randint(16, 300) for _ in range(count)]
        order = list(range(count))
        rng.shuffle(order)
        self.kept, self.gone = sorted(order[:count // 10]), order[count // 10:]
        self.rng = rng

    def size(self, n):
        return self.sizes[n]

    def load(self, client):
        client.many(sets(range(self.count), self.size))

    def fresh(self, client):
        client.many(sets(self.kept, self.size))


class Del(Case):
    """90 % of the keys deleted one by one"""

    def lose(self, client):
        client.many(dels(self.gone))


class Middle(Del):
    """90 % of keys with values of 1 to 9 KB"""

    def size(self, n):
        return 1000 + n * 7919 % 8000

    def __init__(self, count):
        super().__init__(count // 10)


class Large(Del):
    """90 % of keys with values of 10 to 60 KB"""

    def size(self, n):
        return 10000 + n * 7919 % 50000

    def __init__(self, count):
        super().__init__(count // 50)


class Expiry(Case):
    """90 % of the keys expire within a second"""

    def load(self, client):
        client.many(sets(self.kept, self.size))
        self.at_ms = int(time.time() * 1000) + 2000 + self.count // 50
        client.many(sets(self.gone, self.size, b'PXAT', b'%d' % self.at_ms))

    def lose(self, client):
        time.sleep(max(0, self.at_ms / 1000 + 1 - time.time()))


class Flush(Case):
    """FLUSHALL ASYNC, then the survivors anew"""

    def lose(self, client):
        client.call(b'FLUSHALL', b'ASYNC')
        client.many(sets(self.kept, self.size))


class Evict(Case):
    """evicted to a tenth by a lower maxmemory"""

    def lose(self, client):
        used = int(client.call('INFO', 'memory').split(b'used_memory:')[1].split(b'\r')[0])
        client.call('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-random', 'maxmemory', used // 8)
        time.sleep(2)
        client.call('CONFIG', 'SET', 'maxmemory', 0)
        left = []
        cursor = b'0'
        while True:
            cursor, keys = client.call('SCAN', cursor, 'COUNT', 1000)
            left += [int(k[4:]) for k in keys]
            if cursor == b'0':
                break
        self.kept = sorted(set(left))


class Overwrite(Case):
    """values of 300 B overwritten by ones of 16 B"""

    def load(self, client):
        client.many(sets(range(self.count), lambda n: 300))

    def lose(self, client):
        client.many(sets(range(self.count), lambda n: 16))

    def fresh(self, client):
        self.lose(client)


class Churn(Case):
    """20 rounds of inserts and deletes, each with other sizes"""
    rounds = 20

    def load(self, client):
        pass

    def lose(self, client):
        rng = random.Random(11)
        live, n = {}, 0
        for r in range(self.rounds):
            smallest = (8, 60, 200, 800, 2000)[r % 5]
            new = range(n, n + self.count // 10)
            n += self.count // 10
            sizes = {i: smallest + rng.randint(0, smallest) for i in new}
            client.many(sets(new, sizes.get))
            live.update(sizes)
            gone = rng.sample(sorted(live), len(live) * 2 // 3)
            client.many(dels(gone))
            for i in gone:
                del live[i]
        self.left = live

    def fresh(self, client):
        client.many(sets(sorted(self.left), self.left.get))


class Collection(Case):
    """Many small ones that keep a tenth of their elements, and a few big ones that do."""
    limit = 1.2
    small, big = 300, 0.2

    def parts(self):
        """(name, numbers of its elements) of every collection; the first tenth of them stays."""
        for c in range(self.count // self.small // 4):
            yield b'small:%d' % c, self.shuffled(self.small)
        for c in range(2):
            yield b'big:%d' % c, self.shuffled(int(self.count * self.big))

    def shuffled(self, count):
        numbers = list(range(count))
        random.Random(count).shuffle(numbers)
        return numbers

    def requests(self, command, select, element):
        for name, numbers in select:
            for part in chunks(numbers, 50):
                yield Resp.pack(command, name, *(x for n in part for x in element(n)))

    def gonePart(self):
        for name, numbers in self.parts():
            yield name, numbers[len(numbers) // 10:]

    def keptPart(self):
        for name, numbers in self.parts():
            yield name, numbers[:len(numbers) // 10]

    def load(self, client):
        client.many(self.requests(self.add, self.parts(), self.element))

    def lose(self, client):
        client.many(self.requests(self.remove, self.gonePart(), self.name))

    def fresh(self, client):
        """As the other one has become: big forms stay big when they shrink."""
        client.call('CONFIG', 'SET', *self.forms)
        client.many(self.requests(self.add, self.keptPart(), self.element))


class Sets(Collection):
    """90 % of the members of sets"""
    add, remove, forms = b'SADD', b'SREM', ('set-max-listpack-entries', 0)

    def name(self, n):
        return (b'member:%010d' % n,)

    element = name


class Hashes(Collection):
    """90 % of the fields of hashes"""
    add, remove, forms = b'HSET', b'HDEL', ('hash-max-listpack-entries', 0)
    small = 600

    def name(self, n):
        return (b'field:%010d' % n,)

    def element(self, n):
        return (b'field:%010d' % n, b'value:%010d' % n)


class SortedSets(Collection):
    """90 % of the members of sorted sets"""
    add, remove, forms = b'ZADD', b'ZREM', ('zset-max-listpack-entries', 0)

    def name(self, n):
        return (b'member:%010d' % n,)

    def element(self, n):
        return (b'%d' % n, b'member:%010d' % n)


class Lists(Collection):
    """90 % trimmed off lists"""
    limit = 1.2

    def load(self, client):
        client.many(self.requests(b'RPUSH', self.parts(), lambda n: (b'element:%010d' % n,)))

    def lose(self, client):
        client.many(Resp.pack(b'LTRIM', name, 0, len(numbers) // 10 - 1)
                    for name, numbers in self.parts())

    def fresh(self, client):
        client.many(self.requests(b'RPUSH', self.keptPart(), lambda n: (b'element:%010d' % n,)))


class Streams(Collection):
    """90 % trimmed off streams"""

    def add(self, client, share):
        def requests():
            for name, numbers in self.parts():
                first = int(len(numbers) * (1 - share))
                for n in range(first, len(numbers)):
                    yield Resp.pack(b'XADD', name, b'%d-1' % (n + 1), b'field', b'value:%010d' % n)
        client.many(requests())

    def load(self, client):
        self.add(client, 1)

    def lose(self, client):
        client.many(Resp.pack(b'XTRIM', name, b'MAXLEN', len(numbers) // 10)
                    for name, numbers in self.parts())

    def fresh(self, client):
        self.add(client, 0.1)


class Clients(Case):
    """5,000 clients with subscriptions and replies of 4 KB left"""
    people = 5000

    def load(self, client):
        client.call('SET', 'big', FILLER[:4096])
        self.others = [Resp(client.sock.getpeername()[1]) for _ in range(self.people)]
        for n, other in enumerate(self.others):
            other.call('GET', 'big')
            other.call('SUBSCRIBE', 'channel:%d' % n)

    def lose(self, client):
        for other in self.others:
            other.close()

    def fresh(self, client):
        client.call('SET', 'big', FILLER[:4096])


CASES = [Del, Middle, Large, Expiry, Flush, Evict, Overwrite, Churn, Sets, Hashes, SortedSets, Lists,
         Streams, Clients]


def freshRss(kind, program, case):
    server = Server(kind, program, *case.options)
    client = Resp(server.port)
    case.fresh(client)
    time.sleep(3)
    rss = server.rss()
    client.close()
    server.stop()
    return rss


def watched(server, case, lose=None):
    """The waits of another client meanwhile, or in two seconds of nothing."""
    probe = Probe(server, case.count)
    if lose:
        lose()
    else:
        time.sleep(2)
    return probe.stop()


def tripsASecond(server, case):
    """Of a client that asks again and again, in two seconds."""
    probe, start = Probe(server, case.count, 0), time.monotonic()
    time.sleep(2)
    return probe.stop()['count'] / (time.monotonic() - start)


def measure(table, kind, program, case, name):
    ebb = kind == 'ebb'
    server = Server(kind, program, *case.options)
    client = Resp(server.port)
    case.load(client)
    full = server.rss()
    before, rate_before = watched(server, case), tripsASecond(server, case)
    during = watched(server, case, lambda: case.lose(client))
    rate = tripsASecond(server, case) / rate_before
    curve = []
    for _ in range(SECONDS - 2):
        time.sleep(1)
        curve.append(server.rss())
    client.close()
    server.stop()
    base = freshRss(kind, program, case)
    table.note(kind, f'{name}: {case.__doc__}; {mib(full):.0f} MiB, then (each second, fresh = 1) '
               + ' '.join(f'{rss / base:.2f}' for rss in curve))
    table.row(kind, f'{name}: RSS / fresh, with no traffic', curve[-1] / base, 'x',
              case.limit if ebb else None)
    table.row(kind, f"{name}: others' worst of 1/4 s, median, before", before['quarter'], 'us')
    table.row(kind, f"{name}: others' worst of 1/4 s, median, meanwhile", during['quarter'], 'us',
              before['quarter'] + 1000 if ebb else None)
    table.row(kind, f"{name}: others' round trips a second, before / the 2 s after", 1 / rate, 'x',
              1 / 0.9 if ebb else None)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--keys', type=int, default=500000)
    parser.add_argument('--only', default='', help='names of cases, in lower case, with commas')
    parser.add_argument('--rounds', type=int, default=20, help='of the churn')
    parser.add_argument('--no-redis', action='store_true')
    addServerOptions(parser)
    args = parser.parse_args()
    useCores(args)
    needPrograms(args.server, *([] if args.no_redis else [args.redis]))
    Churn.rounds = args.rounds
    table = Table()
    only = args.only.split(',') if args.only else [c.__name__.lower() for c in CASES]
    for case in CASES:
        name = case.__name__.lower()
        if name not in only:
            continue
        measure(table, 'ebb', args.server, case(args.keys), name)
        if not args.no_redis:
            measure(table, 'redis', args.redis, case(args.keys), name)
    return table.finish()


if __name__ == '__main__':
    sys.exit(main())
