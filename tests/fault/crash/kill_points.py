"""Kills a server at its n-th call on a file, for every n of several courses of events, and looks
whether what it had acknowledged is there when it starts again.

A course goes on in one folder: whatever a kill left is what the next start finds. Each write has a
number of its own, so that a value tells which write it is: a key must hold its last acknowledged
write, or one sent later.
"""
import os
import random
import shutil

import shimmed

KEYS = 64
PIPELINE = 8


class Ledger:
    """Writes that were sent and those that were acknowledged."""

    def __init__(self):
        self.number = 0
        self.sent = {}   # key: numbers since the last acknowledged one
        self.acked = {}  # key: the last one
        self.writes = 0

    def next(self):
        self.number += 1
        key = f'key:{self.number % KEYS}'
        self.sent.setdefault(key, []).append(self.number)
        return key, self.number

    def ack(self, key, number):
        self.acked[key] = number
        self.sent[key] = [n for n in self.sent[key] if n > number]
        self.writes += 1

    def lost(self, client):
        """Keys that hold neither; what they hold becomes what is expected from now on."""
        keys = [f'key:{i}' for i in range(KEYS)]
        wrong = []
        for key, value in zip(keys, client.ask('MGET', *keys)):
            found = int(value) if value is not None else None
            good = found == self.acked.get(key) or found in self.sent.get(key, [])
            if not good:
                wrong.append((key, found, self.acked.get(key), self.sent.get(key)))
            self.sent[key] = []
            self.acked.pop(key, None)
            if found is not None:
                self.acked[key] = found
        return wrong


def write(client, ledger, count=PIPELINE):
    """Pipelined writes, each acknowledged or not. False if one was refused."""
    batch = [ledger.next() for _ in range(count)]
    for key, number in batch:
        client.send('SET', key, number)
    good = True
    for key, number in batch:
        if client.read() == b'OK':
            ledger.ack(key, number)
        else:
            good = False
    return good


# ---- courses: what happens after a start ----

def steady(server, client, ledger):
    for _ in range(6):
        write(client, ledger)


def saving(server, client, ledger):
    client.ask('BGSAVE')
    until(client, ledger, 'rdb_bgsave_in_progress', '0')


def rewriting(server, client, ledger):
    client.ask('BGREWRITEAOF')
    until(client, ledger, 'aof_rewrite_in_progress', '0', 'aof_rewrite_scheduled', '0')
    write(client, ledger)


def switching(server, client, ledger):
    """Off and on again: nothing is written before there is a log again."""
    client.ask('CONFIG', 'SET', 'appendonly', 'no')
    client.ask('CONFIG', 'SET', 'appendonly', 'yes')
    while True:
        info = client.info('persistence')
        if info['aof_rewrite_in_progress'] == '0' and info['aof_rewrite_scheduled'] == '0':
            break
    write(client, ledger)


def backing(server, client, ledger):
    """A backup beside the log; what a kill left of the last one has to go first."""
    shutil.rmtree(os.path.join(server.folder, 'backupdir'), ignore_errors=True)
    client.ask('BACKUP', 'START')
    until(client, ledger, 'aof_rewrite_in_progress', '0', 'aof_rewrite_scheduled', '0')
    client.ask('BACKUP', 'SEAL')
    write(client, ledger)
    client.ask('BACKUP', 'CLEANUP')
    write(client, ledger)


def ending(server, client, ledger):
    write(client, ledger)
    client.ask('SHUTDOWN')
    raise shimmed.Gone('it has ended')


def until(client, ledger, *pairs):
    """Writes on until INFO says so."""
    while True:
        write(client, ledger)
        info = client.info('persistence')
        if all(info[name] == value for name, value in zip(pairs[::2], pairs[1::2])):
            return


COURSES = {'steady': steady, 'bgsave': saving, 'rewrite': rewriting, 'switch': switching,
           'backup': backing, 'shutdown': ending}


class Run:
    """One course, again and again, killed at each of its calls in turn: counted from the start of
    the server, or from the course on. 'stride' calls are passed over between two kills."""

    def __init__(self, binary, shim, name, stride):
        self.server = shimmed.Shimmed(binary, shim, '--appendonly', 'yes', '--appendfsync',
                                      'always', '--auto-aof-rewrite-percentage', '0')
        self.course, self.name, self.stride = COURSES[name], name, stride
        self.ledger = Ledger()
        self.next = {True: 1, False: 1}  # by whether it is counted from the start
        self.tear = {True: False, False: False}
        self.longest = {True: 0, False: 0}
        self.points = self.failures = 0

    def fail(self, text):
        self.failures += 1
        print(f'{self.name}: {text}\n{self.server.log()}')

    def look(self, client, where):
        wrong = self.ledger.lost(client)
        if wrong:
            self.fail(f'{len(wrong)} keys lost {where}: {wrong[:3]}')

    def point(self):
        early = self.points % 4 == 3
        n, tear = self.next[early], self.tear[early]
        where = f'at call {n}{" of the start" if early else ""}{", torn" if tear else ""}'
        reached, status = self.killed(early, n, tear, where)
        if status not in (0, -9):
            self.fail(f'ended by {status} before the kill {where}')
        if reached:
            self.points += 1
            self.longest[early] = max(self.longest[early], n)
            self.next[early] += self.stride
        else:
            # There is no such call: all were had, and it begins anew.
            self.next[early] = 1 + random.randrange(self.stride)
            self.tear[early] = not tear

    def killed(self, early, n, tear, where):
        """True if the kill was reached, and how the server ended."""
        server, mode = self.server, shimmed.KILL | (shimmed.TEAR if tear else 0)
        server.state.order(mode if early else 0, at=n)
        if server.start():
            try:
                client = server.client()
                self.look(client, where)
                if not early:
                    server.state.order(mode, at=n)
                self.course(server, client, self.ledger)
            except shimmed.Gone:
                server.ended(10)
        reached = server.state.calls >= n
        status = server.process.poll()
        return reached, server.kill() if status is None else status

    def finish(self):
        self.server.state.order(0)
        if self.server.start():
            self.look(self.server.client(), 'in the end')
        else:
            self.fail('does not start')
        self.server.remove()


def run(binary, shim, points, stride, courses=COURSES):
    """So many kill points, shared by the courses; the number of failures."""
    total = failures = writes = 0
    for name in courses:
        course = Run(binary, shim, name, stride)
        while course.points < points // len(courses):
            course.point()
            if course.failures > 20:
                break
        course.finish()
        print(f'{name}: {course.points} kill points, up to calls {course.longest[False]} and '
              f'{course.longest[True]} of the start, '
              f'{course.ledger.writes} acknowledged writes, {course.failures} lost')
        total += course.points
        writes += course.ledger.writes
        failures += course.failures
    print(f'{total} kill points, {writes} acknowledged writes, {failures} lost')
    return failures
