"""A server under the shim (shim.h): started in a folder, given orders, killed, started again.

It has a process group of its own, which dies with it, and answers on a unix socket outside of the
folder that is watched.
"""
import atexit
import mmap
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

FIELDS = ['mode', 'kinds', 'at', 'until', 'error', 'delay_us', 'calls', 'hits', 'syncs',
          'trace_size', 'lock']
KILL, TEAR, FAIL, TRACE, SLOW = 1, 2, 4, 8, 16
KINDS = ['open', 'write', 'sync', 'truncate', 'close', 'rename', 'unlink', 'mkdir', 'read', 'fork',
         'link']
ALL_KINDS = sum(1 << i for i, kind in enumerate(KINDS) if kind not in ('read', 'fork'))
START_S = 20
FOREVER = 2**63


class Gone(Exception):
    """The server closed the connection: it was killed, or has dropped this client."""


class State:
    """The shim's orders and counters, as attributes."""

    def __init__(self, path):
        with open(path, 'wb') as f:
            f.write(bytes(8 * len(FIELDS)))
        with open(path, 'r+b') as f:
            self.__dict__['map'] = mmap.mmap(f.fileno(), 8 * len(FIELDS))
        self.kinds = ALL_KINDS

    def __getattr__(self, name):
        return struct.unpack_from('Q', self.map, 8 * FIELDS.index(name))[0]

    def __setattr__(self, name, value):
        struct.pack_into('Q', self.map, 8 * FIELDS.index(name), value)

    def order(self, mode, **fields):
        """Counting begins anew."""
        self.mode = 0
        for name, value in fields.items():
            setattr(self, name, value)
        self.calls = self.hits = self.lock = 0
        self.mode = mode


class Client:
    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        try:
            self.sock.connect(path)
        except OSError as error:
            raise Gone(str(error)) from None
        self.file = self.sock.makefile('rb')

    def close(self):
        self.file.close()
        self.sock.close()

    def send(self, *args):
        words = [a if isinstance(a, bytes) else str(a).encode() for a in args]
        text = b''.join(b'$%d\r\n%s\r\n' % (len(w), w) for w in words)
        try:
            self.sock.sendall(b'*%d\r\n' % len(words) + text)
        except OSError as error:
            raise Gone(str(error)) from None

    def read(self):
        """Errors come as RuntimeError objects, not raised."""
        try:
            line = self.file.readline()
            if not line.endswith(b'\n'):
                raise Gone('closed')
            kind, rest = line[:1], line[1:-2]
            if kind == b'$':
                return None if rest == b'-1' else self.file.read(int(rest) + 2)[:-2]
            if kind == b'*':
                return [self.read() for _ in range(int(rest))]
        except (OSError, ValueError) as error:
            raise Gone(str(error)) from None
        return RuntimeError(rest.decode()) if kind == b'-' else int(rest) if kind == b':' else rest

    def ask(self, *args):
        self.send(*args)
        return self.read()

    def info(self, section):
        text = self.ask('INFO', section).decode()
        return dict(line.split(':', 1) for line in text.split('\r\n') if ':' in line)


class Shimmed:
    """'folder' is the one that is watched; all else lies beside it."""

    def __init__(self, binary, shim, *options, trace=False):
        self.binary, self.shim, self.options = binary, shim, options
        self.home = tempfile.mkdtemp(prefix='ebb-crash-', dir=os.environ.get('EBB_CRASH_DIR'))
        self.folder = os.path.join(self.home, 'data')
        os.mkdir(self.folder)
        self.state = State(os.path.join(self.home, 'state'))
        self.socket = os.path.join(self.home, 'socket')
        self.trace = os.path.join(self.home, 'trace') if trace else None
        self.process = None
        atexit.register(self.end)

    def spawn(self):
        env = dict(os.environ, LD_PRELOAD=self.shim, EBB_SHIM_DIR=self.folder,
                   EBB_SHIM_STATE=os.path.join(self.home, 'state'))
        env['ASAN_OPTIONS'] = env.get('ASAN_OPTIONS', '') + ':verify_asan_link_order=0'
        if self.trace:
            env['EBB_SHIM_TRACE'] = self.trace
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        with open(os.path.join(self.home, 'log'), 'ab') as log:
            self.process = subprocess.Popen(
                [self.binary, '--port', '0', '--unixsocket', self.socket, '--save', '',
                 *self.options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, env=env,
                start_new_session=True)

    def start(self):
        """False if it was killed before it answered."""
        self.spawn()
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                return False
            try:
                client = Client(self.socket)
                reply = client.ask('PING')
                client.close()
                if reply == b'PONG':
                    return True
            except Gone:
                pass
            time.sleep(0.001)
        raise SystemExit(f'the server does not start:\n{self.log()}')

    def client(self):
        return Client(self.socket)

    def kill(self):
        """With its children; waits until it is gone. How it ended: negative by a signal."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        return self.process.wait()

    def ended(self, seconds):
        try:
            self.process.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            return False

    def log(self):
        with open(os.path.join(self.home, 'log'), errors='replace') as f:
            return f.read()[-4000:]

    def end(self):
        if self.process and self.process.poll() is None:
            self.kill()

    def remove(self):
        self.end()
        shutil.rmtree(self.home, ignore_errors=True)
