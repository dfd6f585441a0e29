"""Under appendfsync always no reply comes before the sync that covers its write: with a disk that
takes its time, none comes sooner than that."""
import threading
import time

import shimmed

DELAY_S = 0.1
CLIENTS, ROUNDS = 8, 6


def talk(server, number, found):
    client = server.client()
    for i in range(ROUNDS):
        syncs, start = server.state.syncs, time.monotonic()
        client.send('SET', f'key:{number}', i)
        client.send('INCR', f'count:{number}')
        replies = [client.read(), client.read()]
        found.append((time.monotonic() - start, server.state.syncs - syncs, replies))
        time.sleep(0.013 * number)
    client.close()


def run(binary, shim):
    server = shimmed.Shimmed(binary, shim, '--appendonly', 'yes', '--appendfsync', 'always')
    if not server.start():
        raise SystemExit('the server does not start')
    server.state.order(shimmed.SLOW, delay_us=int(DELAY_S * 1e6))
    found, bad = [], 0
    threads = [threading.Thread(target=talk, args=(server, i, found)) for i in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for took, syncs, replies in found:
        if took < DELAY_S or syncs < 1 or replies[0] != b'OK':
            bad += 1
            print(f'{replies} after {took * 1000:.1f} ms and {syncs} syncs')
    print(f'{2 * len(found)} replies, the first after {min(f[0] for f in found) * 1000:.1f} ms with '
          f'syncs of {DELAY_S * 1000:.0f} ms, {bad} too early')
    bad += len(found) != CLIENTS * ROUNDS
    server.remove()
    return bad
