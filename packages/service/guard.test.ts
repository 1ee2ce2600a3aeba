import assert from 'node:assert/strict';
import { request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { fastify, type FastifyInstance } from 'fastify';
import { isFailure } from './failures.ts';
import { assertGuarded, guardByToken, guardRequests, tokenCheck } from './guard.ts';

const token = 'a-token-long-enough';

function served({ isLocal = true }: { isLocal?: boolean } = {}): FastifyInstance {
  const app = fastify();
  guardRequests(app, { isLocal });
  app.get('/v1/alerts', () => 'data');
  app.post('/v1/silences', () => 'done');
  return app;
}

function guarded(now: () => number = () => 0): FastifyInstance {
  const app = fastify();
  guardRequests(app, { isLocal: false });
  guardByToken(app, {
    check: tokenCheck(token, now),
    tokenVariable: 'TOKEN',
    isOpen: (path) => path === '/health',
  });
  app.get('/health', () => 'ok');
  app.get('/metrics', () => 'data');
  return app;
}

test('beyond loopback nothing starts without a token, nor with a short one', () => {
  const start = (host: string, given: string | undefined): void =>
    assertGuarded({ host, token: given, hostVariable: 'X_HOST', tokenVariable: 'X_TOKEN' });
  const isRefusal = (error: unknown): boolean =>
    isFailure(error, 'settings.invalid') && /X_/.test(error.message);
  for (const [host, given] of [
    ['0.0.0.0', undefined],
    ['::', undefined],
    ['127.0.0.1', 'short'],
  ] as const)
    // prettier-ignore
    assert.throws(() => start(host, given), isRefusal);
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) start(host, undefined);
  start('0.0.0.0', token);
});

test('without a token it answers to the names of this machine alone', async () => {
  const app = served();
  const as = async (host: string): Promise<number> =>
    (await app.inject({ url: '/v1/alerts', headers: { host } })).statusCode;
  for (const host of ['127.0.0.1:8082', 'localhost', '[::1]:8082']) assert.equal(await as(host), 200, host);
  for (const host of ['evil.example:8082', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1'])
    assert.equal(await as(host), 421, host);
  const open = await served({ isLocal: false }).inject({
    url: '/v1/alerts',
    headers: { host: 'tidemark.example' },
  });
  assert.equal(open.statusCode, 200);
});

test('a write that a page elsewhere asks for is refused', async () => {
  const app = served();
  const write = async (headers: Record<string, string>): Promise<number> =>
    (
      await app.inject({
        method: 'POST',
        url: '/v1/silences',
        headers: { host: 'localhost:8082', ...headers },
      })
    ).statusCode;
  assert.equal(await write({ 'sec-fetch-site': 'cross-site' }), 403);
  assert.equal(await write({ 'sec-fetch-site': 'same-site', origin: 'http://localhost:8082' }), 403);
  assert.equal(await write({ origin: 'http://evil.example' }), 403);
  assert.equal(await write({ origin: 'null' }), 403);
  assert.equal(await write({ origin: 'http://localhost:8082' }), 200);
  // A proxy may have put its own name into Host: what the browser says of the origin counts.
  assert.equal(await write({ 'sec-fetch-site': 'same-origin', origin: 'https://tidemark.example' }), 200);
  assert.equal(await write({}), 200);
});

test('a request target that is no plain path is refused before it is routed', async () => {
  const app = served();
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const ask = (path: string): Promise<number> =>
    new Promise((resolve, reject) => {
      send({ host: '127.0.0.1', port, path, agent: false }, (answer) => resolve(answer.resume().statusCode!))
        .once('error', reject)
        .end();
    });
  try {
    for (const path of [
      'http://127.0.0.1/v1/alerts',
      '//evil.example/v1/alerts',
      '/v1/x/../alerts',
      '/v1/x/%2e%2E/alerts',
      '/v1/.%2e/v1/alerts',
      '/v1/./alerts',
      '/v1\\alerts',
      '*',
    ])
      assert.equal(await ask(path), 400, path);
    assert.equal(await ask('/v1/alerts?limit=..%2f&x=http://y'), 200);
    assert.equal(await ask('/v1/alerts/a%2Fb%20c'), 404);
  } finally {
    await app.close();
  }
});

test('with a token, what is data is for those who show it', async () => {
  const app = guarded();
  const status = async (url: string, authorization?: string): Promise<number> =>
    (await app.inject({ url, headers: authorization === undefined ? {} : { authorization } })).statusCode;
  assert.equal(await status('/health'), 200);
  assert.equal(await status('/metrics'), 401);
  assert.equal(await status('/metrics', `Basic ${token}`), 401);
  assert.equal(await status('/metrics', 'Bearer wrong'), 401);
  assert.equal(await status('/metrics', `Bearer ${token}`), 200);
});

test('guesses are limited by where they come from and by what is guessed', async () => {
  let now = 0;
  const app = guarded(() => now);
  const guess = async (given: string, forwarded?: string): Promise<number> => {
    const headers = {
      authorization: `Bearer ${given}`,
      ...(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }),
    };
    return (await app.inject({ url: '/metrics', headers })).statusCode;
  };
  // An old token, sent again and again, is one guess.
  for (let times = 0; times < 30; times++) assert.equal(await guess('an-old-token'), 401);
  for (let other = 0; other < 9; other++) assert.equal(await guess(`other-${other}`), 401);
  assert.equal(await guess('one-too-many'), 429);
  assert.equal(await guess(token), 429, 'after that the right one is not compared either');
  // Behind a proxy: only who guesses is limited, whatever he claims to forward.
  assert.equal(await guess(token, '198.51.100.7'), 200);
  for (let other = 0; other < 10; other++)
    assert.equal(await guess(`other-${other}`, `${other}.0.0.1, 192.0.2.1`), 401);
  assert.equal(await guess('one-too-many', '9.9.9.9, 192.0.2.1'), 429);
  assert.equal(await guess(token, '198.51.100.7'), 200);
  now += 60_000;
  assert.equal(await guess(token), 200);
});

test('somebody who invents addresses is limited too', async () => {
  const app = guarded();
  const codes = new Set<number>();
  for (let other = 0; other < 320; other++) {
    const headers = {
      authorization: `Bearer guess-${other}`,
      'x-forwarded-for': `10.0.${other >> 8}.${other & 255}`,
    };
    codes.add((await app.inject({ url: '/metrics', headers })).statusCode);
  }
  assert.deepEqual([...codes], [401, 429]);
});

test('behind TLS the browser is to stay with it', async () => {
  const over = async (headers: Record<string, string>): Promise<unknown> =>
    (await served().inject({ url: '/v1/alerts', headers })).headers['strict-transport-security'];
  assert.equal(await over({ 'x-forwarded-proto': 'https' }), 'max-age=31536000');
  assert.equal(await over({}), undefined);
});
