#!/usr/bin/env python3
"""What a command costs the server in CPU, beside redis-server: a table with targets.

Both servers run at the same time on one core and redis-benchmark on another; only one of them is
asked at a time. Each case is measured in rounds, Ebb and Redis in turn, and the median of the
rounds counts: what disturbs the machine then hurts both alike. The CPU time is what the kernel says
that the server's threads have run, so the client's own cost does not count.

MSET is a call of 10 keys, and its time is that of one call; that of a transaction is that of its 8
commands, WATCH to EXEC; that of a hand-over, of BLPOP and LPUSH. What is on by default to look
inside is measured on two Ebb servers, with and without it, the second in the place of Redis. What
the kernel takes for reading and writing, an echo's cost, is told first: it is in both. Cases with a command line of their own
run in db 1, which their setup fills and which is emptied before and after each of them.
Exits with 1 if a target was missed.
"""
import argparse
import hashlib
import random
import shutil
import statistics
import subprocess
import sys

import sessions
from resp import Resp
from servers import EchoServer, Server, addServerOptions, needPrograms, useCores
from table import Table

KEYS = 1000000
VALUE_BYTES = 64
CONNECTIONS = 50


class Case:
    """One row: what redis-benchmark sends (a test it knows by name, or the words of a command, in
    which __rand_int__ is a number of 12 digits below 'keys'), what is there before (setup(client),
    for a command only), and the ratio to Redis that is to be reached. What redis-benchmark cannot
    send comes from play(random): the requests of one round trip of one of 50 connections; or from
    run(server, requests), which returns the seconds that one took. What background(port) starts is
    there meanwhile, until its stop(). 'against': not Redis, but Ebb with these options."""

    def __init__(self, name, what, test=None, pipeline=16, target=None, keys=KEYS, share=1.0,
                 command=None, setup=None, play=None, run=None, background=None, against=None,
                 least=1000):
        self.name, self.what, self.test = name, what, test
        self.pipeline, self.target, self.keys = pipeline, target, keys
        self.share = share  # of --requests: slow calls need fewer of them
        self.command, self.setup, self.play = command, setup, play
        self.run, self.background, self.against = run, background, against
        self.least = least  # requests of a round


def packs(name, key, words, size=100):
    """Requests of a command that takes many words, 'size' of them in each."""
    words = list(words)
    for at in range(0, len(words), size):
        yield Resp.pack(name, key, *words[at:at + size])


def oneSet(client):
    client.many(packs('SADD', 'set', (b'element:%012d' % n for n in range(100000))))


def twoSets(client):
    client.many(packs('SADD', 'set:a', (b'element:%d' % n for n in range(10000))))
    client.many(packs('SADD', 'set:b', (b'element:%d' % n for n in range(5000, 15000))))


def thousandMembers(client):
    client.many(packs('SADD', 'set', (b'element:%d' % n for n in range(1000))))


def thousandEntries(client):
    client.many(Resp.pack('XADD', 'stream', f'{n}-1', 'field', f'value:{n}', 'other', n)
                for n in range(1, 1001))


def millionScores(client):
    r = random.Random(5)
    client.many(packs('ZADD', 'zset', (w for n in range(1000000) for w in
                                       (r.randrange(1000000), b'element:%012d' % n)), 200))


def twoZsets(client):
    r = random.Random(6)
    for key, first in (('zset:a', 0), ('zset:b', 5000)):
        client.many(packs('ZADD', key, (w for n in range(first, first + 10000) for w in
                                        (r.randrange(1000000), b'element:%d' % n)), 200))


def oneHash(client):
    client.many(packs('HSET', 'hash', (w for n in range(1000000) for w in (b'element:%012d' % n, b'v' * 16)),
                      200))


def hundredFields(client):
    client.many(packs('HSET', 'hash', (w for n in range(100) for w in (b'field:%d' % n, b'value:%d' % n)),
                      200))


def longList(client):
    """As much as the rounds of RPOP take out."""
    client.many(packs('RPUSH', 'list', [b'v' * VALUE_BYTES] * 1100000))


def thousandElements(client):
    client.many(packs('RPUSH', 'list', [b'v' * VALUE_BYTES] * 1000))


def library(client):
    """What FCALL calls."""
    code = "#!lua name=bench\nredis.register_function('count', function(keys) return redis.call('incr', keys[1]) end)"
    client.call('FUNCTION', 'LOAD', 'REPLACE', code)


def scriptOf(source, *arguments):
    """The words of an EVALSHA, and a setup that loads its script."""
    def load(client):
        client.call('SCRIPT', 'LOAD', source)
    digest = hashlib.sha1(source.encode()).hexdigest()
    return {'command': ['EVALSHA', digest, *arguments], 'setup': load}


def transaction(r):
    """8 requests: a watched key, three writes, two reads."""
    keys = [b'key:%012d' % r.randrange(KEYS) for _ in range(6)]
    value = b'v' * VALUE_BYTES
    return [Resp.pack('WATCH', keys[0]), Resp.pack('MULTI'),
            *(Resp.pack('SET', k, value) for k in keys[1:4]),
            *(Resp.pack('GET', k) for k in keys[4:]), Resp.pack('EXEC')]


CASES = [
    Case('set', 'SET 64 B, 16 pipelined', 'set', 16, 0.55),
    Case('get', 'GET 64 B, 16 pipelined', 'get', 16, 0.55),
    Case('set1', 'SET 64 B, not pipelined', 'set', 1, 0.92, share=0.2),
    Case('get1', 'GET 64 B, not pipelined', 'get', 1, 0.92, share=0.2),
    Case('incr', 'INCR of 100,000 counters, 16 pipelined', 'incr', 16, 0.6, keys=100000),
    Case('mset', 'MSET of 10 keys, 4 pipelined', 'mset', 4, 0.6, share=0.2),
    Case('exec', 'WATCH, MULTI, 5 commands, EXEC, 2 pipelined', pipeline=2, target=0.65, share=0.02,
         play=transaction),
    Case('hset', 'HSET of a hash of 1,000,000, 16 pipelined', target=0.6,
         command=['HSET', 'hash', 'element:__rand_int__', 'v' * 16], setup=oneHash),
    Case('hget', 'HGET of a hash of 1,000,000, 16 pipelined', target=0.6,
         command=['HGET', 'hash', 'element:__rand_int__'], setup=oneHash),
    Case('hgetall', 'HGETALL of 100 fields, 16 pipelined', target=0.7, share=0.05,
         command=['HGETALL', 'hash'], setup=hundredFields),
    Case('lpush', 'LPUSH 64 B to a long list, 16 pipelined', target=0.72, share=0.1,
         command=['LPUSH', 'list', 'v' * VALUE_BYTES], setup=thousandElements),
    Case('rpop', 'RPOP from a long list, 16 pipelined', target=0.72, share=0.1,
         command=['RPOP', 'list'], setup=longList),
    Case('lrange', 'LRANGE of 100 elements of 64 B, 4 pipelined', pipeline=4, target=0.85,
         share=0.1, command=['LRANGE', 'list', '0', '99'], setup=thousandElements),
    Case('sadd', 'SADD to a set of 100,000, 16 pipelined', target=0.6, keys=100000,
         command=['SADD', 'set', 'element:__rand_int__'], setup=oneSet),
    Case('sinter', 'SINTER of two sets of 10,000', pipeline=1, target=0.7, share=0.0005,
         command=['SINTER', 'set:a', 'set:b'], setup=twoSets),
    Case('smembers', 'SMEMBERS of 1,000, 4 pipelined', pipeline=4, target=0.7, share=0.01,
         command=['SMEMBERS', 'set'], setup=thousandMembers),
    Case('xadd', 'XADD of two fields, 16 pipelined', target=0.7,
         command=['XADD', 'stream', '*', 'field', 'value:__rand_int__', 'other', '12345']),
    Case('xrange', 'XRANGE of 100 entries, 4 pipelined', pipeline=4, target=0.7, share=0.02,
         command=['XRANGE', 'stream', '300', '+', 'COUNT', '100'], setup=thousandEntries),
    Case('zadd', 'ZADD of a new score among 1 M members, 16 pipelined', target=0.5, share=0.25,
         command=['ZADD', 'zset', '__rand_int__', 'element:__rand_int__'], setup=millionScores),
    Case('zrange', 'ZRANGE of 1,000 members 100,000 deep in 1 M', pipeline=1, target=0.7,
         share=0.005, command=['ZRANGE', 'zset', '100000', '101000'], setup=millionScores),
    Case('zunionstore', 'ZUNIONSTORE of two sorted sets of 10,000', pipeline=1, target=0.7,
         share=0.0005, command=['ZUNIONSTORE', 'zset:c', '2', 'zset:a', 'zset:b'], setup=twoZsets),
    Case('publish', f'PUBLISH 64 B to {sessions.SUBSCRIBERS} subscribers, 16 pipelined', target=0.7,
         share=0.02, command=['PUBLISH', 'channel', 'v' * VALUE_BYTES],
         background=sessions.Subscribers),
    Case('publish1', 'the same, not pipelined', pipeline=1, target=0.92, share=0.005,
         command=['PUBLISH', 'channel', 'v' * VALUE_BYTES], background=sessions.Subscribers),
    Case('blpop', 'hand-over from LPUSH to a waiting BLPOP', target=0.9, share=0.01,
         run=sessions.handOver),
    Case('observe', 'GET 64 B, 16 pipelined, observed / not', 'get', 16, 1.02,
         against=['--latency-tracking', 'no', '--slowlog-log-slower-than', '-1']),
    Case('evalsha', 'EVALSHA of one INCR, 16 pipelined', target=0.65, share=0.2,
         **scriptOf("return redis.call('incr', KEYS[1])", '1', 'key:__rand_int__')),
    Case('fcall', 'FCALL of one INCR, 16 pipelined', target=0.65, share=0.2,
         command=['FCALL', 'count', '1', 'key:__rand_int__'], setup=library),
    Case('calls', 'EVALSHA of 100 INCRs', pipeline=1, target=0.65, share=0.01,
         **scriptOf("for i = 1, 100 do redis.call('incr', KEYS[1]) end", '1', 'key')),
    Case('loop', 'EVALSHA of a loop of 1,000,000 steps', pipeline=1, target=0.6, share=0, least=50,
         **scriptOf('local n = 0 for i = 1, 1000000 do if i % 3 == 0 then n = n + i end end return n',
                    '0')),
]


def load(server):
    """All keys that redis-benchmark may ask for, so that each GET hits and each SET replaces."""
    value = b'v' * VALUE_BYTES
    client = Resp(server.port)
    client.many(b'*3\r\n$3\r\nSET\r\n$16\r\nkey:%012d\r\n$%d\r\n%s\r\n' % (n, VALUE_BYTES, value)
                for n in range(KEYS))
    client.many(b'*3\r\n$3\r\nSET\r\n$20\r\ncounter:%012d\r\n$1\r\n0\r\n' % n
                for n in range(100000))
    client.close()


def playedMicroseconds(server, case, requests):
    """The same per round trip of case.pipeline plays; reading the replies is not the server's cost."""
    r = random.Random(17)
    clients = [Resp(server.port) for _ in range(CONNECTIONS)]
    rounds = max(requests // (CONNECTIONS * case.pipeline), 1)
    trips = [[req for _ in range(case.pipeline) for req in case.play(r)] for _ in range(200)]
    payloads = [b''.join(trip) for trip in trips]
    before = server.cpuSeconds()
    for at in range(rounds):
        for i, client in enumerate(clients):
            client.sock.sendall(payloads[(at * CONNECTIONS + i) % len(payloads)])
        for i, client in enumerate(clients):
            for _ in trips[(at * CONNECTIONS + i) % len(payloads)]:
                if isinstance(client.read(), RuntimeError):
                    raise RuntimeError(f'{case.what} on {server.kind}: an error reply')
    used = server.cpuSeconds() - before
    for client in clients:
        client.close()
    return used / (rounds * CONNECTIONS * case.pipeline) * 1e6


def microsecondsPerCommand(benchmark, server, case, requests):
    if case.run:
        return case.run(server, requests) * 1e6
    if case.play:
        return playedMicroseconds(server, case, requests)
    before = server.cpuSeconds()
    what = ['--dbnum', '1', *case.command] if case.command else ['-t', case.test]
    done = subprocess.run(
        [benchmark, '-p', str(server.port), '-n', str(requests), '-c', str(CONNECTIONS),
         '-P', str(case.pipeline), '-r', str(case.keys), '-d', str(VALUE_BYTES), '-q', *what],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    used = server.cpuSeconds() - before
    if done.returncode or 'rror' in done.stdout or server.process.poll() is not None:
        raise RuntimeError(f'{case.what} on {server.kind}: {done.stdout}')
    return used / requests * 1e6


def prepare(server, setup):
    """Empties db 1, and fills it where 'setup' is given."""
    client = Resp(server.port)
    client.call('SELECT', 1)
    client.call('FLUSHDB', 'SYNC')
    if setup:
        setup(client)
    client.close()


def measure(table, benchmark, servers, case, rounds, requests):
    requests = max(int(requests * case.share), case.least)
    background = []
    for server in servers:
        if case.command:
            prepare(server, case.setup)
        if case.background:
            background.append(case.background(server.port))
        # The first round warms up caches and output buffers, and does not count.
        microsecondsPerCommand(benchmark, server, case, max(requests // 10, case.least))
    used = [[] for _ in servers]
    for _ in range(rounds):
        for server, times in zip(servers, used):
            times.append(microsecondsPerCommand(benchmark, server, case, requests))
    table.compare(case.what, *map(statistics.median, used), case.target)
    for thing in background:
        thing.stop()
    if case.command:
        for server in servers:
            prepare(server, None)


def measureAgainst(table, args, ebb, case):
    """The case on 'ebb' beside another Ebb with options of its own."""
    other = Server('ebb', args.server, *case.against)
    try:
        load(other)
        measure(table, args.benchmark, [ebb, other], case, args.rounds, args.requests)
    finally:
        other.stop()


def measureEcho(table, args):
    """What reading and writing take of all of them: no server's ratio can be better for it."""
    echo = EchoServer()
    try:
        for case in CASES:
            if case.name in ('get', 'get1'):
                requests = max(int(args.requests * case.share), case.least)
                costs = [microsecondsPerCommand(args.benchmark, echo, case, requests)
                         for _ in range(args.rounds)]
                table.note('', f'reading and writing alone: {case.what} '
                           f'{statistics.median(costs):.3f} us')
    finally:
        echo.stop()


def main():
    names = [case.name for case in CASES]
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0],
                                     epilog=__doc__.split('\n\n', 1)[1],
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rounds', type=int, default=5, help='of each server in each case')
    parser.add_argument('--requests', type=int, default=2000000,
                        help='a round; a fifth of it for what is not pipelined, and for MSET')
    parser.add_argument('--only', help='cases, with commas: ' + ','.join(names))
    parser.add_argument('--benchmark', default=shutil.which('redis-benchmark') or 'redis-benchmark')
    addServerOptions(parser)
    args = parser.parse_args()
    wanted = args.only.split(',') if args.only else names
    for name in wanted:
        if name not in names:
            parser.error(f'there is no case {name}; there are {", ".join(names)}')
    if args.rounds < 1 or args.requests < 1:
        parser.error('rounds and requests are at least 1')
    needPrograms(args.server, args.redis, args.benchmark)
    useCores(args)
    table = Table()
    servers = []
    try:
        for kind, program in (('ebb', args.server), ('redis', args.redis)):
            servers.append(Server(kind, program))
            if any(case.name in wanted and not case.command for case in CASES):
                load(servers[-1])
        table.compareHead('server CPU per command', 'us')
        measureEcho(table, args)
        for case in CASES:
            if case.name in wanted and case.against:
                measureAgainst(table, args, servers[0], case)
            elif case.name in wanted:
                measure(table, args.benchmark, servers, case, args.rounds, args.requests)
    finally:
        for server in servers:
            server.stop()
    return table.finish()


if __name__ == '__main__':
    sys.exit(main())
