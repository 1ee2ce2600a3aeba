import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { pino } from 'pino';
import { serviceRegistry, startOpsServer } from './ops-server.ts';

const onLoopback = {
  port: 0,
  host: '127.0.0.1',
  token: undefined,
  service: 'test',
  log: pino({ level: 'silent' }),
};

test('health, readiness with its reasons, and metrics are served', async () => {
  const waiting = ['ClickHouse does not answer.'];
  const server = await startOpsServer({
    ...onLoopback,
    registry: serviceRegistry('test'),
    waitingFor: () => waiting,
    warnings: () => ['A clock differs.'],
  });
  try {
    const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${server.port}${path}`);
    assert.equal((await get('/health')).status, 200);
    const notReady = await get('/ready');
    assert.equal(notReady.status, 503);
    const warnings = ['A clock differs.'];
    const reasons = ['ClickHouse does not answer.'];
    assert.deepEqual(await notReady.json(), { ready: false, waiting_for: reasons, warnings });
    waiting.pop();
    const ready = await get('/ready');
    assert.equal(ready.status, 200, 'a warning stops nothing');
    assert.deepEqual(await ready.json(), { ready: true, waiting_for: [], warnings });
    const rebound = await new Promise((resolve, reject) => {
      const headers = { host: 'evil.example' };
      request({ host: '127.0.0.1', port: server.port, path: '/metrics', headers }, (answer) =>
        resolve(answer.resume().statusCode),
      )
        .once('error', reject)
        .end();
    });
    assert.equal(rebound, 421, 'a page elsewhere cannot read it by a name of its own');
    assert.match(await (await get('/metrics')).text(), /process_cpu_seconds_total\{service="test"\}/);
  } finally {
    await server.close();
  }
});

test('beyond loopback a token is required, and only /metrics asks for it', async () => {
  const options = {
    port: 0,
    host: '0.0.0.0',
    service: 'sink',
    registry: serviceRegistry('test'),
    waitingFor: () => [],
    log: pino({ level: 'silent' }),
  };
  await assert.rejects(
    startOpsServer({ ...options, token: undefined }),
    /SINK_HOST 0\.0\.0\.0.*set SINK_TOKEN/,
  );
  const token = 'a-token-of-the-operator';
  const server = await startOpsServer({ ...options, token });
  try {
    const get = async (path: string, headers = {}): Promise<number> =>
      (await fetch(`http://127.0.0.1:${server.port}${path}`, { headers })).status;
    assert.equal(await get('/health'), 200);
    assert.equal(await get('/ready'), 200);
    assert.equal(await get('/metrics'), 401);
    assert.equal(await get('/metrics', { authorization: `Bearer ${token}` }), 200);
  } finally {
    await server.close();
  }
});

test('while the main thread is busy, health and readiness answer within a second and say so', async () => {
  const server = await startOpsServer({
    ...onLoopback,
    registry: serviceRegistry('test'),
    waitingFor: () => [],
  });
  // Who asks is in another process, since this one is busy.
  const asking = `Promise.all(['health', 'ready'].map(async (path) => {
    const answer = await fetch('http://127.0.0.1:${server.port}/' + path, { signal: AbortSignal.timeout(4_000) });
    return [answer.status, await answer.json()];
  })).then((answers) => console.log(JSON.stringify(answers)))`;
  try {
    const client = spawn(process.execPath, ['--eval', asking], { stdio: ['ignore', 'pipe', 'inherit'] });
    const isDone = new Int32Array(new SharedArrayBuffer(4));
    Atomics.wait(isDone, 0, 0, 5_000);
    const [health, ready] = JSON.parse(await text(client.stdout)) as [number, Record<string, unknown>][];
    assert.deepEqual([health![0], health![1]['status']], [200, 'busy']);
    assert.deepEqual([ready![0], ready![1]['ready']], [503, false]);
    assert.match(String(ready![1]['waiting_for']), /busy for \d+ ms/);
    const after = await fetch(`http://127.0.0.1:${server.port}/ready`);
    assert.equal(after.status, 200, 'it works again');
  } finally {
    await server.close();
  }
});
