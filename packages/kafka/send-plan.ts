import type { TopicPartition } from './client.ts';
import { encodedSize, type OutgoingRecord } from './record-batch-encoder.ts';

/** Records for one partition of one topic, in order. */
export type Send = TopicPartition & { readonly records: readonly OutgoingRecord[] };

/** The limits of one batch. The broker refuses a batch above its `message.max.bytes`, 1 MB. */
export type BatchLimits = { readonly records: number; readonly bytes: number };

/** The limits where none are given: 5,000 records and 900,000 bytes, below the broker’s 1 MB. */
export const batchLimits: BatchLimits = { records: 5_000, bytes: 900_000 };

/**
 * Cuts sends into rounds. Within a round a partition has one batch at most, so it is clear to which batch
 * an answer belongs. Sends to the same partition are joined in their order. A record that is too large
 * by itself gets a batch of its own, which the broker refuses.
 */
export function planSends(sends: readonly Send[], limits = batchLimits): Send[][] {
  const rounds: Send[][] = [];
  const byPartition = Map.groupBy(sends, ({ topic, partition }) => `${partition} ${topic}`);
  for (const [first, ...more] of byPartition.values()) {
    const { topic, partition } = first!;
    const records = more.length === 0 ? first!.records : [first!, ...more].flatMap((send) => send.records);
    for (const [round, batch] of cut(records, limits).entries()) {
      (rounds[round] ??= []).push({ topic, partition, records: batch });
    }
  }
  return rounds;
}

function cut(records: readonly OutgoingRecord[], limits: BatchLimits): (readonly OutgoingRecord[])[] {
  const batches: (readonly OutgoingRecord[])[] = [];
  let from = 0;
  let bytes = 0;
  for (const [index, record] of records.entries()) {
    const size = encodedSize(record);
    if (index > from && (index - from >= limits.records || bytes + size > limits.bytes)) {
      batches.push(records.slice(from, index));
      from = index;
      bytes = 0;
    }
    bytes += size;
  }
  if (from < records.length) batches.push(from === 0 ? records : records.slice(from));
  return batches;
}
