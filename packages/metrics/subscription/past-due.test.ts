import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertConverges, factsOf } from '@tidemark/runtime/definition-driver.fixtures';
import { day, lines } from '../definition/history.fixtures.ts';
import type { SubscriptionFact } from './facts.ts';
import { defaultMetricSettings } from '../settings.ts';
import { recurringRevenue } from './index.ts';
import type { SubscriptionEvent } from './subscription.ts';
import {
  canceled,
  changed,
  customers,
  movements,
  pastDue,
  paused,
  paymentRecovered,
  renewed,
  resumed,
  signed,
  started,
  subscriptionDefinition,
} from './subscriptions.fixtures.ts';

const clock = '2026-12-31T00:00';
const endsAfterTwoDays = recurringRevenue({ ...defaultMetricSettings, pastDueEndsAfterMs: 2 * day });
const may31 = Date.parse('2026-05-31T00:00Z');

const textOf = (facts: readonly SubscriptionFact[]): readonly string[] =>
  lines(
    facts.filter((fact) => fact.kind === 'past_due'),
    (fact) => {
      const turns = (['entered', 'recovered', 'ended'] as const).flatMap((turn) =>
        fact[turn] === 0 ? [] : [`${turn} ${fact[turn]}`],
      );
      const numbers = [fact.subscriptions, fact.customers, fact.any_currency].join(' ');
      return [...turns, numbers, signed(fact.amount), fact.currency].join(' ');
    },
  );
/** Of each instant: what turned; by how much subscriptions, customers, customers of any currency changed; MRR; currency. */
const published = (...events: readonly SubscriptionEvent[]): readonly string[] =>
  textOf(factsOf(subscriptionDefinition, clock, ...events));

test('a failed payment makes a subscription past due; it stays in force and keeps its MRR (rule 57)', () => {
  const events = [started('10:00'), pastDue('11:00'), paymentRecovered('12:00')];
  assert.deepEqual(published(...events), [
    '11:00 entered 1 1 1 1 +100 USD',
    '12:00 recovered 1 -1 -1 -1 -100 USD',
  ]);
  assert.deepEqual(movements(clock, ...events), ['10:00 new +100']);
});

test('a second failure while past due, and a recovery of what is not, change nothing', () => {
  const events = [started('10:00'), paymentRecovered('10:30'), pastDue('11:00'), pastDue('11:30')];
  assert.deepEqual(published(...events), ['11:00 entered 1 1 1 1 +100 USD']);
});

test('a renewal, a resumption and a new start recover (rule 57)', () => {
  for (const made of [renewed, resumed, started])
    assert.deepEqual(published(started('10:00'), pastDue('11:00'), made('12:00', { price: 150 })), [
      '11:00 entered 1 1 1 1 +100 USD',
      '12:00 recovered 1 -1 -1 -1 -100 USD',
    ]);
});

test('a change leaves it past due, with other MRR, in another currency too', () => {
  const events = [started('10:00'), pastDue('11:00'), changed('12:00', { price: 150 })];
  assert.deepEqual(published(...events).at(-1), '12:00 0 0 0 +50 USD');
  assert.deepEqual(published(...events, changed('13:00', { currency: 'EUR' })).slice(2), [
    '13:00 -1 -1 0 -150 USD',
    '13:00 1 1 0 +100 EUR',
  ]);
});

test('a pause takes the MRR and leaves it past due', () => {
  assert.deepEqual(
    published(started('10:00'), pastDue('11:00'), paused('12:00')).at(-1),
    '12:00 0 0 0 -100 USD',
  );
});

test('what ends while past due has ended, and not recovered', () => {
  assert.deepEqual(
    published(started('10:00'), pastDue('11:00'), canceled('12:00')).at(-1),
    '12:00 ended 1 -1 -1 -1 -100 USD',
  );
  assert.deepEqual(
    published(started('10:00'), canceled('10:30', { effective_at: may31 }), pastDue('11:00')).at(-1),
    '05-31 00:00 ended 1 -1 -1 -1 -100 USD',
  );
});

test('a customer counts once, in a currency and over all of them', () => {
  const events = [
    started('10:00', { sub: 'a' }),
    started('10:00', { sub: 'b', price: 50 }),
    started('10:00', { sub: 'c', price: 10, currency: 'EUR' }),
    pastDue('11:00', { sub: 'a' }),
    pastDue('12:00', { sub: 'b' }),
    pastDue('13:00', { sub: 'c' }),
    paymentRecovered('14:00', { sub: 'a' }),
    paymentRecovered('14:00', { sub: 'b' }),
    paymentRecovered('15:00', { sub: 'c' }),
  ];
  assert.deepEqual(published(...events), [
    '11:00 entered 1 1 1 1 +100 USD',
    '12:00 entered 1 1 0 0 +50 USD',
    '13:00 entered 1 1 1 0 +10 EUR',
    '14:00 recovered 2 -2 -1 0 -150 USD',
    '15:00 recovered 1 -1 -1 -1 -10 EUR',
  ]);
});

test('a failed payment of an unknown or an ended subscription is ignored for good', () => {
  assert.deepEqual(published(pastDue('09:00'), started('10:00')), []);
  assert.deepEqual(published(started('10:00'), canceled('11:00'), pastDue('12:00'), renewed('13:00')), []);
});

test('a cancellation without a reason while past due is involuntary (rule 57)', () => {
  const lost = (...events: readonly SubscriptionEvent[]): string | undefined =>
    customers(clock, started('10:00'), ...events).at(-1);
  assert.equal(lost(pastDue('11:00'), canceled('12:00')), '12:00 churn involuntary');
  assert.equal(
    lost(pastDue('11:00'), canceled('12:00', { effective_at: may31 })),
    '05-31 00:00 churn involuntary',
  );
  assert.equal(lost(pastDue('11:00'), canceled('12:00', { reason: 'voluntary' })), '12:00 churn voluntary');
  assert.equal(lost(pastDue('11:00'), paymentRecovered('11:30'), canceled('12:00')), '12:00 churn');
  assert.equal(lost(canceled('11:00', { effective_at: may31 }), pastDue('12:00')), '05-31 00:00 churn');
});

test('with PAST_DUE_ENDS_AFTER a subscription ends by itself, involuntarily, unless it recovers (rule 57)', () => {
  const ends = (...events: readonly SubscriptionEvent[]): readonly string[] => {
    const facts = factsOf(endsAfterTwoDays, clock, started('10:00'), ...events);
    return [
      ...textOf(facts).slice(1),
      ...lines(
        facts.filter((fact) => fact.kind === 'customer_movement'),
        ({ movement, reason, event_id }) =>
          `${movement} ${reason} ${event_id === '' ? 'by time' : 'by event'}`,
      ).slice(1),
    ];
  };
  assert.deepEqual(ends(pastDue('11:00'), pastDue('05-02 00:00')), [
    '05-03 11:00 ended 1 -1 -1 -1 -100 USD',
    '05-03 11:00 churn involuntary by time',
  ]);
  for (const made of [paymentRecovered, renewed, resumed, started])
    assert.deepEqual(ends(pastDue('11:00'), made('05-03 11:00')), [
      '05-03 11:00 recovered 1 -1 -1 -1 -100 USD',
    ]);
});

test('any order, repetition, delay or voiding ends in the same facts', () => {
  const anyEvent = fc
    .record({
      make: fc.constantFrom(started, changed, renewed, canceled, paused, pastDue, pastDue, paymentRecovered),
      hour: fc.integer({ min: 0, max: 5 }),
      sub: fc.constantFrom('a', 'b'),
      currency: fc.constantFrom('USD', 'EUR'),
      later: fc.constantFrom(null, null, Date.parse('2026-05-01T03:00Z'), Date.parse('2026-05-04T00:00Z')),
    })
    .map(({ make, hour, sub, currency, later }) => {
      const terms = make === started || make === changed || make === renewed ? { currency } : {};
      return make(`0${hour}:00`, { sub, effective_at: later, ...terms });
    });
  assertConverges(endsAfterTwoDays, fc.array(anyEvent, { minLength: 1, maxLength: 12 }));
});
