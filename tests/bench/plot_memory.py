#!/usr/bin/env python3
"""Draws how memory falls, or does not, after 90 % of the keys are deleted: an SVG of RSS over time.

Ebb, Redis, and Redis with active defragmentation where its package can do that, one after the
other: load a million keys of 16 to 300 bytes, delete 90 % of them at random, wait. The dashed line
is what a fresh Ebb needs that holds just the survivors.

The picture has its own background and says everything by position and words as well as by colour,
so it can be read on light and dark pages.
"""
import argparse
import os
import random
import sys
import threading
import time

from resp import Resp
from servers import ROOT, Server, addServerOptions, mib, needPrograms, useCores

SAMPLE_SECONDS = 0.25
REST_SECONDS = 3
KEPT_PERCENT = 10
RATE = 200000  # requests a second, so that all servers are loaded and emptied alike


# ---- measuring ----

class Recorder(threading.Thread):
    """Notes (monotonic time, RSS) of a server until told to stop."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.samples, self.done = server, [], threading.Event()

    def run(self):
        while not self.done.is_set():
            self.samples.append((time.monotonic(), self.server.rss()))
            self.done.wait(SAMPLE_SECONDS)

    def stop(self):
        self.done.set()
        self.join()


class Workload:
    """The same keys, sizes and victims for every server."""

    def __init__(self, keys):
        rng = random.Random(11)
        self.sizes = [rng.randint(16, 300) for _ in range(keys)]
        order = list(range(keys))
        rng.shuffle(order)
        kept = max(keys * KEPT_PERCENT // 100, 1)
        self.survivors, self.victims = sorted(order[:kept]), order[kept:]
        self.filler = rng.randbytes(300)

    def sets(self, numbers):
        return (Resp.pack(b'SET', b'key:%010d' % n, self.filler[:self.sizes[n]]) for n in numbers)

    def deletes(self):
        return (Resp.pack(b'DEL', b'key:%010d' % n) for n in self.victims)


def throttled(requests):
    start = time.monotonic()
    for i, request in enumerate(requests):
        if i % 500 == 0:
            ahead = i / RATE - (time.monotonic() - start)
            if ahead > 0:
                time.sleep(ahead)
        yield request


def record(kind, program, options, work, seconds):
    """[(seconds since the first DEL, MiB)], and the second at which the last DEL was done."""
    server = Server(kind, program, *options)
    try:
        client = Resp(server.port)
        recorder = Recorder(server)
        recorder.start()
        client.many(throttled(work.sets(range(len(work.sizes)))))
        time.sleep(REST_SECONDS)
        start = time.monotonic()
        client.many(throttled(work.deletes()))
        deleted = time.monotonic() - start
        time.sleep(seconds)
        recorder.stop()
        client.close()
        return [(at - start, mib(rss)) for at, rss in recorder.samples], deleted
    finally:
        server.stop()


def freshRss(kind, program, work):
    server = Server(kind, program)
    try:
        client = Resp(server.port)
        client.many(work.sets(work.survivors))
        time.sleep(REST_SECONDS)
        client.close()
        return mib(server.rss())
    finally:
        server.stop()


# ---- drawing ----

WIDTH, HEIGHT = 860, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 175, 74, 56
STYLE = '''
  text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
  .paper { fill: #ffffff; stroke: #d0d7de; }
  .ink { fill: #1f2328; } .soft { fill: #59636e; }
  .grid { stroke: #d8dee4; } .phase { fill: #59636e; fill-opacity: 0.09; }
  .line { fill: none; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round; }
  .ebb { stroke: #0969da; } .redis { stroke: #bc4c00; } .defrag { stroke: #8250df; }
  .ebbInk { fill: #0969da; } .redisInk { fill: #bc4c00; } .defragInk { fill: #8250df; }
  .fresh { stroke: #0969da; stroke-width: 1.5; stroke-dasharray: 6 5; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; stroke: #3d444d; }
    .ink { fill: #f0f6fc; } .soft { fill: #9198a1; }
    .grid { stroke: #2a313c; } .phase { fill: #9198a1; fill-opacity: 0.12; }
    .ebb { stroke: #58a6ff; } .redis { stroke: #f0883e; } .defrag { stroke: #bc8cff; }
    .ebbInk { fill: #58a6ff; } .redisInk { fill: #f0883e; } .defragInk { fill: #bc8cff; }
    .fresh { stroke: #58a6ff; }
  }'''


def niceStep(span, ticks):
    """1, 2 or 5 times a power of ten, such that about 'ticks' of them make up 'span'."""
    power = 10.0 ** len(str(int(span / ticks))) / 10
    return next(power * m for m in (1, 2, 5, 10) if power * m * ticks >= span)


def spread(wanted, gap):
    """Moves heights apart where labels would overlap; keeps their order."""
    placed = {}
    last = float('-inf')
    for name, y in sorted(wanted.items(), key=lambda item: item[1]):
        last = placed[name] = max(y, last + gap)
    over = last - (HEIGHT - BOTTOM)
    for name in sorted(placed, key=placed.get, reverse=True):
        if over <= 0:
            break
        placed[name] -= over
        below = [y for other, y in placed.items() if other != name and y <= placed[name] + gap]
        over = max([y + gap - placed[name] for y in below], default=0)
    return placed


class Canvas:
    """A sheet of paper: words and lines on it, and the whole as an SVG."""

    def __init__(self, height, style=STYLE):
        self.height, self.style, self.parts = height, style, []

    def text(self, x, y, words, style, anchor='start', size=13, more=''):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" font-size="{size}" '
                          f'text-anchor="{anchor}"{more}>{words}</text>')

    def rule(self, x1, y1, x2, y2, style):
        self.parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{style}"/>')

    def svg(self, description):
        return '\n'.join([
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height}" '
            f'width="{WIDTH}" height="{self.height}" role="img" aria-labelledby="title">',
            f'<title id="title">{description}</title>',
            f'<style>{self.style}\n</style>',
            f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{self.height - 1}" rx="8" '
            'class="paper"/>', *self.parts, '</svg>\n'])


class Plot(Canvas):
    def __init__(self, first, last, top):
        super().__init__(HEIGHT)
        self.first, self.last, self.top = first, last, top

    def x(self, seconds):
        span = WIDTH - LEFT - RIGHT
        return LEFT + (seconds - self.first) / (self.last - self.first) * span

    def y(self, mebibytes):
        return HEIGHT - BOTTOM - mebibytes / self.top * (HEIGHT - TOP - BOTTOM)

    def axes(self):
        step = niceStep(self.top, 5)
        for i in range(int(self.top / step) + 1):
            y = self.y(i * step)
            self.rule(LEFT, y, WIDTH - RIGHT, y, 'grid')
            self.text(LEFT - 8, y + 4, f'{i * step:g}', 'soft', 'end', 12)
        step = niceStep(self.last - self.first, 7)
        tick = -(-self.first // step) * step
        while tick <= self.last:
            self.text(self.x(tick), HEIGHT - BOTTOM + 18, f'{tick:g}', 'soft', 'middle', 12)
            tick += step
        middle = (LEFT + WIDTH - RIGHT) / 2
        self.text(middle, HEIGHT - 14, 'seconds since the first DEL', 'soft', 'middle')
        y = (TOP + HEIGHT - BOTTOM) / 2
        self.text(20, y, 'resident memory, MiB', 'soft', 'middle',
                  more=f' transform="rotate(-90 20 {y:.1f})"')

    def phase(self, start, end, words):
        x1, x2 = self.x(start), self.x(end)
        self.parts.append(f'<rect x="{x1:.1f}" y="{TOP}" width="{x2 - x1:.1f}" '
                          f'height="{HEIGHT - TOP - BOTTOM}" class="phase"/>')
        self.text((x1 + x2) / 2, TOP + 15, words, 'soft', 'middle', 12)

    def curve(self, samples, style):
        points = ' '.join(f'{self.x(at):.1f},{self.y(rss):.1f}' for at, rss in samples
                          if self.first <= at <= self.last)
        self.parts.append(f'<polyline points="{points}" class="line {style}"/>')


def draw(curves, fresh, keys, seconds):
    """'curves' is [(style, name, samples, second of the last DEL)]."""
    deleted = max(end for *_, end in curves)
    last = min(samples[-1][0] for _, _, samples, _ in curves)
    first = -REST_SECONDS - keys / RATE
    highest = max(rss for _, _, samples, _ in curves for _, rss in samples)
    step = niceStep(highest * 1.12, 5)
    plot = Plot(first, last, -(-highest * 1.05 // step) * step)
    plot.text(LEFT, 32, f'{keys:,} keys loaded, 90 % of them deleted at random', 'ink', size=18,
              more=' font-weight="600"')
    ends = {style: [rss for at, rss in samples if at <= last][-1]
            for style, _, samples, _ in curves}
    plot.text(LEFT, 54, f'{seconds:g} s later, against a fresh server that holds only the survivors: '
              + ', '.join(f'{name} {ends[style] / fresh["ebb" if style == "ebb" else "redis"]:.2f}x'
                          for style, name, *_ in curves), 'soft')
    plot.phase(0, deleted, 'deleting')
    plot.axes()
    y = plot.y(fresh['ebb'])
    plot.rule(LEFT, y, WIDTH - RIGHT, y, 'fresh')
    for style, _, samples, _ in curves:
        plot.curve(samples, style)
    labels = {style: plot.y(ends[style]) for style in ends}
    labels['fresh'] = y
    placed = spread(labels, 17)
    for style, name, *_ in curves:
        plot.text(WIDTH - RIGHT + 10, placed[style] + 4, f'{name}, {ends[style]:.0f} MiB',
                  f'{style}Ink', more=' font-weight="600"')
    plot.text(WIDTH - RIGHT + 10, placed['fresh'] + 4, f'fresh Ebb, {fresh["ebb"]:.0f} MiB', 'soft')
    words = '; '.join(f'{name} from {max(r for _, r in samples):.0f} to {ends[style]:.0f} MiB'
                      for style, name, samples, _ in curves)
    return plot.svg(f'Resident memory after deleting 90 % of {keys:,} keys: {words}')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0],
                                     epilog=__doc__.split('\n\n', 1)[1],
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('path', nargs='?', help='of the SVG, by default tests/bench/memory.svg',
                        default=os.path.join(ROOT, 'tests', 'bench', 'memory.svg'))
    parser.add_argument('--keys', type=int, default=1000000)
    parser.add_argument('--seconds', type=float, default=20, help='to watch after the last DEL')
    addServerOptions(parser)
    args = parser.parse_args()
    if args.keys < 10 or args.seconds < 1:
        parser.error('at least 10 keys and 1 second')
    needPrograms(args.server, args.redis)
    useCores(args)
    work = Workload(args.keys)
    fresh = {'ebb': freshRss('ebb', args.server, work), 'redis': freshRss('redis', args.redis, work)}
    curves = [('ebb', 'Ebb', *record('ebb', args.server, (), work, args.seconds)),
              ('redis', 'Redis', *record('redis', args.redis, (), work, args.seconds))]
    try:
        curves.append(('defrag', 'Redis, defrag',
                       *record('redis', args.redis, ('--activedefrag', 'yes'), work, args.seconds)))
    except RuntimeError as error:
        if 'defragmentation cannot be enabled' not in str(error):
            raise
        print('this redis-server cannot defragment (Debian builds it without); left out')
    with open(args.path, 'w', encoding='ascii') as out:
        out.write(draw(curves, fresh, args.keys, args.seconds))
    for style, name, samples, _ in curves:
        base = fresh['ebb' if style == 'ebb' else 'redis']
        print(f'{name}: highest {max(rss for _, rss in samples):.1f} MiB, at the end '
              f'{samples[-1][1]:.1f} MiB, fresh {base:.1f} MiB: {samples[-1][1] / base:.2f}x')
    print(f'written: {args.path}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
