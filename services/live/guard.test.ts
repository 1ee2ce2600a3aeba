import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastify, { type FastifyInstance } from 'fastify';
import { isFailure } from '@tidemark/service/failures';
import { assertGuarded, guard } from './guard.ts';

const token = 'a-token-long-enough';

function appWith(wanted: string | undefined): FastifyInstance {
  const app = fastify();
  guard(app, wanted);
  app.get('/', () => 'page');
  app.get('/health', () => 'ok');
  app.get('/v1/counters', () => 'data');
  app.post('/v1/alerts', () => 'done');
  return app;
}

test('beyond loopback it does not start without a token, nor with a short one', () => {
  const isRefusal = (error: unknown): boolean => isFailure(error, 'settings.invalid');
  assert.throws(() => assertGuarded('0.0.0.0', undefined), isRefusal);
  assert.throws(() => assertGuarded('::', undefined), isRefusal);
  assert.throws(() => assertGuarded('127.0.0.1', 'short'), isRefusal);
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) assertGuarded(host, undefined);
  assertGuarded('0.0.0.0', token);
});

test('with a token, nothing is told to who does not show it', async () => {
  const app = appWith(token);
  const status = async (url: string, headers = {}): Promise<number> =>
    (await app.inject({ url, headers })).statusCode;
  assert.equal(await status('/v1/counters'), 401);
  assert.equal(await status('/v1/counters', { authorization: 'Bearer wrong' }), 401);
  assert.equal(await status('/v1/counters', { cookie: `tidemark_session=${token}` }), 401);
  assert.equal(await status('/v1/counters', { authorization: `Bearer ${token}` }), 200);
  assert.equal(await status('/'), 303);
  assert.equal(await status('/health'), 200);
});

test('the login page gives a cookie for the token, which scripts cannot read', async () => {
  const app = appWith(token);
  const login = (given: string) => app.inject({ method: 'POST', url: '/login', payload: { token: given } });
  assert.equal((await login('wrong')).statusCode, 401);
  const answer = await login(token);
  assert.equal(answer.statusCode, 204);
  const cookie = String(answer.headers['set-cookie']);
  assert.match(cookie, /HttpOnly; SameSite=Strict/);
  assert.ok(!cookie.includes(token));
  const [pair] = cookie.split(';');
  const page = await app.inject({ url: '/v1/counters', headers: { cookie: pair! } });
  assert.equal(page.statusCode, 200);
});

test('guessing is slowed down', async () => {
  const app = appWith(token);
  const codes: number[] = [];
  for (let guess = 0; guess < 12; guess++) {
    const payload = { token: `guess ${guess}` };
    codes.push((await app.inject({ method: 'POST', url: '/login', payload })).statusCode);
  }
  assert.equal(codes.at(-1), 429);
});

test('without a token it answers to the names of this machine alone', async () => {
  const app = appWith(undefined);
  const as = async (host: string): Promise<number> =>
    (await app.inject({ url: '/v1/counters', headers: { host } })).statusCode;
  assert.equal(await as('127.0.0.1:8081'), 200);
  assert.equal(await as('localhost:8081'), 200);
  assert.equal(await as('evil.example:8081'), 421);
});

test('a change that a page elsewhere asks for is refused', async () => {
  const app = appWith(undefined);
  const change = async (site: string | undefined): Promise<number> => {
    const headers = { host: 'localhost', ...(site === undefined ? {} : { 'sec-fetch-site': site }) };
    return (await app.inject({ method: 'POST', url: '/v1/alerts', headers })).statusCode;
  };
  assert.equal(await change('cross-site'), 403);
  assert.equal(await change('same-site'), 403);
  assert.equal(await change('same-origin'), 200);
  assert.equal(await change(undefined), 200);
});

test('every answer carries the security headers', async () => {
  const { headers } = await appWith(undefined).inject({ url: '/', headers: { host: 'localhost' } });
  assert.match(String(headers['content-security-policy']), /^default-src 'none'; script-src 'self'/);
  assert.equal(headers['x-content-type-options'], 'nosniff');
});
