import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Family } from '@tidemark/events/families';
import type { KafkaRecord } from '@tidemark/kafka/partition-fetcher';
import { Inbox } from './inbox.ts';

function records(...offsets: number[]): KafkaRecord[] {
  return offsets.map(
    (offset) => ({ offset, timestamp: 0, key: null, value: null, headers: {} }) as KafkaRecord,
  );
}

function inboxOf(starts: Partial<Record<Family, number>>): Inbox {
  return new Inbox(new Map(Object.entries(starts) as [Family, number][]));
}

function offsetsOf(inbox: Inbox, max: number): string[] {
  return inbox.take(max).map(({ family, record }) => `${family} ${record.offset}`);
}

test('what was taken in before is passed over', () => {
  const inbox = inboxOf({ cart: 5 });
  inbox.offer('cart', records(3, 4, 5, 6), 7, 7);
  inbox.offer('cart', records(5, 6, 7), 8, 8);
  assert.deepEqual(offsetsOf(inbox, 10), ['cart 5', 'cart 6', 'cart 7']);
});

test('what is committed is the offset of the next record to be processed, or the end of what was read', () => {
  const inbox = inboxOf({ cart: 0 });
  inbox.offer('cart', records(0, 1, 5), 9, 9);
  inbox.take(2);
  assert.equal(inbox.processed.get('cart'), 5);
  inbox.take(2);
  assert.equal(inbox.processed.get('cart'), 9, 'control records behind the last record are passed too');
});

test('every family gets its share of a batch, and what one leaves goes to the others', () => {
  const inbox = inboxOf({ cart: 0, contact: 0 });
  inbox.offer('cart', records(0, 1, 2, 3, 4, 5), 6, 6);
  inbox.offer('contact', records(0), 1, 1);
  assert.deepEqual(offsetsOf(inbox, 4), ['contact 0', 'cart 0', 'cart 1', 'cart 2']);
  assert.equal(inbox.size, 3);
});

test('a family is caught up once its end was heard of, reached and processed', () => {
  const inbox = inboxOf({ cart: 0 });
  assert.deepEqual([...inbox.caughtUp], [], 'nothing was heard yet');
  inbox.offer('cart', records(0), 1, 2);
  inbox.take(1);
  assert.deepEqual([...inbox.caughtUp], [], 'there is more in Kafka');
  inbox.offer('cart', records(1), 2, 2);
  assert.deepEqual([...inbox.caughtUp], [], 'there is more waiting here');
  inbox.take(1);
  assert.deepEqual([...inbox.caughtUp], ['cart']);
  inbox.offer('cart', [], 4, 4);
  assert.deepEqual([...inbox.caughtUp], ['cart'], 'control records alone do not take it back');
});
