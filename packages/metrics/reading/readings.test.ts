import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instant, voidOf } from '../definition/history.fixtures.ts';
import { assertConverges, driverOf, factsOf, totalsOf } from '@tidemark/runtime/definition-driver.fixtures';
import { observed } from './observed.fixtures.ts';
import { readings } from './readings.ts';

test('a reading counts when it was made, with what it says and its place in the order (rule 43)', () => {
  const columns = { reading_id: 'q', unit: 'people', customer_id: 'ann' } as const;
  const reading = { ...observed('10:00', 12.5, { name: 'headcount', ...columns }), sequence: 3 };
  assert.deepEqual(factsOf(readings, '12:00', reading), [
    {
      kind: 'reading',
      at: instant('10:00'),
      name: 'headcount',
      value: 12.5,
      sequence: 3,
      event_id: reading.event_id,
      ...columns,
    },
  ]);
});

test('of two readings under one reading_id the first in order counts, until it is voided (rule 24)', () => {
  const first = observed('09:00', 1, { reading_id: 'same' });
  const second = observed('10:00', 2, { reading_id: 'same' });
  const driver = driverOf(readings);
  const values = (): ReadonlySet<unknown> => new Set(driver.facts.map((fact) => fact['value']));
  driver.at(instant('12:00'));
  driver.arrives(second, observed('09:30', 7), first);
  assert.deepEqual(values(), new Set([1, 7]));
  driver.arrives(voidOf(first));
  assert.deepEqual(values(), new Set([2, 7]));
});

test('one reading_id under two names is two readings', () => {
  const events = [
    observed('09:00', 1, { reading_id: 'q' }),
    observed('09:00', 2, { reading_id: 'q', name: 'fx:EUR/USD' }),
  ];
  assert.equal(factsOf(readings, '12:00', ...events).length, 2);
  assert.deepEqual(totalsOf(readings, '12:00', ...events), {
    'readings stock_price': 1n,
    'readings fx:EUR/USD': 1n,
  });
});

test('a reading that comes late into a long history takes nothing back (rule 46)', () => {
  const history = Array.from({ length: 3000 }, (_, n) => observed('09:00', n));
  const driver = driverOf(readings);
  driver.at(instant('12:00'));
  driver.arrives(...history);
  const published = driver.arrives(observed('08:00', -1));
  assert.deepEqual(
    published.map(({ sign, fact }) => [sign, fact['value']]),
    [[1, -1]],
  );
});

test('any order, repetition, delay and voiding ends in the same facts', () => {
  const any = fc
    .tuple(
      fc.constantFrom('08:00', '09:00', '12:00'),
      fc.constantFrom('a', 'b', 'c'),
      fc.constantFrom('x', 'y'),
      fc.nat(3),
    )
    .map(([time, reading_id, name, value]) => observed(time, value, { reading_id, name }));
  assertConverges(readings, fc.array(any, { maxLength: 10 }));
});
