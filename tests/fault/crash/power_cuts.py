"""Writes down what a server does to its files in a course of events, and what it acknowledged when;
power_cut (power_cut.c) makes up and loads what a power cut may leave at any point of it."""
import os
import subprocess
import time

import shimmed

CI_IMAGES, FULL_IMAGES = 2400, 120000

# How a server is run, and whether a reply is a promise.
POLICIES = {
    'always': (['--appendfsync', 'always'], True),
    'everysec': (['--appendfsync', 'everysec'], False),
    'always, a base of commands': (['--appendfsync', 'always', '--aof-use-rdb-preamble', 'no'],
                                   True),
}


class Recorder:
    def __init__(self, binary, shim, options, promises):
        self.server = shimmed.Shimmed(binary, shim, '--appendonly', 'yes',
                                      '--auto-aof-rewrite-percentage', '0', *options, trace=True)
        self.acks = os.path.join(self.server.home, 'acks')
        self.promises = promises
        self.number = 0
        self.lines = []
        self.server.state.order(shimmed.TRACE)

    def writes(self, client, count):
        """One after the other: who is acknowledged is in the trace by now."""
        for _ in range(count):
            self.number += 1
            reply = client.ask('SET', f'k:{self.number}', self.number)
            assert reply == b'OK', reply
            if self.promises:
                self.lines.append(f'{self.server.state.trace_size} {self.number}\n')

    def waitFor(self, client, *names):
        while any(client.info('persistence')[name] != '0' for name in names):
            self.writes(client, 3)
            if not self.promises:
                time.sleep(0.01)

    def record(self, rounds):
        assert self.server.start()
        for i in range(rounds):
            client = self.server.client()
            self.writes(client, 40)
            if not self.promises:
                time.sleep(1.05)
            self.writes(client, 20)
            client.ask('BGREWRITEAOF')
            self.waitFor(client, 'aof_rewrite_in_progress', 'aof_rewrite_scheduled')
            self.writes(client, 20)
            client.ask('BACKUP', 'START')
            self.waitFor(client, 'aof_rewrite_in_progress', 'aof_rewrite_scheduled')
            client.ask('BACKUP', 'SEAL')
            self.writes(client, 5)
            client.ask('BACKUP', 'CLEANUP')
            client.ask('BGSAVE')
            self.waitFor(client, 'rdb_bgsave_in_progress')
            if i % 2:
                # From a process that ended to one that goes on; the disk's cache knows of neither.
                self.server.kill()
                self.server.state.lock = 0
                assert self.server.start()
                client = self.server.client()
            self.writes(client, 10)
            client.ask('CONFIG', 'SET', 'appendonly', 'no')
            client.ask('CONFIG', 'SET', 'appendonly', 'yes')
            while client.info('persistence')['aof_rewrite_in_progress'] != '0':
                time.sleep(0.002)
            client.close()
        self.server.kill()
        with open(self.acks, 'w') as f:
            f.writelines(self.lines)


def load(program, recorder, images, seed, options, jobs):
    """Makes and loads them, in so many processes with a seed each; their last lines, and whether
    all was good."""
    words = [word.removeprefix('--') for word in options]
    running = []
    for i in range(jobs):
        folder = os.path.join(recorder.server.home, f'image-{i}')
        os.mkdir(folder)
        running.append(subprocess.Popen(
            [program, recorder.server.trace, recorder.acks, folder, str(images // jobs),
             str(seed + i), *words], stdout=subprocess.PIPE, text=True))
    said = [process.communicate()[0].strip() for process in running]
    return said, not any(process.returncode for process in running)


def run(binary, shim, program, full, seed, jobs):
    """The number of courses with bad images."""
    bad = total = 0
    for name, (options, promises) in POLICIES.items():
        recorder = Recorder(binary, shim, options, promises)
        recorder.record(6 if full else 2)
        images = (FULL_IMAGES if full else CI_IMAGES) // len(POLICIES)
        said, good = load(program, recorder, images, seed, options, jobs)
        for i, text in enumerate(said):
            print(f'{name}: {recorder.number} writes, seed {seed + i}: {text}')
        total += images // jobs * jobs
        bad += not good
        if good or not os.environ.get('EBB_KEEP'):
            recorder.server.remove()
        else:
            print(f'kept: {recorder.server.home}')
    print(f'{total} images, {bad} courses with bad ones')
    return bad
