import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectClickHouse } from '@tidemark/clickhouse/client';
import { readTree } from '../../scripts/text/tree.ts';
import { dashboards } from '../../scripts/docs/grafana.ts';
import { viewBench, type ViewBench } from '../support/views.ts';
import { business } from './mcp/business.ts';

// The SQL of every panel of Grafana and of every document, as the user of BI tools runs it.

let bench: ViewBench;
let client: ReturnType<typeof connectClickHouse>;
before(async () => {
  bench = await viewBench();
  for (const { recordedAt, facts } of business) await bench.put(facts, 1, recordedAt);
  client = connectClickHouse({
    CLICKHOUSE_URL: new URL(bench.server.clickhouseUrl),
    CLICKHOUSE_USER: bench.server.biUser,
    CLICKHOUSE_PASSWORD: bench.server.biPassword,
  });
});
after(async () => {
  await client?.close();
  await bench?.close();
});

/** What Grafana fills in. */
const filled = (sql: string): string =>
  sql
    .replaceAll('$__fromTime', `toDateTime(${Date.parse('2026-04-01T00:00Z') / 1_000})`)
    .replaceAll('$__toTime', `toDateTime(${Date.parse('2026-06-30T00:00Z') / 1_000})`)
    .replaceAll('${currency:sqlstring}', "'USD'");

test('each panel of each dashboard answers, and those of what the business has show rows', async () => {
  const rows = new Map<string, number>();
  for (const { title, panels } of dashboards())
    for (const { title: panel, sql } of panels) {
      const result = await client.query({ query: filled(sql), format: 'JSONEachRow' });
      rows.set(`${title}: ${panel}`, (await result.json()).length);
    }
  const shown = [...rows].filter(([, count]) => count > 0).map(([name]) => name);
  for (const wanted of ['Recurring revenue', 'Cart abandonment', 'Net promoter score'])
    assert.ok(
      shown.some((name) => name.includes(wanted)),
      `${wanted} is not among ${shown.join('; ')}`,
    );
});

test('each query that a document shows answers', async () => {
  const documents = readTree().texts.filter(({ path }) => /^(README|docs\/.*)\.md$/.test(path));
  const queries = documents.flatMap(({ path, text }) =>
    [...text.matchAll(/(['"`])(SELECT\s[^…]*?)\1/g)].map(([, , sql = '']) => ({ path, sql })),
  );
  assert.ok(queries.length >= 5, `${queries.length} queries`);
  for (const { path, sql } of queries) {
    const query = sql
      .replace(/ FORMAT \w+$/, '')
      .replaceAll(/\bFROM (?=\w+(?![\w.]))/g, 'FROM tidemark.')
      // The example of any view, and a value that a driver fills in.
      .replace('tidemark.x_as_of', 'tidemark.mrr_daily_as_of')
      .replaceAll('?', "'USD'");
    const asked = {
      query,
      query_params: { known_at: '2026-06-02 00:00:00.000' },
      format: 'JSONEachRow',
    } as const;
    await assert.doesNotReject(async () => (await client.query(asked)).json(), `${path}: ${sql}`);
  }
});
