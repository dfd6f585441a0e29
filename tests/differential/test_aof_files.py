#!/usr/bin/env python3
"""Append-only logs go from Ebb to a real redis-server and back, their base in RDB form and as
commands, and the data read the same there; ebb-check-aof says what redis-check-aof says.

EBB and EBB_ORACLE name the two servers (build/ebb-server, redis-server), EBB_CHECKER
redis-check-aof. What is left out of the comparison of the checkers: the program's name, headers of
log lines, what the oracle reads behind the end of a file, line numbers that it counts on from one
file to the next, and how the RDB part is described."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import resp  # noqa: E402
from test_dump import EBB as EBB_NAMED, ORACLE, VALUES, Side  # noqa: E402

EBB = os.path.abspath(EBB_NAMED)
CHECKER = os.environ.get('EBB_CHECKER', 'redis-check-aof')
FAR_MS = 4102444800123
LOG = ['--auto-aof-rewrite-percentage', '0']


def end(side):
    side.connection.close()
    side.server.process.send_signal(signal.SIGTERM)
    assert side.server.process.wait(20) == 0, side.server.log()


def restart(side, options):
    side.server.options = [*LOG, *options]
    side.server.start()
    side.connection = resp.Connection(side.server.port)


def folderOf(side):
    return os.path.join(side.server.folder, 'appendonlydir')


class Logs(unittest.TestCase):
    def setUp(self):
        self.ebb, self.oracle = Side(EBB), Side(ORACLE)

    def tearDown(self):
        for side in self.ebb, self.oracle:
            side.connection.close()
            side.server.stop()

    def rewrite(self, side):
        self.assertEqual(side.ask('BGREWRITEAOF').kind, b'+')
        while b'aof_rewrite_in_progress:1' in side.ask('INFO', 'persistence').value:
            pass
        self.assertIn(b'aof_last_bgrewrite_status:ok', side.ask('INFO', 'persistence').value)

    def travel(self, source, target, preamble, rewritten):
        options = ['--appendonly', 'yes', '--aof-use-rdb-preamble', preamble,
                   '--aof-timestamp-enabled', 'yes']
        for side in source, target:
            end(side)
        restart(source, options)
        source.fill()
        source.ask('PEXPIREAT', 'text', FAR_MS)
        if rewritten:
            self.rewrite(source)
        source.ask('MULTI')
        source.ask('SET', 'later', 'x')
        source.ask('APPEND', 'later', 'y')
        source.ask('EXEC')
        source.ask('SELECT', 9)
        source.ask('SET', 'here', 'nine')
        source.ask('SELECT', 0)
        # Its own log may tell less than it knew: 7.0 forgets how much a group has read.
        end(source)
        restart(source, options)
        wanted = {key: source.read(key) for key in VALUES}
        end(source)
        shutil.copytree(folderOf(source), folderOf(target))
        restart(target, options)
        for key in VALUES:
            self.assertEqual(target.read(key), wanted[key], (key, preamble, rewritten))
        self.assertEqual(target.ask('GET', 'later').value, b'xy')
        self.assertEqual(target.ask('PEXPIRETIME', 'text').value, b'%d' % FAR_MS)
        self.assertEqual(target.ask('DBSIZE').value, b'%d' % (len(VALUES) + 1))
        target.ask('SELECT', 9)
        self.assertEqual(target.ask('GET', 'here').value, b'nine')
        # The other goes on with the log, and what it adds is read where it came from.
        target.ask('INCR', 'counter')
        target.ask('SELECT', 0)
        if rewritten:
            self.rewrite(target)
        end(target)
        shutil.rmtree(folderOf(source))
        shutil.copytree(folderOf(target), folderOf(source))
        restart(source, options)
        for key in VALUES:
            self.assertEqual(source.read(key), wanted[key], (key, preamble, rewritten))
        source.ask('SELECT', 9)
        self.assertEqual(source.ask('GET', 'counter').value, b'1')

    def testOursReadTheSameThere(self):
        self.travel(self.ebb, self.oracle, 'yes', True)

    def testOursReadTheSameThereAsCommands(self):
        self.travel(self.ebb, self.oracle, 'no', True)

    def testOursReadTheSameThereUnrewritten(self):
        self.travel(self.ebb, self.oracle, 'yes', False)

    def testTheirsReadTheSameHere(self):
        self.travel(self.oracle, self.ebb, 'yes', True)

    def testTheirsReadTheSameHereAsCommands(self):
        self.travel(self.oracle, self.ebb, 'no', True)

    def testTheirsReadTheSameHereUnrewritten(self):
        self.travel(self.oracle, self.ebb, 'no', False)


SET = b'*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n'
MULTI = b'*1\r\n$5\r\nMULTI\r\n'
EXEC = b'*1\r\n$4\r\nEXEC\r\n'
TIMED = b'#TS:100\r\n' + SET + b'#TS:200\r\n' + SET + b'#TS:300\r\n' + SET
SINGLE = {
    'good': SET * 3, 'empty': b'', 'foreign': SET + b'xyz\r\n', 'zeros': SET + b'\0\0\0',
    'prefix': SET + b'*2\r\n$3\r\nGET\r\n#1\r\nb\r\n', 'none': SET + b'*0\r\n',
    'letter': SET + b'*x\r\n', 'noend': SET + b'*1\r\n$3\r\nABCxx', 'cut': SET + b'*1\r\n$3\r\nABC',
    'negative': SET + b'*1\r\n$-1\r\n', 'huge': SET + b'*1\r\n$9999999999\r\nabc',
    'notes': b'#TS:12\r\n' + SET + b'#abc\n' + SET, 'exec': SET + EXEC,
    'nested': MULTI + MULTI + SET, 'unit': MULTI + SET + EXEC, 'open': SET + MULTI + SET,
    'cutunit': MULTI + SET + b'*1\r\n$4\r\nEX', 'upper': b'*1\r\n$5\r\nmulti\r\n' + SET + EXEC,
}
BASE, INCR = b'file l.1.base.aof seq 1 type b\n', b'file l.1.incr.aof seq 1 type i\n'
MANIFESTS = {
    'both': BASE + INCR, 'base': BASE, 'incr': INCR, 'comment': b'# x\n' + BASE,
    'history': b'file l.9.incr.aof seq 9 type h\n', 'missing': BASE + INCR.replace(b'1', b'7'),
    'zero': b'file a seq 0 type b\n',
    'path': b'file d/a seq 1 type b\n', 'word': b'file a seq x type b\n',
    'key': b'file a seq 1 typ b\n', 'quote': b'file "a seq 1 type b\n', 'blank': b'\n' + BASE,
    'twice': BASE + BASE, 'order': INCR.replace(b'1', b'2') + INCR, 'type': b'file a seq 1 type q\n',
}


class Checkers(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='ebb-check-')
        self.ours = os.path.join(self.folder, 'ebb-check-aof')
        os.symlink(os.path.abspath(EBB), self.ours)

    def tearDown(self):
        shutil.rmtree(self.folder)

    def outcome(self, program, files, arguments, answer):
        place = tempfile.mkdtemp(dir=self.folder)
        for name, data in files.items():
            with open(os.path.join(place, name), 'wb') as out:
                out.write(data)
        run = subprocess.run([program, *arguments], cwd=place, input=answer, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
        left = {name: pathlib.Path(place, name).read_bytes() for name in files}
        text = run.stdout.decode('latin-1')
        text = re.sub(r'(?m)^\d+:C .*? # ', '', text)
        text = re.sub(r'(redis|ebb)-check-aof', 'check-aof', text)
        text = re.sub(r'ok_up_to_line=\d+', '', text)
        text = re.sub(r'got: 00\w\w', 'got: nothing', text)
        text = re.sub(r'(?m)^\[(offset|info|additional).*\n', '', text)
        text = re.sub(r'(?m)^--- RDB ERROR.*\n', '', text)
        text = re.sub(r'.*/check-aof', 'check-aof', text.replace('Usage: ', ''))
        return run.returncode, [line for line in text.split('\n') if line], left

    def same(self, files, *arguments, answer=b''):
        ours = self.outcome(self.ours, files, arguments, answer)
        theirs = self.outcome(CHECKER, files, arguments, answer)
        self.assertEqual(ours, theirs, (files, arguments))

    def testSingleFiles(self):
        for name, data in SINGLE.items():
            with self.subTest(name):
                self.same({'l.aof': data}, 'l.aof')
                self.same({'l.aof': data}, '--fix', 'l.aof', answer=b'y\n')
                self.same({'l.aof': data}, '--fix', 'l.aof', answer=b'n\n')

    def testTimes(self):
        for until in 50, 100, 150, 200, 300, 1000:
            with self.subTest(until):
                self.same({'l.aof': TIMED}, '--truncate-to-timestamp', str(until), 'l.aof')
                files = {'l.manifest': BASE + INCR, 'l.1.base.aof': SET, 'l.1.incr.aof': TIMED}
                self.same(files, '--truncate-to-timestamp', str(until), 'l.manifest')
                files = {'l.manifest': BASE + INCR, 'l.1.base.aof': TIMED, 'l.1.incr.aof': SET}
                self.same(files, '--truncate-to-timestamp', str(until), 'l.manifest')

    def testManifests(self):
        for name, manifest in MANIFESTS.items():
            for base, incr in (SET, SET), (SET, b''), (b'', SET), (SET + b'*3', SET), (SET, b'*1'):
                files = {'l.manifest': manifest, 'l.1.base.aof': base, 'l.1.incr.aof': incr}
                with self.subTest((name, base, incr)):
                    self.same(files, 'l.manifest')
                    self.same(files, '--fix', 'l.manifest', answer=b'y\n')

    def testArguments(self):
        for arguments in [], ['a', 'b', 'c', 'd'], ['nosuch'], ['--fix'], ['--bla', 'x'], [
                '--truncate-to-timestamp', 'x', 'l.aof']:
            self.same({'l.aof': SET}, *arguments)


if __name__ == '__main__':
    result = unittest.main(exit=False, verbosity=0).result
    bad = len(result.failures) + len(result.errors)
    print(f'{result.testsRun - bad} passed, {bad} failed')
    sys.exit(1 if bad else 0)
