import { instantText } from '@tidemark/clickhouse/instants';
import { clickHouseFailure, connectClickHouse } from '@tidemark/clickhouse/client';
import { migrate } from '@tidemark/clickhouse/migrate';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import type { Fact, Instant } from '@tidemark/metrics/definition/definition';
import { decimalOf } from '@tidemark/metrics/definition/money';
import { createLog } from '@tidemark/service/log';
import { readSettings } from '@tidemark/service/settings';
import { backend, type ClickHouseServer } from './backend.ts';
import { emptyTables } from './emptying.ts';

/** A ClickHouse with the project's tables and views, into which facts are put by hand. */
export type ViewBench = {
  readonly server: ClickHouseServer;
  /** Sets the zone the views count days in. */
  zone(name: string): Promise<void>;
  /** Empties all fact tables and rollups. */
  empty(): Promise<void>;
  /** Inserts facts (sign +1) or retractions (−1), as counted at `recordedAt`. */
  put(facts: readonly Fact[], sign?: 1 | -1, recordedAt?: Instant): Promise<void>;
  /** Merges all parts of rollups, as ClickHouse does in its own time. */
  merge(...tables: readonly string[]): Promise<void>;
  /** Rows of a query with every value as text, joined by spaces; null reads `-`. */
  read(query: string): Promise<readonly string[]>;
  close(): Promise<void>;
};

/** Starts, or connects to, a ClickHouse for tests of views, and migrates it. Close it in `after`. */
export async function viewBench(): Promise<ViewBench> {
  const server = await backend({ only: 'clickhouse' });
  const client = connectClickHouse({
    CLICKHOUSE_URL: new URL(server.clickhouseUrl),
    CLICKHOUSE_USER: server.clickhouseUser,
    CLICKHOUSE_PASSWORD: server.clickhousePassword,
  });
  const log = createLog('test', 'silent');
  const zone = async (name: string): Promise<void> => {
    await migrate({ client, settings: readSettings(viewSettings, { REPORTING_TIMEZONE: name }), log });
  };
  await zone('UTC');
  return {
    server,
    zone,
    empty: () => emptyTables(client),
    async put(facts, sign = 1, recordedAt = 0) {
      for (const [kind, ofKind] of Map.groupBy(facts, ({ kind: name }) => name)) {
        const values = ofKind.map((fact) => ({ ...rowOf(fact), sign, recorded_at: instantText(recordedAt) }));
        await client.insert({ table: `tidemark_store.${kind}`, values, format: 'JSONEachRow' });
      }
    },
    async merge(...tables) {
      for (const table of tables)
        await client.command({ query: `OPTIMIZE TABLE tidemark_store.${table} FINAL` });
    },
    async read(query) {
      try {
        const result = await client.query({ query, format: 'JSONCompactStringsEachRow' });
        const rows = await result.json<string[]>();
        return rows.map((row) => row.map((value) => (value === 'ᴺᵁᴸᴸ' ? '-' : value)).join(' '));
      } catch (error) {
        throw clickHouseFailure(error, query);
      }
    },
    async close() {
      await client.close();
      await server.close();
    },
  };
}

function rowOf(fact: Fact): { readonly [column: string]: unknown } {
  const columns = Object.entries(fact).filter(([column]) => column !== 'kind');
  const values = columns.map(([column, value]) => [
    column,
    typeof value === 'bigint' ? decimalOf(value) : value,
  ]);
  return { ...Object.fromEntries(values), at: instantText(fact.at) };
}
