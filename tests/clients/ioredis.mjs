// What the client `ioredis` does, over RESP2 and RESP3.
import assert from 'node:assert/strict';
import { Redis } from 'ioredis';
import { startServer, until } from './harness.mjs';

async function open(port, protocol, more = {}) {
  const client = new Redis({ port, host: '127.0.0.1', protocol, lazyConnect: true, ...more });
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function fails(promise, text) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.message, text);
    return true;
  });
}

const tests = {
  async 'connects and says who it is'(client, { protocol }) {
    assert.equal(client.status, 'ready');
    assert.equal(await client.ping(), 'PONG');
    const info = await client.client('INFO');
    assert.match(info, new RegExp(`resp=${protocol}`));
    assert.match(info, /lib-name=ioredis/);
  },

  async 'sets and gets'(client) {
    assert.equal(await client.set('a', '1'), 'OK');
    assert.equal(await client.set('a', '2', 'NX'), null);
    assert.equal(await client.set('a', '2', 'KEEPTTL', 'GET'), '1');
    assert.equal(await client.get('a'), '2');
    assert.equal(await client.mset('x', '1', 'y', '2'), 'OK');
    assert.deepEqual(await client.mget('x', 'none', 'y'), ['1', null, '2']);
    assert.equal(await client.incr('x'), 2);
    assert.equal(await client.incrbyfloat('x', '0.5'), '2.5');
    assert.equal(await client.unlink('x', 'y', 'none'), 2);
  },

  async 'keeps bytes and a megabyte as they are'(client) {
    const bytes = Buffer.from([...Array(256).keys()]);
    const big = Buffer.alloc(1 << 20, 'Ebb\0\r\n');
    await client.set(bytes, big);
    assert.ok(big.equals(await client.getBuffer(bytes)));
    assert.ok(bytes.equals((await client.keysBuffer('*'))[0]));
  },

  async 'lets keys expire'(client) {
    await client.set('k', 'v', 'EX', 100);
    assert.ok([99, 100].includes(await client.ttl('k')));
    assert.equal(await client.persist('k'), 1);
    assert.equal(await client.expire('k', 50, 'NX'), 1);
    assert.equal(await client.expire('k', 60, 'LT'), 0);
    assert.equal(await client.pexpire('k', 20), 1);
    await until(async () => (await client.get('k')) === null, 'expiry');
    assert.equal(await client.dbsize(), 0);
  },

  async 'pipelines'(client, { port, protocol }) {
    const pipeline = client.pipeline();
    for (let n = 0; n < 2000; n += 1) pipeline.set(`p:${n}`, n).get(`p:${n}`);
    pipeline.incr('p:1').call('INCR');
    const replies = await pipeline.exec();
    assert.equal(replies.length, 4002);
    for (let n = 0; n < 2000; n += 1) assert.deepEqual(replies[2 * n + 1], [null, String(n)]);
    assert.deepEqual(replies[4000], [null, 2]);
    assert.equal(replies[4001][0].message, "ERR wrong number of arguments for 'incr' command");
    const auto = await open(port, protocol, { enableAutoPipelining: true });
    const values = await Promise.all([...Array(500).keys()].map((n) => auto.get(`p:${n + 2}`)));
    assert.deepEqual(values, [...Array(500).keys()].map((n) => String(n + 2)));
    auto.disconnect();
  },

  async 'publishes and subscribes'(client, { port, protocol }) {
    const listener = await open(port, protocol);
    const heard = [];
    listener.on('message', (channel, message) => heard.push(['c', channel, message]));
    listener.on('pmessage', (pattern, channel, message) => heard.push(['p', pattern, channel, message]));
    listener.on('smessage', (channel, message) => heard.push(['s', channel, message]));
    assert.equal(await listener.subscribe('news', 'more'), 2);
    assert.equal(await listener.psubscribe('n?ws'), 3);
    assert.equal(await listener.ssubscribe('shard'), 1);
    assert.equal(await client.publish('news', 'hello'), 2);
    assert.equal(await client.spublish('shard', 'there'), 1);
    await until(() => heard.length === 3, 'three messages');
    assert.deepEqual(heard.sort(), [['c', 'news', 'hello'], ['p', 'n?ws', 'news', 'hello'],
      ['s', 'shard', 'there']]);
    assert.deepEqual(await client.pubsub('NUMSUB', 'news', 'none'), ['news', 1, 'none', 0]);
    await listener.unsubscribe('news', 'more');
    await listener.punsubscribe('n?ws');
    await listener.sunsubscribe('shard');
    assert.equal(await client.publish('news', 'nobody'), 0);
    assert.equal(await listener.ping(), 'PONG');
    listener.disconnect();
  },

  async 'hears of keyspace events'(client, { port, protocol }) {
    await client.config('SET', 'notify-keyspace-events', 'KEA');
    const listener = await open(port, protocol);
    const heard = [];
    listener.on('pmessage', (_, channel, message) => heard.push(`${channel} ${message}`));
    await listener.psubscribe('__key*@0__:*');
    await client.set('k', 'v');
    await client.rename('k', 'l');
    await client.set('gone', 'v', 'PX', 10);
    await until(() => heard.includes('__keyevent@0__:expired gone'), 'the expired event');
    assert.deepEqual(heard.slice(0, 6), ['__keyspace@0__:k set', '__keyevent@0__:set k',
      '__keyspace@0__:k rename_from', '__keyevent@0__:rename_from k',
      '__keyspace@0__:l rename_to', '__keyevent@0__:rename_to l']);
    await client.config('SET', 'notify-keyspace-events', '');
    listener.disconnect();
  },

  async 'scans'(client) {
    const wanted = new Set([...Array(1500).keys()].map((n) => `scan:${n}`));
    await client.mset([...wanted, 'other'].flatMap((key) => [key, 'v']));
    const seen = new Set();
    for await (const keys of client.scanStream({ match: 'scan:*', count: 100, type: 'string' })) {
      keys.forEach((key) => seen.add(key));
    }
    assert.deepEqual(seen, wanted);
  },

  async 'gets the known error texts'(client) {
    await client.set('word', 'abc');
    await fails(client.incr('word'), 'ERR value is not an integer or out of range');
    await fails(client.call('GET'), "ERR wrong number of arguments for 'get' command");
    await fails(client.call('NOPE', 'a', 'b'),
      "ERR unknown command 'NOPE', with args beginning with: 'a' 'b' ");
    await fails(client.call('SET', 'a', 'b', 'WHAT'), 'ERR syntax error');
    await fails(client.setrange('a', -1, 'x'), 'ERR offset is out of range');
    await fails(client.select(99), 'ERR DB index is out of range');
    assert.equal(await client.get('word'), 'abc');
  },

  async 'works in other databases and under a prefix'(client, { port, protocol }) {
    const other = await open(port, protocol, { db: 3, keyPrefix: 'pre:' });
    await other.mset('k', '1', 'l', '2');
    assert.equal(await client.get('pre:k'), null);
    await client.select(3);
    assert.deepEqual((await client.keys('*')).sort(), ['pre:k', 'pre:l']);
    assert.equal(await other.quit(), 'OK');
  },

  async 'reconnects when it was killed'(client, { port, protocol }) {
    const victim = await open(port, protocol, { connectionName: 'victim', retryStrategy: () => 20 });
    assert.equal(await victim.client('GETNAME'), 'victim');
    const id = await victim.client('ID');
    assert.equal(await client.client('KILL', 'ID', id), 1);
    await until(async () => (await victim.client('ID').catch(() => id)) !== id, 'a new connection');
    assert.equal(await victim.client('GETNAME'), 'victim');
    victim.disconnect();
  },
};

async function logsIn(program, protocol) {
  const server = await startServer(program, '--requirepass', 'secret');
  try {
    const client = await open(server.port, protocol, { password: 'secret' });
    assert.equal(await client.ping(), 'PONG');
    client.disconnect();
    const wrong = new Redis({ port: server.port, host: '127.0.0.1', protocol, password: 'wrong',
      retryStrategy: null, lazyConnect: true });
    const errors = [];
    wrong.on('error', (error) => errors.push(error.message));
    await wrong.connect().catch((error) => errors.push(error.message));
    await until(() => errors.includes(
      'WRONGPASS invalid username-password pair or user is disabled.'), 'WRONGPASS');
    wrong.disconnect();
  } finally {
    await server.stop();
  }
}

export async function testIoredis(suite, program) {
  for (const protocol of [2, 3]) {
    const server = await startServer(program);
    for (const [name, run] of Object.entries(tests)) {
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
    await suite.test(`ioredis, RESP${protocol}: logs in`, () => logsIn(program, protocol));
  }
}
