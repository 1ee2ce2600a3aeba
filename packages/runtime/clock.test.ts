import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockAfter } from './clock.ts';

// Instants are small numbers here: what matters is which comes first.
const wallClock = 1_000;

test('while a family is catching up, its clock is the greatest event time seen', () => {
  assert.equal(clockAfter(100, 400, false, wallClock), 400);
});

test('once everything received is in, the clock is the wall clock', () => {
  assert.equal(clockAfter(100, 400, true, wallClock), wallClock);
  assert.equal(clockAfter(100, -Infinity, true, wallClock), wallClock, 'with nothing new too');
});

test('an event that is ahead of the wall clock does not take the clock there', () => {
  assert.equal(clockAfter(100, wallClock + 1, false, wallClock), wallClock);
  assert.equal(clockAfter(100, wallClock + 1, true, wallClock), wallClock);
});

test('the clock never goes backwards: not for a late event, an empty batch or a wall clock set back', () => {
  assert.equal(clockAfter(400, 100, false, wallClock), 400);
  assert.equal(clockAfter(400, -Infinity, false, wallClock), 400);
  assert.equal(clockAfter(wallClock + 1, 100, true, wallClock), wallClock + 1);
});
