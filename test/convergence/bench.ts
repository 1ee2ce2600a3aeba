/** A ClickHouse whose views take an instant of the test's for now. */
import { instantText } from '@tidemark/clickhouse/instants';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { clickHouseFailure, connectClickHouse, rowsOf } from '@tidemark/clickhouse/client';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { migrate } from '@tidemark/clickhouse/migrate';
import { createLog } from '@tidemark/service/log';
import { readSettings } from '@tidemark/service/settings';
import { openReader, type Reader } from '@tidemark/explain/reader';
import { factKinds } from '@tidemark/metrics';
import { insertAll } from '../../services/sink/insert-all.ts';
import { clickHouseTables } from '../../services/sink/tables.ts';
import { rowWriters } from '../../services/sink/rows.ts';
import type { Cell } from '@tidemark/metrics/oracle/compare.oracle';
import { backend } from '../support/backend.ts';
import { generationOf } from '@tidemark/topics/generation';
import { type Comparison, compareViews } from '../../services/recount/compare.ts';
import { emptyTables } from '../support/emptying.ts';
import { pinnedMigrations } from '../support/pinned.ts';
import { renameTables, type TableNames } from '../../services/personal-data/forget/rename-tables.ts';
import type { Recorded } from './pipeline.ts';

/** A row as a client reads it. */
export type ReadRow = Readonly<Record<string, Cell>>;

/** A ClickHouse with the views, for comparing them. */
export type Bench = {
  /** Sets the zone the views count days in, and the instant (whole seconds) they take for now. */
  stand(zone: string, now: number): Promise<void>;
  /** Inserts facts as the sink does. */
  put(all: readonly Recorded[]): Promise<void>;
  /** Names of all views. */
  views(): Promise<ReadonlySet<string>>;
  /** All rows of a view, read as the BI user; an as-of view needs its instant, and settings may be the reader's own. */
  read(
    view: string,
    options?: { readonly knownAt?: number; readonly settings?: ClickHouseSettings },
  ): Promise<ReadRow[]>;
  /**
   * Reads all of a view as the BI user, to the last byte, and says how long that took (wall clock, ms), and over how many
   * rows of tables.
   */
  timed(
    view: string,
    options?: { readonly knownAt?: number },
  ): Promise<{ readonly ms: number; readonly rows: number; readonly readRows: number }>;
  /** What a query selects, as the BI user. */
  rows<T>(query: string, parameters?: { readonly [name: string]: string }): Promise<T[]>;
  /** What differs when a second generation has counted other facts, with its views at the same instant as those that `stand` made. */
  compared(zone: string, now: number, others: readonly Recorded[]): Promise<Comparison>;
  /** Puts rows under pseudonyms, as an erasure does. */
  rename(names: Omit<TableNames, 'store'>): Promise<void>;
  /** Runs a statement as the services' user. */
  command(statement: string): Promise<void>;
  /** What a query selects, as the services' user. */
  select<T>(query: string): Promise<T[]>;
  /** What `explain` reads with, for the zone the views count days in. */
  explainer(): Reader;
  /** Empties all fact tables and rollups. */
  empty(): Promise<void>;
  close(): Promise<void>;
};

const allOf = (view: string, knownAt: number | undefined): string =>
  `SELECT * FROM tidemark.${view}${knownAt === undefined ? '' : `(known_at = '${instantText(knownAt)}')`}`;

async function insert(
  client: ClickHouseClient,
  all: readonly Recorded[],
  insertion: string,
  store = 'tidemark_store',
): Promise<void> {
  const writers = rowWriters(factKinds);
  const blocks = [
    ...Map.groupBy(
      all.flatMap(({ recordedAt, facts }) => facts.map((signed) => ({ recordedAt, ...signed }))),
      ({ fact }) => fact.kind,
    ),
  ];
  const inserts = blocks.map(([kind, signed]) => {
    const writer = writers.get(kind);
    if (writer === undefined) throw new Error(`${kind} is no kind of fact`);
    const rows = signed.map(({ recordedAt, sign, cause, fact }) =>
      writer.write({ recorded_at: recordedAt, facts: [{ ...fact, sign, cause }] }),
    );
    const token = `${insertion} ${kind}`;
    return {
      kind,
      columns: writer.columns,
      rows: [Buffer.from(rows.join(''))],
      count: rows.length,
      token,
      recordedAt: 0,
    };
  });
  await insertAll(clickHouseTables(client, store), inserts, AbortSignal.timeout(60_000), {
    inserted: () => undefined,
    failed: (_, failure) => {
      throw failure;
    },
  });
}

/** Starts, or connects to, a ClickHouse for comparing views. Close it in `after`. */
export async function convergenceBench(): Promise<Bench> {
  const server = await backend({ only: 'clickhouse' });
  const CLICKHOUSE_URL = new URL(server.clickhouseUrl);
  const client = connectClickHouse({
    CLICKHOUSE_URL,
    CLICKHOUSE_USER: server.clickhouseUser,
    CLICKHOUSE_PASSWORD: server.clickhousePassword,
  });
  const reader = connectClickHouse({
    CLICKHOUSE_URL,
    CLICKHOUSE_USER: server.biUser,
    CLICKHOUSE_PASSWORD: server.biPassword,
  });
  const explainer = connectClickHouse({
    CLICKHOUSE_URL,
    CLICKHOUSE_USER: server.explainUser,
    CLICKHOUSE_PASSWORD: server.explainPassword,
  });
  const run = `${process.pid} ${Date.now()}`;
  let insertions = 0;
  let settings = readSettings(viewSettings, {});
  return {
    async stand(zone, now) {
      settings = readSettings(viewSettings, { REPORTING_TIMEZONE: zone });
      await migrate({
        client,
        settings,
        log: createLog('test', 'silent'),
        migrations: pinnedMigrations(now),
      });
    },
    put: (all) => insert(client, all, `${run} ${++insertions}`),
    async views() {
      const rows = await rowsOf<{ name: string }>(
        client,
        "SELECT name FROM system.tables WHERE database = 'tidemark'",
      );
      return new Set(rows.map(({ name }) => name));
    },
    async read(view, { knownAt, settings = {} } = {}) {
      const query = allOf(view, knownAt);
      try {
        const result = await reader.query({
          query,
          format: 'JSONEachRow',
          clickhouse_settings: {
            output_format_json_quote_decimals: 1,
            date_time_output_format: 'iso',
            ...settings,
          },
        });
        return await result.json<ReadRow>();
      } catch (error) {
        throw clickHouseFailure(error, query);
      }
    },
    async timed(view, { knownAt } = {}) {
      const query = `${allOf(view, knownAt)} FORMAT JSONCompact`;
      const begin = performance.now();
      const { stream } = await reader.exec({ query });
      // The counts come last. To parse a hundred megabytes of rows would take this process longer than it takes ClickHouse.
      let last = '';
      for await (const part of stream as AsyncIterable<Buffer>)
        last = `${last}${String(part.subarray(-500))}`.slice(-500);
      const ms = performance.now() - begin;
      const [, rows] = /"rows": (\d+)/.exec(last) ?? [];
      const [, readRows] = /"rows_read": (\d+)/.exec(last) ?? [];
      if (rows === undefined) throw new Error(`${view}: ${last}`);
      return { ms, rows: Number(rows), readRows: Number(readRows) };
    },
    async compared(zone, now, others) {
      const after = generationOf(2, '');
      const settings = readSettings(viewSettings, { REPORTING_TIMEZONE: zone });
      const log = createLog('test', 'silent');
      await migrate({ client, settings, log, migrations: pinnedMigrations(now), databases: after });
      try {
        await insert(client, others, `${run} ${++insertions}`, after.store);
        return await compareViews(client, { before: generationOf(1, ''), after, settings, now });
      } finally {
        for (const name of [after.views, after.store])
          await client.command({ query: `DROP DATABASE IF EXISTS ${name} SYNC` });
      }
    },
    rows: (query, parameters) => rowsOf(reader, query, parameters),
    rename: (names) =>
      renameTables(client, { ...names, store: generationOf(1, '').store }, () => Promise.resolve()),
    async command(statement) {
      await client.command({ query: statement });
    },
    select: (query) => rowsOf(client, query),
    explainer: () => openReader(explainer, settings),
    empty: () => emptyTables(client),
    async close() {
      await Promise.all([client.close(), reader.close(), explainer.close()]);
      await server.close();
    },
  };
}
