import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entityKeyOf } from '@tidemark/events/entity';
import type { Event, PurchaseEvent } from '@tidemark/events/types';
import { cartOutcomes } from '@tidemark/metrics/cart';
import { define } from '@tidemark/metrics/definition/definition';
import { event, instant, minute, voidOf } from '@tidemark/metrics/definition/history.fixtures';
import { sales } from '@tidemark/metrics/purchase';
import { derivedCartEvent } from './derive.ts';
import { Driver } from './driver.fixtures.ts';

function driver(): Driver {
  const definitions = [define(sales), define(cartOutcomes(30 * minute))];
  const made = new Driver({ definitions, keyOf: (known) => entityKeyOf(known as Event) });
  made.at(instant('23:00'));
  return made;
}

function purchase(time: string, customer_id: string, event_id: string): PurchaseEvent {
  const fields = {
    customer_id,
    purchase_id: event_id,
    amount: 5_900,
    currency: 'USD',
    kind: 'product',
    cart_id: 'k',
  };
  const absent = { channel: null, campaign: null, segment: null };
  return { ...event<PurchaseEvent>('purchase.completed', time, { ...fields, ...absent } as never), event_id };
}

function outcomes(of: Driver): string[] {
  return of.facts
    .filter(({ kind }) => kind === 'cart_outcome')
    .map((fact) => `${String(fact['outcome'])} ${String(fact['customer_id'])}`);
}

test('the checkout carries what the purchase says: amount, currency, customer, channel and time (rule 19)', () => {
  const bought = { ...purchase('10:00', 'anna', 'p-1'), channel: 'shop', sequence: 7 };
  assert.deepEqual(derivedCartEvent(bought, { outcome: 'new' }), {
    type: 'cart.checked_out',
    event_id: 'p-1',
    occurred_at: instant('10:00'),
    sequence: 7,
    source: 'test',
    cart_id: 'k',
    customer_id: 'anna',
    value: 5_900,
    currency: 'USD',
    channel: 'shop',
    items: null,
    derived_from: 'purchase',
  });
});

test('the void of a purchase voids the checkout derived from it, in its cart, under its customer', () => {
  const bought = purchase('10:00', 'anna', 'p-1');
  const taken = { ...voidOf(bought), occurred_at: instant('11:00'), sequence: 2 };
  assert.deepEqual(derivedCartEvent(taken, { outcome: 'void', target: bought }), {
    type: 'cart.voided',
    event_id: 'void of p-1',
    occurred_at: instant('11:00'),
    sequence: 2,
    source: 'test',
    cart_id: 'k',
    customer_id: 'anna',
    voids: 'p-1',
    derived_from: 'purchase',
  });
});

test('nothing is derived from a refund, a purchase without a cart, a repeat, or a void without a target', () => {
  const bought = purchase('10:00', 'anna', 'p-1');
  const refund = { ...bought, type: 'purchase.refunded' } as PurchaseEvent;
  const without = { ...bought, cart_id: null };
  for (const event of [refund, without]) {
    assert.equal(derivedCartEvent(event, { outcome: 'new' }), undefined);
    assert.equal(derivedCartEvent(voidOf(event), { outcome: 'void', target: event }), undefined);
  }
  for (const outcome of ['duplicate', 'voided-already', 'void-waiting'] as const)
    assert.equal(derivedCartEvent(bought, { outcome }), undefined, outcome);
});

test('a purchase with a cart checks that cart out, and creates one that nobody knew (rule 19)', () => {
  const one = driver();
  one.arrives(purchase('10:00', 'anna', 'p-1'));
  assert.deepEqual(outcomes(one), ['created anna', 'converted anna']);
});

test('voiding the purchase takes the checkout back, whichever comes first (rule 19)', () => {
  const bought = purchase('10:00', 'anna', 'p-1');
  const later = driver();
  later.arrives(bought);
  later.arrives(voidOf(bought));
  assert.deepEqual(outcomes(later), []);
  const before = driver();
  before.arrives(voidOf(bought));
  before.arrives(bought);
  assert.deepEqual(outcomes(before), []);
});

test('two customers may use the same event id: each derives a checkout of their own, in one order', () => {
  const [annas, berts] = [purchase('10:00', 'anna', 'p-1'), purchase('10:00', 'bert', 'p-1')];
  for (const arrivals of [
    [annas, berts],
    [berts, annas],
  ]) {
    const one = driver();
    for (const arrival of arrivals) one.arrives(arrival);
    assert.deepEqual(outcomes(one), ['created anna', 'converted anna']);
    one.arrives(voidOf(annas));
    assert.deepEqual(outcomes(one), ['created bert', 'converted bert']);
  }
});
