// Runs the tests of all clients against the server program given: test_clients.mjs PATH
import { Suite } from './harness.mjs';
import { testBullmq } from './bullmq.mjs';
import { testIoredis } from './ioredis.mjs';
import { testIoredisJobs } from './ioredis_jobs.mjs';
import { testNodeRedis } from './node_redis.mjs';
import { testRedlock } from './redlock.mjs';

const program = process.argv[2];
if (!program) {
  console.error('usage: node test_clients.mjs SERVER');
  process.exit(2);
}

const suite = new Suite();
for (const part of [testNodeRedis, testIoredis, testIoredisJobs, testBullmq, testRedlock]) {
  try {
    await part(suite, program);
  } catch (error) {
    suite.failed += 1;
    console.log(`FAIL  ${error.message}`);
  }
}
console.log(`${suite.passed} passed, ${suite.failed} failed, 0 skipped`);
// Sockets that a failed test left open must not keep the process alive.
process.exit(suite.failed || !suite.passed ? 1 : 0);
