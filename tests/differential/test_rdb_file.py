#!/usr/bin/env python3
"""Files with every type and encoding go from Ebb to a real redis-server and back, and read the same
there; ebb-check-rdb says of a file what redis-check-rdb says.

EBB and EBB_ORACLE name the two servers (build/ebb-server, redis-server), EBB_CHECKER
redis-check-rdb."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from test_dump import EBB, ORACLE, VALUES, Side  # noqa: E402

CHECKER = os.environ.get('EBB_CHECKER', 'redis-check-rdb')
SETTINGS = [
    [],
    ['rdbcompression', 'no'],
    ['maxmemory-policy', 'allkeys-lru'],
    ['maxmemory-policy', 'allkeys-lfu'],
    ['list-max-listpack-size', '2', 'hash-max-listpack-entries', '0',
     'zset-max-listpack-entries', '0', 'set-max-intset-entries', '0'],
]
FAR_MS = 4102444800123


def dumpOf(side):
    return os.path.join(side.server.folder, 'dump.rdb')


class Files(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ebb, cls.oracle = Side(EBB), Side(ORACLE)

    @classmethod
    def tearDownClass(cls):
        assert cls.ebb.stop() == 0
        cls.oracle.stop()

    def ok(self, side, *words):
        self.assertEqual(side.ask(*words).raw, b'+OK\r\n', words)

    def fill(self, source, settings):
        source.ask('FLUSHALL')
        if settings:
            self.ok(source, 'CONFIG', 'SET', *settings)
        source.fill()
        source.ask('PEXPIREAT', 'text', FAR_MS)
        self.ok(source, 'SELECT', '9')
        source.ask('SET', 'here', 'nine')
        self.ok(source, 'SELECT', '0')

    def reset(self, side):
        self.ok(side, 'CONFIG', 'SET', 'rdbcompression', 'yes', 'maxmemory-policy', 'noeviction',
                'list-max-listpack-size', '-2', 'hash-max-listpack-entries', '512',
                'zset-max-listpack-entries', '128', 'set-max-intset-entries', '512')

    def travel(self, source, target):
        for settings in SETTINGS:
            self.fill(source, settings)
            self.ok(source, 'SAVE')
            shutil.copy(dumpOf(source), dumpOf(target))
            self.ok(target, 'DEBUG', 'RELOAD', 'NOSAVE')
            self.assertEqual(int(target.ask('DBSIZE').value), len(VALUES))
            for key in VALUES:
                with self.subTest(key, settings=settings):
                    self.assertEqual(target.read(key), source.read(key))
            self.assertEqual(int(target.ask('PEXPIRETIME', 'text').value), FAR_MS)
            self.ok(target, 'SELECT', '9')
            self.assertEqual(target.ask('GET', 'here').value, b'nine')
            self.ok(target, 'SELECT', '0')
            self.reset(source)

    def testOursAreLoadedThere(self):
        self.travel(self.ebb, self.oracle)

    def testTheirsAreLoadedHere(self):
        self.travel(self.oracle, self.ebb)

    def testLibrariesTravel(self):
        code = "#!lua name=mylib\nredis.register_function('seven', function() return 7 end)"
        for source, target in (self.ebb, self.oracle), (self.oracle, self.ebb):
            for side in source, target:
                self.ok(side, 'FUNCTION', 'FLUSH')
                side.ask('FLUSHALL')
            self.assertEqual(source.ask('FUNCTION', 'LOAD', code).value, b'mylib')
            self.ok(source, 'SAVE')
            shutil.copy(dumpOf(source), dumpOf(target))
            self.ok(target, 'DEBUG', 'RELOAD', 'NOSAVE')
            self.assertEqual(int(target.ask('FCALL', 'seven', '0').value), 7)
            for side in source, target:
                self.ok(side, 'FUNCTION', 'FLUSH')

    def testUseIsKept(self):
        for source, target in (self.ebb, self.oracle), (self.oracle, self.ebb):
            for side in source, target:
                side.ask('FLUSHALL')
                self.ok(side, 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
            payload = source.ask('SET', 'k', 'v') and source.ask('DUMP', 'k').value
            self.ok(source, 'RESTORE', 'old', '0', payload, 'IDLETIME', '5000')
            self.ok(source, 'SAVE')
            shutil.copy(dumpOf(source), dumpOf(target))
            self.ok(target, 'DEBUG', 'RELOAD', 'NOSAVE')
            self.assertAlmostEqual(int(target.ask('OBJECT', 'IDLETIME', 'old').value), 5000, delta=20)
            for side in source, target:
                self.ok(side, 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lfu')
            self.ok(source, 'RESTORE', 'often', '0', payload, 'FREQ', '77')
            self.ok(source, 'SAVE')
            shutil.copy(dumpOf(source), dumpOf(target))
            self.ok(target, 'DEBUG', 'RELOAD', 'NOSAVE')
            self.assertEqual(int(target.ask('OBJECT', 'FREQ', 'often').value), 77)
            for side in source, target:
                self.reset(side)


class Checker(unittest.TestCase):
    """The two tools side by side."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix='ebb-check-')
        cls.ours = os.path.join(cls.folder, 'ebb-check-rdb')
        os.symlink(os.path.abspath(EBB), cls.ours)
        side = Side(ORACLE)
        side.fill()
        assert side.ask('SAVE').raw == b'+OK\r\n'
        with open(dumpOf(side), 'rb') as dump:
            cls.data = dump.read()
        side.stop()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def both(self, data):
        path = os.path.join(self.folder, 'x.rdb')
        with open(path, 'wb') as file:
            file.write(data)
        said = []
        for tool in CHECKER, self.ours:
            done = subprocess.run([tool, path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=60)
            # A key that was begun counts there; a type is told where none was read.
            lines = [line for line in done.stdout.decode(errors='replace').splitlines()
                     if 'keys read' not in line and 'Reading type 0 ' not in line]
            said.append((done.returncode, lines))
        return said

    def testAGoodFileIsToldOfInTheSameWords(self):
        theirs, ours = self.both(self.data)
        self.assertEqual(ours, theirs)
        self.assertEqual(ours[0], 0)

    def testTheHeadIsToldOfInTheSameWords(self):
        for data in b'', b'REDIS', self.data[:9], b'X' + self.data[1:], b'REDIS0099' + \
                self.data[9:], self.data[:-1] + b'?', self.data[:-8] + bytes(8):
            theirs, ours = self.both(data)
            self.assertEqual(ours, theirs)

    def testEveryCutIsFound(self):
        for cut in range(0, len(self.data), max(1, len(self.data) // 40)):
            theirs, ours = self.both(self.data[:cut])
            self.assertEqual((theirs[0], ours[0]), (1, 1), cut)

    def testWhatCannotBeOpened(self):
        done = subprocess.run([self.ours, os.path.join(self.folder, 'nosuch')],
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b'Cannot open', done.stderr)
        self.assertEqual(subprocess.run([self.ours], capture_output=True).returncode, 1)
        self.assertEqual(subprocess.run([EBB, '--check-rdb', '-v'],
                                        capture_output=True).returncode, 0)


if __name__ == '__main__':
    result = unittest.main(exit=False, verbosity=0).result
    bad = len(result.failures) + len(result.errors)
    print(f'{result.testsRun - bad} passed, {bad} failed')
    sys.exit(1 if bad else 0)
