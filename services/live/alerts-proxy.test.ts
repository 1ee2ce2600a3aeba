import assert from 'node:assert/strict';
import { createServer, request as send, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import fastify from 'fastify';
import { alertsProxy } from './alerts-proxy.ts';
import { guard } from './guard.ts';

type Seen = { readonly line: string; readonly authorization: string | undefined };

/** A server that keeps what it is asked for. */
async function listener(seen: Seen[]): Promise<{ server: Server; url: URL }> {
  const server = createServer((request, response) => {
    seen.push({ line: `${request.method} ${request.url}`, authorization: request.headers.authorization });
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`) };
}

test('six requests are passed on, each to the alerts service alone, whatever the target says', async () => {
  const [alerts, elsewhere]: [Seen[], Seen[]] = [[], []];
  const service = await listener(alerts);
  const attacker = await listener(elsewhere);
  const app = fastify();
  guard(app, undefined);
  alertsProxy(app, { url: service.url, token: 'the-token-of-alerts' });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const ask = (method: string, path: string): Promise<number> =>
    new Promise((resolve, reject) => {
      send({ host: '127.0.0.1', port, method, path, agent: false }, (answer) =>
        resolve(answer.resume().statusCode!),
      )
        .once('error', reject)
        .end();
    });
  try {
    const passed = [
      'GET /v1/alerts?status=firing',
      'GET /v1/alerts/a%2Fb%3Fc',
      'POST /v1/alerts/a/ack',
      'GET /v1/silences',
      'POST /v1/silences',
      'DELETE /v1/silences/s',
      'GET /v1/rules',
    ];
    for (const line of passed) {
      const [method, path] = line.split(' ') as [string, string];
      assert.equal(await ask(method, path), 200, line);
    }
    assert.deepEqual(
      alerts.map(({ line }) => line),
      passed,
    );
    assert.ok(alerts.every(({ authorization }) => authorization === 'Bearer the-token-of-alerts'));
    alerts.length = 0;
    for (const [method, path] of [
      ['GET', `${attacker.url.href}v1/alerts/x`],
      ['GET', `//${attacker.url.host}/v1/alerts`],
      ['GET', '/v1/alerts/../deliveries'],
      ['GET', '/v1/alerts/%2e%2e/deliveries'],
      ['GET', '/v1/alerts/..%2fdeliveries/ack'],
      ['GET', '/v1/alerts/..%2f..%2fmetrics/x'],
      ['POST', '/v1/silences/../../admin/delete'],
      ['POST', '/v1/deliveries/retry'],
      ['GET', '/v1/deliveries'],
      ['DELETE', '/v1/alerts/x'],
      ['POST', '/v1/rules'],
    ] as const)
      assert.notEqual(await ask(method, path), 200, `${method} ${path}`);
    assert.deepEqual([alerts, elsewhere], [[], []]);
    // An id stays one part of the path, encoded.
    await ask('GET', '/v1/alerts/..%2fdeliveries');
    assert.deepEqual(
      alerts.map(({ line }) => line),
      ['GET /v1/alerts/..%2Fdeliveries'],
    );
  } finally {
    await app.close();
    service.server.close();
    attacker.server.close();
  }
});
