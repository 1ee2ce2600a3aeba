import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '@tidemark/events/types';
import { checkEvent } from '@tidemark/events/validate';
import { derivedCartEvent } from '../../packages/runtime/derive.ts';
import type { Acceptance } from '../../packages/runtime/entity.ts';
import { Failure } from '@tidemark/service/failures';
import { StateError } from '@tidemark/runtime/state-error';
import { Inbox, type InboxRecord } from './inbox.ts';
import { storeError } from './store-failures.ts';
import { ofBatch, Suspects, voidOf } from './suspects.ts';

const refused = new Failure('kafka.record-refused', 'writing');

function inboxOf(count: number): Inbox {
  const inbox = new Inbox(new Map([['cart', 0]]));
  const records = Array.from({ length: count }, (_, offset) => ({
    offset,
    timestamp: 0,
    key: null,
    value: null,
    headers: {},
  }));
  inbox.offer('cart', records, count, count);
  return inbox;
}

/** Lives of a task over records of which some fail, until all are done; what was set aside, and how many lives it took. */
function run(count: number, isBad: (offset: number) => boolean): { setAside: number[]; lives: number } {
  const suspects = new Suspects();
  const setAside: number[] = [];
  let committed = 0;
  let lives = 0;
  while (committed < count) {
    assert.ok(++lives < 1_000, 'it goes on for ever');
    suspects.begin();
    const inbox = inboxOf(count);
    inbox.take(committed);
    while (committed < count) {
      const records = inbox.take(suspects.next().recordsMax);
      const left = records.filter((record) => suspects.reasonOf(record) === undefined);
      if (left.some(({ record }) => isBad(record.offset))) {
        assert.ok(suspects.learn(ofBatch(refused, records)));
        break;
      }
      for (const { record } of records) if (isBad(record.offset)) setAside.push(record.offset);
      committed += records.length;
      suspects.committed(records);
    }
  }
  return { setAside, lives };
}

test('the records at fault are found among thousands, they alone, in few lives', () => {
  const { setAside, lives } = run(3_000, (offset) => offset === 1_234 || offset === 1_240);
  assert.deepEqual(setAside, [1_234, 1_240]);
  assert.ok(lives < 40, `${lives} lives`);
  assert.deepEqual(
    run(100, () => false),
    { setAside: [], lives: 1 },
  );
});

test('batches grow again after the record at fault', () => {
  const suspects = new Suspects();
  const [one] = inboxOf(1).take(1) as [InboxRecord];
  suspects.learn(ofBatch(refused, [one]));
  assert.deepEqual([suspects.next().recordsMax, suspects.next().recordsMax], [0, 1]);
  for (let batch = 0; batch < 20; batch++) suspects.committed([one]);
  assert.equal(suspects.next().recordsMax, 4_000);
});

test('what is the world’s fault, or the store’s, blames no record', () => {
  const suspects = new Suspects();
  const records = inboxOf(10).take(10);
  const world = [
    new Failure('kafka.unavailable', 'writing'),
    new Failure('kafka.fenced', 'writing'),
    new Failure('state.corrupt', 'reading'),
    storeError(Object.assign(new Error('no space'), { code: 'LEVEL_IO_ERROR' }), '/state'),
    new StateError('damaged', 'a record cannot be read'),
  ];
  for (const error of world) {
    assert.equal(ofBatch(error, records), error);
    assert.equal(suspects.learn(error), undefined);
  }
  assert.equal(suspects.next().recordsMax, 4_000);
});

test('a transaction that does not succeed is tried with fewer records, and none is ever set aside for it', () => {
  const suspects = new Suspects();
  const aborted = new Failure('kafka.aborted', 'writing');
  const records = inboxOf(800).take(800);
  suspects.learn(ofBatch(aborted, records));
  assert.equal(suspects.next().recordsMax, 100);
  for (let life = 0; life < 5; life++) suspects.learn(ofBatch(aborted, records.slice(0, 1)));
  assert.equal(suspects.reasonOf(records[0]!), undefined);
});

test('time that makes a batch fail without records wakes fewer entities, and blames no record', () => {
  const suspects = new Suspects();
  for (let life = 0; life < 5; life++) suspects.learn(ofBatch(new Error('a bug'), []));
  assert.equal(suspects.wakesMax, 1);
  assert.equal(suspects.learn(ofBatch(new Error('a bug'), [])), undefined, 'only time can help');
});

test('the void of a purchase with the longest id is one that its cart takes too (rule 33)', () => {
  const event = {
    type: 'purchase.completed',
    event_id: 'x'.repeat(128),
    occurred_at: 1_700_000_000_000,
    source: 'shop',
    sequence: 0,
    voids: null,
    customer_id: 'anna',
    purchase_id: 'p',
    amount: 5_900,
    currency: 'USD',
    kind: 'product',
    cart_id: 'c',
    channel: null,
    campaign: null,
    segment: null,
  } as const;
  const now = event.occurred_at + 1_000;
  const voiding = voidOf({ family: 'purchase', key: 'anna', event, message: 'it cannot be counted' }, now)
    .event as Event;
  const derived = derivedCartEvent(voiding, { outcome: 'void', target: event } as Acceptance);
  assert.equal(checkEvent(voiding, { now }), undefined);
  assert.equal(checkEvent(derived as Event, { now }), undefined);
});
