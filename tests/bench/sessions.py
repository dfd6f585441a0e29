"""What bench_cpu.py measures of clients that are more than one request after the other: they
subscribe, or wait for each other."""
import subprocess
import sys

from resp import Resp

SUBSCRIBERS = 50
PAIRS = 50

READER = r'''
import selectors, socket, sys
port, count = int(sys.argv[1]), int(sys.argv[2])
wait = selectors.DefaultSelector()
for _ in range(count):
    sock = socket.create_connection(('127.0.0.1', port))
    sock.sendall(b'*2\r\n$9\r\nSUBSCRIBE\r\n$7\r\nchannel\r\n')
    sock.recv(4096)
    wait.register(sock, selectors.EVENT_READ)
wait.register(sys.stdin, selectors.EVENT_READ)
sys.stdout.write('ready\n'); sys.stdout.flush()
while True:
    for key, _ in wait.select():
        if key.fileobj is sys.stdin:
            sys.exit()
        key.fileobj.recv(1 << 17)
'''


class Subscribers:
    """A process that has subscribed to 'channel' many times over and reads what comes."""

    def __init__(self, port):
        self.process = subprocess.Popen([sys.executable, '-c', READER, str(port), str(SUBSCRIBERS)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def stop(self):
        self.process.communicate('stop\n')


def handOver(server, count):
    """CPU seconds for each of 'count' hand-overs: one client waits with BLPOP for a key of its own,
    another pushes to it."""
    takers = [Resp(server.port) for _ in range(PAIRS)]
    givers = [Resp(server.port) for _ in range(PAIRS)]
    take = [Resp.pack('BLPOP', f'queue:{i}', '0') for i in range(PAIRS)]
    give = [Resp.pack('LPUSH', f'queue:{i}', 'v' * 64) for i in range(PAIRS)]
    rounds = max(count // PAIRS, 1)
    before = server.cpuSeconds()
    for _ in range(rounds):
        for i, taker in enumerate(takers):
            taker.sock.sendall(take[i])
        for i, giver in enumerate(givers):
            giver.sock.sendall(give[i])
        for client in givers + takers:
            if isinstance(client.read(), RuntimeError):
                raise RuntimeError(f'hand-over on {server.kind}: an error reply')
    used = server.cpuSeconds() - before
    for client in takers + givers:
        client.close()
    return used / (rounds * PAIRS)
