#!/usr/bin/env python3
"""Shows that the differential driver finds differences and invents none: redis-server against
itself, then against one whose configuration changes replies."""
import os
import pathlib
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import compare  # noqa: E402
import resp  # noqa: E402

DRIVER = str(pathlib.Path(__file__).parent / 'run.py')
ORACLE = os.environ.get('EBB_ORACLE', 'redis-server')


def drive(*options):
    done = subprocess.run([sys.executable, DRIVER, '--ebb', ORACLE, '--oracle', ORACLE, *options],
                          text=True, capture_output=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


class Differential(unittest.TestCase):
    def testEqualServersDoNotDiffer(self):
        code, out = drive('--scripts', '24')
        self.assertEqual(code, 0, out)
        self.assertTrue(out.endswith('24 passed, 0 failed\n'), out)

    def testDifferenceInRawBytesIsFoundAndReduced(self):
        code, out = drive('--scripts', '20', '--seed', '1', '--family', 'hll',
                          '--max-differences', '1', '--ebb-options', '--hll-sparse-max-bytes 100')
        self.assertEqual(code, 1, out)
        history = [line for line in out.split('\n') if line.startswith('    ')]
        self.assertLessEqual(len(history), 4, out)
        self.assertRegex(out, r'\n  > (GET|STRLEN|PFADD|GETRANGE) ')

    def testDifferenceInErrorsIsFoundInBothProtocols(self):
        for protocol in '23':
            code, out = drive('--scripts', '20', '--seed', '1', '--family', 'keys', '--resp',
                              protocol, '--max-differences', '1', '--ebb-options', '--databases 10')
            self.assertEqual(code, 1, out)
            self.assertRegex(out, r'index is out of range|DB index')

    def testRepliesAreCutWhereTheyEnd(self):
        raw = b'*2\r\n$3\r\na\r\n\r\n%1\r\n+k\r\n*-1\r\n_\r\n'
        first, end = resp.parse(raw, 0)
        self.assertEqual([c.raw for c in first.value], [b'$3\r\na\r\n\r\n', b'%1\r\n+k\r\n*-1\r\n'])
        self.assertEqual(resp.parse(raw, end)[0].raw, b'_\r\n')
        for cut in range(end):
            with self.assertRaises(IndexError):
                resp.parse(raw[:cut], 0)

    def testOnlyWhatMayVaryIsForgiven(self):
        def equal(command, a, b):
            return compare.areEqual(command.encode().split(), resp.parse(a, 0)[0],
                                    resp.parse(b, 0)[0])
        self.assertTrue(equal('TTL k', b':100\r\n', b':99\r\n'))
        self.assertFalse(equal('TTL k', b':100\r\n', b':90\r\n'))
        self.assertFalse(equal('TTL k', b':0\r\n', b':-1\r\n'))
        self.assertFalse(equal('STRLEN k', b':100\r\n', b':99\r\n'))
        self.assertTrue(equal('KEYS *', b'*2\r\n+a\r\n+b\r\n', b'*2\r\n+b\r\n+a\r\n'))
        self.assertFalse(equal('MGET a b', b'*2\r\n+a\r\n+b\r\n', b'*2\r\n+b\r\n+a\r\n'))
        self.assertFalse(equal('KEYS', b'-ERR a\r\n', b'-ERR b\r\n'))
        self.assertFalse(equal('GET k', b'$-1\r\n', b'_\r\n'))

    def testNewsAreComparedInOrderButWhereItMeansNothing(self):
        def news(*messages, kind=b'*'):
            raw = b''.join(b'%c%d\r\n' % (kind[0], len(m.split())) + b''.join(
                b'$%d\r\n%s\r\n' % (len(w), w.encode()) for w in m.split()) for m in messages)
            at, found = 0, []
            while at < len(raw):
                message, at = resp.parse(raw, at)
                found.append(message)
            return found

        def same(a, b, ignored=()):
            return compare.heardIn(a, ignored) == compare.heardIn(b, ignored)
        one, two = 'pmessage p* __keyspace@0__:k set', 'pmessage *s __keyspace@0__:k set'
        other = 'pmessage p* __keyspace@0__:k del'
        self.assertTrue(same(news(one, two), news(two, one)))
        self.assertFalse(same(news(one, other), news(other, one)))
        self.assertFalse(same(news(one), news(one, one)))
        self.assertFalse(same(news(one), news(one, other)))
        self.assertTrue(same(news(one), news(one, other), {b'del'}))
        reply = news('x')
        self.assertTrue(same(news(one, kind=b'>') + reply, reply + news(one, kind=b'>')))
        self.assertFalse(same(news(one) + reply, reply + news(one)))

    def testDeadlinesOfAMomentAreKnown(self):
        for command in 'PEXPIRE k 1', 'set k v px 1', 'GETEX k PX 1', 'PSETEX k 1 v':
            self.assertTrue(compare.isMortal(command.encode().split()), command)
        for command in 'PEXPIRE k 100000', 'SET k 1', 'GET 1', 'PSETEX k 100000 1':
            self.assertFalse(compare.isMortal(command.encode().split()), command)

    def testDangerousCommandsAreNotSent(self):
        for command in ['SETBIT k 2147483647 1', 'WAIT 1 0', 'CLIENT PAUSE 100000',
                        'CLIENT REPLY off', 'CLIENT KILL ID 7', 'CLIENT KILL TYPE pubsub',
                        'SUBSCRIBE a', 'CONFIG SET maxclients 1',
                        'BITFIELD k SET u8 4000000000 1', 'DEBUG SLEEP 10', 'PSETEX k 39 v',
                        'set k v ex 5']:
            self.assertFalse(compare.isSafe(command.encode().split()), command)
        for command in ['SETBIT k 4294967296 1', 'WAIT 0 0', 'CLIENT PAUSE 0', 'GET k', 'CLIENT',
                        'BITFIELD k SET i32 0 2147483647', 'CONFIG SET maxclients a', 'PEXPIRE k 1',
                        'SETEX k 100 v']:
            self.assertTrue(compare.isSafe(command.encode().split()), command)


if __name__ == '__main__':
    result = unittest.main(exit=False, verbosity=0).result
    bad = len(result.failures) + len(result.errors)
    print(f'{result.testsRun - bad} passed, {bad} failed')
    sys.exit(1 if bad else 0)
