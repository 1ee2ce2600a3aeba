/** Series of a year with incidents in them, on which the shipped rules and other methods are compared. */
import { chanceOf, fraction, type Chance } from '../../services/simulator/chance.ts';
import { busyness, weekday, type RhythmName } from '../../services/simulator/rhythm.ts';
import { inUtc } from '../../services/alerts/detect/calendar.ts';
import { day, hour, minute, poisson, start, week } from './world.ts';

/** Counts are by steps of five minutes. */
export const stepMs = 5 * minute;
/** Steps before the compared year, to learn from: thirteen weeks. */
export const learnSteps = (13 * week) / stepMs;
/** Weeks of the compared year. */
export const yearWeeks = 52;

/** The size of an incident: so many times the usual, and so much more than it. */
export type Size = { readonly times: number; readonly atLeast: number };

/** What is counted, how much of it is usual when, and which rules look at it. */
export type Kind = {
  readonly name: string;
  readonly rules: readonly string[];
  /** The live series, with values of its dimensions. */
  readonly series: readonly string[];
  /** The usual count of an hour. */
  readonly perHour: (at: number) => number;
  readonly size: Size;
  /** Each incident is so many times the usual for so long; they take turns. */
  readonly incidents: readonly { readonly times: number; readonly lengthMs: number }[];
  /** The hours in which incidents begin, and whether they do on weekends. */
  readonly hours: readonly [number, number];
  readonly weekends: boolean;
  /** Days on which additional incidents begin. */
  readonly alsoOn?: (at: number) => boolean;
  /** For money: the amount of one event, in whole units, and the MRR. */
  readonly amount?: (chance: Chance) => number;
  readonly mrr?: number;
};

/** Something that happened in the compared year; indices of steps. `sized` is when it was of size, if it ever was. */
export type Incident = { readonly from: number; readonly to: number; readonly sized: number | undefined };

/** A generated series. */
export type Generated = {
  readonly kind: Kind;
  readonly counts: Float64Array;
  readonly incidents: readonly Incident[];
};

const spikes = [
  { times: 3, lengthMs: hour },
  { times: 5, lengthMs: hour },
  { times: 10, lengthMs: hour / 2 },
];
const isNamed = (at: number, name: string): boolean => inUtc.dayNames(Math.floor(at / hour)).includes(name);
const hourOf = (at: number): number => Math.floor(at / hour) % 24;
const rate =
  (perHour: number, rhythm: RhythmName, factor: (at: number) => number = () => 1) =>
  (at: number): number =>
    perHour * busyness(rhythm, at) * factor(at);

const losses = {
  rules: ['churn-spike', 'churn-surge'],
  series: ['customers_lost', 'no', 'voluntary'],
  perHour: rate(4, 'office'),
  size: { times: 3, atLeast: 10 },
  incidents: spikes,
  hours: [8, 16],
  weekends: false,
} as const;
const carts = {
  rules: ['cart-abandonment-spike'],
  series: ['carts_abandoned', 'web'],
  perHour: rate(40, 'leisure'),
  size: { times: 2, atLeast: 20 },
  incidents: [2, 3, 5].map((times) => ({ times, lengthMs: hour })),
  hours: [9, 22],
  weekends: true,
} as const;

const blackFriday = Date.UTC(2026, 10, 27);

/** What is compared. */
export const kinds: readonly Kind[] = [
  { ...losses, name: 'losses, 4/h' },
  {
    ...losses,
    name: 'losses, and 60 at midnight of each 1st',
    perHour: (at) => losses.perHour(at) + (isNamed(at, '1') && hourOf(at) === 0 ? 60 : 0),
    alsoOn: (at) => isNamed(at, '1'),
  },
  {
    ...losses,
    name: 'losses, and 80 on paydays',
    perHour: (at) =>
      losses.perHour(at) + (isNamed(at, 'last working day') && [12, 13].includes(hourOf(at)) ? 40 : 0),
    alsoOn: (at) => isNamed(at, 'last working day'),
  },
  {
    ...losses,
    name: 'losses, four times as many on the last two days of a quarter',
    perHour: rate(4, 'office', (at) =>
      [at, at + day].some((one) => isNamed(one, 'last') && new Date(one).getUTCMonth() % 3 === 2) ? 4 : 1,
    ),
  },
  {
    ...losses,
    name: 'cancellations, 6/h',
    rules: ['cancellations-scheduled'],
    series: ['cancellations_scheduled', 'voluntary'],
    perHour: rate(6, 'office'),
  },
  { ...carts, name: 'abandoned carts, 40/h' },
  {
    ...carts,
    name: 'abandoned carts, with a Black Friday of five times as many',
    perHour: rate(40, 'leisure', (at) => {
      const since = Math.floor((at - blackFriday) / day);
      return since === 0 ? 5 : since >= -1 && since <= 3 ? 2.5 : 1;
    }),
  },
  {
    ...losses,
    name: 'MRR lost, 4/h of 100 on average',
    rules: ['mrr-churn-spike'],
    series: ['mrr_lost', 'USD', 'no', 'voluntary'],
    size: { times: 3, atLeast: 10_000 },
    incidents: [10, 15, 20].map((times) => ({ times, lengthMs: 4 * hour })),
    amount: (chance) => Math.round(60 * Math.exp(bell(chance))),
    mrr: 1_000_000,
  },
];

/** Around incidents every method is evaluated after each step, otherwise after each quarter of an hour. */
export function isEvaluated({ incidents }: Pick<Generated, 'incidents'>, step: number): boolean {
  if (step < learnSteps) return false;
  const near = (90 * minute) / stepMs;
  return (step + 1) % 3 === 0 || incidents.some(({ from, to }) => step >= from - near && step < to + near);
}

/** When a step of a series begins. */
export function timeOf(step: number): number {
  return start + step * stepMs;
}

/** A standard normal draw, nearly. */
function bell(chance: Chance): number {
  let sum = -6;
  for (let n = 0; n < 12; n++) sum += fraction(chance);
  return sum;
}

/**
 * A year of a kind, after thirteen weeks without incidents.
 *
 * @param isQuiet Whether nothing happens in the year either.
 * @param weeks The length of the year.
 */
export function generate(kind: Kind, seed: number, isQuiet: boolean, weeks = yearWeeks): Generated {
  const chance = chanceOf(seed);
  const total = learnSteps + (weeks * week) / stepMs;
  const counts = new Float64Array(total);
  const planned = isQuiet ? [] : plan(kind, chanceOf(seed + 500_000), weeks);
  const extra = new Map<number, number>();
  for (const { from, to, times } of planned)
    for (let step = from; step < to; step++) extra.set(step, times - 1);
  let level = 1;
  for (let step = 0; step < total; step++) {
    const at = timeOf(step);
    if (at % day === 0) level = Math.max(0.2, 1 + 0.1 * bell(chance));
    const usual = (kind.perHour(at) * level * stepMs) / hour;
    let count = poisson(chance, usual * (1 + (extra.get(step) ?? 0)));
    if (kind.amount !== undefined) {
      let amount = 0;
      for (; count > 0; count--) amount += kind.amount(chance);
      count = amount;
    }
    counts[step] = count;
  }
  return { kind, counts, incidents: planned.map((one) => sized(kind, counts, one)) };
}

type Planned = { readonly from: number; readonly to: number; readonly times: number };

/** An incident about every two weeks, and those on the days named. */
function plan({ incidents, hours, weekends, alsoOn }: Kind, chance: Chance, weeks: number): Planned[] {
  const planned: Planned[] = [];
  let next = 10;
  const stepsADay = day / stepMs;
  for (let number = 0; number < weeks * 7 - 2; number++) {
    const at = timeOf(learnSteps + number * stepsADay);
    const isOn = alsoOn?.(at) === true && fraction(chance) < 0.4;
    if (!isOn && (number < next || (!weekends && weekday(at) > 4))) continue;
    const { times, lengthMs } = incidents[planned.length % incidents.length]!;
    const begin = Math.floor(hours[0] * 12 + fraction(chance) * (hours[1] - hours[0]) * 12);
    const from = learnSteps + number * stepsADay + begin;
    planned.push({ from, to: from + lengthMs / stepMs, times });
    next = number + 10 + Math.floor(fraction(chance) * 9);
  }
  return planned;
}

/** When the incident was of size: from its beginning on so many times the usual, and so much more. */
function sized(kind: Kind, counts: Float64Array, { from, to }: Planned): Incident {
  const each = kind.mrr === undefined ? 1 : 100;
  let count = 0;
  let usual = 0;
  for (let step = from; step < to; step++) {
    count += counts[step]!;
    usual += (kind.perHour(timeOf(step)) * each * stepMs) / hour;
    if (count >= kind.size.times * usual && count - usual >= kind.size.atLeast)
      return { from, to, sized: step };
  }
  return { from, to, sized: undefined };
}
