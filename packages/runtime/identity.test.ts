import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CartEvent } from '@tidemark/events/types';
import { cartOutcomes } from '@tidemark/metrics/cart';
import { event, instant, minute, voidOf } from '@tidemark/metrics/definition/history.fixtures';
import { driverOf } from './definition-driver.fixtures.ts';

// An event is known by family, entity key and event_id; a void by what it names.

function driver() {
  const made = driverOf(cartOutcomes(30 * minute));
  made.at(instant('23:00'));
  return made;
}

function created(time: string, cart_id: string, event_id: string, value = 100): CartEvent {
  const fields = { cart_id, customer_id: null, value, currency: 'USD', items: null, channel: null };
  const made = event<CartEvent>('cart.created', time, { ...fields, derived_from: null } as never);
  return { ...made, event_id };
}

/** What was created, e.g. `k1 100`, in major units. */
function carts({ facts }: ReturnType<typeof driver>): string[] {
  return facts
    .filter((fact) => fact['outcome'] === 'created')
    .map((fact) => `${String(fact['cart_id'])} ${Number(fact['value']) / 1e6}`);
}

test('the same id with other content: the first recorded stays (rule 25)', () => {
  const one = driver();
  one.arrives(created('10:00', 'k1', 'e1', 100));
  assert.deepEqual(one.arrives(created('09:00', 'k1', 'e1', 700)), []);
  one.restart();
  assert.deepEqual(one.arrives(created('11:00', 'k1', 'e1', 900)), []);
  assert.deepEqual(carts(one), ['k1 1']);
});

test('the same id under another key is another event (rule 25)', () => {
  const one = driver();
  one.arrives(created('10:00', 'k1', 'e1'), created('10:00', 'k2', 'e1'));
  assert.deepEqual(carts(one), ['k1 1', 'k2 1']);
});

test('a void reaches its own key alone, whatever its own time (rule 25)', () => {
  const one = driver();
  const [first, other] = [created('10:00', 'k1', 'e1'), created('10:00', 'k2', 'e1')];
  one.arrives(first, other, { ...voidOf(first), occurred_at: instant('00:00') });
  assert.deepEqual(carts(one), ['k2 1']);
  one.arrives({ ...voidOf(other), occurred_at: instant('22:00') });
  assert.deepEqual(carts(one), []);
});

test('a void cannot be voided, whichever of the two comes first (rule 25)', () => {
  const taken = created('10:00', 'k1', 'e1');
  const made = voidOf(taken);
  for (const arrivals of [
    [taken, made, voidOf(made)],
    [voidOf(made), made, taken],
  ]) {
    const one = driver();
    for (const arrival of arrivals) one.arrives(arrival);
    assert.deepEqual(carts(one), []);
  }
});
