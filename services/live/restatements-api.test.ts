import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastify, { type FastifyInstance } from 'fastify';
import type { HistoryReader } from './history-reader.ts';
import { noHistory } from './history-reader.ts';
import { restatementRoutes } from './restatements-api.ts';

const now = Date.parse('2026-06-10T12:00:00Z');

/** The route over a view whose every reading is the next of some values of one row. */
async function apiOf(...values: readonly string[]): Promise<{ app: FastifyInstance; asked: string[] }> {
  const asked: string[] = [];
  const reader: HistoryReader = {
    ...noHistory,
    state: () => 'up',
    rows: async <Row>({ query }: { readonly query: string }) => {
      const row = {
        _date: '2026-05-01',
        _channel: 'web',
        _sentiment: '',
        _mentions: values[asked.length],
        _reach: '1',
      };
      asked.push(query);
      return [row] as unknown as readonly Row[];
    },
  };
  const app = fastify();
  await app.register((scope) => restatementRoutes(scope, { reader, zone: 'UTC', now: () => now }));
  return { app, asked };
}

test('what each cause changed is the view with it less the view without it, and they add up', async () => {
  const { app, asked } = await apiOf('5', '5', '7', '10', '10', '9', '9', '9', '9');
  const answer = await app.inject('/?view=mentions_daily&since=2026-06-01T00:00:00Z');
  assert.deepEqual(answer.json(), {
    view: 'mentions_daily',
    since: '2026-06-01T00:00:00.000Z',
    until: '2026-06-10T11:59:00.000Z',
    causes: ['time', 'arrived', 'late', 'corrected', 'voided', 'rate', 'definition', 'unknown'],
    cells: [
      {
        key: { date: '2026-05-01', channel: 'web', sentiment: '' },
        column: 'mentions',
        before: '5',
        after: '9',
        difference: '4',
        causes: { arrived: '2', late: '3', voided: '-1' },
      },
    ],
  });
  const parameters = asked.map((query) => /\((since.*)\) AS v/.exec(query)?.[1]);
  const since = "since = '2026-06-01 00:00:00.000'";
  assert.deepEqual(parameters, [
    `${since}, until = '2026-06-01 00:00:00.000', step = 0`,
    ...[0, 1, 2, 3, 4, 5, 6, 7].map((step) => `${since}, until = '2026-06-10 11:59:00.000', step = ${step}`),
  ]);
  await app.close();
});

test('a wrong parameter is named, with what is right', async () => {
  const { app, asked } = await apiOf();
  const wrong = async (query: string): Promise<unknown> => {
    const answer = await app.inject(`/?${query}`);
    assert.equal(answer.statusCode, 400, query);
    return answer.json<{ field: string }>().field;
  };
  const [view, since] = ['view=mentions_daily', 'since=2026-06-01T00:00:00Z'];
  assert.equal(await wrong(since), 'view');
  assert.equal(await wrong(`view=data_through&${since}`), 'view');
  assert.equal(await wrong(view), 'since');
  assert.equal(await wrong(`${view}&since=2026-06-01`), 'since');
  assert.equal(await wrong(`${view}&${since}&until=2026-06-10T12:00:01Z`), 'until');
  assert.equal(await wrong(`${view}&${since}&until=2026-05-01T00:00:00Z`), 'since');
  assert.equal(await wrong(`${view}&${since}&from=2026-05-01`), 'to');
  assert.equal(await wrong(`view=customer_value&${since}&from=2026-05-01&to=2026-05-02`), 'from');
  assert.deepEqual(asked, []);
  await app.close();
});
