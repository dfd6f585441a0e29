#!/usr/bin/env python3
"""Draws what comes back after each way to lose data: an SVG of bars, RSS against a fresh server.

The ways are those of bench_giveback.py, in Ebb, Redis, and Redis with active defragmentation where
its package can do that: loaded, emptied, left alone for ten seconds, and divided by the RSS of a
fresh server of its kind that was given just what is left. The line is the target.

Usage: plot_giveback.py [path of the SVG] [--keys N] [--server PATH] [--redis PATH]
"""
import argparse
import os
import sys
import time

from bench_giveback import CASES, SECONDS, freshRss
from plot_memory import STYLE, WIDTH, Canvas
from resp import Resp
from servers import ROOT, Server, addServerOptions, needPrograms, useCores

LEFT, RIGHT, TOP, BOTTOM = 370, 60, 74, 40
BAR, GAP = 11, 9
BARS = '''
  .ebbBar { fill: #0969da; } .redisBar { fill: #bc4c00; } .defragBar { fill: #8250df; }
  .target { stroke: #59636e; stroke-dasharray: 6 5; }
  @media (prefers-color-scheme: dark) {
    .ebbBar { fill: #58a6ff; } .redisBar { fill: #f0883e; } .defragBar { fill: #bc8cff; }
  }'''


def ratio(kind, program, case, options):
    server = Server(kind, program, *options)
    try:
        client = Resp(server.port)
        case.load(client)
        case.lose(client)
        time.sleep(SECONDS)
        client.close()
        return server.rss() / freshRss(kind, program, case)
    finally:
        server.stop()


class Bars(Canvas):
    def __init__(self, rows, most):
        super().__init__(TOP + BOTTOM + sum(len(found) * BAR + GAP for _, _, found in rows),
                         STYLE + BARS)
        self.most = most

    def x(self, value):
        return LEFT + value / self.most * (WIDTH - LEFT - RIGHT)

    def upright(self, value, style):
        self.rule(self.x(value), TOP, self.x(value), self.height - BOTTOM, style)

    def bar(self, y, value, style):
        self.parts.append(f'<rect x="{LEFT}" y="{y:.1f}" width="{self.x(value) - LEFT:.1f}" '
                          f'height="{BAR - 2}" class="{style}Bar"/>')
        self.text(self.x(value) + 5, y + BAR - 3, f'{value:.2f}', f'{style}Ink', size=10)


def draw(rows, keys):
    """'rows' is [(what was lost, its limit, [(style, ratio)])]."""
    plot = Bars(rows, max(value for _, _, found in rows for _, value in found) * 1.02)
    plot.text(LEFT, 32, f'Memory after the data went, {SECONDS} s later', 'ink', size=18,
              more=' font-weight="600"')
    plot.text(LEFT, 54, 'RSS against a fresh server with what is left:', 'soft')
    for i, (style, name) in enumerate((('ebb', 'Ebb'), ('redis', 'Redis'), ('defrag', 'defrag'))):
        if any(style == s for _, _, found in rows for s, _ in found):
            plot.text(LEFT + 290 + 55 * i, 54, name, f'{style}Ink', more=' font-weight="600"')
    for value in range(0, int(plot.most) + 1):
        plot.upright(value, 'grid')
        plot.text(plot.x(value), plot.height - BOTTOM + 18, f'{value}', 'soft', 'middle', 12)
    plot.upright(1.15, 'target')
    y = TOP
    for told, _, found in rows:
        plot.text(LEFT - 10, y + len(found) * BAR / 2 + 3, told, 'ink', 'end', 12)
        for style, value in found:
            plot.bar(y, value, style)
            y += BAR
        y += GAP
    return plot.svg(f'RSS after losing data against a fresh server, {keys:,} keys: ' + '; '.join(
        told + ' ' + ', '.join(f'{style} {value:.2f}' for style, value in found)
        for told, _, found in rows))


def canDefragment(program):
    try:
        Server('redis', program, '--activedefrag', 'yes').stop()
        return True
    except RuntimeError as error:
        if 'defragmentation cannot be enabled' not in str(error):
            raise
        print('this redis-server cannot defragment (Debian builds it without); left out')
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('path', nargs='?',
                        default=os.path.join(ROOT, 'tests', 'bench', 'giveback.svg'))
    parser.add_argument('--keys', type=int, default=500000)
    addServerOptions(parser)
    args = parser.parse_args()
    needPrograms(args.server, args.redis)
    useCores(args)
    sides = [('ebb', 'ebb', args.server, ()), ('redis', 'redis', args.redis, ())]
    if canDefragment(args.redis):
        sides.append(('defrag', 'redis', args.redis, ('--activedefrag', 'yes')))
    rows = []
    for case in CASES:
        found = [(style, ratio(kind, program, case(args.keys), (*case.options, *options)))
                 for style, kind, program, options in sides]
        rows.append((case.__doc__, case.limit, found))
        print(case.__doc__ + ': ' + ', '.join(f'{style} {value:.2f}' for style, value in found),
              flush=True)
    with open(args.path, 'w', encoding='ascii') as out:
        out.write(draw(rows, args.keys))
    missed = sum(value > limit for _, limit, found in rows for style, value in found
                 if style == 'ebb')
    print(f'written: {args.path}\n{missed} targets missed')
    return 1 if missed else 0


if __name__ == '__main__':
    sys.exit(main())
