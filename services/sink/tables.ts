import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { clickHouseFailure, rowsOf } from '@tidemark/clickhouse/client';
import type { Insert } from './inserts.ts';
import type { RecordedPosition } from './start.ts';
import { recoveriesOf } from './step.ts';

/** The tables as a session uses them: all that it asks of ClickHouse. */
export type Tables = {
  /**
   * Inserts rows, which changes nothing where the same token was inserted before.
   *
   * @throws Failure `clickhouse.…`. Some of it may be there: a second attempt with the same token makes it whole.
   */
  readonly insert: (insert: Insert, signal: AbortSignal) => Promise<void>;
  /** The positions recorded with the tables, of every partition of the topic that has any; the furthest of each. */
  readonly positions: (topic: string) => Promise<RecordedPosition[]>;
  /** Whether any of the tables of these kinds has a row. */
  readonly haveFacts: (kinds: readonly string[]) => Promise<boolean>;
};

/** The table of the positions. */
export const positionsTable = 'sink_positions';

/** The columns of the positions. */
export const positionColumns = [
  'topic',
  'partition',
  'next_offset',
  'plan',
  'step',
  'sink_group',
  'cluster_id',
  'topic_id',
] as const;

/**
 * With these settings a repeated insert changes nothing, and a wrong one fails. They are sent with every insert, because
 * the defaults differ by version.
 */
const insertSettings: ClickHouseSettings = {
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  async_insert: 0,
  // The answer comes when all is done, views too, and is an error when that failed.
  wait_end_of_query: 1,
  // One insert, one block: a body cut off by a crash then leaves nothing, and a token stands for all of it.
  input_format_parallel_parsing: 0,
  max_insert_block_size: '10000000',
  // A block of old facts may touch any number of partitions.
  max_partitions_per_insert_block: '0',
  // A value that does not fit the table must be refused, not changed.
  input_format_skip_unknown_fields: 0,
  input_format_null_as_default: 0,
  date_time_input_format: 'basic',
};

/**
 * The tables of a database of ClickHouse.
 *
 * @param store Name of the database.
 */
export function clickHouseTables(client: ClickHouseClient, store: string): Tables {
  return {
    async insert({ kind, columns, rows, token }, signal) {
      try {
        const { stream } = await client.exec({
          query: `INSERT INTO ${store}.${kind} (${columns.join(', ')}) FORMAT JSONEachRow`,
          values: Readable.from(rows, { objectMode: false }),
          clickhouse_settings: { ...insertSettings, insert_deduplication_token: token },
          abort_signal: signal,
        });
        await finished(stream.resume());
      } catch (error) {
        throw clickHouseFailure(error, `insert of ${kind}`);
      }
    },
    async positions(topic) {
      const rows = await rowsOf<{ [column in (typeof positionColumns)[number]]: string }>(
        client,
        `SELECT ${positionColumns.join(', ')} FROM ${store}.${positionsTable} FINAL WHERE topic = {topic:String} ORDER BY partition`,
        { topic },
      );
      return rows.map((row) => ({
        partition: Number(row.partition),
        next: Number(row.next_offset),
        plan: row.plan,
        recoveries: recoveriesOf(BigInt(row.step)),
        origin: { group: row.sink_group, clusterId: row.cluster_id, topicId: row.topic_id },
      }));
    },
    async haveFacts(kinds) {
      const found = await rowsOf(
        client,
        `SELECT name FROM system.tables
         WHERE database = {store:String} AND has({kinds:Array(String)}, name) AND total_rows > 0 LIMIT 1`,
        { store, kinds },
      );
      return found.length > 0;
    },
  };
}
