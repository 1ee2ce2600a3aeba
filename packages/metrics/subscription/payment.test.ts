import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lines } from '../definition/history.fixtures.ts';
import type { SubscriptionEvent } from './subscription.ts';
import { canceled, kindOf, paused, renewed, resumed, started } from './subscriptions.fixtures.ts';

/** When what to expect of the customer's payments changed, and to what. */
const published = (...events: readonly SubscriptionEvent[]): readonly string[] =>
  lines(kindOf('payment_standing', '2026-12-31T00:00', ...events), ({ standing }) => standing || 'nothing');
const may31 = Date.parse('2026-05-31T00:00Z');

test('payments are in force, canceling from the cancellation on, and lost when it takes effect (rule 44)', () => {
  assert.deepEqual(published(started('10:00'), canceled('05-10 00:00', { effective_at: may31 })), [
    '10:00 in_force',
    '05-10 00:00 canceling',
    '05-31 00:00 lost',
  ]);
});

test('a withdrawn cancellation puts payments in force again', () => {
  const events = [started('10:00'), canceled('05-10 00:00', { effective_at: may31 }), renewed('05-20 00:00')];
  assert.deepEqual(published(...events), ['10:00 in_force', '05-10 00:00 canceling', '05-20 00:00 in_force']);
});

test('a customer is canceling while one of several subscriptions is, and in force once that one is gone', () => {
  const events = [
    started('10:00', { sub: 'a' }),
    started('10:00', { sub: 'b' }),
    canceled('05-10 00:00', { sub: 'a', effective_at: may31 }),
  ];
  assert.deepEqual(published(...events), ['10:00 in_force', '05-10 00:00 canceling', '05-31 00:00 in_force']);
});

test('a pause ends what can be expected, resuming brings it back', () => {
  const events = [started('10:00'), paused('05-10 00:00'), resumed('05-20 00:00')];
  assert.deepEqual(published(...events), ['10:00 in_force', '05-10 00:00 lost', '05-20 00:00 in_force']);
});

test('a trial that ends without a payment leaves nothing to expect, and nothing lost', () => {
  const events = [started('10:00', { trial_ends_at: may31 }), canceled('05-10 00:00')];
  assert.deepEqual(published(...events), ['10:00 in_force', '05-10 00:00 nothing']);
});

test('a renewal with the same terms changes nothing', () => {
  assert.deepEqual(published(started('10:00'), renewed('05-20 00:00')), ['10:00 in_force']);
});

test('an ended subscription that is canceled once more makes nobody canceling', () => {
  const events = [
    started('10:00', { sub: 'a' }),
    started('10:00', { sub: 'b' }),
    canceled('11:00', { sub: 'a' }),
    canceled('12:00', { sub: 'a', effective_at: may31 }),
  ];
  assert.deepEqual(published(...events), ['10:00 in_force']);
});
