import { randomUUID } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import { rowsOf } from '@tidemark/clickhouse/client';
import type { OffsetOf } from '@tidemark/kafka/client';
import { insertAll } from './clickhouse-writer.ts';
import type { Insert } from './inserts.ts';
import type { Origin, RecordedPosition } from './start.ts';
import type { SinkTelemetry } from './telemetry.ts';

const table = 'sink_positions';
const columns = [
  'topic',
  'partition',
  'next_offset',
  'plan',
  'step',
  'sink_group',
  'cluster_id',
  'topic_id',
] as const;

/** The positions recorded with the tables, of every partition that has any. */
export async function readPositions(
  client: ClickHouseClient,
  store: string,
  topic: string,
): Promise<RecordedPosition[]> {
  const rows = await rowsOf<{ [column in (typeof columns)[number]]: string }>(
    client,
    `SELECT ${columns.join(', ')} FROM ${store}.${table} FINAL WHERE topic = {topic:String} ORDER BY partition`,
    { topic },
  );
  return rows.map((row) => ({
    partition: Number(row.partition),
    next: Number(row.next_offset),
    plan: row.plan,
    origin: { group: row.sink_group, clusterId: row.cluster_id, topicId: row.topic_id },
  }));
}

/**
 * Records with the tables what was committed to Kafka just now; returns when it is there. Of several rows of a partition
 * the furthest counts, so that a repeated or a late one does no harm.
 *
 * @throws The reason of `signal` when it is aborted.
 */
export async function recordPositions(
  client: ClickHouseClient,
  store: string,
  origin: Origin,
  offsets: readonly OffsetOf[],
  signal: AbortSignal,
  telemetry: Pick<SinkTelemetry, 'recorded' | 'insertFailed'>,
): Promise<void> {
  const rows = offsets.map(({ topic, partition, offset, metadata = '' }) => ({
    topic,
    partition,
    next_offset: offset,
    plan: metadata,
    step: 2 * offset + (metadata === '' ? 0 : 1),
    sink_group: origin.group,
    cluster_id: origin.clusterId,
    topic_id: origin.topicId,
  }));
  const insert: Insert = {
    kind: table,
    columns,
    rows: rows.map((row) => Buffer.from(`${JSON.stringify(row)}\n`)),
    count: rows.length,
    token: randomUUID(),
    recordedAt: Date.now(),
  };
  await insertAll(client, store, [insert], signal, {
    inserted: () => telemetry.recorded(insert),
    failed: telemetry.insertFailed,
  });
}

/** Whether any of the tables of facts has a row. */
export async function haveFacts(
  client: ClickHouseClient,
  store: string,
  kinds: readonly string[],
): Promise<boolean> {
  const found = await rowsOf(
    client,
    `SELECT name FROM system.tables
     WHERE database = {store:String} AND has({kinds:Array(String)}, name) AND total_rows > 0 LIMIT 1`,
    { store, kinds },
  );
  return found.length > 0;
}
