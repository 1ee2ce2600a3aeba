import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inUtc, inZone, type Calendar } from './calendar.ts';
import { learnHabits } from './habits.ts';
import { addedOver, bucketsPerHour, learnBaseline, usualOver, type Baseline } from './seasonal.ts';

const hourMs = 3_600_000;
const hourOf = (date: string): number => Date.parse(`${date}Z`) / hourMs;

/** Learns from the hours of `[from, to)`; hours of the week from the last 56 days. */
function learned(
  from: string,
  to: string,
  countOf: (date: Date, hour: number) => number,
  calendar: Calendar = inUtc,
): Baseline {
  const [first, end] = [hourOf(from), hourOf(to)];
  const counts = Array.from({ length: end - first }, (_, index) =>
    countOf(new Date((first + index) * hourMs), first + index),
  );
  return learnBaseline(counts, first, calendar, Math.max(0, counts.length - 56 * 24));
}

/** What is usual in an hour, or more of them. */
function usualAt(baseline: Baseline, date: string, hours = 1): number {
  const from = hourOf(date) * bucketsPerHour;
  return usualOver(baseline, from, from + hours * bucketsPerHour);
}

const near = (actual: number, expected: number, share = 0.1): void =>
  assert.ok(Math.abs(actual / expected - 1) < share, `${actual} is not about ${expected}`);

/** Two an hour, and sixty more at midnight of each 1st. */
const billing = (date: Date): number => 2 + (date.getUTCDate() === 1 && date.getUTCHours() === 0 ? 60 : 0);

test('what comes on the 1st of each month is usual on the 1st, in its hour, and on no other day', () => {
  const baseline = learned('2026-05-01T00:00', '2026-07-31T00:00', billing);
  near(usualAt(baseline, '2026-08-01T00:00'), 62);
  near(usualAt(baseline, '2026-08-01T01:00'), 2);
  near(usualAt(baseline, '2026-08-02T00:00'), 2);
  near(usualAt(baseline, '2026-08-01T00:00', 24), 108);
});

test('twice is a habit, once is an incident: the third month is the first that is not surprised', () => {
  const twice = learned('2026-05-20T00:00', '2026-07-31T00:00', billing);
  near(usualAt(twice, '2026-08-01T00:00'), 62);
  const once = learned('2026-06-20T00:00', '2026-07-31T00:00', billing);
  assert.ok(usualAt(once, '2026-08-01T00:00') < 5);
  const incident = learned('2026-05-01T00:00', '2026-07-31T00:00', (date) =>
    date.getUTCMonth() === 5 ? billing(date) : 2,
  );
  assert.ok(usualAt(incident, '2026-08-01T00:00') < 5);
});

test('an incident on one of the days changes neither how many nor when', () => {
  const baseline = learned('2026-05-01T00:00', '2026-07-31T00:00', (date) =>
    date.toISOString().startsWith('2026-06-01T14') ? 300 : billing(date),
  );
  near(usualAt(baseline, '2026-08-01T00:00'), 62);
  assert.ok(usualAt(baseline, '2026-08-01T14:00') < 5);
});

test('a billing run that lost nobody in one of three months is still expected, and one that has ended is not', () => {
  const without = (...months: number[]) =>
    learned('2026-05-01T00:00', '2026-07-31T00:00', (date) =>
      months.includes(date.getUTCMonth() + 1) ? 2 : billing(date),
    );
  near(usualAt(without(6), '2026-08-01T00:00'), 62);
  assert.ok(usualAt(without(6, 7), '2026-08-01T00:00') < 5);
});

test('the hours of the week are learned without what days of the month add', () => {
  const baseline = learned('2026-05-01T00:00', '2026-07-31T00:00', billing);
  const plain = learned('2026-05-01T00:00', '2026-07-31T00:00', () => 2);
  near(usualAt(baseline, '2026-08-05T00:00', 7 * 24), usualAt(plain, '2026-08-05T00:00', 7 * 24), 0.01);
  near(baseline.dispersion(24, 48), plain.dispersion(24, 48), 0.2);
});

test('paydays on the last working day move with the weekend', () => {
  // Of May to July 2026 the 29th, the 30th and the 31st.
  const payday = (date: Date): boolean =>
    inUtc.dayNames(date.getTime() / hourMs).includes('last working day') && date.getUTCHours() === 12;
  const baseline = learned('2026-05-15T00:00', '2026-08-14T00:00', (date) => (payday(date) ? 52 : 2));
  near(usualAt(baseline, '2026-08-31T12:00'), 52);
  assert.ok(usualAt(baseline, '2026-08-29T12:00') < 5, 'a Saturday');
});

test('the 1st is the 1st by the clocks of the zone', () => {
  const berlin = inZone('Europe/Berlin');
  const atMidnight = (hour: number): boolean =>
    berlin.dayNames(hour).includes('1') && berlin.hourOfWeek(hour) % 24 === 0;
  const baseline = learned(
    '2026-08-20T00:00',
    '2026-11-19T00:00',
    (_, hour) => (atMidnight(hour) ? 62 : 2),
    berlin,
  );
  // Two of the three were in summer time.
  near(usualAt(baseline, '2026-11-30T23:00'), 62);
  near(usualAt(baseline, '2026-12-01T00:00'), 2);
});

test('a small count in one hour is learned, even if the day as a whole is as others', () => {
  const baseline = learned('2026-05-01T00:00', '2026-07-31T00:00', (date, hour) => {
    if (date.getUTCDate() === 15 && date.getUTCHours() === 3) return 13;
    return hour % 2 === 0 ? 2 : 0;
  });
  near(usualAt(baseline, '2026-08-15T03:00'), 13, 0.2);
});

test('what days of the month add is less certain than what the hours of the week say', () => {
  const baseline = learned('2026-05-01T00:00', '2026-07-31T00:00', billing);
  const from = hourOf('2026-08-01T00:00') * bucketsPerHour;
  const added = addedOver(baseline, from, from + bucketsPerHour);
  near(added, 60);
  // A standard deviation of a sixth of sixty at least, beside that of chance.
  assert.ok(baseline.dispersion(1, 62, added) > baseline.dispersion(1, 62) + 1);
  assert.equal(addedOver(baseline, from - bucketsPerHour, from), 0);
});

/** Habits of thirteen weeks in which every hour has `usual`, but for what three days have on top: hours and counts of the 1sts. */
function habitsOf(usual: number, ...firsts: readonly (readonly number[])[]) {
  const months = [5, 6, 7].slice(3 - firsts.length);
  const first = hourOf('2026-05-01T00:00');
  const counts = Array.from({ length: 91 * 24 }, () => usual);
  for (const [index, more] of firsts.entries())
    for (const [hour, count] of more.entries())
      counts[hourOf(`2026-0${months[index]!}-01T00:00`) - first + hour]! += count;
  return learnHabits(
    counts,
    first,
    inUtc,
    Array.from({ length: 168 }, () => usual),
  );
}

test('of three months the middle one is expected, of two the lower one', () => {
  assert.deepEqual(habitsOf(2, [60], [90], [70]).get('1')!.byHour.slice(0, 2), [70, 0]);
  assert.deepEqual(habitsOf(2, [60], [90]).get('1')!.byHour[0], 60);
  assert.deepEqual(
    [...habitsOf(2, [60], [90]).keys()],
    ['1', 'first working day'],
    'June and July 2026 begin with one',
  );
});

test('how far months lie apart makes it less certain: their variance, of few months, and that of chance', () => {
  const within = 1e-9;
  const varianceOf = (...firsts: number[][]): number => habitsOf(2, ...firsts).get('1')!.variance;
  // A seventh at least, though the months are alike.
  assert.ok(Math.abs(varianceOf([60], [60], [60]) - (0.02 * (4 / 3) + 1 / 180)) < within);
  assert.ok(Math.abs(varianceOf([30], [60], [90]) - ((2 / 3) * 0.25 * (4 / 3) + 1 / 180)) < within);
  assert.ok(Math.abs(varianceOf([60], [120]) - (0.25 * (3 / 2) + 1 / 120)) < within);
});

test('where chance moves events between the hours of the day, all of them are expected', () => {
  const { byHour } = habitsOf(2, [30, 30, 10], [10, 30, 30], [30, 10, 30]).get('1')!;
  near(byHour[0]!, 70 / 3, 0.3);
  near(
    byHour.reduce((sum, one) => sum + one, 0),
    90,
  );
  const moved = habitsOf(2, [15, 30, 15], [15, 15, 30], [30, 15, 15]).get('1')!;
  assert.deepEqual(moved.byHour.slice(0, 3), [20, 20, 20], 'the middles are 15 each, of 60');
});

test('what comes at another hour each month is expected at all of these hours', () => {
  const { byHour } = habitsOf(2, [60], [0, 60], [0, 0, 60]).get('1')!;
  assert.deepEqual(byHour.slice(0, 4), [20, 20, 20, 0]);
});

test('a day is busy above four standard deviations, an hour above five', () => {
  const evenly = (count: number): number[] => Array.from({ length: 24 }, () => count / 24);
  // The usual of a day is 96, of an hour 4.
  assert.equal(habitsOf(4, evenly(39), evenly(39)).has('1'), false);
  assert.equal(habitsOf(4, evenly(40), evenly(40)).has('1'), true);
  assert.equal(habitsOf(4, [10], [10]).has('1'), false);
  assert.equal(habitsOf(4, [11], [11]).has('1'), true);
  assert.equal(habitsOf(0.01, [4], [4]).has('1'), false, 'a standard deviation is at least 1');
  assert.equal(habitsOf(0.01, [5], [5]).has('1'), true);
});
