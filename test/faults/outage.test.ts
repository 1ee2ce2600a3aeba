import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { factBlockCodec } from '@tidemark/events/fact-block-codec';
import { families, topicOf } from '@tidemark/events/families';
import { ensureTopics } from '@tidemark/kafka/topic-settings';
import type { KafkaClient } from '@tidemark/kafka/client';
import { IdempotentProducer } from '@tidemark/kafka/idempotent-producer';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { topics } from '@tidemark/topics/topics';
import { clientOf } from '../kafka/broker.ts';
import type { ContractEvent } from '@tidemark/metrics/oracle/base.oracle';
import { backend, type Closable, type KafkaServer } from '../support/backend.ts';
import { startOwnProcessor, type OwnProcessor } from '../support/pipeline/own-processor.ts';
import { behind } from '../support/pipeline/progress.ts';
import { until } from '../support/until.ts';
import { sendsOf } from '../support/pipeline/records.ts';

// While nobody counts, carts are created and bought. When the processor is back, it must not take those for abandoned whose
// purchases it has not counted yet: as-of views would keep it, and alerts see it.

const partitions = 2;
const minute = 60_000;
let servers: KafkaServer & Closable;
let client: KafkaClient;
let processor: OwnProcessor | undefined;
before(async () => {
  servers = await backend({ only: 'kafka' });
  client = clientOf(servers.brokers.join(','));
  await ensureTopics(client, topics(partitions, ''));
});
after(async () => {
  await processor?.stop();
  await servers?.close();
});

async function publish(events: readonly ContractEvent[]): Promise<void> {
  const producer = new IdempotentProducer(client);
  await Promise.all(sendsOf(events, partitions, 'shop').map((send) => producer.send([send])));
  await producer.close();
}

/** How often each outcome of a cart was published, and how often retracted. */
async function outcomes(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const codec = factBlockCodec();
  for (let partition = 0; partition < partitions; partition++)
    await readPartitionToEnd(client, {
      topic: 'facts',
      partition,
      from: 0,
      onRecords(records) {
        for (const { key, value } of records) {
          if (key?.toString() !== 'cart_outcome' || value === null) continue;
          for (const fact of codec.decode('cart_outcome', value).facts) {
            const name = `${String(fact['outcome'])} ${fact.sign}`;
            counts[name] = (counts[name] ?? 0) + 1;
          }
        }
      },
    });
  return counts;
}

test('carts bought while nobody counted are never abandoned; those left behind are, once', async () => {
  const now = Date.now();
  const cart = (n: number): ContractEvent => ({
    event_id: `cart-${n}`,
    type: 'cart.created',
    occurred_at: now - 45 * minute,
    cart_id: `cart-${n}`,
    value: 100,
    currency: 'EUR',
  });
  const purchase = (n: number, cartId: string | undefined): ContractEvent => ({
    event_id: `purchase-${n}`,
    type: 'purchase.completed',
    occurred_at: now - 44 * minute,
    customer_id: `customer-${n}`,
    purchase_id: `purchase-${n}`,
    amount: 100,
    currency: 'EUR',
    kind: 'product',
    ...(cartId === undefined ? {} : { cart_id: cartId }),
  });
  const count = (length: number, from = 0): number[] => Array.from({ length }, (_, n) => from + n);
  // So many other purchases come first that the carts have been read long before.
  await publish(count(20_000, 1_000).map((n) => purchase(n, undefined)));
  await publish([...count(210).map(cart), ...count(200).map((n) => purchase(n, `cart-${n}`))]);
  processor = await startOwnProcessor(client, { partitions });
  await until(
    'everything to be taken in',
    async () =>
      (
        await behind(
          client,
          'tidemark-processor',
          families.map((family) => topicOf(family, '')),
          partitions,
        )
      ).length === 0,
    120_000,
  );
  await until(
    'the carts left behind to be abandoned',
    async () => (await outcomes())['abandoned 1'] !== undefined,
    60_000,
  );
  await until('all carts to be counted', async () => (await outcomes())['converted 1'] === 200, 60_000);
  assert.equal(processor.fatal(), undefined);
  assert.deepEqual(await outcomes(), { 'created 1': 210, 'converted 1': 200, 'abandoned 1': 10 });
});
