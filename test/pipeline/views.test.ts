import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TransactionalProducer } from '../../services/kafka/transactional-producer.ts';
import type { ContractEvent } from '../oracle/base.ts';
import { settingsAt } from '../oracle/index.ts';
import { backend, type ClickHouseServer, type Closable, type KafkaServer } from '../support/backend.ts';
import { believable, permuted, repeated, seeded, type StoryFamily } from '../support/histories.ts';
import { crowd } from '../convergence/crowd.ts';
import { differences, liveDifferences, type Pipeline, sendsOf, startPipeline } from '../support/pipeline.ts';

// Histories through all of the real system: Kafka, two processors, two sinks, ClickHouse, the live service. They come in
// any order, a part of them twice and a part of them in partitions that are not their entity's; and every view reads what
// the batch answer says. PIPELINE_SEED=7 takes other histories.

const seed = Number(process.env['PIPELINE_SEED'] ?? 1);
const day = 86_400_000;
const families: readonly [StoryFamily, ...StoryFamily[]] = [
  'subscription',
  'purchase',
  'cart',
  'contact',
  'mention',
];

let servers: KafkaServer & ClickHouseServer & Closable;
let pipeline: Pipeline;
before(async () => {
  servers = await backend();
  pipeline = await startPipeline({ servers });
});
after(async () => {
  await pipeline?.close();
  await servers?.close();
});

/** Publishes in parcels, so that there are many transactions; every third parcel to partitions of chance. */
async function publish(events: readonly ContractEvent[], parcel: number): Promise<void> {
  const { client, partitions } = pipeline;
  const draw = seeded(seed);
  const anywhere = (): number => draw.below(partitions);
  const producer = new TransactionalProducer(client, { transactionalId: 'test-loader' });
  await producer.fence();
  for (let from = 0; from < events.length; from += parcel) {
    const some = events.slice(from, from + parcel);
    const isStray = (from / parcel) % 3 === 2;
    const sends = sendsOf(some, partitions, 'test', isStray ? anywhere : undefined);
    await producer.commit({ sends, offsets: [], groupId: '' });
  }
  await producer.close();
}

test('shaken histories, strays among them, read in every view as the batch answer says', async () => {
  const now = Date.now();
  // Nothing happens, nor falls due, while the test runs: it is counted in full when it is read.
  const range = { from: now - 250 * day, to: now - day };
  const draw = seeded(seed);
  const nasty = crowd(seed, 80, 60, range, families).flat();
  const told = [...nasty, ...believable(seed, 80, range)];
  const delivery = permuted(draw, repeated(draw, told, 10));

  await publish(delivery, 150);
  await pipeline.counted();
  const pinned = Math.floor(Date.now() / 1000) * 1000;
  await pipeline.reading.pin(pinned, 'UTC');

  assert.equal(await differences(pipeline.reading, told, settingsAt(pinned)), '');
  assert.equal(await liveDifferences(pipeline.reading, pipeline.live!.port), '');
  const [audit] = await pipeline.reading.rows<{ received: string; dead_lettered: string }>(
    'SELECT sum(received) AS received, sum(dead_lettered) AS dead_lettered FROM tidemark.ingest_audit_hourly',
  );
  assert.deepEqual(
    { received: Number(audit?.received), dead_lettered: Number(audit?.dead_lettered) },
    { received: delivery.length, dead_lettered: 0 },
    'each record is received once, strays and derived checkouts not at all',
  );
});

test('told to end, every service ends in order', async () => {
  const exits = await Promise.all(
    pipeline.members.map(async (member) => [member.name, (await member.stop())?.code]),
  );
  assert.deepEqual(
    exits,
    pipeline.members.map(({ name }) => [name, 0]),
  );
});
