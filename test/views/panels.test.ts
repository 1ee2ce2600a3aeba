import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectClickHouse } from '@tidemark/clickhouse/client';
import { dashboards } from '../../scripts/docs/grafana.ts';
import { viewBench, type ViewBench } from '../support/views.ts';
import { business } from './mcp/business.ts';

// The SQL of every panel of Grafana, as the user of BI tools runs it.

let bench: ViewBench;
before(async () => {
  bench = await viewBench();
  for (const { recordedAt, facts } of business) await bench.put(facts, 1, recordedAt);
});
after(() => bench.close());

/** What Grafana fills in. */
const filled = (sql: string): string =>
  sql
    .replaceAll('$__fromTime', `toDateTime(${Date.parse('2026-04-01T00:00Z') / 1_000})`)
    .replaceAll('$__toTime', `toDateTime(${Date.parse('2026-06-30T00:00Z') / 1_000})`)
    .replaceAll('${currency:sqlstring}', "'USD'");

test('each panel of each dashboard answers, and those of what the business has show rows', async () => {
  const client = connectClickHouse({
    CLICKHOUSE_URL: new URL(bench.server.clickhouseUrl),
    CLICKHOUSE_USER: bench.server.biUser,
    CLICKHOUSE_PASSWORD: bench.server.biPassword,
  });
  const rows = new Map<string, number>();
  for (const { title, panels } of dashboards())
    for (const { title: panel, sql } of panels) {
      const result = await client.query({ query: filled(sql), format: 'JSONEachRow' });
      rows.set(`${title}: ${panel}`, (await result.json()).length);
    }
  await client.close();
  const shown = [...rows].filter(([, count]) => count > 0).map(([name]) => name);
  for (const wanted of ['Recurring revenue', 'Cart abandonment', 'Net promoter score'])
    assert.ok(
      shown.some((name) => name.includes(wanted)),
      `${wanted} is not among ${shown.join('; ')}`,
    );
});
