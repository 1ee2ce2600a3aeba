import type { ClickHouseClient } from '@clickhouse/client';
import { migrations as ofMetrics } from '@tidemark/metrics';
import { rowsOf } from './client.ts';
import type { Databases } from './databases.ts';
import { placeOf } from './serving.ts';
import { placed, tablesOf, viewsOf } from './statements.ts';
import type { ViewSettings } from './view-settings.ts';

/** How a database differs from the migrations of this version. Nothing in it is changed. */
export type SchemaState = {
  /** Tables and views that are not there, with their database. */
  readonly missing: { readonly tables: readonly string[]; readonly views: readonly string[] };
  /** Migrations that are recorded and that this version does not know. */
  readonly unknown: readonly string[];
  /** Migrations that were applied from another text. */
  readonly edited: readonly string[];
  /** Migrations whose views were written from another text or with other settings. */
  readonly outdatedViews: readonly string[];
};

const made = /^CREATE (?:TABLE|MATERIALIZED VIEW)(?: IF NOT EXISTS)? ([\w.]+)/;

/**
 * Compares a database with the migrations.
 *
 * @param given Where; as in `migrate`.
 * @throws Failure `clickhouse.refused`, `clickhouse.unavailable`.
 */
export async function schemaState(
  client: ClickHouseClient,
  settings: ViewSettings,
  given: Databases,
): Promise<SchemaState> {
  const databases = await placeOf(client, given);
  const all = ofMetrics.map((migration) => placed(migration, databases));
  const [tables, views] = [tablesOf(all), viewsOf(all, settings)];
  const there = await rowsOf<{ name: string }>(
    client,
    "SELECT concat(database, '.', name) AS name FROM system.tables WHERE has({databases:Array(String)}, database)",
    { databases: [databases.store, databases.views] },
  );
  const existing = new Set(there.map(({ name }) => name));
  const record = `${databases.store}.migrations`;
  const applied = existing.has(record)
    ? await rowsOf<{ name: string; part: string; checksum: string }>(
        client,
        `SELECT name, toString(part) AS part, checksum FROM ${record} FINAL`,
      )
    : [];
  const checksums = new Map(applied.map(({ name, part, checksum }) => [`${part} ${name}`, checksum]));
  const isOther = (part: string, migration: string, checksum: string): boolean =>
    (checksums.get(`${part} ${migration}`) ?? checksum) !== checksum;
  const known = new Set(ofMetrics.map(({ name }) => name));
  const due = tables.flatMap(({ statements }) => statements.flatMap((one) => made.exec(one)?.[1] ?? []));
  const dueViews = views.flatMap(({ names }) => names.map(({ database, name }) => `${database}.${name}`));
  return {
    missing: {
      tables: [record, ...due].filter((name) => !existing.has(name)),
      views: dueViews.filter((name) => !existing.has(name)),
    },
    unknown: [...new Set(applied.map(({ name }) => name))].filter((name) => !known.has(name)),
    edited: tables
      .filter((one) => isOther('tables', one.migration, one.checksum))
      .map((one) => one.migration),
    outdatedViews: views
      .filter((one) => isOther('views', one.migration, one.checksum))
      .map((one) => one.migration),
  };
}
