import type { ClickHouseClient } from '@clickhouse/client';
import { rowsOf } from '@tidemark/clickhouse/client';
import { partitionCounts } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import { families } from '@tidemark/events/families';
import { type Generation, generationOf } from '@tidemark/topics/generation';
import { topicsOfGeneration } from '@tidemark/topics/topics';
import { eachRecord } from '../each-record.ts';
import type { Finder } from './finder.ts';
import { withNames } from './names-table.ts';
import { occurrencesIn } from './topics-left.ts';

/** A place that was searched, and what was found. */
export type Found = {
  /** `topic x`, `table x.y`, `files of x`. */
  readonly place: string;
  /** Bytes of a topic or of files, rows of a table. */
  readonly searched: number;
  readonly unit: 'bytes' | 'rows';
  /** How often one of the ids or texts was found. */
  readonly found: number;
};

/** What is looked for: customers' ids in columns, and the same with other texts in bytes. */
export type Sought = { readonly ids: readonly string[]; readonly finder: Finder };

/** The topics of a generation, and those that all generations share, that exist. */
export async function topicsThere(client: KafkaClient, names: Generation): Promise<string[]> {
  const first = generationOf(1, client.settings.KAFKA_PREFIX);
  const { alerts, alertCommands, generations, forgotten } = names.shared;
  const wanted = [
    ...topicsOfGeneration(1, names).map(({ name }) => name),
    ...families.map(first.eventsOf),
    first.deadLetters,
    alerts,
    alertCommands,
    generations,
    forgotten,
  ];
  const counts = await partitionCounts(client, [...new Set(wanted)]);
  return [...counts.keys()];
}

/** Searches topics, from their first record to their last. */
export async function searchTopics(
  client: KafkaClient,
  topics: readonly string[],
  { finder }: Sought,
  onPlace: (place: string) => void,
): Promise<Found[]> {
  const all: Found[] = [];
  for (const topic of topics) {
    onPlace(topic);
    let searched = 0;
    let found = 0;
    await eachRecord(client, topic, (record) => {
      const { key, value, headers } = record;
      for (const part of [key, value, ...Object.values(headers)]) searched += part?.length ?? 0;
      found += occurrencesIn(record, finder);
    });
    all.push({ place: `topic ${topic}`, searched, unit: 'bytes', found });
  }
  return all;
}

/**
 * Searches all columns with texts: of the tables of a generation for the ids as they are, of ClickHouse's own logs for texts in which
 * they occur. The ids come in a table in memory, so that no log gets them by this.
 */
export async function searchTables(
  client: ClickHouseClient,
  store: string,
  { ids }: Sought,
  onPlace: (place: string) => void,
): Promise<Found[]> {
  const rows = ids.map((id) => ({ domain: 'customer_id', id, pseudonym: '' }));
  return withNames(client, store, rows, async (names) => {
    const columns = await rowsOf<{ database: string; table: string; names: string[]; hashed: string[] }>(
      client,
      `SELECT c.database AS database, c.table AS table, groupArrayIf(c.name, c.type LIKE '%String%') AS names,
         groupArrayIf(c.name, c.name = 'customer' AND c.type = 'UInt64') AS hashed
       FROM system.columns AS c INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
       WHERE t.engine LIKE '%MergeTree' AND (c.database = {store:String} OR (c.database = 'system' AND c.table LIKE '%\\_log'))
       GROUP BY database, table ORDER BY database, table`,
      { store },
    );
    const all: Found[] = [];
    for (const one of columns) {
      const found = await searchTable(client, one, names, onPlace);
      if (found !== undefined) all.push(found);
    }
    return all;
  });
}

async function searchTable(
  client: ClickHouseClient,
  of: {
    readonly database: string;
    readonly table: string;
    readonly names: readonly string[];
    readonly hashed: readonly string[];
  },
  ids: string,
  onPlace: (place: string) => void,
): Promise<Found | undefined> {
  const { database, table, names, hashed } = of;
  const isLog = database === 'system';
  const sums = [
    ...names.map((name) =>
      isLog
        ? `countIf(arrayExists(id -> position(toString(\`${name}\`), id) > 0, (SELECT groupArray(id) FROM ${ids})))`
        : `countIf(toString(\`${name}\`) IN (SELECT id FROM ${ids}))`,
    ),
    ...hashed.map((name) => `countIf(\`${name}\` IN (SELECT cityHash64(id) FROM ${ids}))`),
  ];
  if (sums.length === 0) return undefined;
  const place = `${database}.${table}`;
  onPlace(place);
  const [row] = await rowsOf<{ rows: string; found: string }>(
    client,
    `SELECT toString(count()) AS rows, toString(${sums.join(' + ')}) AS found FROM ${place}`,
  );
  return {
    place: `table ${place}`,
    searched: Number(row?.rows ?? 0),
    unit: 'rows',
    found: Number(row?.found ?? 0),
  };
}
