"""Starts and stops the two servers of a comparison, each in a temporary folder on a free port."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import resp

START_DEADLINE_S = 30


def freePort():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Server:
    """Runs until stop(). 'options' are further arguments of the command line."""

    def __init__(self, binary, options=()):
        self.binary = binary
        self.options = list(options)
        self.folder = tempfile.mkdtemp(prefix='ebb-differential-')
        self.process = None
        self.start()

    def start(self):
        for _ in range(5):
            self.port = freePort()
            with open(os.path.join(self.folder, 'log'), 'ab') as log:
                self.process = subprocess.Popen(
                    [self.binary, '--port', str(self.port), '--bind', '127.0.0.1', '--dir',
                     self.folder, '--save', '', '--appendonly', 'no',
                     '--enable-debug-command', 'yes', *self.options],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)
            deadline = time.monotonic() + START_DEADLINE_S
            while self.process.poll() is None and time.monotonic() < deadline:
                if self._answers() and self.process.poll() is None:
                    return
                time.sleep(0.002)
            self.kill()
        raise SystemExit(f'{self.binary} does not start:\n{self.log()}')

    def _answers(self):
        try:
            connection = resp.Connection(self.port, timeout_s=2)
        except OSError:
            return False
        try:
            return connection.ask('PING').kind == b'+'
        except resp.Closed:
            return False
        finally:
            connection.close()

    def log(self):
        with open(os.path.join(self.folder, 'log'), errors='replace') as log:
            return ''.join(log.readlines()[-60:])

    def isRunning(self):
        return self.process.poll() is None

    def hasDied(self, within_s=5):
        """For a server whose connection broke: one that crashes writes its report first."""
        try:
            self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def stop(self):
        """Ends it and removes its folder; its exit code, 0 if all was well."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
        code = self.process.wait()
        self.last_log = self.log()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code
