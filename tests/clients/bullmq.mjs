// What the job queue `bullmq` does: all of it is scripts over lists, sorted sets and streams.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, QueueEvents, Worker } from 'bullmq';
import { startServer, until } from './harness.mjs';

/** A queue of its own for a test; what else the test opens through it is closed with it. */
function openQueue(port, name, options = {}) {
  const connection = { port, host: '127.0.0.1', maxRetriesPerRequest: null };
  const opened = [];
  const keep = (thing) => {
    thing.on('error', () => {});
    opened.push(thing);
    return thing;
  };
  const queue = keep(new Queue(name, { connection, ...options }));
  return {
    queue,
    worker: (run, more = {}) => keep(new Worker(name, run, { connection, ...more })),
    events: async () => {
      const events = keep(new QueueEvents(name, { connection }));
      await events.waitUntilReady();
      return events;
    },
    close: async () => {
      for (const thing of opened.reverse()) await thing.close();
    },
  };
}

const tests = {
  async 'works a queue off, each job once'({ queue, worker }) {
    const done = [];
    await queue.addBulk([...Array(200).keys()].map((n) => ({ name: 'job', data: { n } })));
    assert.equal(await queue.getWaitingCount(), 200);
    const w = worker(async (job) => done.push(job.data.n) && job.data.n * 2, { concurrency: 8 });
    await until(() => done.length === 200, 'all jobs');
    await until(async () => (await queue.getCompletedCount()) === 200, 'completion');
    assert.deepEqual([...done].sort((a, b) => a - b), [...Array(200).keys()]);
    const [job] = await queue.getJobs(['completed'], 0, 0);
    assert.equal(job.returnvalue, job.data.n * 2);
    assert.equal(await w.isRunning(), true);
  },

  async 'tells of what happens'({ queue, worker, events }) {
    const heard = await events();
    worker(async (job) => {
      await job.updateProgress(50);
      return 'fine';
    });
    const progress = new Promise((resolve) => heard.once('progress', ({ data }) => resolve(data)));
    const job = await queue.add('job', {});
    assert.equal(await job.waitUntilFinished(heard), 'fine');
    assert.equal(await progress, 50);
  },

  async 'delays jobs'({ queue, worker }) {
    const begin = Date.now();
    const done = [];
    await queue.add('late', {}, { delay: 300 });
    await queue.add('soon', {}, { delay: 50 });
    assert.equal(await queue.getDelayedCount(), 2);
    worker(async (job) => done.push([job.name, Date.now() - begin]));
    await until(() => done.length === 2, 'the delayed jobs');
    assert.deepEqual(done.map(([name]) => name), ['soon', 'late']);
    assert.ok(done[1][1] >= 299, `late after ${done[1][1]} ms`);
  },

  async 'keeps to priorities and to one at a time'({ queue, worker }) {
    await queue.add('last', {}, { priority: 10 });
    await queue.add('first', {}, { priority: 1 });
    await queue.add('second', {}, { priority: 2 });
    const done = [];
    let running = 0;
    worker(async (job) => {
      running += 1;
      assert.equal(running, 1);
      await sleep(5);
      running -= 1;
      done.push(job.name);
    });
    await until(() => done.length === 3, 'the jobs');
    assert.deepEqual(done, ['first', 'second', 'last']);
  },

  async 'limits the rate'({ queue, worker }) {
    const at = [];
    await queue.addBulk([...Array(6).keys()].map((n) => ({ name: 'job', data: { n } })));
    worker(async () => at.push(Date.now()), { limiter: { max: 2, duration: 200 } });
    await until(() => at.length === 6, 'the jobs');
    assert.ok(at[5] - at[0] >= 380, `6 jobs, 2 in 200 ms, took ${at[5] - at[0]} ms`);
  },

  async 'tries again, and gives up'({ queue, worker }) {
    let tries = 0;
    worker(async (job) => {
      tries += 1;
      if (job.name === 'never' || tries < 3) throw new Error('not yet');
      return tries;
    });
    const job = await queue.add('third', {}, { attempts: 3, backoff: 10 });
    await until(async () => (await job.getState()) === 'completed', 'the third try');
    assert.equal(tries, 3);
    const lost = await queue.add('never', {}, { attempts: 2 });
    await until(async () => (await lost.getState()) === 'failed', 'giving up');
    const [failed] = await queue.getFailed();
    assert.equal(failed.failedReason, 'not yet');
    assert.equal(failed.attemptsMade, 2);
    await failed.retry();
    await until(async () => (await queue.getFailedCount()) === 1, 'failing again');
  },

  async 'repeats what is scheduled'({ queue, worker }) {
    let runs = 0;
    worker(async () => (runs += 1));
    await queue.upsertJobScheduler('often', { every: 50 }, { name: 'tick' });
    await until(() => runs >= 3, 'three runs');
    assert.equal((await queue.getJobSchedulers()).length, 1);
    assert.equal(await queue.removeJobScheduler('often'), true);
  },

  async 'pauses, empties and obliterates'({ queue }) {
    await queue.pause();
    await queue.add('waits', { a: 1 }, { jobId: 'one' });
    await queue.add('twice', { a: 2 }, { jobId: 'one' });
    assert.equal(await queue.isPaused(), true);
    assert.equal(await queue.count(), 1);
    assert.deepEqual((await queue.getJob('one')).data, { a: 1 });
    await queue.drain();
    assert.equal(await queue.count(), 0);
    await queue.resume();
    await queue.add('goes', {});
    await queue.obliterate({ force: true });
    assert.equal(await queue.count(), 0);
  },
};

export async function testBullmq(suite, program) {
  const server = await startServer(program);
  try {
    for (const [name, run] of Object.entries(tests)) {
      await suite.test(`bullmq: ${name}`, async () => {
        const opened = openQueue(server.port, name.replaceAll(/\W+/g, '-'));
        try {
          await run(opened);
        } finally {
          await opened.close();
        }
      });
    }
  } finally {
    await server.stop();
  }
}
