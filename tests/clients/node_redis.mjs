// What the client `redis` (node-redis) does, over RESP2 and RESP3.
import assert from 'node:assert/strict';
import { createClient, createClientPool } from 'redis';
import { startServer, until } from './harness.mjs';

async function open(port, RESP, more = {}) {
  const client = createClient({ socket: { host: '127.0.0.1', port }, RESP, ...more });
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
  async 'connects and says who it is'(client, { RESP }) {
    assert.equal(await client.ping(), 'PONG');
    const info = await client.clientInfo();
    assert.equal(info.resp, RESP);
    assert.match(await client.sendCommand(['CLIENT', 'INFO']).then(String), /lib-name=node-redis/);
    const server = await client.info('server');
    assert.match(server, /redis_version:\d+\.\d+\.\d+/);
  },

  async 'HELLO names server, version and protocol'(client, { RESP }) {
    const hello = await client.hello();
    assert.equal(hello.proto, RESP);
    assert.equal(hello.mode, 'standalone');
    assert.equal(hello.role, 'master');
    assert.match(hello.version, /^\d+\.\d+\.\d+$/);
  },

  async 'sets and gets'(client) {
    assert.equal(await client.set('a', '1'), 'OK');
    assert.equal(await client.get('a'), '1');
    assert.equal(await client.get('none'), null);
    assert.equal(await client.set('a', '2', { condition: 'NX' }), null);
    assert.equal(await client.set('a', '2', { condition: 'XX', GET: true }), '1');
    assert.equal(await client.getDel('a'), '2');
    assert.equal(await client.exists('a'), 0);
    await client.mSet({ x: '1', y: '2' });
    assert.deepEqual(await client.mGet(['x', 'none', 'y']), ['1', null, '2']);
    assert.equal(await client.incrBy('x', 41), 42);
    assert.equal(Number(await client.incrByFloat('x', 0.5)), 42.5);
    assert.equal(await client.append('y', 'abc'), 4);
    assert.equal(await client.getRange('y', 1, -1), 'abc');
    assert.equal(await client.del(['x', 'y', 'none']), 2);
  },

  async 'keeps bytes and a megabyte as they are'(client) {
    const bytes = Buffer.from([...Array(256).keys()]);
    const big = Buffer.alloc(1 << 20, 'Ebb\0\r\n');
    await client.set('bytes', bytes);
    await client.set('big', big);
    const raw = client.withTypeMapping({ [36]: Buffer });
    assert.ok(bytes.equals(await raw.get('bytes')));
    assert.ok(big.equals(await raw.get('big')));
    assert.equal(await client.strLen('big'), 1 << 20);
  },

  async 'lets keys expire'(client) {
    await client.set('k', 'v', { expiration: { type: 'EX', value: 100 } });
    assert.ok([99, 100].includes(await client.ttl('k')));
    assert.equal(await client.persist('k'), 1);
    assert.equal(await client.ttl('k'), -1);
    assert.equal(await client.ttl('none'), -2);
    assert.equal(await client.expire('k', 50), 1);
    assert.equal(await client.expire('k', 10, 'GT'), 0);
    assert.ok((await client.expireTime('k')) > Date.now() / 1000 + 40);
    assert.equal(await client.pExpire('k', 20), 1);
    await until(async () => (await client.get('k')) === null, 'expiry');
    assert.equal(await client.dbSize(), 0);
  },

  async 'pipelines'(client) {
    const keys = [...Array(2000).keys()].map((n) => `p:${n}`);
    await Promise.all(keys.map((key, n) => client.set(key, String(n))));
    const values = await Promise.all(keys.map((key) => client.get(key)));
    assert.deepEqual(values, keys.map((_, n) => String(n)));
    const replies = await client.multi().set('n', '1').incr('n').get('n').execAsPipeline();
    assert.deepEqual(replies, ['OK', 2, '2']);
  },

  async 'publishes and subscribes'(client, { port, RESP }) {
    const listener = await open(port, RESP);
    const heard = [];
    await listener.subscribe('news', (message, channel) => heard.push(['c', channel, message]));
    await listener.pSubscribe('n?ws', (message, channel) => heard.push(['p', channel, message]));
    await listener.sSubscribe('shard', (message, channel) => heard.push(['s', channel, message]));
    assert.equal(await client.publish('news', 'hello'), 2);
    assert.equal(await client.sPublish('shard', 'there'), 1);
    await until(() => heard.length === 3, 'three messages');
    assert.deepEqual(heard.sort(), [['c', 'news', 'hello'], ['p', 'news', 'hello'], ['s', 'shard', 'there']]);
    assert.deepEqual(await client.pubSubChannels(), ['news']);
    assert.equal((await client.pubSubNumSub(['news'])).news, 1);
    assert.equal(await client.pubSubNumPat(), 1);
    await listener.unsubscribe('news');
    await listener.pUnsubscribe('n?ws');
    await listener.sUnsubscribe('shard');
    assert.equal(await client.publish('news', 'nobody'), 0);
    // The library gives the bytes of this PONG, because it has listened on the connection.
    assert.equal(String(await listener.ping()), 'PONG');
    listener.destroy();
  },

  async 'hears of keyspace events'(client, { port, RESP }) {
    await client.configSet('notify-keyspace-events', 'KEA');
    assert.deepEqual({ ...(await client.configGet('notify-keyspace-events')) },
      { 'notify-keyspace-events': 'AKE' });
    const listener = await open(port, RESP);
    const heard = [];
    await listener.pSubscribe('__key*@0__:*', (message, channel) => heard.push(`${channel} ${message}`));
    await client.set('k', 'v');
    await client.del('k');
    await client.set('gone', 'v', { expiration: { type: 'PX', value: 10 } });
    await until(() => heard.includes('__keyevent@0__:expired gone'), 'the expired event');
    assert.deepEqual(heard.slice(0, 4), ['__keyspace@0__:k set', '__keyevent@0__:set k',
      '__keyspace@0__:k del', '__keyevent@0__:del k']);
    await client.configSet('notify-keyspace-events', '');
    listener.destroy();
  },

  async 'scans'(client) {
    const wanted = new Set([...Array(1500).keys()].map((n) => `scan:${n}`));
    await client.mSet([...wanted].map((key) => [key, 'v']));
    await client.set('other', 'v');
    const seen = new Set();
    for await (const keys of client.scanIterator({ MATCH: 'scan:*', COUNT: 100, TYPE: 'string' })) {
      keys.forEach((key) => seen.add(key));
    }
    assert.deepEqual(seen, wanted);
    assert.equal((await client.keys('scan:1*')).length, 611);
  },

  async 'gets the known error texts'(client) {
    await client.set('word', 'abc');
    await fails(client.incr('word'), 'ERR value is not an integer or out of range');
    await fails(client.sendCommand(['GET']), "ERR wrong number of arguments for 'get' command");
    await fails(client.sendCommand(['NOPE', 'a', 'b']),
      "ERR unknown command 'NOPE', with args beginning with: 'a' 'b' ");
    await fails(client.sendCommand(['SET', 'a', 'b', 'WHAT']), 'ERR syntax error');
    await fails(client.sendCommand(['SET', 'a', 'b', 'EX', '0']),
      "ERR invalid expire time in 'set' command");
    await fails(client.rename('none', 'b'), 'ERR no such key');
    await fails(client.select(99), 'ERR DB index is out of range');
    assert.equal(await client.get('word'), 'abc');
  },

  async 'works in other databases'(client, { port, RESP }) {
    const other = await open(port, RESP, { database: 3 });
    await other.set('k', 'three');
    assert.equal(await client.get('k'), null);
    assert.equal(await other.get('k'), 'three');
    assert.match(await client.info('keyspace'), /db3:keys=1,/);
    await other.close();
  },

  async 'reconnects when it was killed'(client, { port, RESP }) {
    const victim = await open(port, RESP, { name: 'victim' });
    assert.equal(await victim.clientGetName(), 'victim');
    const id = await victim.clientId();
    assert.equal(await client.clientKill({ filter: 'ID', id }), 1);
    await until(async () => (await victim.clientId().catch(() => id)) !== id, 'a new connection');
    assert.equal(await victim.clientGetName(), 'victim');
    victim.destroy();
  },

  async 'runs a pool'(client, { port, RESP }) {
    const pool = createClientPool({ socket: { host: '127.0.0.1', port }, RESP },
      { minimum: 2, maximum: 8 });
    pool.on('error', () => {});
    await pool.connect();
    await Promise.all([...Array(200).keys()].map(() => pool.incr('pooled')));
    assert.equal(await pool.get('pooled'), '200');
    await pool.close();
  },
};

async function logsIn(program, RESP) {
  const server = await startServer(program, '--requirepass', 'secret');
  try {
    const client = await open(server.port, RESP, { password: 'secret' });
    assert.equal(await client.ping(), 'PONG');
    await client.close();
    const wrong = createClient({ socket: { host: '127.0.0.1', port: server.port,
      reconnectStrategy: false }, RESP, password: 'wrong' });
    wrong.on('error', () => {});
    await fails(wrong.connect(), 'WRONGPASS invalid username-password pair or user is disabled.');
    const none = createClient({ socket: { host: '127.0.0.1', port: server.port,
      reconnectStrategy: false }, RESP: 2, disableClientInfo: true });
    none.on('error', () => {});
    await none.connect();
    await fails(none.get('a'), 'NOAUTH Authentication required.');
    none.destroy();
  } finally {
    await server.stop();
  }
}

export async function testNodeRedis(suite, program) {
  for (const RESP of [2, 3]) {
    const server = await startServer(program);
    for (const [name, run] of Object.entries(tests)) {
      await suite.test(`redis, RESP${RESP}: ${name}`, async () => {
        const client = await open(server.port, RESP);
        try {
          await client.flushAll();
          await run(client, { port: server.port, RESP });
        } finally {
          client.destroy();
        }
      });
      if (server.died() !== null) throw new Error(`the server died: ${server.log}`);
    }
    await server.stop();
    await suite.test(`redis, RESP${RESP}: logs in`, () => logsIn(program, RESP));
  }
}
