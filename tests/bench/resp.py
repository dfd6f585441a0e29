"""A plain client for benchmarks: speaks RESP2 over a blocking socket, many requests at a time."""
import socket

PIPELINE = 500


class Resp:
    """A connection that sends many requests at once and reads their replies."""

    def __init__(self, port):
        self.sock = socket.create_connection(('127.0.0.1', port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.sock.makefile('rb', buffering=1 << 16)

    @staticmethod
    def pack(*args):
        parts = [b'*%d\r\n' % len(args)]
        for arg in args:
            arg = arg if isinstance(arg, bytes) else str(arg).encode()
            parts.append(b'$%d\r\n%s\r\n' % (len(arg), arg))
        return b''.join(parts)

    def read(self):
        line = self.file.readline()
        if not line:
            raise EOFError('the server closed the connection')
        kind, rest = line[:1], line[1:-2]
        if kind == b'$':
            size = int(rest)
            return None if size < 0 else self.file.read(size + 2)[:-2]
        if kind == b'*':
            return [self.read() for _ in range(int(rest))]
        if kind == b':':
            return int(rest)
        if kind == b'-':
            return RuntimeError(rest.decode())
        return rest

    def call(self, *args):
        self.sock.sendall(self.pack(*args))
        return self.read()

    def many(self, requests):
        """Sends packed requests in pipelines and forgets the replies."""
        batch = []
        for request in requests:
            batch.append(request)
            if len(batch) == PIPELINE:
                self.flush(batch)
        self.flush(batch)

    def flush(self, batch):
        self.sock.sendall(b''.join(batch))
        for _ in batch:
            reply = self.read()
            if isinstance(reply, RuntimeError):
                raise reply
        batch.clear()

    def knows(self, *args):
        reply = self.call(*args)
        return not (isinstance(reply, RuntimeError) and 'unknown command' in str(reply))

    def close(self):
        self.file.close()
        self.sock.close()
