#!/usr/bin/env python3
"""COMMAND DOCS has the shape that redis-server gives it: the same keys in the same order, of the
same types, and the same trees of arguments where newer versions have not changed them. The texts
are our own.

EBB and EBB_ORACLE name the two binaries (build/ebb-server, redis-server)."""
import os
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import resp  # noqa: E402
import servers  # noqa: E402

ROOT = pathlib.Path(__file__).parents[2]
EBB = os.environ.get('EBB', str(ROOT / 'build' / 'ebb-server'))
ORACLE = os.environ.get('EBB_ORACLE', 'redis-server')

# Newer versions describe them with other names or more options than 7.0.15 has.
NEWER_ARGUMENTS = set('''bitcount bitfield bitfield_ro bitop bitpos flushall flushdb geoadd geohash geopos
    georadius georadius_ro georadiusbymember georadiusbymember_ro geosearch geosearchstore
    hello hmset hscan hset lcs migrate mset msetnx pfmerge psubscribe set shutdown sort
    sort_ro xadd xclaim xread xreadgroup xsetid xtrim zadd zinter zinterstore zrange
    zrangebylex zrangebyscore zrangestore zrank zrevrangebylex zrevrangebyscore zrevrank
    zunion zunionstore'''.split())
NEWER_DEPRECATION = {'psetex', 'quit', 'setex', 'setnx'}
DEPRECATION = ['doc_flags', 'deprecated_since', 'replaced_by']
# Only some commands have these, and newer versions give them to more.
MAY_DIFFER = ('complexity', 'history')


def tree(reply):
    """A reply as lists, dicts of maps and texts."""
    if reply.kind == b'%':
        values = [tree(r) for r in reply.value]
        return dict(zip(values[::2], values[1::2]))
    if reply.isAggregate():
        return [tree(r) for r in reply.value]
    return reply.value if isinstance(reply.value, int) else (reply.value or b'').decode()


def docs(binary):
    server = servers.Server(binary)
    connection = resp.Connection(server.port)
    connection.ask('HELLO', 3)
    found = tree(connection.ask('COMMAND', 'DOCS'))
    connection.close()
    server.stop()
    return found


def argument(a):
    """Without what newer versions added to each."""
    kept = {key: value for key, value in a.items() if key not in ('display_text', 'since',
                                                                  'summary', 'deprecated_since')}
    return {**kept, 'flags': sorted(a.get('flags', [])),
            'arguments': [argument(sub) for sub in a.get('arguments', [])]}


class Docs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ebb, oracle = docs(EBB), docs(ORACLE)
        cls.both = {name: (ebb[name], oracle[name]) for name in oracle if name in ebb}

    def testThereAreManyToCompare(self):
        self.assertGreater(len(self.both), 200)

    def testKeysStandInTheSameOrder(self):
        for name, (ours, theirs) in self.both.items():
            with self.subTest(name):
                ours = [key for key in ours if key not in MAY_DIFFER]
                if name in NEWER_DEPRECATION:
                    self.assertEqual(ours[3:6], DEPRECATION)
                    del ours[3:6]
                self.assertEqual(ours, [key for key in theirs if key not in MAY_DIFFER])

    def testTheyAreAsOldAndOfTheSameGroup(self):
        for name, (ours, theirs) in self.both.items():
            with self.subTest(name):
                for key in 'since', 'group':
                    self.assertEqual(ours[key], theirs[key])
                self.assertIsInstance(ours['summary'], str)

    def testArgumentsAreTheSame(self):
        for name, (ours, theirs) in self.both.items():
            if name in NEWER_ARGUMENTS:
                continue
            with self.subTest(name):
                self.assertEqual([argument(a) for a in ours.get('arguments', [])],
                                 [argument(a) for a in theirs.get('arguments', [])])

    def testNothingIsExemptThatNeedNotBe(self):
        for name in NEWER_ARGUMENTS & set(self.both):
            with self.subTest(name):
                ours, theirs = self.both[name]
                self.assertNotEqual([argument(a) for a in ours.get('arguments', [])],
                                    [argument(a) for a in theirs.get('arguments', [])])


if __name__ == '__main__':
    result = unittest.main(exit=False, verbosity=0).result
    bad = len(result.failures) + len(result.errors)
    print(f'{result.testsRun - bad} passed, {bad} failed')
    sys.exit(1 if bad else 0)
