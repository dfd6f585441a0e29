"""The two servers, and the comparison of one script on them.

Each server has two connections: commands go to the first; the second listens to keyspace
notifications, and obeys the commands of a script that begin with '@'. What it gets is compared in
order after each batch. Deadlines that are due are found by the commands that touch the keys, never
by time, so that `expired` events come at the same place in both.
"""
import re

import arguments
import compare
import gen_server
import known_differences
import resp

BATCH = 50
ALL_KEYS = [k.encode() for kind in arguments.KEYS.values() for k in kind]
END_OF_NEWS = b'(all that was said)'
# For keys that die at once: longer than any deadline that compare.isMortal() knows.
UNTIL_DEAD = [b'DEBUG', b'SLEEP', b'0.003']


def printable(command):
    """As one would type it into redis-cli."""
    def word(argument):
        if re.fullmatch(rb'[\w!#-&(-/:-@\[\]^`{-~]+', argument):
            return argument.decode()
        escaped = ''.join(chr(b) if 32 <= b < 127 and b not in b'"\\' else
                          f'\\{chr(b)}' if b in b'"\\' else f'\\x{b:02x}' for b in argument)
        return f'"{escaped}"'
    return ' '.join(map(word, command))


def shortened(raw):
    return repr(raw)[1:] if len(raw) < 600 else f'{repr(raw[:600])[1:]}... ({len(raw)} bytes)'


def around(mine, other):
    """Where two long replies part: what stands there in the first."""
    same = next((i for i, (a, b) in enumerate(zip(mine, other)) if a != b),
                min(len(mine), len(other)))
    if same < 400:
        return shortened(mine)
    return f'({same - 100} equal bytes) ...{shortened(mine[same - 100:])}'


def isForListener(command):
    return command[0][:1] == b'@'


class Difference(Exception):
    """Two replies that are not equal: at which command, and what each server said."""

    def __init__(self, at, ebb, oracle):
        super().__init__(at)
        self.at = at
        self.ebb = ebb
        self.oracle = oracle


class Parted(Exception):
    """A known difference after which the servers hold different data: the script ends here."""


def patterns(entries):
    return [(re.compile(c, re.IGNORECASE | re.DOTALL), re.compile(e.encode()),
             re.compile(o.encode())) for c, e, o, _ in entries]


class Pair:
    def __init__(self, ebb, oracle):
        self.servers = [ebb, oracle]
        self.connections = []
        self.listeners = []
        self.ignored_events = set()
        self.has_mortals = False
        self.queued = []
        self.queued_events = set()  # not compared once these run
        self.differ = patterns(known_differences.REPLIES_DIFFER)
        self.part = patterns(known_differences.SERVERS_PART)
        self.events_of_chance = {e.encode() for e, _ in known_differences.EVENTS_OF_CHANCE}
        self.events_differ = [(re.compile(c, re.IGNORECASE | re.DOTALL), set(e.encode().split(b'|')))
                              for c, e, _ in known_differences.EVENTS_DIFFER]

    def begin(self, protocol):
        """Empty servers, configured as always, and new connections to each."""
        self.end()
        self.ignored_events = set()
        self.has_mortals = False
        self.queued = []
        self.queued_events = set()
        for server in self.servers:
            if not server.isRunning():
                server.start()
            self.connections.append(resp.Connection(server.port))
            self.listeners.append(resp.Connection(server.port))
        hello = [[b'HELLO', b'3']] if protocol == 3 else []
        setup = [[b'CLIENT', b'UNPAUSE'], [b'FLUSHALL'], [b'DEBUG', b'SET-ACTIVE-EXPIRE', b'0'],
                 *gen_server.prelude(), *hello]
        for connection, listener in zip(self.connections, self.listeners):
            for target, commands in (connection, setup), (listener, [
                    *hello, [b'CONFIG', b'RESETSTAT'], [b'PSUBSCRIBE', b'__key*__:*']]):
                target.send(commands)
                for _ in commands:
                    target.read()

    def end(self):
        for connection in self.connections + self.listeners:
            connection.close()
        self.connections = []
        self.listeners = []

    def _eventsNotCompared(self, command):
        shown = printable(command)
        return set().union(*(e for c, e in self.events_differ if c.fullmatch(shown)))

    def _standsAlone(self, command):
        """What follows a SCAN may change the keys that it still goes through."""
        return compare.cursorAt(command) or self._eventsNotCompared(command)

    def _isKnown(self, entries, command, ebb, oracle):
        shown = printable(command)
        return any(c.fullmatch(shown) and e.search(ebb.raw) and o.search(oracle.raw)
                   for c, e, o in entries)

    def _followTransaction(self, at, command, replies):
        """Keeps what waits in MULTI. True for an EXEC of it, whose replies are then checked each
        for its own command."""
        if all(r.raw == b'+QUEUED\r\n' for r in replies):
            self.queued.append(command)
            self.queued_events |= self._eventsNotCompared(command)
            return False
        name, queued = compare.nameOf(command), self.queued
        if name in (b'EXEC', b'DISCARD', b'RESET'):
            self.queued = []
            self.ignored_events |= self.queued_events
            self.queued_events = set()
        if name != b'EXEC' or not all(r.kind == b'*' and r.value is not None
                                      and len(r.value) == len(queued) for r in replies):
            return False
        for inner, *both in zip(queued, *(r.value for r in replies)):
            self._check(at, inner, both)
        return True

    def _check(self, at, command, replies):
        ebb, oracle = replies
        if self._followTransaction(at, command, replies):
            return
        if self._isKnown(self.part, command, ebb, oracle):
            raise Parted
        if compare.areEqual(command, ebb, oracle):
            return
        # A command that fails in one server only has not looked for its key there.
        self.ignored_events.add(b'keymiss')
        if not self._isKnown(self.differ, command, ebb, oracle):
            raise Difference(at, around(ebb.raw, oracle.raw), around(oracle.raw, ebb.raw))
        if self.has_mortals:
            raise Parted  # Only one of them has removed the dead key that it asked for.

    def _readBoth(self, at, connections):
        replies = []
        for connection, server in zip(connections, self.servers):
            try:
                replies.append(connection.read())
            except resp.Closed as closed:
                what = f'(the server died; its log: {server.log()})' if server.hasDied() else closed
                replies.append(resp.Reply(b'?', b'', str(what).encode()))
        if any(r.kind == b'?' for r in replies):
            raise Difference(at, shortened(replies[0].raw), shortened(replies[1].raw))
        return replies

    def _send(self, at, connections, commands):
        for connection in connections:
            try:
                connection.send(commands)
            except resp.Closed as closed:
                raise Difference(at, str(closed), str(closed)) from None

    def _finishScan(self, at, command, replies):
        """Each server on its own way through its keys; the sets that came must be the same."""
        found = []
        before = compare.cursorAt(command)
        for connection, reply in zip(self.connections, replies):
            keys = set()
            for _ in range(100000):
                keys.update(k.value for k in reply.value[1].value)
                cursor = reply.value[0].value
                if cursor == b'0':
                    break
                connection.send([[*command[:before], cursor, *command[before + 1:]]])
                reply = connection.read()
            else:
                keys = {b'(SCAN does not end)'}
            found.append(keys)
        if found[0] != found[1]:
            raise Difference(at, shortened(repr(sorted(found[0])).encode()),
                             shortened(repr(sorted(found[1])).encode()))

    def _listen(self, at, commands=()):
        """Sends these to the listeners, and compares all that they have heard by then."""
        self._send(at, self.listeners, [*commands, [b'PING', END_OF_NEWS]])
        heard = []
        for listener, server in zip(self.listeners, self.servers):
            news = []
            try:
                while not news or END_OF_NEWS not in news[-1].raw:
                    news.append(listener.read())
            except resp.Closed as closed:
                raise Difference(at, f'{server.binary}: {closed}', server.log()) from None
            heard.append(compare.heardIn(news, self.ignored_events | self.events_of_chance))
        self.ignored_events = set()
        if heard[0] != heard[1]:
            ebb, oracle = map(b''.join, heard)
            raise Difference(at, 'heard: ' + around(ebb, oracle), 'heard: ' + around(oracle, ebb))

    def _talk(self, commands, start, end):
        """A batch of the first connection: its commands from 'start' to before 'end'."""
        sent = []
        for command in commands[start:end]:
            sent += [command, UNTIL_DEAD] if compare.isMortal(command) else [command]
        self._send(start, self.connections, sent)
        for at in range(start, end):
            command = commands[at]
            replies = self._readBoth(at, self.connections)
            if compare.isMortal(command):
                self.has_mortals = True
                self._readBoth(at, self.connections)
            cursor_at = compare.cursorAt(command)
            is_scan = (cursor_at and command[cursor_at:cursor_at + 1] == [b'0']
                       and all(r.isAggregate() for r in replies))
            if is_scan:
                self._finishScan(at, command, replies)
            else:
                self._check(at, command, replies)

    def play(self, commands, protocol, batch=BATCH):
        """Raises Difference at the first one."""
        self.begin(protocol)
        start = 0
        while start < len(commands):
            if isForListener(commands[start]):
                self._listen(start, [[commands[start][0][1:], *commands[start][1:]]])
                start += 1
                continue
            self.ignored_events |= self._eventsNotCompared(commands[start])
            end = start + 1
            while end < len(commands) and end - start < batch and not (
                    isForListener(commands[end]) or self._standsAlone(commands[end])
                    or self._standsAlone(commands[end - 1])):
                end += 1
            self._talk(commands, start, end)
            self._listen(end - 1)
            start = end
        self._compareData(len(commands) - 1)

    def _compareData(self, at):
        """What is left under the keys of the generators, in each database."""
        commands = [[b'RESET'], *([b'EXPIRETIME', k] for k in ALL_KEYS)]
        for db_id in range(16):
            commands += [[b'SELECT', b'%d' % db_id], [b'MGET', *ALL_KEYS], [b'DBSIZE']]
        commands += [[b'SELECT', b'0'], *([b'SMEMBERS', k.encode()] for k in arguments.KEYS['set'])]
        self._send(at, self.connections, commands)
        for command in commands:
            try:
                self._check(at, command, self._readBoth(at, self.connections))
            except Difference as difference:
                what = f'at the end {printable(command[:2])}... is '
                raise Difference(at, what + difference.ebb, what + difference.oracle) from None

    def differs(self, commands, protocol, is_exact=False):
        """The first Difference or None. An exact one names the very command after which the
        listeners heard different things; without, any of its batch."""
        try:
            self.play(commands, protocol, 1 if is_exact else BATCH)
        except Difference as difference:
            return difference
        except Parted:
            pass
        return None
