import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertConverges, factsOf } from '@tidemark/runtime/definition-driver.fixtures';
import { day, hour, instant, timeOf } from '../definition/history.fixtures.ts';
import { settingsAt } from '../oracle/base.oracle.ts';
import { givenOf } from '../oracle/expected.oracle.ts';
import { defaultMetricSettings, type MetricSettings } from '../settings.ts';
import { recurringRevenue } from './index.ts';
import { allMovements } from './recurring-revenue.oracle.ts';
import type { SubscriptionEvent } from './subscription.ts';
import { customers } from './subscription.oracle.ts';
import { canceled, changed, paused, renewed, resumed, signed, started } from './subscriptions.fixtures.ts';

// Rule 62 and rule 63: what an operator may say of pauses and of switches that take longer than an instant.

const at = instant;
const kept = { ...defaultMetricSettings, pauseCountsAs: 'kept' } as const;
const replacing = { ...defaultMetricSettings, replacementWindowMs: 2 * hour };
const policies = [
  kept,
  replacing,
  { ...kept, replacementWindowMs: 2 * hour },
  { ...replacing, pastDueEndsAfterMs: hour },
  { ...replacing, replacementWindowMs: 3 * day },
];

/** Few instants, customers and prices, so that events meet. */
const anyEvent = fc
  .record({
    make: fc.constantFrom(started, changed, renewed, resumed, canceled, canceled, paused, paused),
    hour: fc.integer({ min: 0, max: 7 }),
    common: fc.record({
      sub: fc.constantFrom('a', 'b', 'c'),
      sequence: fc.integer({ min: 0, max: 1 }),
      owner: fc.constantFrom(null, null, 'ann', 'bob'),
      effective_at: fc.constantFrom(null, null, at('02:00'), at('04:00')),
    }),
    terms: fc.record({
      price: fc.constantFrom(0, 10, 20),
      currency: fc.constantFrom('USD', 'EUR'),
      trial_ends_at: fc.constantFrom(null, null, null, at('03:00'), at('04:00')),
    }),
    reason: fc.constantFrom(null, 'voluntary' as const, 'involuntary' as const),
  })
  .map(({ make, hour: time, common, terms, reason }) =>
    make(
      `0${time}:00`,
      make === canceled ? { ...common, reason } : make === paused ? common : { ...common, ...terms },
    ),
  );
const anyHistory = fc.array(anyEvent, { minLength: 1, maxLength: 14 });

/** What is counted by the policy at `clock`: movements of MRR, and of customers in brackets. */
function counted(
  policy: MetricSettings,
  clock: string,
  ...events: readonly SubscriptionEvent[]
): readonly string[] {
  return factsOf(recurringRevenue(policy), clock, ...events)
    .toSorted((a, b) => a.at - b.at)
    .flatMap((fact) => {
      if (fact.kind === 'customer_movement') return [`${timeOf(fact.at)} (${fact.movement})`];
      if (fact.kind !== 'mrr_movement') return [];
      const currency = fact.currency === 'USD' ? '' : ` ${fact.currency}`;
      return [`${timeOf(fact.at)} ${fact.movement} ${signed(fact.amount)}${currency}`];
    });
}

test('where a pause keeps, it is a contraction, coming back an expansion, and the end churn of nothing (rule 63)', () => {
  const events = [
    started('10:00'),
    paused('11:00'),
    resumed('12:00'),
    paused('13:00'),
    canceled('14:00', { reason: 'voluntary' }),
  ];
  assert.deepEqual(counted(kept, '20:00', ...events), [
    '10:00 new +100',
    '10:00 (new)',
    '11:00 contraction -100',
    '12:00 expansion +100',
    '13:00 contraction -100',
    '14:00 churn +0',
    '14:00 (churn)',
  ]);
  assert.deepEqual(counted(defaultMetricSettings, '20:00', ...events).slice(2, 6), [
    '11:00 churn -100',
    '11:00 (churn)',
    '12:00 reactivation +100',
    '12:00 (reactivation)',
  ]);
});

test('a pause keeps nobody who was not active, and nobody whose subscription would be worth nothing (rule 63)', () => {
  const trial = started('10:00', { trial_ends_at: at('12:00') });
  assert.deepEqual(counted(kept, '20:00', trial, paused('11:00')), []);
  const free = [started('10:00'), paused('11:00'), changed('12:00', { price: 0 })];
  assert.deepEqual(counted(kept, '20:00', ...free).slice(2), [
    '11:00 contraction -100',
    '12:00 churn +0',
    '12:00 (churn)',
  ]);
});

test('a start within the window replaces what ended: one movement, at the start, and nobody is lost (rule 62)', () => {
  const end = [started('10:00'), canceled('11:00')];
  const first = ['10:00 new +100', '10:00 (new)'];
  for (const [price, movement] of [
    [150, ['13:00 expansion +50']],
    [100, []],
    [40, ['13:00 contraction -60']],
  ] as const)
    assert.deepEqual(counted(replacing, '20:00', ...end, started('13:00', { sub: 's2', price })), [
      ...first,
      ...movement,
    ]);
  assert.deepEqual(counted(replacing, '20:00', ...end, started('13:00:00.001', { sub: 's2' })), [
    ...first,
    '11:00 churn -100',
    '11:00 (churn)',
    '13:00:00.001 reactivation +100',
    '13:00:00.001 (reactivation)',
  ]);
});

test('until the window is over the loss is not counted; then it counts at its own instant (rule 62)', () => {
  const events = [started('10:00', { owner: 'ann' }), canceled('11:00', { owner: 'bob' })];
  assert.equal(counted(replacing, '13:00', ...events).length, 2);
  assert.deepEqual(counted(replacing, '13:01', ...events).slice(2), ['11:00 churn -100', '11:00 (churn)']);
  const placed = factsOf(recurringRevenue(replacing), '13:01', ...events).flatMap((fact) =>
    fact.kind === 'customer_placement' ? [`${timeOf(fact.at)} ${fact.owner} ${fact.delta}`] : [],
  );
  assert.deepEqual(placed, ['10:00 ann 1', '11:00 ann -1']);
});

test('who comes back in another currency within the window is not lost: both move when that begins (rule 62)', () => {
  const events = [started('10:00'), canceled('11:00'), started('12:00', { sub: 's2', currency: 'EUR' })];
  assert.deepEqual(counted(replacing, '20:00', ...events).slice(2), [
    '12:00 expansion +100 EUR',
    '12:00 contraction -100',
  ]);
});

test('a subscription that begins and ends in one instant replaces nothing, and ends nothing twice (rule 62)', () => {
  const brief = [started('12:00', { sub: 's2' }), canceled('12:00', { sub: 's2' })];
  assert.deepEqual(counted(replacing, '20:00', started('10:00'), canceled('11:00'), ...brief).slice(2), [
    '11:00 churn -100',
    '11:00 (churn)',
  ]);
});

test('a hand-over counts at once while the customer has something, and at the start of what replaces all (rule 62)', () => {
  const owners = (...events: readonly SubscriptionEvent[]): readonly string[] =>
    factsOf(recurringRevenue(replacing), '20:00', ...events).flatMap((fact) =>
      fact.kind === 'customer_placement' && fact.delta > 0 ? [`${timeOf(fact.at)} ${fact.owner}`] : [],
    );
  const events = [started('10:00', { owner: 'ann' }), canceled('11:00')];
  const handedOver = canceled('11:30', { owner: 'bob' });
  assert.deepEqual(owners(...events, started('10:00', { sub: 's2', currency: 'EUR' }), handedOver), [
    '10:00 ann',
    '11:30 bob',
  ]);
  assert.deepEqual(owners(...events, handedOver, started('12:00', { sub: 's2' })), [
    '10:00 ann',
    '12:00 bob',
  ]);
});

test('any order, repetition, delay or voiding ends in the same facts, with either policy or both', () => {
  assertConverges(recurringRevenue({ ...kept, replacementWindowMs: 2 * hour }), anyHistory);
});

test('of any history the movements and the owners are those of a replay that knows what came after', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...policies),
      fc.integer({ min: 1, max: 12 }),
      anyHistory,
      (policy, hours, events) => {
        const now = `${String(hours).padStart(2, '0')}:30`;
        const facts = factsOf(recurringRevenue(policy), now, ...events);
        const found = facts.flatMap((fact) =>
          fact.kind === 'mrr_movement'
            ? [
                `${timeOf(fact.at)} ${fact.currency} ${fact.movement} ${fact.amount} ${fact.reason} ${fact.event_id} ${fact.owner}`,
              ]
            : [],
        );
        const given = givenOf(
          events.map((event) => ({ ...event })),
          settingsAt(at(now), policy),
        );
        const expected = allMovements(customers(given)).map(
          ({ standing, movement: it }) =>
            `${timeOf(standing.at)} ${it.currency} ${it.movement} ${it.amount} ${it.reason} ${it.eventId} ${it.owner}`,
        );
        assert.deepEqual(found.toSorted(), expected.toSorted());
        for (const { at: time, active, counted: under } of customers(given).flatMap((one) => one.standings)) {
          const owners = new Map<string, number>();
          for (const fact of facts)
            if (fact.kind === 'customer_placement' && fact.at <= time)
              owners.set(fact.owner, (owners.get(fact.owner) ?? 0) + fact.delta);
          const placed = [...owners].filter(([, placements]) => placements !== 0);
          assert.deepEqual(placed, active.size > 0 ? [[under.owner, 1]] : [], timeOf(time));
        }
      },
    ),
    { numRuns: 500 },
  );
});
