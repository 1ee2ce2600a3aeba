import { randomUUID } from 'node:crypto';
import type { OffsetOf } from '@tidemark/kafka/client';
import { insertAll } from './insert-all.ts';
import type { Insert } from './inserts.ts';
import type { Origin } from './start.ts';
import { stepOf } from './step.ts';
import { positionColumns, positionsTable, type Tables } from './tables.ts';
import type { SinkTelemetry } from './telemetry.ts';

/** An offset with its plan, and how often the sinks had gone by the tables alone when it was committed. */
export type Position = OffsetOf & { readonly recoveries: number };

/**
 * Records with the tables what was committed to Kafka just now; returns when it is there. Of several rows of a partition
 * the one of the most recoveries counts, and of these the furthest, so that a repeated or a late one does no harm.
 *
 * @throws The reason of `signal` when it is aborted.
 */
export async function recordPositions(
  tables: Pick<Tables, 'insert'>,
  origin: Origin,
  positions: readonly Position[],
  signal: AbortSignal,
  telemetry: Pick<SinkTelemetry, 'recorded' | 'insertFailed'>,
): Promise<void> {
  const rows = positions.map(({ topic, partition, offset, metadata = '', recoveries }) => ({
    topic,
    partition,
    next_offset: offset,
    plan: metadata,
    step: String(stepOf(recoveries, offset, metadata)),
    sink_group: origin.group,
    cluster_id: origin.clusterId,
    topic_id: origin.topicId,
  }));
  const insert: Insert = {
    kind: positionsTable,
    columns: positionColumns,
    rows: rows.map((row) => Buffer.from(`${JSON.stringify(row)}\n`)),
    count: rows.length,
    token: randomUUID(),
    recordedAt: Date.now(),
  };
  await insertAll(tables, [insert], signal, {
    inserted: () => telemetry.recorded(insert),
    failed: telemetry.insertFailed,
  });
}
