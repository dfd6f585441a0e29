#!/usr/bin/env python3
"""MIGRATE from Ebb and from a real redis-server, each to a redis-server of its own: the same replies,
the same keys left here and arrived there, the same events. And from a real one to Ebb.

EBB and EBB_ORACLE name the two binaries (build/ebb-server, redis-server); EBB_SEED repeats a run."""
import os
import pathlib
import random
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import resp  # noqa: E402
import servers  # noqa: E402

ROOT = pathlib.Path(__file__).parents[2]
EBB = os.environ.get('EBB', str(ROOT / 'build' / 'ebb-server'))
ORACLE = os.environ.get('EBB_ORACLE', 'redis-server')
SEED = int(os.environ.get('EBB_SEED', time.time()))
STEPS = 400
KEYS = ['a', 'b', 'c', 'd', 'e', '', 'KEYS']
EVENTS = '__keyevent@*'


class Side:
    """A source and its target."""

    def __init__(self, source, target=ORACLE):
        self.source, self.target = servers.Server(source), servers.Server(target)
        self.here = resp.Connection(self.source.port)
        self.there = resp.Connection(self.target.port)
        self.listener = resp.Connection(self.source.port)
        self.here.ask('CONFIG', 'SET', 'notify-keyspace-events', 'EA')
        self.listener.ask('PSUBSCRIBE', EVENTS)

    def migrate(self, words):
        return self.here.ask('MIGRATE', '127.0.0.1', self.target.port, *words).raw

    def events(self):
        """What was told since the last time, but for when keys expired."""
        self.here.ask('SET', 'last', '1')
        self.here.ask('DEL', 'last')
        told = []
        while True:
            event = [part.value for part in self.listener.read().value[2:]]
            if event == [b'__keyevent@0__:del', b'last']:
                return told[:-1]
            if event[0] != b'__keyevent@0__:expired':
                told.append(event)

    def held(self):
        found = []
        for connection, dbs in (self.here, 1), (self.there, 3):
            for db in range(dbs):
                connection.ask('SELECT', db)
                for key in sorted(reply.value for reply in connection.ask('KEYS', '*').value):
                    lasts = connection.ask('TTL', key).value == b'-1'
                    found.append((dbs, db, key, connection.ask('DUMP', key).value, lasts))
        return found

    def stop(self):
        for connection in self.here, self.there, self.listener:
            connection.close()
        self.target.stop()
        return self.source.stop()


def options(rng):
    words = [rng.choice(['COPY', 'REPLACE', 'copy', 'replace', 'REPLACE'])
             for _ in range(rng.choice([0, 0, 1, 1, 2]))]
    if rng.random() < 0.03:
        words.append(rng.choice(['NOPE', '']))
    return words


def call(rng):
    """The words behind host and port."""
    timeout = rng.choice([1000, 1000, 1000, 0, -1, 'x'] if rng.random() < 0.1 else [1000])
    db = 'x' if rng.random() < 0.02 else rng.randrange(3)
    if rng.random() < 0.5:
        return [rng.choice(KEYS), db, timeout, *options(rng)]
    names = [rng.choice(KEYS) for _ in range(rng.choice([0, 1, 2, 3, 5, 8]))]
    name = rng.choice(KEYS) if rng.random() < 0.03 else ''
    chosen = options(rng)
    if 'REPLACE' in map(str.upper, chosen):
        names = dict.fromkeys(names)  # 7.0.15 tells of a key named twice that it went twice
    return [name, db, timeout, *chosen, 'KEYS', *names]


def change(rng):
    key = rng.choice(KEYS)
    return rng.choice([
        ['SET', key, rng.randrange(1000)], ['SET', key, 'x' * 30000],
        ['SET', key, 'v', 'EX', 1000], ['LPUSH', key, rng.randrange(9)],
        ['ZADD', key, rng.randrange(9), 'm'], ['HSET', key, 'f', rng.randrange(9)],
        ['PSETEX', key, 1, 'gone'], ['DEL', key]])


class Migrate(unittest.TestCase):
    def start(self, *binaries):
        self.sides = [Side(*pair) for pair in binaries]

    def tearDown(self):
        self.assertEqual([side.stop() for side in self.sides], [0, 0])

    def random(self, steps):
        rng = random.Random(SEED)
        for step in range(steps):
            for _ in range(rng.randrange(3)):
                words = change(rng)
                replies = [side.here.ask(*words).raw for side in self.sides]
                self.assertEqual(*replies, (SEED, step, words))
                if words[0] == 'PSETEX':
                    time.sleep(0.003)
            if rng.random() < 0.2:
                for side in self.sides:
                    side.there.ask('FLUSHALL')
            words = call(rng)
            replies = [side.migrate(words) for side in self.sides]
            self.assertEqual(*replies, (SEED, step, words))
            self.assertEqual(*[side.held() for side in self.sides], (SEED, step, words))
            self.assertEqual(*[side.events() for side in self.sides], (SEED, step, words))

    def testFromUsAsFromThem(self):
        self.start((EBB,), (ORACLE,))
        self.random(STEPS)

    def testToUsAsToThem(self):
        self.start((ORACLE, EBB), (ORACLE, ORACLE))
        self.random(STEPS // 2)


if __name__ == '__main__':
    print(f'seed: EBB_SEED={SEED}')
    result = unittest.main(exit=False, verbosity=0).result
    bad = len(result.failures) + len(result.errors)
    print(f'{result.testsRun - bad} passed, {bad} failed')
    sys.exit(1 if bad else 0)
