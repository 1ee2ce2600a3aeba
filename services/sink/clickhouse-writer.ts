import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { clickHouseFailure } from '@tidemark/clickhouse/client';
import type { Failure } from '@tidemark/service/failures';
import type { Insert } from './inserts.ts';

/**
 * With these settings a repeated insert changes nothing, and a wrong one fails. They are sent with every insert, because
 * the defaults differ by version.
 */
const settings: ClickHouseSettings = {
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

const firstPauseMs = 100;
const longestPauseMs = 5_000;

/** Calls of the writer about its work. */
export type WriterEvents = {
  readonly inserted: (insert: Insert, tookMs: number) => void;
  /** An attempt failed and is made again. */
  readonly failed: (insert: Insert, failure: Failure, attempt: number) => void;
};

/**
 * Inserts every part of a block into the tables of a database, several at a time, each until ClickHouse has it: an insert whose materialized view
 * threw, or whose answer was lost, may be half done, and the same token completes it. It gives up only when `signal` is
 * aborted, and then throws its reason.
 */
export async function insertAll(
  client: ClickHouseClient,
  store: string,
  inserts: readonly Insert[],
  signal: AbortSignal,
  events: WriterEvents,
): Promise<void> {
  await Promise.all(inserts.map((insert) => insertUntilDone(client, store, insert, signal, events)));
}

async function insertUntilDone(
  client: ClickHouseClient,
  store: string,
  insert: Insert,
  signal: AbortSignal,
  events: WriterEvents,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    const startedAt = performance.now();
    try {
      await send(client, store, insert, signal);
      events.inserted(insert, performance.now() - startedAt);
      return;
    } catch (error) {
      signal.throwIfAborted();
      events.failed(insert, clickHouseFailure(error, `insert of ${insert.kind}`), attempt);
    }
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1));
    // Spread, so that several instances do not come back all at once.
    await sleep(pauseMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
  }
}

async function send(
  client: ClickHouseClient,
  store: string,
  insert: Insert,
  signal: AbortSignal,
): Promise<void> {
  const { stream } = await client.exec({
    query: `INSERT INTO ${store}.${insert.kind} (${insert.columns.join(', ')}) FORMAT JSONEachRow`,
    values: Readable.from(insert.rows, { objectMode: false }),
    clickhouse_settings: { ...settings, insert_deduplication_token: insert.token },
    abort_signal: signal,
  });
  await finished(stream.resume());
}
