import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { day, instant } from '../definition/history.fixtures.ts';
import { assertConverges } from '@tidemark/runtime/definition-driver.fixtures';
import {
  canceled,
  changed,
  kindOf,
  paused,
  renewed,
  resumed,
  started,
  subscriptionDefinition,
} from './subscriptions.fixtures.ts';

const at = instant;
const clock = '2026-12-31T00:00';

const made = [started, changed, renewed, resumed, canceled, paused];

/** Few instants, customers and prices, so that events meet. */
const anyEvent = fc
  .record({
    make: fc.constantFrom(...made),
    hour: fc.integer({ min: 0, max: 5 }),
    common: fc.record({
      customer: fc.constantFrom('c1', 'c2'),
      sub: fc.constantFrom('a', 'b'),
      sequence: fc.integer({ min: 0, max: 1 }),
      owner: fc.constantFrom(null, null, 'ann', 'bob'),
      effective_at: fc.constantFrom(null, at('02:00'), at('04:00'), at('00:00') + 2 * day),
    }),
    terms: fc.record({
      price: fc.constantFrom(0, 10, 20),
      currency: fc.constantFrom('USD', 'EUR'),
      trial_ends_at: fc.constantFrom(null, null, at('03:00'), at('04:00')),
    }),
    reason: fc.constantFrom(null, 'voluntary' as const, 'involuntary' as const),
  })
  .map(({ make, hour, common, terms, reason }) =>
    make(
      `0${hour}:00`,
      make === canceled ? { ...common, reason } : make === paused ? common : { ...common, ...terms },
    ),
  );

test('any order, repetition, delay or voiding ends in the same facts', () => {
  assertConverges(subscriptionDefinition, fc.array(anyEvent, { minLength: 1, maxLength: 12 }));
});

test('start, new, reactivated and lost always add up, and so does the MRR', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 14 }), (events) => {
      const moved = kindOf('mrr_movement', clock, ...events);
      const standing = new Map<string, bigint>();
      const active = (id: string): boolean =>
        ['USD', 'EUR'].some((currency) => (standing.get(`${id} ${currency}`) ?? 0n) > 0n);
      for (const instantMoved of Map.groupBy(moved, (one) => `${one.at} ${one.customer_id}`).values()) {
        const [{ customer_id } = { customer_id: '' }] = instantMoved;
        const before = active(customer_id);
        for (const { currency, amount, customers: entering } of instantMoved) {
          const was = standing.get(`${customer_id} ${currency}`) ?? 0n;
          assert.ok(was + amount >= 0n && amount !== 0n);
          assert.equal(entering, (was + amount > 0n ? 1 : 0) - (was > 0n ? 1 : 0));
          standing.set(`${customer_id} ${currency}`, was + amount);
        }
        const after = active(customer_id);
        const labels = new Set(instantMoved.map(({ movement }) => movement));
        assert.equal(labels.has('churn'), before && !after);
        assert.equal(labels.has('new') || labels.has('reactivation'), !before && after);
      }
      const net = kindOf('customer_movement', clock, ...events).reduce(
        (sum, { movement }) => sum + (movement === 'churn' ? -1 : 1),
        0,
      );
      const placed = kindOf('customer_placement', clock, ...events).reduce(
        (sum, { delta }) => sum + delta,
        0,
      );
      assert.equal(net, Number(active('c1')) + Number(active('c2')));
      assert.equal(placed, net);
    }),
  );
});
