import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encodeEvent } from '@tidemark/events/codec';
import type { Event } from '@tidemark/events/types';
import { acceptJson } from '@tidemark/events/validate';
import { generationOf } from '@tidemark/topics/generation';
import { readDeadLetters } from '../../services/dead-letters/dead-letters.ts';
import {
  TransactionalProducer,
  type OutgoingRecord,
  type Send,
} from '@tidemark/kafka/transactional-producer';
import type { ContractEvent } from '@tidemark/metrics/oracle/base.oracle';
import { settingsAt } from '@tidemark/metrics/index.oracle';
import { seeded } from '@tidemark/metrics/histories/draw.fixtures';
import { malformedAvro, malformedSeed } from '../support/malformed.ts';
import { backend, type ClickHouseServer, type Closable, type KafkaServer } from '../support/backend.ts';
import { differences, type Pipeline, sendsOf, startPipeline } from '../support/pipeline.ts';

// Straight to Kafka comes whatever a client can get wrong. Each bad record is set aside with its reason and its own bytes,
// wherever it stands, and the good ones around it count.

const day = 86_400_000;
const floodRecords = 10_000;

let servers: KafkaServer & ClickHouseServer & Closable;
let pipeline: Pipeline;
before(async () => {
  servers = await backend();
  pipeline = await startPipeline({ servers, processors: 1, sinks: 1, live: false });
});
after(async () => {
  await pipeline?.close();
  await servers?.close();
});

/** Everything published so far that is good. */
const good: ContractEvent[] = [];
let named = 0;

function goodCart(): ContractEvent {
  const name = `cart-${++named}`;
  const event = {
    event_id: name,
    type: 'cart.created',
    occurred_at: Date.now() - day - named,
    cart_id: name,
    value: 100,
    currency: 'EUR',
  };
  good.push(event);
  return event;
}

/** A valid cart event with some fields made wrong, as Avro of the right schema. */
function wrongCart(changes: object): Buffer {
  const posted = { ...goodCart(), event_id: 'bad' };
  good.pop();
  const verdict = acceptJson(posted, { now: Date.now(), defaultSource: 'client' });
  assert(verdict.ok);
  return encodeEvent({ ...verdict.event, ...changes } as Event);
}

const bytesOf = (event: ContractEvent): Buffer =>
  Buffer.from(sendsOf([event], 1, 'client')[0]!.records[0]!.value!);

function otherFamily(): Buffer {
  return bytesOf({
    event_id: 'm',
    type: 'mention.observed',
    occurred_at: Date.now() - day,
    mention_id: 'm',
    channel: 'x',
  });
}

type Bad = {
  readonly what: string;
  readonly reason: string;
  readonly path: string;
  readonly record: OutgoingRecord;
};

function badRecords(): Bad[] {
  const bad = (
    what: string,
    reason: string,
    value: Buffer | null,
    path = '$',
    more: Partial<OutgoingRecord> = {},
  ) => ({
    what,
    reason,
    path,
    record: { key: Buffer.from(what), value, ...more },
  });
  const whole = wrongCart({});
  const unknownId = Buffer.from(whole);
  unknownId.writeUInt32BE(999_999, 1);
  const forged = { 'tidemark-hop': 'stray', 'tidemark-received-at': String(Date.now()) };
  return [
    bad('JSON', 'malformed', Buffer.from('{"type": "cart.created"}')),
    bad('one byte', 'malformed', Buffer.of(0)),
    bad('no bytes', 'malformed', Buffer.alloc(0)),
    bad('no value', 'malformed', null),
    bad('cut short', 'malformed', whole.subarray(0, whole.length - 3)),
    bad('bytes too many', 'malformed', Buffer.concat([whole, Buffer.of(1)])),
    bad('nearly a megabyte', 'invalid', Buffer.alloc(900_000, 7)),
    bad('unknown schema id', 'unknown-schema', unknownId),
    bad('another family', 'unknown-schema', otherFamily()),
    bad('negative value', 'invalid', wrongCart({ value: -1 }), '$.value'),
    bad('unknown currency', 'invalid', wrongCart({ currency: 'XBT' }), '$.currency'),
    bad('no id', 'invalid', wrongCart({ event_id: '' }), '$.event_id'),
    bad('id too long', 'invalid', wrongCart({ event_id: 'x'.repeat(129) }), '$.event_id'),
    bad('text too long', 'invalid', wrongCart({ channel: 'x'.repeat(257) }), '$.channel'),
    bad('before 1970', 'invalid', wrongCart({ occurred_at: -1 }), '$.occurred_at'),
    bad('no entity', 'invalid', wrongCart({ cart_id: '' }), '$.cart_id'),
    bad('in the future', 'invalid', wrongCart({ occurred_at: Date.now() + 10 * 60_000 }), '$.occurred_at'),
    bad('pretends to be derived', 'invalid', wrongCart({ derived_from: 'purchase' }), '$.derived_from'),
    bad('forged headers', 'invalid', wrongCart({ value: -1 }), '$.value', { headers: forged }),
    bad('too late', 'too-late', wrongCart({ occurred_at: Date.now() - 401 * day }), '$.occurred_at'),
  ];
}

async function publish(sends: readonly Send[]): Promise<void> {
  const producer = new TransactionalProducer(pipeline.client, { transactionalId: 'test-client' });
  await producer.fence();
  await producer.commit({ sends, offsets: [], groupId: '' });
  await producer.close();
}

async function assertCounted(): Promise<void> {
  await pipeline.counted();
  const now = Math.floor(Date.now() / 1000) * 1000;
  await pipeline.reading.pin(now, 'UTC');
  assert.equal(await differences(pipeline.reading, good, settingsAt(now)), '');
}

async function deadLettered(): Promise<number> {
  const [row] = await pipeline.reading.rows<{ dead: string }>(
    'SELECT toString(sum(a.dead_lettered)) AS dead FROM tidemark.ingest_audit_hourly AS a',
  );
  return Number(row?.dead);
}

const bads = badRecords();

test('each bad record is set aside with its reason and its bytes; the good ones between them count', async () => {
  const sends = bads.flatMap(({ record }) => [
    { topic: 'events.cart', partition: 1, records: [record] },
    ...sendsOf([goodCart()], pipeline.partitions, 'client'),
  ]);
  const before = await deadLettered();
  await publish(sends);
  await assertCounted();

  const deadLetters = await readDeadLetters(pipeline.client, generationOf(1, ''), {});
  const lines = deadLetters.map(({ key, reason, path }) => `${key?.toString()}: ${reason} ${path}`);
  const expected = bads.map(({ what, reason, path }) => `${what}: ${reason} ${path}`);
  assert.deepEqual(lines.toSorted(), expected.toSorted());
  for (const { what, record } of bads) {
    const deadLetter = deadLetters.find(({ key }) => key?.toString() === what);
    assert.deepEqual(deadLetter?.value ?? null, record.value, what);
    assert.equal(deadLetter?.original.topic, 'events.cart');
    assert.equal(deadLetter?.original.partition, 1);
  }
  assert.equal((await deadLettered()) - before, bads.length);
});

test('whatever its key and its headers are, a good event counts', async () => {
  const keys = [
    null,
    Buffer.alloc(0),
    Buffer.alloc(200_000, 255),
    Buffer.from('another cart'),
    Buffer.of(0, 1, 2),
  ];
  const forged = [
    { 'tidemark-hop': 'stray' },
    { 'tidemark-hop': 'derived', 'tidemark-received-at': 'NaN' },
    { 'tidemark-hop': Buffer.of(255, 0) },
  ];
  const records = [
    ...keys.map((key) => ({ key, value: bytesOf(goodCart()) })),
    ...forged.map((headers) => ({ key: null, value: bytesOf(goodCart()), headers })),
  ];
  const before = await deadLettered();
  await publish(
    records.map((record, place) => ({ topic: 'events.cart', partition: place % 3, records: [record] })),
  );
  await assertCounted();
  assert.equal(await deadLettered(), before, 'none is set aside');
});

test(`${floodRecords} malformed records among good ones are set aside, and the good ones count, seed ${malformedSeed}`, async () => {
  const draw = seeded(malformedSeed);
  const flood: Send[] = [];
  for (let place = 0; place < floodRecords; place++) {
    const eventId = `malformed-${place}`;
    const value = malformedAvro(draw, bytesOf({ ...goodCart(), event_id: eventId }), eventId);
    good.pop();
    const record = { key: Buffer.from(eventId), value };
    flood.push({ topic: 'events.cart', partition: place % pipeline.partitions, records: [record] });
    if (place % 50 === 0) flood.push(...sendsOf([goodCart()], pipeline.partitions, 'client'));
  }
  const before = await deadLettered();
  await publish(flood);
  await assertCounted();
  const keys = new Set(
    (await readDeadLetters(pipeline.client, generationOf(1, ''), {})).map(({ key }) => key?.toString()),
  );
  const missing = Array.from({ length: floodRecords }, (_, place) => `malformed-${place}`).filter(
    (key) => !keys.has(key),
  );
  assert.deepEqual(missing, []);
  assert.equal((await deadLettered()) - before, floodRecords);
});
