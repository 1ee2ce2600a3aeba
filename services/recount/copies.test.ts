import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeEvent } from '@tidemark/events/codec';
import { partitionOf } from '@tidemark/events/partition-of';
import { acceptJson } from '@tidemark/events/validate';
import { hopHeader, receivedAtHeader } from '@tidemark/runtime/intake';
import { generationOf } from '@tidemark/topics/generation';
import { arrivedSend, pendingSend } from './copies.ts';

const to = { ...generationOf(2, ''), partitions: 6 };
const now = Date.UTC(2026, 10, 1);
const receivedAt = now + 1_000;

function cartRecord(headers: Readonly<Record<string, string>> = {}, value?: Buffer | null) {
  const posted = {
    type: 'cart.created',
    event_id: 'e',
    cart_id: 'c',
    value: 100,
    currency: 'USD',
    occurred_at: now,
  };
  const verdict = acceptJson(posted, { now, defaultSource: 'shop' });
  assert(verdict.ok);
  const bytes = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]));
  const record = {
    offset: 9,
    timestamp: receivedAt,
    key: Buffer.from('any key'),
    value: value === undefined ? encodeEvent(verdict.event) : value,
    headers: bytes,
  };
  return { family: 'cart', partition: 1, record } as const;
}

const moved = (hop: string): Readonly<Record<string, string>> => ({
  [hopHeader]: hop,
  [receivedAtHeader]: '500',
});

test('what arrives goes to the partition of its entity with the time of its receipt and all of its headers', () => {
  const send = arrivedSend(cartRecord({ traceparent: '00-a-b-01' }), to);
  assert.equal(send?.topic, 'events.cart-g2');
  assert.equal(send?.partition, partitionOf('c', 6));
  const headers = Object.entries(send?.records[0]?.headers ?? {});
  assert.deepEqual(
    headers.map(([name, value]) => `${name}=${value.toString()}`),
    ['traceparent=00-a-b-01', `${hopHeader}=fed`, `${receivedAtHeader}=${receivedAt}`],
  );
  assert.deepEqual(send?.records[0]?.key, Buffer.from('any key'));
});

test('what the first generation moved or derived is not copied beside its original', () => {
  for (const hop of ['stray', 'derived'])
    assert.equal(arrivedSend(cartRecord(moved(hop)), to), undefined, hop);
  const again = arrivedSend(cartRecord(moved('again')), to);
  assert.equal(again?.records[0]?.headers?.[hopHeader]?.toString(), 'again');
  assert.equal(again?.records[0]?.headers?.[receivedAtHeader]?.toString(), '500');
});

test('headers that a client made up count for nothing', () => {
  for (const headers of [{ [hopHeader]: 'stray' }, moved('recounted'), moved('fed')]) {
    const send = arrivedSend(cartRecord(headers), to);
    assert.equal(send?.records[0]?.headers?.[hopHeader]?.toString(), 'fed');
    assert.equal(send?.records[0]?.headers?.[receivedAtHeader]?.toString(), String(receivedAt));
  }
});

test('what cannot be read is copied too, to become a dead letter', () => {
  for (const value of [Buffer.from('no event'), null]) {
    const send = arrivedSend(cartRecord({}, value), to);
    assert.deepEqual([send?.partition, send?.records[0]?.value], [1, value]);
  }
});

test('of what waited at the cut, moved records are copied as they are; in a later generation all but derived ones', () => {
  const copied = (hop: string | undefined, isFirst: boolean): boolean => {
    const record = cartRecord(hop === undefined ? {} : moved(hop));
    const send = pendingSend(record, to, isFirst);
    if (send !== undefined && hop !== undefined)
      assert.equal(send.records[0]?.headers?.[hopHeader]?.toString(), hop);
    return send !== undefined;
  };
  const hops = [undefined, 'stray', 'derived', 'again'];
  assert.deepEqual(
    hops.map((hop) => copied(hop, true)),
    [false, true, false, false],
  );
  const later = ['fed', 'recounted', 'stray', 'again', 'derived'];
  assert.deepEqual(
    later.map((hop) => copied(hop, false)),
    [true, true, true, true, false],
  );
});
