"""Servers to measure: started on a free port, pinned to one core while all else runs on another,
with what /proc says of them. Also the options that all benchmarks share."""
import os
import socket
import subprocess
import sys
import tempfile
import time

from resp import Resp

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
cores = {'server': 0, 'client': 1}


def freePort():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Server:
    """A server of 'kind' ebb or redis. It dies with stop() at the latest."""

    def __init__(self, kind, program, *options):
        args = [program, '--port', str(freePort()), '--save', '', '--appendonly', 'no', *options]
        if kind == 'redis':
            args += ['--maxclients', '20000']
        self.start(kind, args, int(args[2]))

    def start(self, kind, args, port):
        self.kind, self.port = kind, port
        self.log = tempfile.TemporaryFile()
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            args, stdout=self.log, stderr=self.log, cwd=tempfile.gettempdir(),
            preexec_fn=lambda: os.sched_setaffinity(0, {cores['server']}))
        self.first_reply_ms = self.waitForReply()

    def waitForReply(self):
        while self.process.poll() is None and time.monotonic() - self.started < 10:
            try:
                client = Resp(self.port)
                client.call('PING')
                client.close()
                return (time.monotonic() - self.started) * 1000
            except OSError:
                time.sleep(0.0005)
        self.log.seek(0)
        said = self.log.read().decode(errors='replace')
        self.stop()
        raise RuntimeError(f'{self.kind} did not start: {said}')

    def rss(self):
        with open(f'/proc/{self.process.pid}/status') as status:
            for line in status:
                if line.startswith('VmRSS'):
                    return int(line.split()[1]) * 1024
        return 0

    def cpuSeconds(self, loop_only=False):
        """What its threads, or the one of the event loop, have run on a core, to the nanosecond
        where the kernel keeps it."""
        process = f'/proc/{self.process.pid}'
        total_ns = 0
        try:
            for task in [self.process.pid] if loop_only else os.listdir(f'{process}/task'):
                with open(f'{process}/task/{task}/schedstat') as schedstat:
                    total_ns += int(schedstat.read().split()[0])
        except FileNotFoundError:
            total_ns = 0
        if total_ns:
            return total_ns / 1e9
        with open(f'{process}/task/{self.process.pid}/stat' if loop_only
                  else f'{process}/stat') as stat:
            fields = stat.read().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    def wakeUps(self):
        """Times a thread of it went to sleep by itself."""
        total = 0
        for task in os.listdir(f'/proc/{self.process.pid}/task'):
            with open(f'/proc/{self.process.pid}/task/{task}/status') as status:
                total += sum(int(line.split()[1]) for line in status
                             if line.startswith('voluntary_ctxt'))
        return total

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


ECHO_C = r'''
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
/* Replies a value of 64 bytes to every '*' that comes: what reading and writing alone take. */
int main(int argc, char **argv) {
    static char in[65536], out[1 << 20];
    int yes = 1, listener = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0);
    struct sockaddr_in here = {AF_INET, htons(atoi(argv[argc - 1])), {htonl(INADDR_LOOPBACK)}, {0}};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 511)) return 1;
    struct epoll_event e = {EPOLLIN, {.fd = listener}}, ready[1024];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &e);
    for (;;) {
        int count = epoll_wait(poll, ready, 1024, -1);
        for (int i = 0; i < count; i++) {
            int fd = ready[i].data.fd;
            if (fd == listener) {
                e.data.fd = accept(listener, 0, 0);
                setsockopt(e.data.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
                epoll_ctl(poll, EPOLL_CTL_ADD, e.data.fd, &e);
                continue;
            }
            ssize_t got = read(fd, in, sizeof in), size = 0;
            if (got <= 0) {
                close(fd);
                continue;
            }
            for (ssize_t at = 0; at < got; at++) {
                if (in[at] != '*' || size > (ssize_t)sizeof out - 128) continue;
                memcpy(out + size, "$64\r\n", 5);
                memset(out + size + 5, 'v', 64);
                memcpy(out + size + 69, "\r\n", 2);
                size += 71;
            }
            if (size && write(fd, out, size) < 0) close(fd);
        }
    }
}
'''


class EchoServer(Server):
    """Reads and writes as a server has to, and does nothing else: the kernel's part of the cost."""

    def __init__(self):
        with tempfile.TemporaryDirectory() as folder:
            source, program = os.path.join(folder, 'echo.c'), os.path.join(folder, 'echo')
            with open(source, 'w') as out:
                out.write(ECHO_C)
            subprocess.run(['cc', '-O2', '-o', program, source], check=True)
            port = freePort()
            self.start('echo', [program, str(port)], port)


def addServerOptions(parser):
    parser.add_argument('--server', default=os.path.join(ROOT, 'build', 'ebb-server'))
    parser.add_argument('--redis', default='/usr/bin/redis-server')
    parser.add_argument('--cores', default='0,1', help='of the server and of the clients')


def useCores(args):
    """Pins this process and its children to the core of clients, servers to theirs."""
    cores['server'], cores['client'] = map(int, args.cores.split(','))
    os.sched_setaffinity(0, {cores['client']})


def needPrograms(*programs):
    for program in programs:
        if not os.access(program, os.X_OK):
            sys.exit(f'{program} is not there; tests/bench/run installs and builds what is needed')


def mib(size):
    return size / (1 << 20)
