import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { microsOf } from '../definition/money.ts';
import { day, instant, voidOf } from '../definition/history.fixtures.ts';
import { assertConverges, driverOf, factsOf, totalsOf } from '@tidemark/runtime/definition-driver.fixtures';
import { costs } from './costs.ts';
import { incurred } from './incurred.fixtures.ts';

test('a cost of one day is that day’s, with what it says, and is known when it was incurred', () => {
  const columns = { category: 'sales', campaign: 'may', segment: 'smb' } as const;
  const cost = incurred('10:00', { cost_id: 'k', period_start: '2026-06-30', ...columns });
  assert.deepEqual(factsOf(costs, '12:00', cost), [
    {
      kind: 'cost_day',
      at: instant('10:00'),
      cost_id: 'k',
      date: Date.parse('2026-06-30T00:00Z'),
      currency: 'EUR',
      amount: 10_000_000n,
      ...columns,
    },
  ]);
});

test('a cost without a campaign or a segment has empty ones', () => {
  const [day] = factsOf(costs, '12:00', incurred('10:00'));
  assert.deepEqual([day?.campaign, day?.segment], ['', '']);
});

test('a cost is spread over its days, both ends included, and what is rounded away comes on another day (rule 39)', () => {
  const cost = incurred('10:00', { period_start: '2026-02-28', period_end: '2026-03-02' });
  const days = factsOf(costs, '12:00', cost).map(({ date, amount }) => [
    new Date(date).toISOString().slice(0, 10),
    amount,
  ]);
  assert.deepEqual(days, [
    ['2026-02-28', 3_333_333n],
    ['2026-03-01', 3_333_334n],
    ['2026-03-02', 3_333_333n],
  ]);
});

test('halves go to the even micro, day after day', () => {
  // A ten-thousandth of a UF is 100 micros; over 200 days half a micro a day.
  const cost = incurred('10:00', {
    amount: 1,
    currency: 'CLF',
    period_start: '2026-01-01',
    period_end: '2026-07-19',
  });
  const amounts = factsOf(costs, '12:00', cost).map(({ amount }) => amount);
  assert.equal(amounts.length, 200);
  assert.deepEqual(amounts.slice(0, 8), [0n, 1n, 1n, 0n, 0n, 1n, 1n, 0n]);
});

test('whatever the amount, currency and length, the days follow one another and add up to the cost (rule 39)', () => {
  const any = fc.record({
    amount: fc.nat(),
    currency: fc.constantFrom('EUR', 'JPY', 'KWD', 'CLF'),
    days: fc.integer({ min: 1, max: 800 }),
  });
  fc.assert(
    fc.property(any, ({ amount, currency, days }) => {
      const last = new Date(instant('00:00') + (days - 1) * day).toISOString().slice(0, 10);
      const facts = factsOf(costs, '12:00', incurred('10:00', { amount, currency, period_end: last }));
      assert.deepEqual(
        facts.map(({ date }) => date),
        Array.from({ length: days }, (_, n) => instant('00:00') + n * day),
      );
      const exact = microsOf(amount, currency);
      assert.equal(
        facts.reduce((sum, fact) => sum + fact.amount, 0n),
        exact,
      );
      const even = exact / BigInt(days);
      for (const fact of facts) assert.ok(fact.amount >= even - 1n && fact.amount <= even + 2n);
    }),
    { numRuns: 50 },
  );
});

test('of two events of one cost the first in order counts, until it is voided (rule 24)', () => {
  const first = incurred('09:00', { cost_id: 'same', amount: 1_00 });
  const second = incurred('10:00', { cost_id: 'same', amount: 2_00 });
  const driver = driverOf(costs);
  const amounts = (): readonly unknown[] => driver.facts.map((fact) => fact['amount']);
  driver.at(instant('12:00'));
  driver.arrives(second, first);
  assert.deepEqual(amounts(), [1_000_000n]);
  driver.arrives(voidOf(first));
  assert.deepEqual(amounts(), [2_000_000n]);
});

test('the live series go by currency and category, a cost whole when it was incurred', () => {
  const cost = incurred('10:00', { category: 'service', period_end: '2026-05-31' });
  assert.deepEqual(totalsOf(costs, '12:00', cost), { 'costs EUR service': 10_000_000n });
});

test('any order, repetition, delay and voiding ends in the same facts', () => {
  const any = fc
    .record({
      time: fc.constantFrom('08:00', '09:00', '12:00'),
      cost_id: fc.constantFrom('a', 'b'),
      amount: fc.nat(5),
      period_end: fc.constantFrom('2026-05-01', '2026-05-03'),
    })
    .map(({ time, ...fields }) => incurred(time, fields));
  assertConverges(costs, fc.array(any, { maxLength: 6 }));
});
