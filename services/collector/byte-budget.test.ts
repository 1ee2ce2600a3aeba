import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteBudget } from './byte-budget.ts';

test('a key that has sent more than its bytes waits until they are earned; others do not', () => {
  let now = 0;
  const budget = new ByteBudget(() => now);
  assert.equal(budget.waitMs('shop', 100), 0);
  budget.charge('shop', 300, 100);
  assert.equal(budget.waitMs('shop', 100), 2_010);
  assert.equal(budget.waitMs('crm', 100), 0);
  now = 1_000;
  assert.equal(budget.waitMs('shop', 100), 1_010);
  now = 2_010;
  assert.equal(budget.waitMs('shop', 100), 0);
  now = 1_000_000;
  budget.charge('shop', 100, 100);
  assert.ok(budget.waitMs('shop', 100) > 0, 'a quiet key has the bytes of one second, no more');
});
