#!/usr/bin/env python3
"""Crash safety of the binary: kill -9, power cuts, disks that fail. See the modules.

    run.py [--build FOLDER] [--full] [--points N] [--courses a,b] [--seed N] [part ...]

Parts: kill, fail, reply, power; all of them by default. Without --full in less than a minute.
"""
import argparse
import os
import sys
import time

import failures
import kill_points
import power_cuts
import replies

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', default=os.path.join(ROOT, 'build'))
    parser.add_argument('--full', action='store_true')
    parser.add_argument('--points', type=int, help='kill points')
    parser.add_argument('--jobs', type=int, default=os.cpu_count(), help='of loading images')
    parser.add_argument('--seed', type=int, default=int(time.time()))
    parser.add_argument('--courses', default=','.join(kill_points.COURSES))
    parser.add_argument('parts', nargs='*')
    args = parser.parse_args()
    build = os.path.abspath(args.build)
    parts = args.parts or ['reply', 'fail', 'kill', 'power']
    binary = os.path.join(build, 'ebb-server')
    shim = os.path.join(build, 'tests', 'libebb_fault_shim.so')
    passed = failed = 0
    for part in parts:
        start = time.monotonic()
        if part == 'kill':
            bad = kill_points.run(binary, shim, args.points or (12000 if args.full else 120),
                                  1 if args.full else 3, args.courses.split(','))
        elif part == 'fail':
            bad = failures.run(binary, shim, args.full)
        elif part == 'power':
            bad = power_cuts.run(binary, shim, os.path.join(build, 'tests', 'crash_power_cut'),
                                 args.full, args.seed, args.jobs)
        elif part == 'reply':
            bad = replies.run(binary, shim)
        print(f'{part}: {"good" if not bad else f"{bad} bad"}, {time.monotonic() - start:.0f} s')
        passed, failed = passed + (not bad), failed + bool(bad)
    print(f'{passed} passed, {failed} failed')
    return failed != 0


sys.exit(main())
