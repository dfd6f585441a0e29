// What the locks of `redlock` do: scripts that check and set several keys as one.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import redlock from 'redlock';
import { startServer, until } from './harness.mjs';

const Redlock = redlock.default ?? redlock;

const tests = {
  async 'locks and gives back'(locks, clients) {
    const lock = await locks.acquire(['a'], 5000);
    // A lock is had, and is gone, when most servers say so; the others follow.
    for (const client of clients) await until(async () => (await client.get('a')) === lock.value);
    await lock.release();
    for (const client of clients) await until(async () => (await client.exists('a')) === 0);
  },

  async 'lets nobody in twice'(locks, clients) {
    const impatient = new Redlock(clients, { retryCount: 0 });
    const lock = await locks.acquire(['a', 'b'], 5000);
    await assert.rejects(impatient.acquire(['b'], 1000), /unable to achieve a quorum/);
    await lock.release();
    await (await impatient.acquire(['b'], 1000)).release();
  },

  async 'keeps many apart'(locks) {
    let inside = 0;
    let most = 0;
    let runs = 0;
    await Promise.all(
      [...Array(8).keys()].map(async () => {
        const lock = await locks.acquire(['door'], 3000);
        inside += 1;
        most = Math.max(most, inside);
        await sleep(5);
        inside -= 1;
        runs += 1;
        await lock.release();
      }),
    );
    assert.equal(most, 1);
    assert.equal(runs, 8);
  },

  async 'extends, and ends by itself'(locks, clients) {
    let lock = await locks.acquire(['a'], 300);
    lock = await lock.extend(1000);
    assert.ok((await clients[0].pttl('a')) > 500);
    lock = await lock.extend(50);
    await until(async () => (await clients[0].exists('a')) === 0, 'the end of the lock');
    await assert.rejects(lock.extend(1000));
  },

  async 'runs a routine under a lock that is extended'(locks) {
    const value = await locks.using(['a'], 500, { automaticExtensionThreshold: 200 }, async (signal) => {
      await sleep(700);
      if (signal.aborted) throw signal.error;
      return 'done';
    });
    assert.equal(value, 'done');
  },
};

export async function testRedlock(suite, program) {
  const servers = [];
  try {
    for (let i = 0; i < 3; i++) servers.push(await startServer(program));
    const clients = servers.map(({ port }) => new Redis({ port, host: '127.0.0.1' }));
    try {
      for (const [name, run] of Object.entries(tests)) {
        await suite.test(`redlock: ${name}`, async () => {
          for (const client of clients) await client.flushall();
          const locks = new Redlock(clients, { retryCount: 200, retryDelay: 20, retryJitter: 20 });
          locks.on('error', () => {});
          await run(locks, clients);
        });
      }
    } finally {
      for (const client of clients) client.disconnect();
    }
  } finally {
    for (const server of servers) await server.stop();
  }
}
