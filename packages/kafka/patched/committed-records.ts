/**
 * Picks from fetched batches what a read-committed reader may see.
 *
 * kafkajs reads the broker's list of aborted transactions in the order of the answer, one entry for
 * each message. It also takes any key of four zero bytes for the end of an abort. So with two writers on
 * a partition, aborted records reach the reader. This module works as Kafka's own client does.
 *
 * @see https://github.com/apache/kafka/blob/4.1/clients/src/main/java/org/apache/kafka/clients/consumer/internals/CompletedFetch.java
 */
import type { KafkaRecord, RecordBatch } from './record-batches.ts';

/** A transaction that was aborted: everything of this producer from `firstOffset` to its next marker. */
export type AbortedTransaction = { readonly producerId: number; readonly firstOffset: number };

/**
 * The records of committed (or no) transactions at or after `from`, in order of offset.
 *
 * @param aborted The broker's list for this fetch, in any order.
 */
export function committedRecords(
  batches: readonly RecordBatch[],
  aborted: readonly AbortedTransaction[],
  from: number,
): KafkaRecord[] {
  const pending = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  const aborting = new Set<number>();
  const records: KafkaRecord[] = [];
  let next = 0;
  for (const batch of batches) {
    for (let entry = pending[next]; entry !== undefined && entry.firstOffset <= batch.lastOffset;) {
      aborting.add(entry.producerId);
      next += 1;
      entry = pending[next];
    }
    if (batch.control) {
      if (endsInAbort(batch)) aborting.delete(batch.producerId);
      continue;
    }
    if (batch.transactional && aborting.has(batch.producerId)) continue;
    for (const record of batch.records) if (record.offset >= from) records.push(record);
  }
  return records;
}

/** The offset to fetch next: after the last batch, emptied or not; `from` when nothing came. */
export function nextOffset(batches: readonly RecordBatch[], from: number): number {
  const last = batches.at(-1);
  return last === undefined ? from : Math.max(from, last.lastOffset + 1);
}

/** Whether a control record's key is that of an abort marker: version (2 bytes), type (2 bytes) 0. */
export function isAbortKey(key: Buffer | null): boolean {
  return key !== null && key.length >= 4 && key.readInt16BE(2) === 0;
}

function endsInAbort(batch: RecordBatch): boolean {
  const marker = batch.records[0];
  return marker !== undefined && isAbortKey(marker.key);
}
