#!/usr/bin/env python3
"""metrics-port against Debian's prometheus-redis-exporter, and against hostile HTTP clients.

The exporter scrapes the same server: every name that it makes of an Ebb must be on Ebb's own page,
with the same type, but for those that speak of the exporter itself. The last line is
`N passed, N failed`.

  metrics.py --ebb PATH
"""
import argparse
import http.client
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'differential'))

import resp  # noqa: E402
from servers import Server, freePort  # noqa: E402

# Of the exporter, or of what it was told to look at, not of the server.
# db_keys_cached is how it misreads the fourth field of a db (subexpiry), dbN_distrib_..._sizes how it
# misreads the lines of keysizes: they are lists, and it gives 0 for each.
ITS_OWN = re.compile(r'redis_(exporter_|target_scrape|last_key_groups_scrape|db_keys_cached|'
                     r'db\d+_distrib_\w+_sizes)')

passed = failed = 0


def check(what, holds, detail=''):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f'FAILED {what}: {detail}')


def fetch(port, path, method='GET'):
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=10)
    connection.request(method, path)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body


def typesOf(text):
    return dict(re.findall(r'^# TYPE (redis_\w+) (\w+)$', text, re.M))


def useSomeCommands(port):
    client = resp.Connection(port, timeout_s=5)
    for command in (('SET', 'a', '1'), ('SET', 'b', '2', 'EX', '1000'), ('GET', 'a'), ('GET', 'none'),
                    ('SELECT', '3'), ('SET', 'c', '3'), ('NOSUCHCOMMAND',), ('GET',),
                    ('CLIENT', 'SETNAME', 'one'), ('INCR', 'a')):
        client.ask(*command)
    client.close()


def compareWithExporter(server, metrics_port):
    port = freePort()
    exporter = subprocess.Popen(
        ['prometheus-redis-exporter', '-redis.addr', f'redis://127.0.0.1:{server.port}',
         '-web.listen-address', f'127.0.0.1:{port}'],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        text = ''
        while not text and time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f'http://127.0.0.1:{port}/metrics', timeout=5) as page:
                    text = page.read().decode()
            except OSError:
                time.sleep(0.05)
    finally:
        exporter.terminate()
        exporter.wait()
    theirs = {n: t for n, t in typesOf(text).items() if not ITS_OWN.match(n)}
    check('the exporter reached the server', 'redis_up 1' in text, text[:200])
    status, page = fetch(metrics_port, '/metrics')
    ours = typesOf(page)
    check('/metrics answers', status == 200, status)
    for name, kind in sorted(theirs.items()):
        check(f'{name} is there', name in ours, 'missing')
        if name in ours:
            check(f'{name} has its type', ours[name] == kind, f'{ours[name]}, not {kind}')
    for label in ('redis_db_keys{db="db3"} 2', 'redis_commands_total{cmd="set"} 3',
                  'redis_errors_total{err="ERR"} '):
        check(label, label in page and label in text, 'not on both pages')


def raw(port, data, wait_s=15):
    """What comes back for these bytes until the server closes."""
    with socket.create_connection(('127.0.0.1', port), timeout=wait_s) as s:
        try:
            s.sendall(data)
        except OSError:
            pass
        answer = b''
        while True:
            try:
                part = s.recv(65536)
            except socket.timeout:
                return None
            except OSError:
                return answer
            if not part:
                return answer
            answer += part


def beHostile(server, port):
    check('nonsense is refused', raw(port, b'\x00\xff\r\n\r\n').startswith(b'HTTP/1.1 400'))
    check('an endless head is cut', b'431' in raw(port, b'GET / HTTP/1.1\r\n' + b'x: y\r\n' * 5000))
    check('RESP is refused', raw(port, b'*1\r\n$8\r\nFLUSHALL\r\n\r\n').startswith(b'HTTP/1.1 400'))
    check('nothing was changed', fetch(port, '/metrics')[1].count('redis_db_keys{db="db3"} 2') == 1)
    silent = [socket.create_connection(('127.0.0.1', port)) for _ in range(64)]
    started = time.monotonic()
    answered = False
    while not answered and time.monotonic() - started < 20:
        try:
            answered = fetch(port, '/livez')[0] == 200
        except OSError:
            time.sleep(0.2)
    check('silent visitors are shown out', answered)
    for s in silent:
        s.close()
    client = resp.Connection(server.port, timeout_s=5)
    check('the server serves on', client.ask('PING').kind == b'+')
    client.close()


def reopen(server, port):
    """The port moves, closes and opens while the server runs."""
    client = resp.Connection(server.port, timeout_s=5)
    check('its own value again', client.ask('CONFIG', 'SET', 'metrics-port', str(port)).kind == b'+')
    check('it still answers', fetch(port, '/livez')[0] == 200)
    check('a taken port is refused',
          client.ask('CONFIG', 'SET', 'metrics-port', str(server.port)).kind == b'-')
    check('and the old one stays', fetch(port, '/livez')[0] == 200)
    other = freePort()
    check('it moves', client.ask('CONFIG', 'SET', 'metrics-port', str(other)).kind == b'+')
    check('it answers there', fetch(other, '/livez')[0] == 200)
    check('it closes', client.ask('CONFIG', 'SET', 'metrics-port', '0').kind == b'+')
    for gone in (port, other):
        try:
            check('nobody answers', fetch(gone, '/livez')[0] == 0)
        except OSError:
            check('nobody answers', True)
    client.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--ebb', required=True)
    args = parser.parse_args()
    port = freePort()
    server = Server(os.path.abspath(args.ebb), ['--metrics-port', str(port)])
    try:
        useSomeCommands(server.port)
        compareWithExporter(server, port)
        for path in ('/livez', '/readyz', '/'):
            check(path, fetch(port, path)[0] == 200)
        beHostile(server, port)
        reopen(server, port)
    finally:
        server.kill()
    print(f'{passed} passed, {failed} failed')
    return failed != 0


if __name__ == '__main__':
    sys.exit(main())
