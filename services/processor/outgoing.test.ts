import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factBlockCodec } from '@tidemark/events/fact-block-codec';
import type { Output } from '@tidemark/runtime/task';
import { generationOf } from '@tidemark/topics/generation';
import { deadLetterRecord, outputSends } from './outgoing.ts';

const codec = factBlockCodec();
const none = {
  entities: [],
  wakes: [],
  archive: [],
  voidsForgotten: [],
  counters: [],
  derived: [],
  others: 0,
  more: false,
};

function blocksOf(facts: Output['facts']): Buffer[] {
  const sends = outputSends(
    { ...none, facts },
    0,
    7,
    { names: generationOf(1, ''), factCodec: codec, partitions: 1 },
    undefined,
  );
  return sends.flatMap(({ topic, records }) => (topic === 'facts' ? records.map(({ value }) => value!) : []));
}

test('facts are cut into blocks by number and by bytes, and stay in their order', () => {
  const fact = (at: number, source: string) =>
    ({ sign: 1, cause: 'arrived', fact: { kind: 'ingest_audit', at, family: 'cart', source, received: 1, duplicates: 0, voided: 0, late: 0, dead_lettered: 0 } }) as const; // prettier-ignore
  const small = Array.from({ length: 2_500 }, (_, at) => fact(at, 'shop'));
  assert.equal(blocksOf(new Map([['ingest_audit', small]])).length, 3);
  const large = Array.from({ length: 1_000 }, (_, at) => fact(at, 'x'.repeat(4_000)));
  const blocks = blocksOf(new Map([['ingest_audit', large]]));
  assert.ok(blocks.every(({ length }) => length <= 512 * 1024));
  const decoded = blocks.flatMap((block) => codec.decode('ingest_audit', block).facts);
  assert.deepEqual(decoded.map(({ at }) => at), large.map((one) => one.fact.at)); // prettier-ignore
});

test('one fact larger than a block has a block of its own', () => {
  const progress = { kind: 'progress', at: 1, family: 'x'.repeat(600_000), partition: 0, data_through: 1, last_received_at: null }; // prettier-ignore
  const two = [1, 2].map(() => ({ sign: 1, cause: 'arrived', fact: progress }) as const);
  assert.equal(blocksOf(new Map([['progress', two]])).length, 2);
});

test('the dead letter of a record that is too large has its first part and its size', () => {
  const record = (bytes: number) =>
    ({ offset: 5, timestamp: 0, key: Buffer.alloc(100_000, 'k'), value: Buffer.alloc(bytes, 'v'), headers: {} }) as const; // prettier-ignore
  const why = { family: 'cart', source: '', reason: 'invalid', path: '$', message: '' } as const;
  const letter = (bytes: number, short = false) =>
    deadLetterRecord(record(bytes), { topic: 'events.cart', partition: 0 }, why, 1, short);
  const whole = letter(1_048_576);
  assert.deepEqual([whole.value?.length, whole.headers?.['original_bytes']], [1_048_576, undefined]);
  const cut = letter(1_048_577);
  assert.deepEqual([cut.value?.length, cut.headers?.['original_bytes']], [1_048_576, '1048577']);
  assert.deepEqual([cut.key?.length, cut.headers?.['original_key_bytes']], [65_536, '100000']);
  assert.equal(letter(1_048_577, true).value?.length, 65_536);
});

test('the dead letter of an event of who was forgotten has the reason and the place, and none of its bytes', () => {
  const record = {
    offset: 5,
    timestamp: 0,
    key: Buffer.from('acme'),
    value: Buffer.from('acme'),
    headers: {},
  };
  const why = { family: 'cart', source: 'shop', reason: 'forgotten', path: '$', message: '' } as const;
  const { key, value, headers } = deadLetterRecord(record, { topic: 'events.cart', partition: 0 }, why, 1);
  assert.deepEqual([key, value, headers?.['offset']], [null, null, '5']);
});
