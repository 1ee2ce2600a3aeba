import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entityKeyOf, familyOf } from './entity.ts';
import type { Event } from './types.ts';

test('an unknown type has no family, names of Object included', () => {
  for (const type of ['cart', 'cart.', 'cart.nothing', 'constructor', '__proto__', '']) {
    assert.equal(familyOf(type), undefined);
  }
  assert.equal(familyOf('cart.voided'), 'cart');
});

test('an event names its entity', () => {
  assert.equal(entityKeyOf({ type: 'contact.opened', case_id: 'c1', customer_id: 'x' } as Event), 'c1');
  assert.equal(entityKeyOf({ type: 'reading.observed', name: 'stock_price' } as Event), 'stock_price');
});
