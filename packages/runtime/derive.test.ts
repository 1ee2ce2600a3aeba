import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entityKeyOf } from '@tidemark/events/entity';
import type { Event, PurchaseEvent } from '@tidemark/events/types';
import { cartOutcomes } from '@tidemark/metrics/cart';
import { define } from '@tidemark/metrics/definition/definition';
import { event, instant, minute, voidOf } from '@tidemark/metrics/definition/history.fixtures';
import { sales } from '@tidemark/metrics/purchase';
import { Driver } from './driver.ts';

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
