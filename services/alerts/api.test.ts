import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertWhole } from '@tidemark/service/openapi.fixtures';
import { api, now } from './api.fixtures.ts';
import { afterAttempt, deliveriesOf } from './deliver/outbox.ts';

test('an alert has a timeline and is acknowledged by name', async () => {
  const { app } = api();
  const { alerts } = (await app.inject('/v1/alerts?status=firing')).json<{
    alerts: { id: string; firedAt: string }[];
  }>();
  assert.equal(alerts[0]!.firedAt, '2026-05-04T10:00:00.000Z');
  const path = `/v1/alerts/${encodeURIComponent(alerts[0]!.id)}`;
  assert.equal((await app.inject({ method: 'POST', url: `${path}/ack`, payload: {} })).statusCode, 400);
  const answer = await app.inject({ method: 'POST', url: `${path}/ack`, payload: { by: 'ada' } });
  assert.equal(answer.statusCode, 200);
  const shown = (await app.inject(path)).json<{
    acknowledged: { by: string };
    timeline: { type: string }[];
  }>();
  assert.equal(shown.acknowledged.by, 'ada');
  assert.deepEqual(
    shown.timeline.map(({ type }) => type),
    ['pending', 'firing', 'acknowledged'],
  );
  assert.equal((await app.inject('/v1/alerts/none')).statusCode, 404);
  assert.equal((await app.inject('/v1/alerts?status=loud')).statusCode, 400);
});

test('silences are created, listed and expired; mistakes are named', async () => {
  const { app } = api();
  const post = (payload: object) => app.inject({ method: 'POST', url: '/v1/silences', payload });
  assert.match(
    (await post({ rule: 'none', for: '1h', by: 'a' })).json<{ message: string }>().message,
    /rule must be \* or one of/,
  );
  assert.match(
    (await post({ for: 'long', by: 'a' })).json<{ message: string }>().message,
    /for must be a duration/,
  );
  assert.match((await post({ for: '1h' })).json<{ message: string }>().message, /by must name who/);
  const made = await post({ rule: 'churn-spike', for: '2h', by: 'ada', reason: 'price change' });
  assert.equal(made.statusCode, 201);
  const { id, until } = made.json<{ id: string; until: string }>();
  assert.equal(until, '2026-05-04T12:00:00.000Z');
  const ended = await app.inject({ method: 'DELETE', url: `/v1/silences/${id}` });
  assert.equal(ended.json<{ until: string }>().until, '2026-05-04T10:00:00.000Z');
  assert.equal((await app.inject('/v1/silences')).json<{ silences: object[] }>().silences.length, 1);
});

test('dead letters are listed and retried', async () => {
  const { app, state } = api();
  const [notification] = state.store.notifications(now + 60_000);
  const [delivery] = deliveriesOf(notification!, [{ name: 'r', severities: ['page'] }], now - 1);
  const dead = afterAttempt(
    delivery!,
    { status: 'refused', reason: 'the receiver answered 404' },
    now,
    0,
    1,
  )!;
  state.apply({ type: 'delivery', id: dead.id, value: dead });
  const listed = (await app.inject('/v1/deliveries')).json<{
    deliveries: { status: string; lastReason: string }[];
  }>();
  assert.deepEqual(
    listed.deliveries.map(({ status, lastReason }) => [status, lastReason]),
    [['dead', 'the receiver answered 404']],
  );
  const retry = (payload: object) => app.inject({ method: 'POST', url: '/v1/deliveries/retry', payload });
  assert.deepEqual((await retry({ receiver: 'other' })).json(), { retried: 0 });
  assert.deepEqual((await retry({})).json(), { retried: 1 });
  assert.equal(state.deliveries.get(dead.id)!.status, 'waiting');
});

test('a rule says why it is suppressed', async () => {
  const { app } = api();
  const listed = (await app.inject('/v1/rules')).json<{
    rules: { name: string; suppressed: string | null }[];
  }>();
  assert.equal(listed.rules.find(({ name }) => name === 'nps-drop')!.suppressed, 'too young');
});

test('with a token, requests without it are refused; health needs none', async () => {
  const { app } = api('secret');
  assert.equal((await app.inject('/v1/alerts')).statusCode, 401);
  assert.equal(
    (await app.inject({ url: '/v1/alerts', headers: { authorization: 'Bearer secreT' } })).statusCode,
    401,
  );
  assert.equal(
    (await app.inject({ url: '/v1/alerts', headers: { authorization: 'Bearer secret' } })).statusCode,
    200,
  );
  assert.equal((await app.inject('/health')).statusCode, 200);
  assert.equal((await app.inject('/metrics')).statusCode, 401);
});

test('without a token, no page of another name or origin silences alerts', async () => {
  const { app, state } = api();
  const payload = { rule: '*', for: '365d', by: 'evil page' };
  const ask = async (url: string, headers: Record<string, string>): Promise<number> =>
    (await app.inject({ method: 'POST', url, payload, headers })).statusCode;
  assert.equal(await ask('/v1/silences', { host: 'evil.example:8082' }), 421);
  assert.equal(await ask('/v1/silences', { origin: 'http://evil.example' }), 403);
  assert.equal(await ask('/v1/deliveries/retry', { 'sec-fetch-site': 'cross-site' }), 403);
  assert.equal([...state.store.silences].length, 0);
});

test('every route is in the document, which is served behind the token', async () => {
  const { app } = api('secret');
  assertWhole(app);
  assert.equal((await app.inject('/openapi.json')).statusCode, 401);
  const headers = { authorization: 'Bearer secret' };
  const document = (await app.inject({ url: '/openapi.json', headers })).json<{ openapi: string }>();
  assert.equal(document.openapi, '3.1.0');
});

test('a path with other methods says which; bodies that are no JSON are refused as described', async () => {
  const { app } = api();
  const refused = await app.inject({ method: 'PUT', url: '/v1/silences' });
  assert.deepEqual([refused.statusCode, refused.headers['allow']], [405, 'GET, POST, HEAD']);
  assert.equal((await app.inject('/v1/nothing')).statusCode, 404);
  const post = async (payload: string, type: string) =>
    (await app.inject({ method: 'POST', url: '/v1/silences', payload, headers: { 'content-type': type } }))
      .statusCode;
  assert.equal(await post('{', 'application/json'), 400);
  assert.equal(await post('a=1', 'application/xml'), 415);
  assert.equal(await post(`{"reason": "${'x'.repeat(20_000)}"}`, 'application/json'), 413);
});
