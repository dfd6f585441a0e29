"""A RESP client that keeps replies byte for byte.

Knows the protocol, nothing of commands. A reply is a Reply: its raw bytes, and the same as a tree
for those comparisons that cannot be made on bytes.
"""
import socket

AGGREGATES = b'*~>%|'


class Closed(Exception):
    """The server closed the connection, or did not answer in time."""


class Reply:
    """kind: the type byte. value: bytes for scalars (None for null), a list of Reply for
    aggregates, where a map's list has keys and values in turn. raw: all its bytes."""

    __slots__ = ('kind', 'value', 'raw')

    def __init__(self, kind, value, raw):
        self.kind = kind
        self.value = value
        self.raw = raw

    def isError(self):
        return self.kind == b'-'

    def isAggregate(self):
        return isinstance(self.value, list)


def encode(command):
    parts = [b'*%d\r\n' % len(command)]
    for argument in command:
        parts.append(b'$%d\r\n%s\r\n' % (len(argument), argument))
    return b''.join(parts)


class Connection:
    def __init__(self, port, timeout_s=20):
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=timeout_s)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b''
        self.at = 0

    def close(self):
        self.socket.close()

    def send(self, commands):
        try:
            self.socket.sendall(b''.join(map(encode, commands)))
        except OSError as error:
            raise Closed(str(error)) from None

    def _more(self):
        try:
            data = self.socket.recv(1 << 18)
        except OSError as error:
            raise Closed(str(error)) from None
        if not data:
            raise Closed('closed by the server')
        self.buffer = self.buffer[self.at:] + data if self.at else self.buffer + data
        moved, self.at = self.at, 0
        return moved

    def read(self):
        """The next reply. Starts anew when it is incomplete: replies are small."""
        while True:
            try:
                reply, end = parse(self.buffer, self.at)
            except IndexError:
                self._more()
                continue
            self.at = end
            return reply

    def ask(self, *command):
        self.send([[a if isinstance(a, bytes) else str(a).encode() for a in command]])
        return self.read()


def parse(data, start):
    """(Reply, end) of the reply at 'start'; IndexError if it is not complete."""
    line_end = data.find(b'\r\n', start)
    if line_end < 0:
        raise IndexError
    kind = data[start:start + 1]
    head = data[start + 1:line_end]
    end = line_end + 2
    if kind in b'$=!':
        size = int(head)
        if size < 0:
            return Reply(kind, None, data[start:end]), end
        if len(data) < end + size + 2:
            raise IndexError
        return Reply(kind, data[end:end + size], data[start:end + size + 2]), end + size + 2
    if kind in AGGREGATES:
        count = int(head)
        if count < 0:
            return Reply(kind, None, data[start:end]), end
        children = []
        for _ in range(count * 2 if kind in b'%|' else count):
            child, end = parse(data, end)
            children.append(child)
        return Reply(kind, children, data[start:end]), end
    if kind == b'_':
        return Reply(kind, None, data[start:end]), end
    if kind not in b'+-:,#(':
        raise Closed(f'no RESP: {data[start:start + 60]!r}')
    return Reply(kind, head, data[start:end]), end
