// Two small applications on `ioredis`, as people write them: a chat over channels, and a queue of
// jobs on lists whose workers wait, take each job over into a list of their own, and lose none.
import assert from 'node:assert/strict';
import { Redis } from 'ioredis';
import { startServer, until } from './harness.mjs';

async function open(port, protocol) {
  const client = new Redis({ port, host: '127.0.0.1', protocol, lazyConnect: true });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** Someone in a room: hears the room, may whisper, is seen while being there. */
class Member {
  heard = [];

  static async join(port, protocol, room, name) {
    const m = new Member();
    Object.assign(m, { room, name });
    m.voice = await open(port, protocol);
    m.ear = await open(port, protocol);
    m.ear.on('message', (_, text) => m.heard.push(JSON.parse(text)));
    m.ear.on('pmessage', (_, channel, text) => m.heard.push({ channel, ...JSON.parse(text) }));
    await m.ear.subscribe(`room:${room}`);
    await m.ear.psubscribe(`whisper:${name}:*`);
    await m.voice.sadd(`members:${room}`, name);
    return m;
  }

  async say(text) {
    const message = JSON.stringify({ from: this.name, text });
    const [[, receivers]] = await this.voice.multi().publish(`room:${this.room}`, message)
      .lpush(`history:${this.room}`, message).ltrim(`history:${this.room}`, 0, 99).exec();
    return receivers;
  }

  whisper(to, text) {
    const message = JSON.stringify({ from: this.name, text });
    return this.voice.publish(`whisper:${to}:${this.name}`, message);
  }

  async leave() {
    await this.ear.unsubscribe(`room:${this.room}`);
    await this.voice.srem(`members:${this.room}`, this.name);
    this.close();
  }

  close() {
    this.ear.disconnect();
    this.voice.disconnect();
  }
}

async function chat(client, { port, protocol }) {
  const people = [];
  for (const name of ['ann', 'bob', 'eve']) {
    people.push(await Member.join(port, protocol, 'tea', name));
  }
  const [ann, bob, eve] = people;
  assert.deepEqual((await client.smembers('members:tea')).sort(), ['ann', 'bob', 'eve']);
  for (let n = 0; n < 150; n += 1) assert.equal(await people[n % 3].say(`line ${n}`), 3);
  assert.equal(await ann.whisper('bob', 'psst'), 1);
  await until(() => bob.heard.length === 151 && eve.heard.length === 150, 'all lines');
  for (const m of people) {
    const lines = m.heard.filter((line) => !line.channel);
    assert.deepEqual(lines.map((line) => line.text), [...Array(150).keys()].map((n) => `line ${n}`));
  }
  assert.deepEqual(bob.heard.at(-1), { channel: 'whisper:bob:ann', from: 'ann', text: 'psst' });
  await eve.leave();
  assert.equal(await bob.say('is she gone?'), 2);
  const history = await client.lrange('history:tea', 0, -1);
  assert.equal(history.length, 100);
  assert.equal(JSON.parse(history[0]).text, 'is she gone?');
  ann.close();
  bob.close();
}

/** Takes jobs until there is one that says so; 'work' may throw, then the job goes back. */
async function worker(port, protocol, name, work) {
  const client = await open(port, protocol);
  const own = `jobs:taken:${name}`;
  for (;;) {
    const text = await client.blmove('jobs', own, 'RIGHT', 'LEFT', 5);
    if (text === null) throw new Error(`${name} waited for too long`);
    const job = JSON.parse(text);
    try {
      if (!job.end) await work(job);
      await client.multi().lrem(own, 1, text).incr('jobs:done').exec();
    } catch {
      await client.multi().lrem(own, 1, text).lpush('jobs', text).exec();
    }
    if (job.end) break;
  }
  client.disconnect();
}

async function queue(client, { port, protocol }) {
  const done = new Map();
  const tried = new Set();
  const work = async (job) => {
    if (job.n % 10 === 3 && !tried.has(job.n)) {
      tried.add(job.n);
      throw new Error('not yet');
    }
    done.set(job.n, (done.get(job.n) ?? 0) + 1);
  };
  const names = ['w1', 'w2', 'w3', 'w4'];
  const workers = names.map((name) => worker(port, protocol, name, work));
  await until(async () => /blocked_clients:4/.test(await client.info('clients')), 'four waiting');
  for (let n = 0; n < 300; n += 1) {
    if (n % 3) await client.lpush('jobs', JSON.stringify({ n }));
    else await client.rpush('jobs', JSON.stringify({ n }));
  }
  await until(() => done.size === 300, 'all jobs done');
  for (const _ of names) await client.lpush('jobs', JSON.stringify({ end: true }));
  await Promise.all(workers);
  assert.ok([...done.values()].every((times) => times === 1));
  assert.equal(tried.size, 30);
  assert.equal(await client.get('jobs:done'), '304');
  assert.deepEqual(await client.keys('jobs*'), ['jobs:done']);
}

async function lostWorker(client, { port, protocol }) {
  const lost = await open(port, protocol);
  await client.rpush('jobs', 'a', 'b');
  assert.equal(await lost.brpoplpush('jobs', 'jobs:taken:lost', 1), 'b');
  lost.disconnect(); // With the job in its hands.
  assert.deepEqual(await client.lrange('jobs:taken:lost', 0, -1), ['b']);
  while (await client.rpoplpush('jobs:taken:lost', 'jobs')) continue;
  assert.deepEqual(await client.lrange('jobs', 0, -1), ['b', 'a']);
  assert.equal(await client.brpoplpush('none', 'nowhere', 0.05), null);
  assert.equal(await client.exists('jobs:taken:lost', 'nowhere'), 0);
}

const applications = {
  'a chat: everybody hears everything in order': chat,
  'a queue: every job is done once, failed ones again': queue,
  'a queue: what a lost worker had taken comes back': lostWorker,
};

export async function testIoredisJobs(suite, program) {
  for (const protocol of [2, 3]) {
    const server = await startServer(program);
    for (const [name, run] of Object.entries(applications)) {
      await suite.test(`ioredis, RESP${protocol}: ${name}`, async () => {
        const client = await open(server.port, protocol);
        try {
          await client.flushall();
          await run(client, { port: server.port, protocol });
        } finally {
          client.disconnect();
        }
      });
      if (server.died() !== null) throw new Error(`the server died: ${server.log}`);
    }
    await server.stop();
  }
}
