"""Another client of a server under test, and what it has to wait."""
import subprocess
import sys

PROGRAM = r'''
import os, select, socket, statistics, sys, time
try: # What is measured is the server, not the turn-taking of the clients on their core.
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(2))
except OSError:
    pass
port, pause, keys = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
sock = socket.create_connection(('127.0.0.1', port))
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
sock.settimeout(60)
waits, quarters, n = [], {}, 0
sys.stdout.write('ready\n'); sys.stdout.flush()
clock = time.perf_counter
while not select.select([sys.stdin], [], [], 0)[0]:
    n = (n * 1103515245 + 12345) % 2147483648
    key = b'key:%010d' % (n % keys)
    request = b'*2\r\n$3\r\nGET\r\n$14\r\n' + key + b'\r\n'
    start = clock()
    sock.sendall(request)
    reply = sock.recv(4096)
    end = clock()
    wait = (end - start) * 1e6
    waits.append(wait)
    quarter = int(start * 4)
    quarters[quarter] = max(quarters.get(quarter, 0), wait)
    time.sleep(pause)
waits.sort()
pick = lambda q: waits[min(len(waits) - 1, int(len(waits) * q))]
print(len(waits), pick(0.5), pick(0.99), pick(0.999), waits[-1],
      statistics.median(quarters.values()))
'''


class Probe:
    """A process of its own that sends one GET every 'pause' seconds and notes its waits, in us.

    'quarter' is the worst wait in a quarter of a second, the median of all of them: a machine that
    stops all programs for milliseconds now and then, as virtual ones do, shows in the worst wait of
    any run, but not in that of most quarters."""

    def __init__(self, server, keys=1, pause=0.0005):
        self.process = subprocess.Popen(
            [sys.executable, '-c', PROGRAM, str(server.port), str(pause), str(keys)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def stop(self):
        out, _ = self.process.communicate('stop\n')
        names = ('count', 'p50', 'p99', 'p99.9', 'worst', 'quarter')
        return dict(zip(names, map(float, out.split())))
