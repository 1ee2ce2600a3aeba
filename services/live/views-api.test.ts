import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cataloguedViews } from '@tidemark/metrics/catalogue';
import { apiOf } from './api.fixtures.ts';
import type { HistoryQuery } from './history.ts';
import { noHistory, type HistoryReader } from './history-reader.ts';
import type { RowsAnswer, ViewAnswer } from './views-api.ts';
import { valuesQuery, viewQuery } from './view-rows.ts';

const days = 'from=2026-05-06&to=2026-05-10';

/** The API over a reader that answers each query with the same rows and keeps what it was asked. */
function readingOf(rows: readonly object[]) {
  const asked: HistoryQuery[] = [];
  const history: HistoryReader = {
    ...noHistory,
    state: () => 'up',
    rows: async <Row>(query: HistoryQuery) => {
      asked.push(query);
      if (query.query.includes('groupUniqArray'))
        return [{ owner: ['ada', 'bo'] }] as unknown as readonly Row[];
      return rows as unknown as readonly Row[];
    },
  };
  return { app: apiOf({}, { history }), asked };
}

test('the catalogue has every view with its definition, without ClickHouse', async () => {
  const app = apiOf({});
  const { views } = (await app.inject('/v1/views')).json<{ views: readonly ViewAnswer[] }>();
  assert.deepEqual(
    views.map(({ view }) => view),
    cataloguedViews.map(({ view }) => view.name),
  );
  const churn = views.find(({ view }) => view === 'churn_by_owner_monthly')!;
  assert.deepEqual([churn.period, churn.dimensions], [{ grain: 'month', column: 'month' }, ['owner']]);
  assert.ok(churn.columns.every(({ meaning }) => meaning !== ''));
  await app.close();
});

test('rows of a view are those of the days, filtered by values of its dimensions, and whether they are all', async () => {
  const { app, asked } = readingOf([
    { month: '2026-05-01', owner: 'ada' },
    { month: '2026-05-01', owner: 'bo' },
  ]);
  const path = `/v1/views/churn_by_owner_monthly?${days}&where=owner%3Dada%20%3D%20b&limit=1`;
  const answer = (await app.inject(path)).json<RowsAnswer>();
  assert.deepEqual([answer.rows.length, answer.is_whole], [1, false]);
  assert.deepEqual(answer.values, { owner: ['ada', 'bo'] });
  const { query, query_params } = asked[0]!;
  // The month that has the first day is among them.
  assert.match(query, /v\.month BETWEEN toStartOfMonth\(\{from:Date\}\) AND \{to:Date\}/);
  assert.match(query, /toString\(v\.owner\) = \{w0:String\}/);
  assert.equal(query_params['w0'], 'ada = b');
  assert.ok(!query.includes('ada'));
  await app.close();
});

test('every view can be asked for, and each query names its parameters', () => {
  for (const about of cataloguedViews) {
    const where = Object.fromEntries(about.dimensions.map((name) => [name, 'x']));
    const asked = { about, from: '2026-05-06', to: '2026-05-10', zone: 'Europe/Berlin', where };
    for (const made of [viewQuery(asked, 10), valuesQuery(asked)]) {
      if (made === undefined) continue;
      const named = new Set([...made.query.matchAll(/\{(\w+):\w+\}/g)].map(([, name]) => name));
      assert.deepEqual(new Set(Object.keys(made.query_params)), named, about.view.name);
    }
  }
});

test('an unknown view, an unknown dimension and a value that is too long are refused, with what there is', async () => {
  const { app, asked } = readingOf([]);
  assert.match((await app.inject(`/v1/views/mrr?${days}`)).body, /GET \/v1\/views lists them/);
  const refused: readonly (readonly [string, RegExp])[] = [
    ['where=plan%3Dteam', /with one of currency/],
    ['where=currency', /with one of currency/],
    [`where=currency%3D${'x'.repeat(257)}`, /256 characters/],
    ['limit=10001', /from 1 to 10000/],
  ];
  for (const [query, reason] of refused) {
    const answer = await app.inject(`/v1/views/mrr_daily?${days}&${query}`);
    assert.equal(answer.statusCode, 400, query);
    assert.match(answer.body, reason);
  }
  assert.match((await app.inject('/v1/views/churn_daily?from=2026-05-01')).body, /to is a day/);
  assert.deepEqual(asked, []);
  await app.close();
});
