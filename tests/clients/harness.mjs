// A server to talk to, and tests that run one after the other against it.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const DEADLINE_MS = 10000;

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end('PING\r\n'));
    socket.once('data', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}

/** Starts 'program' in a folder of its own; resolves when it answers. */
export async function startServer(program, ...options) {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-clients-'));
  const port = await freePort();
  const args = ['--port', String(port), '--dir', folder, '--save', '', ...options];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const server = { port, log: '' };
  let ended = null;
  child.stdout.on('data', (text) => (server.log += text));
  child.stderr.on('data', (text) => (server.log += text));
  child.on('exit', (code, signal) => (ended = signal ?? code));
  child.on('error', (error) => (ended = error.message));
  server.stop = async () => {
    child.kill('SIGKILL');
    await until(() => ended !== null);
    rmSync(folder, { recursive: true, force: true });
  };
  server.died = () => ended;
  try {
    await until(async () => ended !== null || (await answers(port)));
  } catch (error) {
    await server.stop();
    throw error;
  }
  if (ended !== null) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`${program} did not start (${ended}): ${server.log}`);
  }
  return server;
}

/** Waits until 'condition' holds; fails after a while. Returns what it returned. */
export async function until(condition, what = 'the condition') {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`${what} did not come true`);
    await sleep(5);
  }
}

function withDeadline(work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('took too long')), DEADLINE_MS * 1.5);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Runs tests, says how each went, and counts. */
export class Suite {
  passed = 0;
  failed = 0;

  async test(name, run) {
    try {
      await withDeadline(run());
      this.passed += 1;
      console.log(`ok    ${name}`);
    } catch (error) {
      this.failed += 1;
      const why = error.generatedMessage === false || !error.stack ? error.message : error.stack;
      console.log(`FAIL  ${name}\n      ${String(why).replaceAll('\n', '\n      ')}`);
    }
  }
}
