import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastify, { type FastifyInstance } from 'fastify';
import { guard } from './guard.ts';
import { sessionDays, Sessions } from './sessions.ts';

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

test('with a token, a reader who does not show it gets nothing', async () => {
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

test('a logout ends the session at the server, and no other session', async () => {
  const app = appWith(token);
  const logIn = async (): Promise<string> => {
    const answer = await app.inject({ method: 'POST', url: '/login', payload: { token } });
    return String(answer.headers['set-cookie']).split(';')[0]!;
  };
  const sees = async (cookie: string): Promise<number> =>
    (await app.inject({ url: '/v1/counters', headers: { cookie } })).statusCode;
  const [mine, other] = [await logIn(), await logIn()];
  assert.notEqual(mine, other);
  const left = await app.inject({ method: 'POST', url: '/logout', headers: { cookie: mine } });
  assert.match(String(left.headers['set-cookie']), /^tidemark_session=; .*Max-Age=0/);
  assert.deepEqual([await sees(mine), await sees(other)], [401, 200]);
});

test('a session ends by itself after its days', () => {
  let now = 0;
  const sessions = new Sessions(() => now);
  const id = sessions.begin();
  assert.ok(sessions.has(id) && !sessions.has('') && !sessions.has(`${id}x`));
  now = sessionDays * 86_400_000;
  assert.ok(!sessions.has(id));
});

test('over TLS the cookie is bound to this host, and one of plain HTTP is not taken', async () => {
  const app = appWith(token);
  const headers = { 'x-forwarded-proto': 'https' };
  const answer = await app.inject({ method: 'POST', url: '/login', payload: { token }, headers });
  const [pair, ...flags] = String(answer.headers['set-cookie']).split('; ');
  assert.match(pair!, /^__Host-tidemark_session=./);
  assert.ok(
    flags.includes('Secure') && flags.includes('Path=/') && !flags.some((flag) => flag.startsWith('Domain')),
  );
  const sees = async (cookie: string): Promise<number> =>
    (await app.inject({ url: '/v1/counters', headers: { ...headers, cookie } })).statusCode;
  assert.equal(await sees(pair!), 200);
  assert.equal(await sees(pair!.replace('__Host-', '')), 401);
});

test('guesses are limited, at the login page and by header alike', async () => {
  const app = appWith(token);
  for (let guess = 0; guess < 10; guess++) {
    const payload = { token: `guess ${guess}` };
    assert.equal((await app.inject({ method: 'POST', url: '/login', payload })).statusCode, 401);
  }
  assert.equal((await app.inject({ method: 'POST', url: '/login', payload: { token } })).statusCode, 429);
  const headers = { authorization: `Bearer ${token}` };
  assert.equal((await app.inject({ url: '/v1/counters', headers })).statusCode, 429);
  const others = { 'x-forwarded-for': '198.51.100.7' };
  assert.equal(
    (await app.inject({ method: 'POST', url: '/login', payload: { token }, headers: others })).statusCode,
    204,
  );
});

test('every answer carries the security headers', async () => {
  const { headers } = await appWith(undefined).inject({ url: '/', headers: { host: 'localhost' } });
  assert.match(String(headers['content-security-policy']), /^default-src 'none'; script-src 'self'/);
  assert.equal(headers['x-content-type-options'], 'nosniff');
});
