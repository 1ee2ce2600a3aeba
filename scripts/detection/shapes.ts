/** How soon the shipped rules find what happens to a business, and how often they page without a cause. */
import type { Rule } from '../../services/alerts/rules/rule.ts';
import * as scenarios from './scenarios.ts';
import type { Run } from './scenarios.ts';
import { hour, minute, segments, shippedRules, type Usual } from './world.ts';

/** How much is simulated. */
export type Extent = { readonly seeds: number; readonly firstSeed: number; readonly months: number };

/** A line of the table. `must` says which aim applies to it. */
type Line = {
  readonly shape: string;
  readonly runs: () => readonly Run[];
  readonly must: 'find' | 'be quiet' | 'show';
};

const watched = shippedRules(
  'churn-spike',
  'churn-rise',
  'churn-surge',
  'churn-spike-by-reason',
  'churn-spike-by-segment',
  'churn-rise-by-segment',
);
const leaking = shippedRules('churn-leak');
const silent = shippedRules('family-silent', 'source-silent');
const business = (perHour: number, shape = scenarios.evenly, variation = 0.1): Usual => ({
  perHour,
  variation,
  shape,
});

const both = [...watched, ...leaking];

const many = (count: number, firstSeed: number, run: (seed: number) => Run): Run[] =>
  Array.from({ length: count }, (_, index) => run(firstSeed + index));

/** Lines of what happens to customers and sources. */
function happenings({ seeds, firstSeed }: Extent): readonly Line[] {
  const line = (must: Line['must'], shape: string, run: (seed: number) => Run, count = seeds): Line => ({
    shape,
    runs: () => many(count, firstSeed, run),
    must,
  });
  const spikes = (perHour: number, what: scenarios.Spike, share = 1): Line => {
    const where = what.segment === undefined ? '' : ` in ${what.segment} only`;
    const shape = `${what.times}x for ${what.lengthMs / minute} min${where}, ${perHour}/h`;
    return line('find', shape, (seed) => scenarios.spike(seed, business(perHour), watched, what, share));
  };
  return [
    ...[1, 2, 4, 10, 40].flatMap((perHour) => [
      spikes(perHour, { times: 3, lengthMs: hour }),
      spikes(perHour, { times: 5, lengthMs: hour }),
      spikes(perHour, { times: 10, lengthMs: hour / 2 }),
    ]),
    spikes(2, { times: 3, lengthMs: 3 * hour }),
    ...segments.flatMap(([segment, share]) =>
      [3, 6].map((times) => spikes(10, { times, lengthMs: hour, segment }, share)),
    ),
    ...[1.5, 2].map((times) =>
      line(
        'show',
        `slow leak to ${times}x over 3 days, 4/h`,
        (seed) => scenarios.leak(seed, business(4), leaking, times),
        Math.ceil(seeds / 2),
      ),
    ),
    ...[2, 40].map((perHour) =>
      line('find', `40 lost by mistake, ${perHour}/h`, (seed) =>
        scenarios.retracted(seed, business(perHour), watched),
      ),
    ),
    ...[10, 60, 200].map((perHour) =>
      line('show', `outage of a source that sends ${perHour}/h`, (seed) =>
        scenarios.outage(seed, business(perHour), silent),
      ),
    ),
  ];
}

/** Lines of days on which nothing happens to the customers. */
function quietDays({ seeds, firstSeed, months }: Extent): readonly Line[] {
  const usualDays = (shape: string, usual: Usual, rules: readonly Rule[]): Line => ({
    shape,
    runs: () => many(months, firstSeed, (seed) => scenarios.quiet(seed, usual, rules, 30)),
    must: 'be quiet',
  });
  return [
    usualDays('usual days of a source that sends 60/h', business(60), silent),
    usualDays('holidays of a source that sends 60/h', business(60, scenarios.holidays), silent),
    ...[0.5, 2, 4, 10, 40].map((perHour) =>
      usualDays(`usual days, ${perHour}/h`, business(perHour), watched),
    ),
    usualDays('a Monday that is always higher, 4/h', business(4, scenarios.mondays), both),
    usualDays('holidays, 4/h', business(4, scenarios.holidays), both),
    usualDays('a batch of some thirty each night at three, 4/h', business(4, scenarios.nightly), both),
    usualDays('sixty more at midnight of each 1st, 4/h', business(4, scenarios.billing(4)), both),
    usualDays(
      'sixty who had announced it at midnight of each 1st, 4/h',
      { ...business(4), announced: scenarios.announcedOnFirst },
      both,
    ),
    usualDays('days that differ by a quarter, 4/h', business(4, scenarios.evenly, 0.25), watched),
    ...(
      [
        ['backfill of 2,000 old cancellations', 'backfill'],
        ['storm of repeats', 'repeats'],
        ['nothing counted for 3 hours, then all at once', 'standstill'],
        ['30 lost and back within half a minute, for an hour', 'netted'],
      ] as const
    ).map(([shape, what]): Line => ({
      shape,
      runs: () => many(seeds, firstSeed, (seed) => scenarios.disturbance(seed, business(4), both, what)),
      must: 'be quiet',
    })),
  ];
}

/** A row of the table: how often what happened was found, how soon, and how often nothing was. */
export type Row = {
  readonly must: Line['must'];
  readonly shape: string;
  readonly spikes: number;
  readonly detected: number;
  readonly paged: number;
  readonly missed: number;
  readonly late: number;
  readonly smallerFound: string;
  readonly minutes: string;
  readonly sinceBegan: string;
  readonly falsePages: number;
  readonly caused: number | '';
  readonly days: number;
  readonly falsePagesPerMonth: string;
};

function rowOf({ shape: name, runs: run, must }: Line): Row {
  const runs = run();
  const note = runs[0]?.note;
  const shape = note === undefined ? name : `${name}: ${note}`;
  const sized = runs.filter(({ size }) => size !== undefined);
  const fired = sized.filter(({ firstFiredAt }) => firstFiredAt !== undefined);
  const delays = fired
    .map(({ size, firstFiredAt }) => Math.max(0, firstFiredAt! - size!) / minute)
    .toSorted((a, b) => a - b);
  const sinceBegan = fired
    .map(({ began, firstFiredAt }) => (firstFiredAt! - began!) / minute)
    .toSorted((a, b) => a - b);
  const smaller = runs.filter(({ began, size }) => began !== undefined && size === undefined);
  const falsePages = runs.reduce((sum, run) => sum + run.falsePages, 0);
  const days = runs.reduce((sum, run) => sum + run.quietDays, 0);
  return {
    must,
    shape,
    spikes: sized.length,
    detected: fired.length,
    paged: sized.filter(({ isPaged }) => isPaged).length,
    missed: sized.length - fired.length,
    // The aim of ten minutes does not apply to leaks and silences.
    late: must === 'find' ? delays.filter((delay) => delay > 10).length : 0,
    smallerFound:
      smaller.length === 0
        ? ''
        : `${smaller.filter(({ firstFiredAt }) => firstFiredAt !== undefined).length}/${smaller.length}`,
    minutes: spread(delays),
    sinceBegan: spread(sinceBegan),
    falsePages,
    caused: runs[0]?.caused === undefined ? '' : runs.reduce((sum, run) => sum + (run.caused ?? 0), 0),
    days,
    falsePagesPerMonth: days < 20 ? '' : ((falsePages / days) * 30).toFixed(2),
  };
}

/** Median and greatest. */
function spread(sorted: readonly number[]): string {
  if (sorted.length === 0) return '';
  return `${sorted[Math.floor(sorted.length / 2)]!.toFixed(1)} (${sorted.at(-1)!.toFixed(1)})`;
}

/** Rows of all lines whose name has a text, one after the other. */
export function* shapes(extent: Extent, only: string): Generator<Row> {
  for (const line of [...happenings(extent), ...quietDays(extent)])
    if (line.shape.includes(only)) yield rowOf(line);
}

/** What all rows say together, and whether the aims are reached. */
export function summaryOf(table: readonly Row[]): { readonly text: string; readonly isReached: boolean } {
  const must = table.filter((row) => row.must === 'find');
  const sum = (rows: readonly Row[], key: 'spikes' | 'missed' | 'late' | 'days'): number =>
    rows.reduce((total, row) => total + row[key], 0);
  const quiet = table.filter((row) => row.must === 'be quiet');
  const caused = quiet.reduce((total, row) => total + (row.caused === '' ? 0 : row.caused), 0);
  const falsePages = quiet.reduce((total, row) => total + row.falsePages, 0);
  const falseMonth = (falsePages / sum(quiet, 'days')) * 30;
  const text =
    `Spikes of size: ${sum(must, 'spikes')}; missed ${sum(must, 'missed')}, found later than 10 minutes ${sum(must, 'late')}. ` +
    `False pages a month, over ${Math.round(sum(quiet, 'days') / 30)} quiet months: ${Number.isNaN(falseMonth) ? 'not looked at' : falseMonth.toFixed(2)}. ` +
    `Fired by backfills, repeats, standstills: ${caused}.\n` +
    'Of size: for a minute, three times the usual and ten more than usual were lost; minutes to detect count from there.\n' +
    'Smaller, found: spikes that never reached that size and fired all the same. False: pages without a cause.';
  return { text, isReached: sum(must, 'missed') + sum(must, 'late') + caused === 0 && !(falseMonth >= 1) };
}
