import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnyEvent } from '@tidemark/metrics/definition/definition';
import type { Published } from './driver.fixtures.ts';
import { driverOf, observed, running, voidOf } from './running.fixtures.ts';

const hour = 60 * 60_000;

/** What was published, a line each: sign, kind, instant and cause. */
function lines(published: Published): string[] {
  return published
    .toSorted((a, b) => a.fact.at - b.fact.at || a.sign - b.sign)
    .map(({ sign, cause, fact }) => `${sign === 1 ? '+' : '-'} ${fact.kind} ${fact.at} ${cause}`);
}

test('an event that is received an hour after its time is in time, a millisecond later it is late (rule 29)', () => {
  const inTime = driverOf();
  inTime.at(10 + hour);
  assert.deepEqual(lines(inTime.arrives(observed(10))), [
    '+ running_sum 10 arrived',
    '+ running_quiet 20 arrived',
  ]);
  const late = driverOf();
  late.at(11 + hour);
  assert.deepEqual(lines(late.arrives(observed(10))), [
    '+ running_sum 10 late',
    '+ running_quiet 20 arrived',
  ]);
});

test('what follows by itself from a late event is late too, until an hour before its receipt', () => {
  const driver = driverOf();
  driver.at(2 * hour);
  assert.deepEqual(lines(driver.arrives(observed(10))), ['+ running_sum 10 late', '+ running_quiet 20 late']);
});

test('an event in time beside a late one of the same batch is not late', () => {
  const driver = driverOf();
  driver.at(2 * hour);
  assert.deepEqual(lines(driver.arrives(observed(2 * hour - 100), observed(10))), [
    '+ running_sum 10 late',
    '+ running_quiet 20 late',
    `+ running_sum ${2 * hour - 100} arrived`,
    `+ running_quiet ${2 * hour - 90} arrived`,
  ]);
});

test('what a late event changes of what was published is late, retractions too', () => {
  const driver = driverOf();
  driver.at(100);
  driver.arrives(observed(50));
  driver.at(2 * hour);
  assert.deepEqual(lines(driver.arrives(observed(45, 2))), [
    '+ running_sum 45 late',
    '- running_sum 50 late',
    '+ running_sum 50 late',
    '- running_quiet 60 late',
    '+ running_quiet 60 late',
  ]);
});

test('an event out of order that came in time is not late', () => {
  const driver = driverOf();
  driver.at(100);
  driver.arrives(observed(50));
  assert.deepEqual(new Set(driver.arrives(observed(45, 2)).map(({ cause }) => cause)), new Set(['arrived']));
});

test('what a void changes is voided, also beside a late event', () => {
  const driver = driverOf();
  driver.at(3 * hour);
  const event = observed(10);
  driver.arrives(event, observed(50));
  const published = driver.arrives(voidOf(event), observed(20, 2));
  assert.deepEqual(new Set(published.map(({ cause }) => cause)), new Set(['voided']));
});

test('a void with an event of the same type and time in its place is a correction, in either order', () => {
  const event = observed(10, 1);
  for (const batch of [
    [voidOf(event), observed(10, 2)],
    [observed(10, 2), voidOf(event)],
  ] satisfies AnyEvent[][]) {
    const driver = driverOf();
    driver.at(3 * hour);
    driver.arrives(event);
    assert.deepEqual(lines(driver.arrives(...batch)), [
      '- running_sum 10 corrected',
      '+ running_sum 10 corrected',
      '- running_quiet 20 corrected',
      '+ running_quiet 20 corrected',
    ]);
  }
});

test('what a new definition counts of the past is by the definition, and what comes then is not', () => {
  const driver = driverOf();
  driver.at(100);
  driver.arrives(observed(10));
  driver.restart([running(), { ...running(), name: 'running-again' }]);
  assert.deepEqual(lines(driver.at(101)), ['+ running_sum 10 definition', '+ running_quiet 20 definition']);
  driver.at(3 * hour + 100);
  const causes = driver.arrives(observed(3 * hour)).map(({ cause }) => cause);
  assert.deepEqual(new Set(causes), new Set(['arrived']));
});
