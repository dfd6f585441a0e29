"""Makes a server's n-th call on a file fail, and those after it: the disk is full (ENOSPC), broken
(EIO), or takes only a part of what is written.

Meanwhile the server must live, say so, and answer; when the disk is well again it must take writes
by itself, and what it acknowledged under appendfsync always must outlive a kill -9 at the end.
"""
import errno
import time

import shimmed
from kill_points import Ledger, write

RECOVERY_S = 15
ONCE = 1
WHOLE_TIME = 1 << 40

ERRORS = {'ENOSPC': errno.ENOSPC, 'EIO': errno.EIO, 'short write': 0}


def writes(client, ledger):
    for _ in range(4):
        write(client, ledger)


def saves(client, ledger):
    client.ask('BGSAVE')
    write(client, ledger)


def rewrites(client, ledger):
    client.ask('BGREWRITEAOF')
    write(client, ledger)


def backs(client, ledger):
    """Whatever fails, it is given up: a backup that waits would be of no use to the next point."""
    client.ask('BACKUP', 'START')
    while client.ask('BACKUP', 'STATUS')[1] in (b'pending', b'snapshotting'):
        write(client, ledger)
    client.ask('BACKUP', 'SEAL')
    write(client, ledger)
    client.ask('BACKUP', 'ABORT')
    client.ask('BACKUP', 'CLEANUP')


COURSES = {'writes': writes, 'bgsave': saves, 'rewrite': rewrites, 'backup': backs}


class Run:
    def __init__(self, binary, shim, name):
        self.server = shimmed.Shimmed(binary, shim, '--appendonly', 'yes', '--appendfsync',
                                      'always', '--auto-aof-rewrite-percentage', '0')
        self.course, self.name = COURSES[name], name
        self.ledger = Ledger()
        self.points = self.failures = self.hits = 0
        if not self.server.start():
            raise SystemExit('the server does not start')

    def fail(self, text):
        self.failures += 1
        print(f'{self.name}: {text}\n{self.server.log()}')

    def again(self, what):
        """Does 'what' with clients of its own until it is done, however often one is dropped."""
        deadline = time.monotonic() + RECOVERY_S
        while time.monotonic() < deadline:
            if self.server.process.poll() is not None:
                return False
            try:
                client = self.server.client()
                done = what(client)
                client.close()
                if done:
                    return True
            except shimmed.Gone:
                pass
            time.sleep(0.01)
        return False

    def point(self, n, error, times):
        """False if there is no such call."""
        server = self.server
        where = f'call {n}, {error}{" and all after it" if times > 1 else ""}'
        server.state.order(shimmed.FAIL, at=n, until=n + times - 1, error=ERRORS[error])
        try:
            client = server.client()
            self.course(client, self.ledger)
            client.close()
        except shimmed.Gone:
            pass
        if not self.again(self.quiet):
            self.fail(f'{where}: a child does not end, or the server does not answer')
        if self.course is writes and times > ONCE and server.state.hits and ERRORS[error]:
            if not self.again(self.tells):
                self.fail(f'{where}: INFO does not tell')
        reached = server.state.calls >= n
        self.hits += server.state.hits
        server.state.order(0)
        if not self.again(lambda c: write(c, self.ledger)):
            self.fail(f'{where}: it takes no writes although the disk is well again')
        self.points += reached
        return reached

    @staticmethod
    def quiet(client):
        info = client.info('persistence')
        return info['rdb_bgsave_in_progress'] == '0' and info['aof_rewrite_in_progress'] == '0'

    @staticmethod
    def tells(client):
        refused = isinstance(client.ask('SET', 'key:none', 'x'), RuntimeError)
        return refused and client.info('persistence')['aof_last_write_status'] == 'err'

    def finish(self):
        """Kills it and looks whether all is there."""
        self.server.kill()
        self.server.state.order(0)
        if not self.server.start():
            self.fail('does not start again')
            return
        wrong = self.ledger.lost(self.server.client())
        if wrong:
            self.fail(f'{len(wrong)} keys lost: {wrong[:3]}')

    def remove(self):
        self.server.remove()


def run(binary, shim, full):
    """Every call of every course with every error; without 'full' a few of them."""
    total = failures = hits = 0
    for name in COURSES:
        course = Run(binary, shim, name)
        for error in ERRORS:
            for times in (ONCE, WHOLE_TIME) if full else (ONCE if error == 'EIO' else WHOLE_TIME,):
                n = 1
                while course.point(n, error, times) and course.failures < 10:
                    n += 1 if full else 7
                course.finish()
        print(f'{name}: {course.points} failing calls, {course.hits} hits, '
              f'{course.ledger.writes} acknowledged writes, {course.failures} bad')
        course.remove()
        total += course.points
        hits += course.hits
        failures += course.failures
    print(f'{total} failing calls, {hits} hits, {failures} bad')
    return failures
