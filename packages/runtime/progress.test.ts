import assert from 'node:assert/strict';
import { test } from 'node:test';
import { define, type AnyEvent, type Fact } from '@tidemark/metrics/definition/definition';
import { event, instant } from '@tidemark/metrics/definition/history.fixtures';
import { cartOutcomes } from '@tidemark/metrics/cart';
import type { PurchaseEvent } from '@tidemark/events/types';
import { sales } from '@tidemark/metrics/purchase';
import { Task, type Batch, type Hop, type Output } from './task.ts';

const now = instant('12:00');

function taskOf(): Task {
  const nothingStored = { get: () => undefined };
  const unread = (): never => assert.fail('nothing is stored, so nothing is read');
  return new Task({
    definitions: [define(sales), define(cartOutcomes(1))],
    partition: 3,
    codec: {
      decodeEvent: unread,
      decodeCounters: unread,
      encodeCounters: () => new Uint8Array(0),
      allocate: (size) => new Uint8Array(size),
    },
    entities: nothingStored,
    counters: nothingStored,
    cacheBytes: 1_000_000,
    wakesPerBatchMax: 10,
  });
}

const purchase = event<PurchaseEvent>('purchase.completed', '10:00', {
  customer_id: 'anna',
  purchase_id: 'p',
  amount: 5_900,
  currency: 'USD',
  kind: 'product',
  cart_id: null,
  channel: null,
  campaign: null,
  segment: null,
} as never);

function arrives(task: Task, known: AnyEvent, hop: Hop, receivedAt = now): Output {
  const received = {
    family: 'purchase',
    key: 'anna',
    event: known,
    bytes: new Uint8Array(1),
    receivedAt,
    hop,
  };
  return task.process({ ...nothingReceived, received: [received] } as Batch);
}

const nothingReceived: Batch = {
  received: [],
  due: [],
  wallClock: now,
  caughtUp: new Set(),
  progress: false,
};

const factsOf = (output: Output, kind: string): readonly Fact[] =>
  (output.facts.get(kind) ?? []).map(({ fact }) => fact);

test('progress has, by family, up to when all is counted and when something last came', () => {
  const task = taskOf();
  // Nothing counts as complete before all that is stored was looked at once: here that is nothing.
  while (task.walk(now) !== undefined) task.process({ ...nothingReceived, walked: { ids: [], isEnd: true } });
  assert.deepEqual(
    factsOf(task.process({ ...nothingReceived, progress: true }), 'progress'),
    [],
    'no clock yet',
  );
  arrives(task, purchase, 'first', instant('10:05'));
  arrives(task, { ...purchase, event_id: 'older' }, 'first', instant('10:01'));
  arrives(task, { ...purchase, event_id: 'derived' }, 'derived', instant('10:09'));
  const output = task.process({ ...nothingReceived, progress: true, caughtUp: new Set(['cart'] as const) });
  const fact = { kind: 'progress', at: now, partition: 3 };
  assert.deepEqual(factsOf(output, 'progress'), [
    { ...fact, family: 'purchase', data_through: instant('10:00'), last_received_at: instant('10:05') },
    { ...fact, family: 'cart', data_through: now, last_received_at: null },
  ]);
  assert.deepEqual(factsOf(task.process(nothingReceived), 'progress'), [], 'only when asked');
});

test('carts wait for purchases: their clock passes no ceiling, goes back for none, and other families have none', () => {
  const task = taskOf();
  const clocks = (wallClock: number, ceiling: number | undefined) => {
    const caughtUp = new Set(['purchase', 'cart'] as const);
    const ceilings = new Map(ceiling === undefined ? [] : [['cart', ceiling] as const]);
    const batch: Batch = { received: [], wallClock, caughtUp, ceilings, progress: false, due: [] };
    const after = task.clocksAfter(batch);
    task.process(batch);
    return [after.get('cart'), after.get('purchase')];
  };
  assert.deepEqual(clocks(now, -Infinity), [-Infinity, now], 'nothing is known of purchases yet');
  assert.deepEqual(clocks(now + 10, now - 5), [now - 5, now + 10]);
  assert.deepEqual(clocks(now + 20, now - 50), [now - 5, now + 20]);
  assert.deepEqual(clocks(now + 30, undefined), [now + 30, now + 30]);
});
