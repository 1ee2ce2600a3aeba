import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeEvent } from '@tidemark/events/codec';
import type { Event } from '@tidemark/events/types';
import { acceptJson } from '@tidemark/events/validate';
import { ownerOf } from '@tidemark/runtime/entity-id';
import { hopHeader, receivedAtHeader } from '@tidemark/runtime/intake';
import { pack } from '@tidemark/runtime/packed';
import { generationOf } from '@tidemark/topics/generation';
import { archivedGroup, historySend } from './history.ts';

const now = Date.UTC(2026, 10, 1);
const to = { ...generationOf(2, ''), partitions: 1 };

function cart(name: string, fields: object = {}): Event {
  const posted = {
    type: 'cart.created',
    event_id: name,
    cart_id: 'c',
    value: 100,
    currency: 'USD',
    ...fields,
  };
  const verdict = acceptJson({ ...posted, occurred_at: now }, { now, defaultSource: 'shop' });
  assert(verdict.ok);
  return verdict.event;
}

type Stored = {
  readonly event: Event;
  readonly hash: number;
  readonly target?: number;
  readonly at?: number;
};

const packed = (...entries: readonly Stored[]): Uint8Array =>
  pack(
    new Uint8Array(0),
    entries.map(({ event, hash, target = 0, at = now }) => ({
      at,
      hash,
      target,
      bytes: encodeEvent(event),
    })),
    (size) => new Uint8Array(size),
  );

const fed = (isArchived: boolean, ...parts: readonly Uint8Array[]): string[] =>
  historySend({ id: 'cart\u0000c', parts, isArchived }, to).records.map(
    ({ value, headers }) =>
      `${value?.length} ${headers?.[hopHeader]?.toString()} ${headers?.[receivedAtHeader]?.toString()}`,
  );

const voiding = { type: 'cart.voided', voids: 'a', value: undefined, currency: undefined };

test('the events of an entity are fed in order of arrival, with the bytes they came in', () => {
  const [a, b] = [cart('a'), cart('bb')];
  const send = historySend(
    {
      id: 'cart\u0000c',
      parts: [packed({ event: a, hash: 1 }), packed({ event: b, hash: 2 })],
      isArchived: false,
    },
    to,
  );
  assert.deepEqual(
    [send.topic, send.partition, send.records[0]?.key?.toString()],
    ['events.cart-g2', 0, 'c'],
  );
  assert.deepEqual(
    send.records.map(({ value }) => value),
    [encodeEvent(a), encodeEvent(b)],
  );
});

test('a void is fed with the instant of its receipt, which its wait counts from (rule 25)', () => {
  const size = encodeEvent(cart('v', voiding)).length;
  assert.deepEqual(fed(false, packed({ event: cart('v', voiding), hash: 3, target: 1, at: 9_999 })), [
    `${size} recounted 9999`,
  ]);
});

test('events that the pipeline derived are left out: they are derived again', () => {
  const derived = { ...cart('d'), derived_from: 'purchase' } as Event;
  assert.equal(fed(false, packed({ event: derived, hash: 1 }, { event: cart('a'), hash: 2 })).length, 1);
});

test('a void in the archive whose target never came is a dead letter already', () => {
  const [a, v] = [cart('a'), cart('v', voiding)];
  const alone = packed({ event: v, hash: 3, target: 1 });
  const both = packed({ event: a, hash: 1 }, { event: v, hash: 3, target: 1 });
  assert.deepEqual([fed(true, alone).length, fed(true, both).length, fed(false, alone).length], [0, 2, 1]);
});

test('records of the archive belong to the entity and to the time it was forgotten', () => {
  const group = archivedGroup('cart\u0000c\u0000a1234\u00002');
  assert.equal(group, 'cart\u0000c\u0000a1234');
  assert.equal(ownerOf(group), 'cart\u0000c');
});

test('an event of one thing of many goes where its key belongs', () => {
  const id = 'cart\u0000c\u0000\u0000ra';
  const { partition, records } = historySend(
    { id, parts: [packed({ event: cart('a'), hash: 1 })], isArchived: false },
    to,
  );
  assert.deepEqual([partition, records[0]?.key?.toString()], [0, 'c']);
  assert.equal(ownerOf(archivedGroup(`${id}\u0000a1234\u00002`)), id);
});
