import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { assertWhole } from '@tidemark/service/openapi.fixtures';
import { apiOf, declared } from './api.fixtures.ts';
import type { CountedDefinitions } from './definitions.ts';

const seriesOf = (name: string): string => JSON.stringify([name, ...declared[name]!.dimensions]);

async function valueOf(app: FastifyInstance, name: string): Promise<unknown> {
  const answer = await app.inject({ url: `/v1/counters/${name}` });
  assert.equal(answer.statusCode, 200, name);
  const { rows } = answer.json<{ rows: readonly { value: unknown }[] }>();
  return rows[0]?.value;
}

test('every live series answers in the form of its declared type, exactly, whatever the size (rule 53)', async () => {
  const sums = [1n, -20_000_020_000n, 2n ** 53n - 1n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 3n * 2n ** 70n + 1n];
  const micros = ['0.000001', '-20000.020000', '9007199254.740991', '9007199254.740993'];
  micros.push('-9007199254.740993', '3541774862152233.910273');
  const counts = [1, -20_000_020_000, 9007199254740991, '9007199254740993'];
  counts.push('-9007199254740993', '3541774862152233910273');
  for (const [index, sum] of sums.entries()) {
    const app = apiOf(Object.fromEntries(Object.keys(declared).map((name) => [seriesOf(name), sum])));
    for (const [name, { type }] of Object.entries(declared))
      assert.equal(await valueOf(app, name), { money: micros, count: counts }[type][index], name);
    await app.close();
  }
});

test('costs are money: 20,000.02 dollars are no 20,000,020,000', async () => {
  const app = apiOf({ '["costs","USD","marketing"]': 20_000_020_000n });
  const answer = await app.inject({ url: '/v1/counters/costs' });
  assert.deepEqual(answer.json<{ rows: unknown }>().rows, [
    { currency: 'USD', category: 'marketing', value: '20000.020000' },
  ]);
  await app.close();
});

test('the list of series names their dimensions', async () => {
  const app = apiOf({});
  const { series } = (await app.inject({ url: '/v1/counters' })).json<{ series: Record<string, unknown> }>();
  assert.deepEqual(series['costs'], ['currency', 'category']);
  assert.deepEqual(Object.keys(series), Object.keys(declared));
  await app.close();
});

test('a series that does not exist is not found, and the others are named', async () => {
  const app = apiOf({});
  for (const name of ['cost', 'constructor']) {
    const answer = await app.inject({ url: `/v1/counters/${name}` });
    assert.equal(answer.statusCode, 404);
    assert.match(answer.body, /There is no series \w+; there are: .* costs,/);
  }
  await app.close();
});

test('every route is in the document or is a page; what needs no ClickHouse answers as it says', async () => {
  const app = apiOf({ '["costs","USD","marketing"]': 1n }, { token: 'a-token-of-this-test' });
  assertWhole(app);
  const headers = { authorization: 'Bearer a-token-of-this-test' };
  for (const url of [
    '/openapi.json',
    '/v1/counters/summary',
    '/v1/pipeline',
    '/metrics',
    '/health',
    '/ready',
  ])
    assert.equal((await app.inject({ url, headers })).statusCode, 200, url);
  for (const url of ['/v1/alerts', '/v1/history/meta', '/v1/rules'])
    assert.equal((await app.inject({ url, headers })).statusCode, 503, url);
  assert.equal((await app.inject('/openapi.json')).statusCode, 401);
  await app.close();
});

test('parameters of a series are judged, with the fix', async () => {
  const app = apiOf({});
  const refused = async (query: string): Promise<string> => {
    const answer = await app.inject({ url: `/v1/counters/costs?${query}` });
    assert.equal(answer.statusCode, 400, query);
    return answer.body;
  };
  assert.match(await refused('from=0'), /instants such as/);
  assert.match(await refused('from=2026-05-01T00:00:00Z&from=2026-05-02T00:00:00Z'), /instants such as/);
  assert.match(await refused('by=day'), /by is bucket, or left out/);
  await app.close();
});

test('each definition comes with the version by which the serving generation is counted', async () => {
  const app = apiOf({});
  const answer = await app.inject({ url: '/v1/definitions' });
  const { generation, definitions } = answer.json<CountedDefinitions>();
  assert.equal(generation, 2);
  const carts = definitions.find(({ name }) => name === 'cart-outcomes');
  assert.equal(carts?.version, '2 quietMs=3600000');
  assert.ok(carts.series.includes('carts_abandoned'));
  assert.ok(carts.views.includes('cart_abandonment_daily'));
  assert.equal(definitions.find(({ name }) => name === 'surveys')?.version, null);
  await app.close();
});
