import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import fc from 'fast-check';
import { encodeEvent, eventBytesMax } from '@tidemark/events/codec';
import { entityKeyOf, familyOf } from '@tidemark/events/entity';
import { families, topicOf } from '@tidemark/events/families';
import { partitionOf } from '@tidemark/events/partition-of';
import { anyEventUpTo } from '../../packages/events/sample-events.fixtures.ts';
import type { Event } from '@tidemark/events/types';
import { Kafka, logLevel } from '../../packages/kafka/kafkajs.ts';
import { ensureTopics } from '@tidemark/kafka/topic-settings';
import type { KafkaClient } from '@tidemark/kafka/client';
import { TransactionalProducer, type Send } from '@tidemark/kafka/transactional-producer';
import { define, to, type AnyEvent, type Definition } from '@tidemark/metrics/definition/definition';
import { topics } from '@tidemark/topics/topics';
import { generationOf } from '@tidemark/topics/generation';
import { readDeadLetters } from '../../services/dead-letters/dead-letters.ts';
import { clientOf } from '../kafka/broker.ts';
import { backend, type Closable, type KafkaServer } from '../support/backend.ts';
import { behind } from '../support/pipeline/progress.ts';
import { until } from '../support/until.ts';
import { startOwnProcessor, usualDefinitions, type OwnProcessor } from '../support/pipeline/own-processor.ts';

// No event ends a partition: what is valid goes through whatever its size, what is not is set aside, and what cannot be
// counted after all is found, set aside and alerted, while the others count.

const partitions = 2;
const eventTopics = families.map((family) => topicOf(family, ''));

let servers: KafkaServer & Closable;
let client: KafkaClient;
let processor: OwnProcessor | undefined;
before(async () => {
  servers = await backend({ only: 'kafka' });
  client = clientOf(servers.brokers.join(','));
  await ensureTopics(client, topics(partitions, ''));
});
afterEach(async () => {
  await processor?.stop();
  processor = undefined;
});
after(() => servers?.close());

async function publish(sends: readonly Send[]): Promise<void> {
  const producer = new TransactionalProducer(client, { transactionalId: 'test-client' });
  await producer.fence();
  await producer.commit({ sends, offsets: [], groupId: '' });
  await producer.close();
}

function sendOf(event: Event): Send {
  const key = entityKeyOf(event);
  const record = { key: Buffer.from(key), value: encodeEvent(event) };
  return {
    topic: topicOf(familyOf(event.type), ''),
    partition: partitionOf(key, partitions),
    records: [record],
  };
}

/** Publishes as a foreign client does that compresses: what is small on the way may be large. */
async function publishCompressed(topic: string, partition: number, value: Buffer): Promise<void> {
  const producer = new Kafka({ brokers: servers.brokers, logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  await producer.send({ topic, compression: 1, messages: [{ partition, value }] });
  await producer.disconnect();
}

/** A definition over mentions that does not know what to do with some of them. */
const fragile: Definition = define<
  { readonly seen: string; readonly quietAt: number | undefined },
  AnyEvent & { readonly type: `mention.${string}` },
  { readonly fragile_seen: { readonly seen: 'string' } }
>({
  name: 'fragile',
  version: '1',
  on: 'mention',
  facts: { fragile_seen: { seen: 'string' } },
  initial: { seen: '', quietAt: undefined },
  due: ({ quietAt }) => quietAt,
  step(state, input) {
    if (input.type === 'tick') {
      if (state.seen.startsWith('bad later')) throw new Error('no tick for this');
      return to({ ...state, quietAt: undefined });
    }
    if (input.event_id.startsWith('bad now')) throw new Error('no step for this');
    const quietAt = input.event_id.startsWith('bad later') ? Date.now() + 1_500 : undefined;
    return to({ seen: input.event_id, quietAt });
  },
  counters: {},
  count: () => [],
});

const definitions = [...usualDefinitions, fragile];

/** Waits until everything published is taken in and nothing made it stop. */
async function counted(): Promise<void> {
  await until(
    'everything to be taken in',
    async () => {
      assert.equal(processor?.fatal(), undefined);
      return (await behind(client, 'tidemark-processor', eventTopics, partitions)).length === 0;
    },
    90_000,
  );
}

const deadLettersNow = async (): Promise<string[]> =>
  (await readDeadLetters(client, generationOf(1, ''), {})).map(({ reason, path }) => `${reason} ${path}`);

/** The dead letters that came since `before`. */
async function newDeadLetters(before: number) {
  return (await readDeadLetters(client, generationOf(1, ''), {}))
    .toSorted((a, b) => a.receivedAt - b.receivedAt)
    .slice(before);
}

const now = Date.now();
const cart = (name: string, more: object = {}): Event =>
  ({
    type: 'cart.created',
    event_id: name,
    occurred_at: now - 60_000,
    source: 'shop',
    cart_id: `cart ${name}`,
    value: 1,
    currency: 'USD',
    ...more,
  }) as Event;

test('events that are too large are set aside, also from Kafka, and the partition goes on (rule 50)', async () => {
  processor = await startOwnProcessor(client, { partitions, definitions });
  const large = Array.from({ length: 26 }, (_, n) =>
    cart(`large ${n}`, { cart_id: 'one', channel: 'x'.repeat(200_000) }),
  );
  await publish([...large, cart('after them')].map(sendOf));
  await counted();
  assert.deepEqual(
    await deadLettersNow(),
    Array.from({ length: 26 }, () => 'invalid $'),
  );
});

test('a record that was small only while it was compressed leaves its first megabyte, and its size', async () => {
  processor = await startOwnProcessor(client, { partitions, definitions });
  const before = (await deadLettersNow()).length;
  await publishCompressed('events.cart', 0, Buffer.alloc(1_500_000, 'x'));
  await publish([sendOf(cart('after it'))]);
  await counted();
  const [deadLetter, ...more] = await newDeadLetters(before);
  assert.deepEqual(more, []);
  assert.equal(deadLetter?.value?.length, 1024 * 1024);
  assert.equal(deadLetter.originalBytes, 1_500_000);
});

test('any valid event of any size goes through (rule 50)', async () => {
  processor = await startOwnProcessor(client, { partitions, definitions });
  const before = (await deadLettersNow()).length;
  const events = fc
    .sample(anyEventUpTo(Infinity), { numRuns: 400, seed: 5 })
    .filter((event) => encodeEvent(event).length <= eventBytesMax)
    .map((event, n): Event => ({ ...event, occurred_at: now - n * 1_000 }));
  const answers = fc
    .sample(anyEventUpTo(Infinity), { numRuns: 2_000, seed: 6 })
    .filter(({ type }) => type === 'survey.answered')
    .map(
      (event, n): Event => ({ ...event, occurred_at: now - n, response_id: `response ${n % 10}` }) as Event,
    )
    .filter((event) => encodeEvent(event).length <= eventBytesMax);
  const largest = Math.max(...answers.map((event) => encodeEvent(event).length));
  assert.ok(largest > eventBytesMax / 2, `the largest has ${largest} bytes`);
  await publish([...events, ...answers].map(sendOf));
  await counted();
  assert.deepEqual((await newDeadLetters(before)).map(({ message }) => message), []); // prettier-ignore
});

test('what a definition cannot count is set aside alone, at once or when its time comes', async () => {
  processor = await startOwnProcessor(client, { partitions, definitions });
  const before = (await deadLettersNow()).length;
  const mention = (name: string): Event =>
    ({
      type: 'mention.observed',
      event_id: name,
      occurred_at: now - 1_000,
      source: 'social',
      mention_id: name,
      channel: 'x',
    }) as Event;
  const good = Array.from({ length: 200 }, (_, n) => mention(`good ${n}`));
  await publish(
    [...good.slice(0, 100), mention('bad now'), mention('bad later'), ...good.slice(100)].map(sendOf),
  );
  await counted();
  const set = async () =>
    processor!.measured('tidemark_processor_dead_letters_total', { reason: 'uncountable' });
  await until('both to be set aside', async () => (await set()) === 2, 30_000);
  await publish([sendOf(mention('after them'))]);
  await counted();
  const deadLetters = await newDeadLetters(before);
  assert.deepEqual(
    new Set(deadLetters.map(({ reason, message }) => `${reason} ${message.split(';')[0]}`)),
    new Set([
      'uncountable fragile cannot count mention.observed bad later: no tick for this',
      'uncountable fragile cannot count mention.observed bad now: no step for this',
    ]),
  );
});

test('an event whose state the broker refuses is found and set aside; the others count', async () => {
  processor = await startOwnProcessor(client, { partitions, definitions });
  const before = (await deadLettersNow()).length;
  await limitOf('state', 8_000);
  const answer = (name: string, themes: readonly string[]): Event =>
    ({
      type: 'survey.answered',
      event_id: name,
      occurred_at: now - 1_000,
      source: 'survey',
      response_id: name,
      instrument: 'feedback',
      themes,
    }) as unknown as Event;
  const small = Array.from({ length: 300 }, (_, n) => answer(`small ${n}`, []));
  await publish(
    [
      ...small.slice(0, 150),
      answer(
        'too large',
        Array.from({ length: 50 }, (_, n) => `${n}`.padEnd(256, 'x')),
      ),
      ...small.slice(150),
    ].map(sendOf),
  );
  await counted();
  await limitOf('state', 4 * 1024 * 1024);
  assert.deepEqual(
    (await newDeadLetters(before)).map(({ reason, key }) => `${reason} ${String(key)}`),
    ['uncountable too large'],
  );
});

/** Sets what a record of the topic may have at most. */
async function limitOf(topic: string, bytes: number): Promise<void> {
  const admin = client.newAdmin();
  await admin.connect();
  const configEntries = [{ name: 'max.message.bytes', value: String(bytes) }];
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: topic, configEntries }] });
  await admin.disconnect();
}
