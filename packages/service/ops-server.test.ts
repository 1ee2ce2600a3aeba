import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { pino } from 'pino';
import { serviceRegistry, startOpsServer } from './ops-server.ts';

test('health, readiness with its reasons, and metrics are served', async () => {
  const waiting = ['ClickHouse does not answer.'];
  const server = await startOpsServer({
    port: 0,
    registry: serviceRegistry('test'),
    waitingFor: () => waiting,
    log: pino({ level: 'silent' }),
  });
  try {
    const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${server.port}${path}`);
    assert.equal((await get('/health')).status, 200);
    const notReady = await get('/ready');
    assert.equal(notReady.status, 503);
    assert.deepEqual(await notReady.json(), { ready: false, waiting_for: ['ClickHouse does not answer.'] });
    waiting.pop();
    assert.equal((await get('/ready')).status, 200);
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
