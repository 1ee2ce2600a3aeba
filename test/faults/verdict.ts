/** The checks after a run: the numbers must be right whatever faults were injected. */
import { listOffsets } from '@tidemark/kafka/offsets';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { settingsAt } from '@tidemark/metrics/index.oracle';
import { differences, liveDifferences, type Pipeline } from '../support/pipeline.ts';
import { cartAbandonAfterMs } from './live-customers.ts';
import type { Published } from './load.ts';

type Audit = {
  readonly source: string;
  readonly received: number;
  readonly duplicates: number;
  readonly dead: number;
};

/**
 * Compares everything with the published events: each view with the batch answer, the live counters with the views, the
 * counts of receipt with the publishers', the dead letters with the bad records.
 *
 * @returns The wrong numbers, a paragraph each; empty when all are right.
 */
export async function verdict(pipeline: Pipeline, published: Published): Promise<string[]> {
  const { reading } = pipeline;
  const now = Math.floor(Date.now() / 1000) * 1000;
  await reading.pin(now, 'UTC');
  const errors = [
    await differences(reading, published.events, settingsAt(now, { cartAbandonAfterMs })),
    await liveDifferences(reading, pipeline.live!.port),
    ...(await auditFaults(pipeline, published)),
  ];
  const count = await deadLetters(pipeline);
  if (count !== published.bad)
    errors.push(`dead-letters has ${count} records, ${published.bad} bad records were published`);
  return errors.filter((error) => error !== '');
}

async function auditFaults({ reading }: Pipeline, { kafka, http, bad }: Published): Promise<string[]> {
  const rows = await reading.rows<Record<keyof Audit, string>>(
    `SELECT source, toString(sum(a.received)) AS received, toString(sum(a.duplicates)) AS duplicates,
       toString(sum(a.dead_lettered)) AS dead
     FROM tidemark.ingest_audit_hourly AS a GROUP BY source`,
  );
  const of = (source: string): Audit => {
    const row = rows.find((one) => one.source === source);
    return {
      source,
      received: Number(row?.received ?? 0),
      duplicates: Number(row?.duplicates ?? 0),
      dead: Number(row?.dead ?? 0),
    };
  };
  const [direct, posted, unread] = [of('kafka'), of('http'), of('')];
  const errors: string[] = [];
  const expect = (what: string, is: number, should: number): void => {
    if (is !== should) errors.push(`ingest_audit_hourly: ${what} should be ${should}, is ${is}`);
  };
  expect('received straight from Kafka', direct.received, kafka.records);
  expect('duplicates straight from Kafka', direct.duplicates, kafka.repeats);
  expect('received less duplicates of the collector', posted.received - posted.duplicates, http.events);
  expect('received unreadable', unread.received, bad);
  expect('dead-lettered', direct.dead + posted.dead + unread.dead, bad);
  return errors;
}

async function deadLetters({ client, partitions }: Pipeline): Promise<number> {
  const numbers = Array.from({ length: partitions }, (_, partition) => partition);
  const topic = `${client.settings.KAFKA_PREFIX}dead-letters`;
  const ends = await listOffsets(client, topic, numbers, 'end');
  let count = 0;
  for (const partition of numbers.filter((number) => (ends.get(number) ?? 0) > 0))
    await readPartitionToEnd(client, {
      topic,
      partition,
      from: 0,
      onRecords: (records) => {
        count += records.length;
      },
    });
  return count;
}
