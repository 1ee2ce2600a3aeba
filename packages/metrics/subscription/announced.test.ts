import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertConverges, totalsOf } from '@tidemark/runtime/definition-driver.fixtures';
import { instant as at } from '../definition/history.fixtures.ts';
import type { SubscriptionEvent } from './subscription.ts';
import {
  canceled,
  changed,
  kindOf,
  pastDue,
  paused,
  renewed,
  started,
  subscriptionDefinition,
} from './subscriptions.fixtures.ts';
import { recurringRevenue } from './index.ts';
import { defaultMetricSettings } from '../settings.ts';

const clock = '2026-12-31T00:00';

/** Of each customer that is lost: whether it was announced. */
function losses(...events: readonly SubscriptionEvent[]): readonly boolean[] {
  return kindOf('customer_movement', clock, ...events)
    .filter(({ movement }) => movement === 'churn')
    .map(({ announced }) => announced);
}

test('a loss by a cancellation of 24 hours before or more is announced, of less is not (rule 65)', () => {
  const on = (end: string) =>
    losses(started('05-01 00:00'), canceled('05-01 10:00', { effective_at: at(end) }));
  assert.deepEqual(on('05-02 10:00'), [true]);
  assert.deepEqual(on('05-02 09:59'), [false]);
  assert.deepEqual(on('05-31 00:00'), [true]);
});

test('a loss by an event is not announced, even of one whose cancellation was pending for weeks', () => {
  const pending = canceled('05-01 10:00', { effective_at: at('05-31 00:00') });
  assert.deepEqual(losses(started('05-01 00:00'), canceled('05-20 00:00')), [false]);
  assert.deepEqual(losses(started('05-01 00:00'), pending, canceled('05-20 00:00')), [false]);
  assert.deepEqual(losses(started('05-01 00:00'), pending, changed('05-20 00:00', { price: 0 })), [false]);
});

test('a cancellation that is replaced by another date was published when the first one was', () => {
  const first = canceled('05-01 10:00', { effective_at: at('05-31 00:00') });
  const moved = canceled('05-20 10:00', { effective_at: at('05-20 12:00') });
  assert.deepEqual(losses(started('05-01 00:00'), first, moved), [true]);
  const kept = renewed('05-10 00:00');
  assert.deepEqual(
    losses(started('05-01 00:00'), first, kept, moved),
    [false],
    'it was withdrawn in between',
  );
});

test('a pause, or an end for want of payment, is nothing that the customer announced by a cancellation', () => {
  const pause = paused('05-01 10:00', { effective_at: at('05-31 00:00') });
  assert.deepEqual(losses(started('05-01 00:00'), pause), [false]);
  const ending = recurringRevenue({ ...defaultMetricSettings, pastDueEndsAfterMs: 14 * 24 * 3_600_000 });
  const totals = totalsOf(ending, clock, started('05-01 00:00'), pastDue('05-02 00:00'));
  assert.equal(totals['customers_lost no involuntary'], 1n);
});

test('live series of losses count announced ones apart, in customers and in money', () => {
  const known = { owner: 'ann', segment: 'smb', country: 'DE', plan_id: 'pro' };
  const later = { effective_at: at('05-31 00:00'), reason: 'voluntary' as const };
  const totals = totalsOf(
    subscriptionDefinition,
    clock,
    started('05-01 00:00', { customer: 'a', ...known }),
    started('05-01 00:00', { customer: 'b', ...known, price: 30 }),
    canceled('05-02 00:00', { customer: 'a', ...later }),
    canceled('05-31 00:00', { customer: 'b', reason: 'voluntary' }),
  );
  const lost = Object.entries(totals).filter(([series]) => /^(customers|mrr)_lost/.test(series));
  assert.deepEqual(Object.fromEntries(lost), {
    'customers_lost yes voluntary': 1n,
    'customers_lost no voluntary': 1n,
    'customers_lost_by_segment yes smb': 1n,
    'customers_lost_by_segment no smb': 1n,
    'customers_lost_by_owner yes ann': 1n,
    'customers_lost_by_owner no ann': 1n,
    'customers_lost_by_country yes DE': 1n,
    'customers_lost_by_country no DE': 1n,
    'customers_lost_by_plan yes pro': 1n,
    'customers_lost_by_plan no pro': 1n,
    'mrr_lost USD yes voluntary': 100_000_000n,
    'mrr_lost USD no voluntary': 30_000_000n,
    'mrr_lost_by_segment USD yes smb': 100_000_000n,
    'mrr_lost_by_segment USD no smb': 30_000_000n,
    'mrr_lost_by_owner USD yes ann': 100_000_000n,
    'mrr_lost_by_owner USD no ann': 30_000_000n,
    'mrr_lost_by_country USD yes DE': 100_000_000n,
    'mrr_lost_by_country USD no DE': 30_000_000n,
    'mrr_lost_by_plan USD yes pro': 100_000_000n,
    'mrr_lost_by_plan USD no pro': 30_000_000n,
  });
});

test('of any history, what is announced is what the customer had published a day before, and had not withdrawn', () => {
  const given = fc.array(
    fc.record({
      make: fc.constantFrom(started, canceled, canceled, renewed),
      hour: fc.integer({ min: 0, max: 95 }),
      inHours: fc.constantFrom(0, 5, 24, 30, 60),
    }),
    { maxLength: 10 },
  );
  const timeOf = (hour: number): string =>
    `05-0${1 + Math.floor(hour / 24)} ${String(hour % 24).padStart(2, '0')}:00`;
  fc.assert(
    fc.property(given, (all) => {
      const ordered = [...new Map(all.map((one) => [one.hour, one])).values()].toSorted(
        (a, b) => a.hour - b.hour,
      );
      const events = ordered.map(({ make, hour, inHours }) =>
        make(timeOf(hour), { effective_at: at(timeOf(hour)) + inHours * 3_600_000 }),
      );
      // By hours: a renewal at the very hour of the end withdraws, so events come before ends (rule 3).
      const expected: boolean[] = [];
      let active = false;
      let end: { readonly at: number; readonly published: number } | undefined;
      const endBefore = (hour: number): void => {
        if (end === undefined || end.at >= hour) return;
        expected.push(end.at - end.published >= 24);
        [active, end] = [false, undefined];
      };
      for (const { make, hour, inHours } of ordered) {
        endBefore(hour);
        if (make !== canceled) [active, end] = [true, undefined];
        else if (active && inHours === 0) {
          expected.push(false);
          [active, end] = [false, undefined];
        } else if (active) end = { at: hour + inHours, published: end?.published ?? hour };
      }
      endBefore(Infinity);
      assert.deepEqual(losses(...events), expected);
    }),
  );
});

test('any order, repetition, delay or voiding ends in the same announced losses', () => {
  const anyEvent = fc
    .record({
      make: fc.constantFrom(started, canceled, canceled, renewed),
      hour: fc.integer({ min: 0, max: 4 }),
      sub: fc.constantFrom('a', 'b'),
      ends: fc.constantFrom(null, at('03:00'), at('05-02 02:00'), at('05-02 03:00'), at('05-04 00:00')),
    })
    .map(({ make, hour, sub, ends }) => make(`0${hour}:00`, { sub, effective_at: ends }));
  assertConverges(subscriptionDefinition, fc.array(anyEvent, { minLength: 1, maxLength: 12 }));
});
