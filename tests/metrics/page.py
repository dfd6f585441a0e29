#!/usr/bin/env python3
"""The page of metrics-port in headless Chromium: it draws, from the server's own figures alone.

Loads a server with keys, deletes most of them, and looks at the page meanwhile: what a person sees is
checked in the page's own document, and that nothing was asked of anybody else in the log of the
browser. The last line is `N passed, N failed`.

  page.py --ebb PATH [--screenshot FILE] [--seconds N]
"""
import argparse
import os
import re
import struct
import subprocess
import sys
import tempfile
import time
import zlib

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'differential'))

import resp  # noqa: E402
from servers import Server, freePort  # noqa: E402

KEYS = 300000
WIDTH, HEIGHT = 1100, 1180

passed = failed = 0


def check(what, holds, detail=''):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f'FAILED {what}: {detail}')


def browse(port, folder, *options):
    """What the browser prints about the page after it has been open for some seconds."""
    done = subprocess.run(
        ['chromium', '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
         '--no-first-run', '--disable-component-update', '--disable-background-networking',
         f'--user-data-dir={folder}', f'--window-size={WIDTH},{HEIGHT}', '--hide-scrollbars',
         '--virtual-time-budget=3000', '--enable-logging=stderr', '--v=0', *options,
         f'http://127.0.0.1:{port}/'],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        timeout=120)
    return done.stdout, done.stderr


def colours(path):
    """How many different pixels a PNG of eight bits a channel has."""
    data = open(path, 'rb').read()
    width, height, depth, kind = struct.unpack('>IIBB', data[16:26])
    pixel = {2: 3, 6: 4}[kind]
    at, packed = 8, b''
    while at < len(data):
        size, name = struct.unpack('>I4s', data[at:at + 8])
        if name == b'IDAT':
            packed += data[at + 8:at + 8 + size]
        at += size + 12
    rows = zlib.decompress(packed)
    stride = width * pixel + 1
    seen = set()
    # Filtered bytes will do: a blank page has next to none.
    for y in range(height):
        row = rows[y * stride + 1:(y + 1) * stride]
        seen.update(row[i:i + pixel] for i in range(0, len(row), pixel))
    return len(seen) if depth == 8 else 0


def work(server, seconds):
    client = resp.Connection(server.port, timeout_s=60)
    client.ask('DEBUG', 'POPULATE', str(KEYS), 'key', '100')
    started = time.monotonic()
    n = 0
    while time.monotonic() - started < seconds:
        client.ask('INCR', 'visits')
        client.ask('GET', f'key:{n % KEYS}')
        if time.monotonic() - started > seconds / 2:
            client.ask('DEL', *(f'key:{i}' for i in range(n * 90, n * 90 + 90)))
            n += 1
        time.sleep(0.002)
    client.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--ebb', required=True)
    parser.add_argument('--screenshot', help='where the picture is to be kept')
    parser.add_argument('--seconds', type=float, default=6, help='of work before the look')
    args = parser.parse_args()
    port = freePort()
    server = Server(os.path.abspath(args.ebb), ['--metrics-port', str(port)])
    try:
        work(server, args.seconds)
        with tempfile.TemporaryDirectory() as folder:
            picture = os.path.abspath(args.screenshot or os.path.join(folder, 'page.png'))
            dom, log = browse(port, os.path.join(folder, 'a'), '--dump-dom')
            browse(port, os.path.join(folder, 'b'), f'--screenshot={picture}')
            check('the page is live', '>live<' in dom, log[-400:])
            check('all charts are there', dom.count('<canvas') == 6, dom.count('<canvas'))
            figures = re.findall(r'<b>([^<]*)</b>', dom)
            check('each line has its figure', len(figures) == 12 and '–' not in figures, figures)
            check('memory is told in units', any('MiB' in f for f in figures), figures)
            check('commands are listed', '<td>incr</td>' in dom)
            check('no script failed', 'Uncaught' not in log, log[-800:])
            check('nothing was blocked', 'Content Security Policy' not in log, log[-800:])
            check('something was drawn', colours(picture) > 100, colours(picture))
    finally:
        server.kill()
    print(f'{passed} passed, {failed} failed')
    return failed != 0


if __name__ == '__main__':
    sys.exit(main())
