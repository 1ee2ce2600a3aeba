import type { KafkaClient } from '@tidemark/kafka/client';
import { type Delivery, type KafkaRecord, PartitionFetcher } from '@tidemark/kafka/partition-fetcher';
import { Failure } from '@tidemark/service/failures';
import type { Plan } from './plan.ts';
import type { Block, FactRecord } from './queue.ts';

/**
 * Reads the records of a plan once more, from every partition in it, whoever owns those now: reading needs no
 * ownership, and the same block must be made again.
 *
 * @throws Failure `kafka.offset-gone` when they were deleted meanwhile; the signal's reason when it is aborted.
 */
export async function readPlanned(
  client: KafkaClient,
  topic: string,
  plan: Plan,
  signal: AbortSignal,
): Promise<Block> {
  signal.throwIfAborted();
  const done = Promise.withResolvers<void>();
  const found = new Map<number, FactRecord[]>(plan.map(({ partition }) => [partition, []]));
  const missing = new Map(plan.map((range) => [range.partition, range]));
  const onDelivery = ({ partition, records, nextOffset }: Delivery): void => {
    const range = missing.get(partition);
    if (range === undefined) return;
    for (const record of records)
      if (record.offset <= range.last) found.get(partition)!.push(factRecordOf(record));
    if (nextOffset <= range.last) return;
    missing.delete(partition);
    fetcher.forget({ topic, partition });
    if (missing.size === 0) done.resolve();
  };
  const fetcher = new PartitionFetcher(client, { onDelivery, onFatal: done.reject });
  const onAbort = (): void => done.reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    for (const { partition, first } of plan) fetcher.read({ topic, partition }, first);
    await done.promise;
    return { plan, records: plan.flatMap(({ partition }) => found.get(partition)!) };
  } finally {
    signal.removeEventListener('abort', onAbort);
    await fetcher.stop();
  }
}

/** A record of topic `facts` as the sink keeps it. Throws on one that the processor cannot have written. */
export function factRecordOf({ offset, key, value, headers }: KafkaRecord): FactRecord {
  if (key === null || value === null) {
    throw new Failure(
      'kafka.protocol',
      `the record at offset ${offset} of the facts has no ${key === null ? 'key' : 'value'}: the processor did not write it`,
    );
  }
  return { offset, kind: key.toString(), value, headers };
}
