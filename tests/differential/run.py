#!/usr/bin/env python3
"""Sends the same random commands to Ebb and to redis-server and compares the replies.

A script is a row of commands made from a seed; it starts with empty servers, in RESP2 or RESP3.
Where the replies differ, the script is reduced to the commands that it takes, and printed with
what repeats it. The last line is `N passed, N failed`, counted in scripts.

  run.py                                   what CI runs: 20 seconds
  run.py --seconds 3600                    a long run, from a new seed
  run.py --seed 17 --scripts 1 --resp 3    one script again
  run.py --family hll --family bitmap      some families only: """
import argparse
import importlib
import os
import pathlib
import random
import re
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))

import arguments  # noqa: E402
import compare  # noqa: E402
import known_differences  # noqa: E402
import resp  # noqa: E402
from pair import Pair, printable  # noqa: E402
from servers import Server  # noqa: E402

REDUCE_SECONDS = 10
CONTAINERS = ('client', 'config', 'object', 'command', 'memory', 'slowlog', 'latency', 'script',
              'function')


def reduced(pair, commands, protocol, difference):
    """The fewest commands that still differ, found by leaving out ever smaller parts."""
    deadline = time.monotonic() + REDUCE_SECONDS
    difference = pair.differs(commands, protocol, is_exact=True) or difference
    history = commands[:difference.at + 1]
    part = max(1, len(history) // 2)
    while time.monotonic() < deadline:
        at, shrunk = 0, False
        while at < len(history) - 1 and time.monotonic() < deadline:
            attempt = history[:at] + history[min(at + part, len(history) - 1):]
            found = pair.differs(attempt, protocol, is_exact=True)
            if found:
                history, difference, shrunk = attempt[:found.at + 1], found, True
            else:
                at += part
        if part == 1 and not shrunk:
            break
        part = max(1, part // 2)
    return history, difference


def templateNames(templates):
    """{template: the command, and the sub-command where it is a plain word} in lower case."""
    names = {}
    for template in templates:
        words = [template[0].lower().lstrip('@')]
        if words[0] in CONTAINERS and len(template) > 1 and isinstance(template[1], str):
            words.append(template[1].lower())
        if 'nosuch' not in words:
            names[template] = tuple(words)
    return names


def unknownNames(server, names):
    """Those of the names that the server has no command for. They are sent without arguments,
    which does no harm before the first script."""
    connection = resp.Connection(server.port)
    missing = {n for n in names
               if re.match(rb"-ERR unknown (sub)?command", connection.ask(*n).raw)}
    connection.close()
    return missing


def readFamilies(wanted):
    folder = pathlib.Path(__file__).parent
    every = sorted(p.stem[4:] for p in folder.glob('gen_*.py'))
    for name in wanted:
        if name not in every:
            raise SystemExit(f'there is no family {name}, but: {", ".join(every)}')
    return {name: importlib.import_module('gen_' + name).TEMPLATES for name in wanted or every}


def usableFamilies(families, servers):
    """The families without what one of the servers cannot do, which is printed."""
    usable = {}
    for family, templates in families.items():
        names = templateNames(templates)
        missing = set().union(*(unknownNames(s, set(names.values())) for s in servers))
        usable[family] = [t for t in templates if names.get(t) not in missing]
        if missing:
            print(f'{family}: left out, for one of the servers does not know it: '
                  f'{", ".join(sorted(map(" ".join, missing)))}')
    return {family: templates for family, templates in usable.items() if templates}


def isOutOfRange(word):
    """Whether it is a number beyond what a double can hold, or too near to zero; or, as in the ID of
    a stream's entry, what 64 bits can."""
    if re.search(rb'[0-9]{20}', word):
        return True
    try:
        value = abs(float(word))
    except ValueError:
        return False
    if value == 0:
        return any(digit in b'123456789' for digit in word.lower().partition(b'e')[0])
    return value < sys.float_info.min or (value == float('inf') and b'inf' not in word.lower())


def sorts(command):
    return compare.nameOf(command).lstrip(b'@') in (b'SORT', b'SORT_RO')


def scriptOf(seed, families, length, not_sent):
    """The commands of one seed. Each script mixes one to three families; dead keys stay for
    themselves, because walks through the keys find them in an order of their own."""
    r = random.Random(seed)
    mixed = r.sample(sorted(families), k=min(len(families), r.choice([1, 1, 2, 3])))
    if 'mortal' in mixed:
        mixed = ['mortal']
    commands = []
    while len(commands) < length:
        command = arguments.commandOf(r, r.choice(families[r.choice(mixed)]))
        if 'tracking' in mixed and compare.nameOf(command) == b'SWAPDB':
            continue  # Ebb voids what clients keep; 7.0.15 lets them keep the other db's values.
        if 'oom' in mixed and compare.nameOf(command).lstrip(b'@').endswith(b'SUBSCRIBE'):
            continue  # Newer servers refuse new subscriptions where memory is short.
        # 7.0.15 does not forget the range error of such a number: SORTs behind it fail for it.
        # Scripts about sorting have none; in others it is the SORTs behind one that are left out.
        if 'sort' in mixed and any(map(isOutOfRange, command)):
            continue
        if sorts(command) and any(isOutOfRange(word) for sent in commands for word in sent):
            continue
        if compare.isSafe(command) and not any(p.fullmatch(printable(command)) for p in not_sent):
            commands.append(command)
    return commands, mixed


def report(seed, protocol, length, mixed, history, difference):
    print(f'\ndifference in script {seed} (RESP{protocol}; {", ".join(mixed)}):')
    for command in history[:-1]:
        print(f'    {printable(command)}')
    print(f'  > {printable(history[-1])}')
    print(f'  ebb:    {difference.ebb}\n  oracle: {difference.oracle}')
    print(f'  again:  tests/differential/run.py --seed {seed} --scripts 1 --resp {protocol} '
          f'--length {length}', flush=True)


def parseArguments():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(
        description=__doc__ + ', '.join(readFamilies([])),
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--ebb', default=os.environ.get('EBB_BINARY', str(root / 'build/ebb-server')))
    parser.add_argument('--oracle', default=os.environ.get('EBB_ORACLE', 'redis-server'))
    parser.add_argument('--ebb-options', default='', help='further arguments of Ebb, in one string')
    parser.add_argument('--seed', type=int, help='of the first script; default: EBB_SEED or a new one')
    parser.add_argument('--seconds', type=float, help='how long; default 20, times EBB_ROUNDS')
    parser.add_argument('--scripts', type=int, help='how many scripts at most')
    parser.add_argument('--length', type=int, default=300, help='commands a script')
    parser.add_argument('--resp', type=int, choices=(2, 3), help='default: both in turn')
    parser.add_argument('--family', action='append', default=[])
    parser.add_argument('--max-differences', type=int, default=10, help='stop after so many')
    given = parser.parse_args()
    if given.seed is None:
        given.seed = int(os.environ.get('EBB_SEED') or time.time()) % 10**9 * 1000
    if given.seconds is None:
        given.seconds = 20 * float(os.environ.get('EBB_ROUNDS') or 1) if not given.scripts else 1e9
    return given


def compareScripts(given, pair, families):
    """(scripts that passed, scripts that failed)"""
    not_sent = [re.compile(p, re.IGNORECASE) for p, _ in known_differences.NOT_SENT]
    deadline = time.monotonic() + given.seconds
    seed, passed, failed, sent = given.seed, 0, 0, 0
    while (time.monotonic() < deadline and failed < given.max_differences
           and passed + failed != given.scripts):
        protocol = given.resp or 2 + seed % 2
        commands, mixed = scriptOf(seed, families, given.length, not_sent)
        difference = pair.differs(commands, protocol)
        if difference and any(map(compare.isMortal, commands)):
            # A server that was not run for a millisecond found a deadline in the past.
            difference = pair.differs(commands, protocol)
        sent += len(commands)
        if difference:
            failed += 1
            history, difference = reduced(pair, commands, protocol, difference)
            report(seed, protocol, given.length, mixed, history, difference)
        else:
            passed += 1
        seed += 1
    print(f'{sent} commands in {passed + failed} scripts')
    return passed, failed


def main():
    given = parseArguments()
    print(f'seed: --seed {given.seed}', flush=True)
    ebb = Server(given.ebb, given.ebb_options.split())
    oracle = Server(given.oracle)
    try:
        families = usableFamilies(readFamilies(given.family), [ebb, oracle])
        pair = Pair(ebb, oracle)
        passed, failed = compareScripts(given, pair, families)
        pair.end()
    finally:
        oracle.stop()
        code = ebb.stop()
    if code:
        failed += 1
        print(f'{given.ebb} ended with {code}; its log:\n{ebb.last_log}')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
