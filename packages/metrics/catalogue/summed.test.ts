import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summedKinds } from './summed.ts';

test('a kind of facts that a view reads by itself is none of those that rollups have added up', () => {
  assert.ok(summedKinds.includes('cart_outcome'));
  assert.ok(summedKinds.includes('mention'));
  for (const kind of ['mrr_movement', 'sale', 'reading', 'lapse'])
    assert.ok(!summedKinds.includes(kind), kind);
});
