/** What of the generation before cannot be folded anew: how many records were received, repeated, late or set aside. */
import type { ClickHouseClient } from '@clickhouse/client';
import { rowsOf } from '@tidemark/clickhouse/client';
import { factBlockCodec } from '@tidemark/events/fact-block-codec';
import type { KafkaClient } from '@tidemark/kafka/client';
import { committedOffsets } from '@tidemark/kafka/offsets';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import type { Send } from '@tidemark/kafka/transactional-producer';
import { ingest } from '@tidemark/runtime/ingest-counters';
import { bucketOfKey } from '@tidemark/runtime/counters';
import type { Generation } from '@tidemark/topics/generation';
import type { StateCut } from './journal.ts';

const kind = 'ingest_audit';
const counts = ['received', 'duplicates', 'voided', 'late', 'dead_lettered'] as const;
const factsPerBlock = 1_000;

/** Newest values by key of a partition of `counters`, of the counters of receipts alone. */
export type Receipts = Map<string, Buffer>;

/** Reads on the counters of receipts, up to an offset. @returns The position reached. */
export async function readReceipts(
  client: KafkaClient,
  { topic, partition, from }: { readonly topic: string; readonly partition: number; readonly from: number },
  into: Receipts,
  end = Infinity,
): Promise<number> {
  if (from >= end) return from;
  return readPartitionToEnd(client, {
    topic,
    partition,
    from,
    onRecords(records) {
      for (const { offset, key, value } of records) {
        if (key === null || offset >= end || bucketOfKey(key.toString()).definition !== ingest.name) continue;
        if (value === null) into.delete(key.toString());
        else into.set(key.toString(), value);
      }
    },
  });
}

/** The counters of receipts as they begin in the new generation. */
export function receiptsSend(receipts: Receipts, to: Generation, partition: number): Send {
  const records = [...receipts].map(([key, value]) => ({ key: Buffer.from(key), value }));
  return { topic: to.counters, partition, records };
}

/** Facts of before the cut that the sinks have not inserted. */
export async function factsLeft(
  client: KafkaClient,
  from: Generation,
  group: string,
  cuts: readonly StateCut[],
): Promise<number> {
  const asked = cuts.map((_, partition) => ({ topic: from.facts, partition }));
  const committed = await committedOffsets(client, group, asked);
  let left = 0;
  for (const [partition, { facts }] of cuts.entries()) {
    const offset = committed[partition]?.offset ?? 0;
    if (offset >= facts) continue;
    // The markers of transactions are no facts.
    await readPartitionToEnd(client, {
      topic: from.facts,
      partition,
      from: offset,
      onRecords(records) {
        left += records.filter((record) => record.offset < facts).length;
      },
    });
  }
  return left;
}

/** The audit of everything received before the cut, as blocks of facts of the new generation. */
export async function auditSend(
  clickhouse: ClickHouseClient,
  from: Generation,
  to: Generation,
  at: number,
): Promise<Send> {
  const sums = counts.map((count) => `toString(sum(${count} * sign)) AS ${count}_sum`).join(', ');
  const rows = await rowsOf<Record<string, string>>(
    clickhouse,
    `SELECT family, source, toString(toUnixTimestamp64Milli(at)) AS quarter, ${sums} FROM ${from.store}.${kind}
     WHERE recorded_at <= fromUnixTimestamp64Milli({at:Int64}) GROUP BY family, source, at ORDER BY at, family, source`,
    { at },
  );
  const facts = rows.map((row) => ({
    sign: 1 as const,
    cause: 'arrived',
    fact: {
      kind,
      at: Number(row['quarter']),
      family: row['family']!,
      source: row['source']!,
      ...Object.fromEntries(counts.map((count) => [count, Number(row[`${count}_sum`])])),
    },
  }));
  const codec = factBlockCodec();
  const blocks = Array.from({ length: Math.ceil(facts.length / factsPerBlock) }, (_, block) =>
    facts.slice(block * factsPerBlock, (block + 1) * factsPerBlock),
  );
  const records = blocks.map((some) => ({
    key: Buffer.from(kind),
    value: codec.encode(kind, { recordedAt: at, facts: some }),
  }));
  return { topic: to.facts, partition: 0, records };
}
