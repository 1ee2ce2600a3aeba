/** What may happen to the business, and which alerts fire. */
import { chanceOf, type Chance } from '../../services/simulator/chance.ts';
import { busyness } from '../../services/simulator/rhythm.ts';
import type { Rule } from '../../services/alerts/rules/rule.ts';
import { day, historyMs, hour, minute, poisson, Harness, start, usualRate, type Usual } from './world.ts';

/** The result of one run. `size` is when the spike reached the size of the aim; `undefined` if it never did. */
export type Run = {
  readonly began: number | undefined;
  readonly size: number | undefined;
  readonly firstFiredAt: number | undefined;
  /** Whether an alert was a page. */
  readonly isPaged?: boolean;
  /** Pages without a cause, over `quietDays`. */
  readonly falsePages: number;
  /** Alerts, tickets included, that fire with the disturbance of the data and do not fire without it. */
  readonly caused?: number;
  readonly quietDays: number;
  readonly note?: string;
};

const present = start + historyMs;
const step = 20_000;
/** The service evaluates every five seconds. Windows begin at whole minutes, so every minute is enough here. */
const quietStep = minute;

/** A spike: a multiple of the usual losses for some time, overall or in one segment. */
export type Spike = {
  readonly times: number;
  readonly lengthMs: number;
  readonly segment?: string;
  /** The aim: three times the usual and ten more than it. */
  readonly atLeast?: number;
};

/** Usual days only: every page is false. */
export function quiet(seed: number, usual: Usual, rules: readonly Rule[], days: number): Run {
  const harness = new Harness(seed, usual, rules);
  for (let at = present; at < present + days * day; at += quietStep) {
    harness.usual(at, quietStep);
    harness.through = at + quietStep - 1;
    harness.evaluate(harness.through);
  }
  const falsePages = incidents(harness, present);
  return { began: undefined, size: undefined, firstFiredAt: undefined, falsePages, quietDays: days };
}

/** A day with a spike somewhere in its busy hours. */
export function spike(seed: number, usual: Usual, rules: readonly Rule[], what: Spike, share = 1): Run {
  const harness = new Harness(seed, usual, rules);
  const { times, lengthMs, segment, atLeast = 10 } = what;
  // A weekday at 08:00 to 16:00, at any minute.
  const began =
    present + (Math.abs(harness.chance.a) % 5) * day + 8 * hour + (Math.abs(harness.chance.b) % 480) * minute;
  let count = 0;
  let expected = 0;
  let since: number | undefined;
  let size: number | undefined;
  const watchedFrom = began - 4 * hour;
  // The days before need their usual losses, otherwise the baseline would not fit.
  for (let at = present; at < watchedFrom; at += minute) harness.usual(at, minute);
  for (let at = watchedFrom; at < began + lengthMs + 3 * hour; at += step) {
    const before = lossesOf(harness, segment);
    harness.usual(at, step);
    if (at >= began && at < began + lengthMs) {
      const rate = usualRate(usual, at) * share;
      const extra = poisson(harness.chance, ((times - 1) * rate * step) / hour);
      for (let n = 0; n < extra; n++) harness.lose({ at, segment: segment ?? harness.anySegment() });
      count += lossesOf(harness, segment) - before;
      expected += (rate * step) / hour;
      // It must last a whole minute, because alerts ignore what is younger.
      const isOfSize = count >= 3 * expected && count - expected >= atLeast;
      since = isOfSize ? (since ?? at + step) : undefined;
      if (size === undefined && since !== undefined && at + step - since >= minute) size = since;
    }
    harness.through = at + step - 1;
    harness.evaluate(harness.through);
  }
  const fired = harness.fired(began).map(({ firedAt }) => firedAt!);
  const falsePages = harness
    .fired(0)
    .filter(({ firedAt, severity }) => firedAt! < began && severity === 'page').length;
  const firstFiredAt = fired.length === 0 ? undefined : Math.min(...fired);
  const isPaged = harness.fired(began).some(({ severity }) => severity === 'page');
  return { began, size, firstFiredAt, isPaged, falsePages, quietDays: 4 / 24 };
}

/** A multiple of the usual losses from one day on, for good. */
export function leak(seed: number, usual: Usual, rules: readonly Rule[], times: number): Run {
  const harness = new Harness(seed, usual, rules);
  const lengthMs = 10 * minute;
  const began = present + 2 * day;
  for (let at = present; at < began + 10 * day; at += lengthMs) {
    harness.usual(at, lengthMs);
    if (at >= began) {
      // It grows over three days, so that it has no visible beginning.
      const grown = Math.min(1, (at - began) / (3 * day)) * (times - 1);
      const extra = poisson(harness.chance, (grown * usualRate(usual, at) * lengthMs) / hour);
      for (let n = 0; n < extra; n++) harness.lose({ at, segment: harness.anySegment() });
    }
    harness.through = at + lengthMs - 1;
    harness.evaluate(harness.through);
  }
  const fired = harness.fired(began).map(({ firedAt }) => firedAt!);
  const falsePages = harness.fired(0).filter(({ firedAt }) => firedAt! < began).length;
  return {
    began,
    size: began,
    firstFiredAt: fired.length === 0 ? undefined : Math.min(...fired),
    falsePages,
    quietDays: 2,
  };
}

/** A disturbance of the data that must not page anybody. */
export type Disturbance = 'backfill' | 'repeats' | 'standstill' | 'netted';

/**
 * Days on which something happens to the data and not to the customers. The same days are run without it as well, because
 * usual days have false pages too: only an alert that fires with the disturbance and not without it is caused by it.
 */
export function disturbance(seed: number, usual: Usual, rules: readonly Rule[], what: Disturbance): Run {
  const harness = disturbed(seed, usual, rules, what);
  const without = disturbed(seed, usual, rules, undefined)
    .fired(present)
    .map(({ rule, labels }) => `${rule} ${JSON.stringify(labels)}`);
  const caused = harness
    .fired(present)
    .filter(({ rule, labels }) => !without.includes(`${rule} ${JSON.stringify(labels)}`)).length;
  const falsePages = incidents(harness, present);
  return { began: undefined, size: undefined, firstFiredAt: undefined, falsePages, caused, quietDays: 3 };
}

function disturbed(
  seed: number,
  usual: Usual,
  rules: readonly Rule[],
  what: Disturbance | undefined,
): Harness {
  const harness = new Harness(seed, usual, rules);
  const lengthMs = 30_000;
  const at = present + day + 10 * hour;
  let waiting: number[] = [];
  for (let now = present; now < present + 3 * day; now += lengthMs) {
    const isStill = what === 'standstill' && now >= at && now < at + 3 * hour;
    if (isStill) waiting.push(now);
    else {
      // Waiting events are counted at once, at the time they happened.
      for (const one of [...waiting, now]) harness.usual(one, lengthMs);
      waiting = [];
      harness.through = now + lengthMs - 1;
    }
    if (now === at && what === 'backfill') backfill(harness, chanceOf(seed));
    if (now === at && what === 'repeats') for (let n = 0; n < 3; n++) harness.repeatAll();
    if (what === 'netted' && now >= at && now < at + hour) net(harness, now, (now - at) / lengthMs);
    harness.evaluate(now + lengthMs - 1);
  }
  return harness;
}

/** Forty customers are lost by mistake and retracted half an hour later: alerts must fire and then be resolved as retracted. */
export function retracted(seed: number, usual: Usual, rules: readonly Rule[]): Run {
  const harness = new Harness(seed, usual, rules);
  const began = present + day + 10 * hour;
  for (let at = present; at < began - day; at += minute) harness.usual(at, minute);
  for (let at = began - day; at < began + 3 * hour; at += step) {
    harness.usual(at, step);
    if (at === began) for (let n = 0; n < 40; n++) harness.lose({ at, segment: 'consumer' });
    if (at === began + 30 * minute)
      for (let n = 0; n < 40; n++) harness.lose({ at: began, segment: 'consumer' }, -1n);
    harness.through = at + step - 1;
    harness.evaluate(harness.through);
  }
  // An alert that fires later, or for a segment without these losses, has another cause.
  const fired = harness
    .fired(began)
    .filter(({ firedAt }) => firedAt! < began + 30 * minute)
    .filter(({ labels }) => (labels['segment'] ?? 'consumer') === 'consumer');
  const resolved = fired.filter(({ outcome }) => outcome === 'retracted');
  // An alert that is never resolved as retracted counts as missed.
  const isWhole = fired.length > 0 && resolved.length === fired.length;
  const firstFiredAt = isWhole ? Math.min(...fired.map(({ firedAt }) => firedAt!)) : undefined;
  const endedMs = Math.max(...resolved.map(({ resolvedAt }) => resolvedAt! - began)) - 30 * minute;
  const isAllResolved = resolved.length === fired.length;
  const note = isAllResolved ? `retracted after ${(endedMs / minute).toFixed(1)} min` : 'NOT RESOLVED';
  const isPaged = fired.some(({ severity }) => severity === 'page');
  return { began, size: began, firstFiredAt, isPaged, falsePages: 0, quietDays: 0, note };
}

/** A source stops publishing on a working day; the pipeline goes on. */
export function outage(seed: number, usual: Usual, rules: readonly Rule[]): Run {
  const harness = new Harness(seed, usual, rules);
  const began = present + day + (9 * 60 + (seed % 60) * 7) * minute;
  for (let at = present; at < began + 6 * hour; at += minute) {
    if (at < began) harness.usual(at, minute);
    harness.through = at + minute - 1;
    harness.evaluate(harness.through);
  }
  const fired = harness.fired(began).map(({ firedAt }) => firedAt!);
  const falsePages = harness.fired(0).length - fired.length;
  const firstFiredAt = fired.length === 0 ? undefined : Math.min(...fired);
  return { began, size: began, firstFiredAt, isPaged: fired.length > 0, falsePages, quietDays: 1 };
}

/** Two thousand cancellations of the previous three months, published at once. */
function backfill(harness: Harness, chance: Chance): void {
  for (let n = 0; n < 2_000; n++)
    harness.lose({ at: present - day - (n * 90 * day) / 2_000, segment: harness.anySegment(chance) });
}

/** Thirty customers are lost in every other step and come back in the next, half a minute later. */
function net(harness: Harness, now: number, index: number): void {
  const isBack = index % 2 === 1;
  for (let n = 0; n < 30; n++) harness.lose({ at: now, segment: 'consumer' }, isBack ? -1n : 1n);
}

function incidents(harness: Harness, since: number): number {
  const pages = harness.fired(since).filter(({ severity }) => severity === 'page');
  return new Set(pages.map(({ incident }) => incident)).size;
}

function lossesOf(harness: Harness, segment: string | undefined): number {
  const of = segment === undefined ? 'customers_lost' : 'customers_lost_by_segment';
  return harness.series
    .of(of)
    .filter(({ dimensions }) => segment === undefined || dimensions[1] === segment)
    .reduce((sum, { total }) => sum + total, 0);
}

/** Every Monday has three times the usual losses. */
export const mondays = (at: number): number => (new Date(at).getUTCDay() === 1 ? 3 : 1);
/** Some days have a fifth of the usual losses: one in the history, two in the evaluated days. */
export const holidays = (at: number): number => {
  const since = Math.floor((at - start) / day);
  return since === 23 || since === historyMs / day + 3 || since === historyMs / day + 17 ? 0.2 : 1;
};
/** At three each night a batch ends a hundred times the usual number of contracts. */
export const nightly = (at: number): number => (new Date(at).getUTCHours() === 3 ? 100 : 1);
/** At midnight of each 1st sixty more are lost than on other days, of a business that loses so many an hour. */
export const billing =
  (perHour: number) =>
  (at: number): number =>
    isMidnightOfFirst(at) ? 1 + 60 / (perHour * busyness('office', at)) : 1;
/** At midnight of each 1st sixty are lost per hour who had announced it. */
export const announcedOnFirst = (at: number): number => (isMidnightOfFirst(at) ? 60 : 0);
const isMidnightOfFirst = (at: number): boolean =>
  new Date(at).getUTCDate() === 1 && new Date(at).getUTCHours() === 0;
/** Every day has the usual losses. */
export const evenly = (_at: number): number => 1;
