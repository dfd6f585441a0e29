#!/usr/bin/env python3
"""What memory is given back, how fast, and who has to wait for it: a table with targets.

Starts ebb-server (and, for comparison, redis-server) pinned to one core and measures from another:

  memory   RSS after loading, after deleting 90 % and 99 % at random, against a fresh server that
           holds the survivors; the worst wait of another client meanwhile
  expiry   many keys due in one second: when they are gone, and how others fare; the lag of the
           `expired` event of lone keys; the same under an endless SCAN
  idle     CPU and RSS of an empty server, time from exec to the first reply, bytes per idle
           client; CPU while as many wait for keys

Usage: bench_memory.py [--keys N] [--parts memory,expiry,idle] [--server PATH] [--no-redis]
Numbers without a target are for information. Exits with 1 if a target was missed.
"""
import argparse
import os
import random
import resource
import select
import socket
import sys
import threading
import time

from probe import Probe
from resp import PIPELINE, Resp
from servers import Server, addServerOptions, mib, useCores
from table import Table


def keyName(n):
    return b'key:%010d' % n


# ---- memory given back ----

def setRequests(numbers, sizes):
    filler = os.urandom(512)
    for n in numbers:
        yield Resp.pack(b'SET', keyName(n), filler[:sizes[n]])


def delRequests(numbers):
    for n in numbers:
        yield Resp.pack(b'DEL', keyName(n))


def throttled(requests, per_second):
    """Moderate load: as many requests a second and no more."""
    start = time.monotonic()
    for i, request in enumerate(requests):
        if i % PIPELINE == 0:
            ahead = i / per_second - (time.monotonic() - start)
            if ahead > 0:
                time.sleep(ahead)
        yield request


def freshRss(kind, program, survivors, sizes):
    server = Server(kind, program)
    client = Resp(server.port)
    client.many(setRequests(survivors, sizes))
    time.sleep(3)
    rss = server.rss()
    client.close()
    server.stop()
    return rss


def noiseOf(kind, program, keys):
    server = Server(kind, program)
    probe = Probe(server, keys)
    time.sleep(5)
    noise = probe.stop()
    server.stop()
    return noise


def measureMemory(table, kind, program, keys, seconds):
    ebb = kind == 'ebb'
    rng = random.Random(7)
    sizes = [rng.randint(16, 300) for _ in range(keys)]
    noise = noiseOf(kind, program, keys)
    table.row(kind, "idle server: another client's GET, p99.9", noise['p99.9'], 'us')
    table.row(kind, "idle server: another client's GET, worst (noise)", noise['worst'], 'us')
    table.row(kind, 'idle server: worst of 1/4 s, median (noise)', noise['quarter'], 'us')
    server = Server(kind, program)
    client = Resp(server.port)

    def watched(what, work, target=True):
        probe = Probe(server, keys)
        start = time.monotonic()
        work()
        took = time.monotonic() - start
        waits = probe.stop()
        table.row(kind, f'{what}: took', took, 's')
        table.row(kind, f"{what}: others' p99.9", waits['p99.9'], 'us')
        limit = noise['worst'] + 1000 if ebb and target else None
        table.row(kind, f"{what}: others' worst", waits['worst'], 'us', limit)
        limit = noise['quarter'] + 1000 if ebb and target else None
        table.row(kind, f"{what}: others' worst of 1/4 s, median", waits['quarter'], 'us', limit)

    watched('load', lambda: client.many(throttled(setRequests(range(keys), sizes), 250000)))
    time.sleep(1)
    table.row(kind, f'RSS with {keys} keys', mib(server.rss()), 'MiB')
    table.row(kind, 'RSS a key', server.rss() / keys, 'B')
    order = list(range(keys))
    rng.shuffle(order)
    for percent, limit in ((90, 1.15), (99, 1.2)):
        kept = keys * (100 - percent) // 100
        gone, order = order[kept:], order[:kept]
        base = freshRss(kind, program, sorted(order), sizes)
        curve = []

        def watchRss():
            for _ in range(seconds):
                time.sleep(1)
                curve.append(server.rss() / base)

        watched(f'delete to {100 - percent} %',
                lambda: client.many(throttled(delRequests(gone), 250000)))
        watched(f'the {seconds} s after', watchRss)
        table.note(kind, 'RSS / fresh, each second: ' + ' '.join(f'{x:.3f}' for x in curve))
        table.row(kind, f'RSS fresh with {kept} keys', mib(base), 'MiB')
        table.row(kind, f'RSS / fresh, {seconds} s after deleting {percent} %', curve[-1], 'x',
                  limit if ebb else None)
    client.close()
    server.stop()


def measureUnasked(table, kind, program, keys):
    """The same where nobody asks for anything afterwards: memory must not wait for a client. Three
    times and the worst counts, for a loop that falls asleep too early does so now and then."""
    rng = random.Random(7)
    sizes = [rng.randint(16, 300) for _ in range(keys)]
    order = list(range(keys))
    rng.shuffle(order)
    kept = max(keys // 10, 1)
    base = freshRss(kind, program, sorted(order[:kept]), sizes)
    worst = 0
    for _ in range(3):
        server = Server(kind, program)
        client = Resp(server.port)
        client.many(setRequests(range(keys), sizes))
        client.many(delRequests(order[kept:]))
        time.sleep(10)
        worst = max(worst, server.rss() / base)
        client.close()
        server.stop()
    table.row(kind, 'RSS / fresh, 10 s after deleting 90 %, no client asks', worst, 'x',
              1.15 if kind == 'ebb' else None)


# ---- expiry ----

def whenGone(client, keys, due):
    """Seconds after 'due' until 99.9 % of the keys are gone."""
    while True:
        left = client.call('DBSIZE')
        now = time.time()
        if left <= keys // 1000:
            return now - due
        if now - due > 60:
            return float('inf')
        time.sleep(0.002)


def loadDueTogether(client, keys, due_ms):
    client.many(Resp.pack(b'SET', keyName(n), b'v' * 32, b'PXAT', due_ms - 1000 + n % 1000)
                for n in range(keys))


def scanForever(port, stop, count):
    client = Resp(port)
    cursor = b'0'
    while not stop.is_set():
        cursor, _ = client.call('SCAN', cursor, 'COUNT', 10)
        count[0] += 1
    client.close()


def measureMass(table, kind, program, keys, scanning):
    ebb = kind == 'ebb'
    what = f'{keys} keys due in a second' + (' under SCAN' if scanning else '')
    server = Server(kind, program)
    client = Resp(server.port)
    start = time.time()
    loadDueTogether(client, keys // 20, int((start + 3600) * 1000))
    due = time.time() + 4 + (time.time() - start) * 20 * 1.5
    loadDueTogether(client, keys, int(due * 1000))
    if time.time() > due - 1.5:
        table.note(kind, 'loading was too slow for the deadline; lower --keys')
    stop, scans = threading.Event(), [0]
    thread = threading.Thread(target=scanForever, args=(server.port, stop, scans))
    if scanning:
        thread.start()
    cpu = server.cpuSeconds()
    time.sleep(max(0, due - 1.2 - time.time()))
    probe = Probe(server, keys, 0.0002)
    gone = whenGone(client, keys, due)
    waits = probe.stop()
    stop.set()
    if scanning:
        thread.join()
        table.row(kind, f'{what}: SCAN calls meanwhile', scans[0])
    table.row(kind, f'{what}: 99.9 % gone after', gone, 's', 1 if ebb else None)
    if not scanning:
        table.row(kind, f'{what}: CPU of the server', server.cpuSeconds() - cpu, 's')
    table.row(kind, f"{what}: others' p50", waits['p50'], 'us')
    table.row(kind, f"{what}: others' p99.9", waits['p99.9'], 'us', 1000 if ebb else None)
    client.close()
    server.stop()


def measureLag(table, kind, program, lone):
    """Lone keys one after the other: from the deadline to the event at a subscriber."""
    server = Server(kind, program, '--notify-keyspace-events', 'Ex')
    client, listener = Resp(server.port), Resp(server.port)
    if not client.knows('SUBSCRIBE'):
        table.note(kind, '`expired` lag: skipped, no SUBSCRIBE here')
        server.stop()
        return
    listener.call('SUBSCRIBE', '__keyevent@0__:expired')
    rng = random.Random(3)
    lags = []
    for n in range(lone):
        due_ms = int(time.time() * 1000) + rng.randint(20, 60)
        client.call('SET', f'lone:{n}', 'v', 'PXAT', due_ms)
        if not select.select([listener.sock], [], [], 5)[0]:
            table.note(kind, '`expired` event of a lone key: never came')
            table.missed += 1
            break
        listener.read()
        lags.append(time.time() * 1000 - due_ms)
    lags.sort()
    if not lags:
        lags = [float('inf')]
    table.row(kind, '`expired` event of a lone key, lag p50', lags[len(lags) // 2], 'ms')
    table.row(kind, '`expired` event of a lone key, lag p95', lags[int(len(lags) * 0.95)], 'ms',
              5 if kind == 'ebb' else None)
    server.stop()


def measureExpiry(table, kind, program, keys):
    server = Server(kind, program)
    client = Resp(server.port)
    able = client.knows('DBSIZE') and client.call('SET', 'a', 'b', 'PXAT', '1') is not None
    reply = client.call('GET', 'a')
    scans = client.knows('SCAN', '0')
    client.close()
    server.stop()
    if not able or reply is not None:
        table.note(kind, 'expiry: skipped, no SET with PXAT or DBSIZE here')
        return
    measureMass(table, kind, program, keys, False)
    if scans:
        measureMass(table, kind, program, keys, True)
    measureLag(table, kind, program, 100)


# ---- idle ----

def measureIdle(table, kind, program, seconds, clients):
    ebb = kind == 'ebb'
    starts = []
    for _ in range(5):
        server = Server(kind, program)
        starts.append(server.first_reply_ms)
        server.stop()
    table.row(kind, 'exec to first reply, median of 5', sorted(starts)[2], 'ms',
              50 if ebb else None)
    server = Server(kind, program, '--maxclients', str(clients + 100))
    time.sleep(2)
    cpu, wakes, start = server.cpuSeconds(), server.wakeUps(), time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - start
    table.row(kind, 'idle CPU', (server.cpuSeconds() - cpu) / passed * 100, '%',
              0.5 if ebb else None)
    table.row(kind, 'wake-ups a second, all threads', (server.wakeUps() - wakes) / passed)
    empty = server.rss()
    table.row(kind, 'RSS empty', mib(empty), 'MiB', 8 if ebb else None)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    clients = min(clients, hard - 100)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, clients + 100), hard))
    idle = []
    for _ in range(clients):
        client = socket.create_connection(('127.0.0.1', server.port))
        client.sendall(b'*1\r\n$4\r\nPING\r\n')
        if client.recv(64) != b'+PONG\r\n':
            break
        idle.append(client)
    time.sleep(3)
    table.row(kind, 'idle clients connected', len(idle))
    table.row(kind, 'bytes per idle client (RSS)', (server.rss() - empty) / len(idle), 'B',
              2048 if ebb else None)
    measureBlocked(table, kind, server, idle, seconds)
    for client in idle:
        client.close()
    server.stop()


def measureBlocked(table, kind, server, clients, seconds):
    """Each of them waits for a key of its own, half of them with a timeout."""
    for i, client in enumerate(clients):
        client.sendall(Resp.pack('BLPOP', f'queue:{i}', 3600 * (i % 2)))
    time.sleep(2)
    cpu, start = server.cpuSeconds(), time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - start
    probe = Resp(server.port)
    waiting = int(probe.call('INFO', 'clients').split(b'blocked_clients:')[1].split()[0])
    probe.close()
    table.row(kind, 'clients that wait with BLPOP', waiting)
    table.row(kind, 'idle CPU while they wait', (server.cpuSeconds() - cpu) / passed * 100, '%',
              0.5 if kind == 'ebb' else None)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--keys', type=int, default=1000000)
    parser.add_argument('--seconds', type=int, default=10, help='to watch after deleting, and idle')
    parser.add_argument('--clients', type=int, default=9900, help='idle ones')
    parser.add_argument('--parts', default='memory,expiry,idle')
    parser.add_argument('--no-redis', action='store_true')
    addServerOptions(parser)
    args = parser.parse_args()
    useCores(args)
    servers = [('ebb', args.server)]
    if not args.no_redis and os.path.exists(args.redis):
        servers.append(('redis', args.redis))
    table = Table()
    for kind, program in servers:
        for part in args.parts.split(','):
            if part == 'memory':
                measureMemory(table, kind, program, args.keys, args.seconds)
                measureUnasked(table, kind, program, max(args.keys // 5, 1))
            elif part == 'expiry':
                measureExpiry(table, kind, program, args.keys)
            elif part == 'idle':
                measureIdle(table, kind, program, args.seconds, args.clients)
            else:
                sys.exit(f'no such part: {part}')
    return table.finish()


if __name__ == '__main__':
    sys.exit(main())
