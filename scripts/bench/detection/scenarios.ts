/** What may happen to the business, and what was told of it. */
import { chanceOf, type Chance } from '../../../services/simulator/chance.ts';
import type { Rule } from '../../../services/alerts/rules/rule.ts';
import { day, historyMs, hour, minute, poisson, Stage, start, usualRate, type Usual } from './world.ts';

/** What came of one run. `size` is when it became a spike of the aimed size; `undefined` when it never did. */
export type Run = {
  readonly began: number | undefined;
  readonly size: number | undefined;
  readonly firstTold: number | undefined;
  /** Whether what was told woke somebody. */
  readonly isPaged?: boolean;
  /** Incidents told that nothing had happened for, over how many days. */
  readonly falsePages: number;
  /** Alerts, tickets too, that fire with what happened to the data and not without it. */
  readonly caused?: number;
  readonly quietDays: number;
  readonly note?: string;
};

const present = start + historyMs;
const step = 20_000;
/** Live they look every five seconds; what counts is every minute, at which windows begin. */
const quietStep = minute;

/** A spike: so many times the usual, in all or in one segment, for so long. */
export type Spike = {
  readonly times: number;
  readonly lengthMs: number;
  readonly segment?: string;
  /** The aim: three times the usual and ten more than it. */
  readonly atLeast?: number;
};

/** Usual days alone: whatever is told is false. */
export function quiet(seed: number, usual: Usual, rules: readonly Rule[], days: number): Run {
  const stage = new Stage(seed, usual, rules);
  for (let at = present; at < present + days * day; at += quietStep) {
    stage.usual(at, quietStep);
    stage.through = at + quietStep - 1;
    stage.look(stage.through);
  }
  const falsePages = incidents(stage, present);
  return { began: undefined, size: undefined, firstTold: undefined, falsePages, quietDays: days };
}

/** A day with a spike somewhere in its busy hours. */
export function spike(seed: number, usual: Usual, rules: readonly Rule[], what: Spike, share = 1): Run {
  const stage = new Stage(seed, usual, rules);
  const { times, lengthMs, segment, atLeast = 10 } = what;
  // A weekday at 08:00 to 16:00, at any minute.
  const began =
    present + (Math.abs(stage.chance.a) % 5) * day + 8 * hour + (Math.abs(stage.chance.b) % 480) * minute;
  let count = 0;
  let expected = 0;
  let since: number | undefined;
  let size: number | undefined;
  const watchedFrom = began - 4 * hour;
  // The days before are as usual: whoever lost nobody in them would be another business.
  for (let at = present; at < watchedFrom; at += minute) stage.usual(at, minute);
  for (let at = watchedFrom; at < began + lengthMs + 3 * hour; at += step) {
    const before = lossesOf(stage, segment);
    stage.usual(at, step);
    if (at >= began && at < began + lengthMs) {
      const rate = usualRate(usual, at) * share;
      const extra = poisson(stage.chance, ((times - 1) * rate * step) / hour);
      for (let n = 0; n < extra; n++) stage.lose({ at, segment: segment ?? stage.anySegment() });
      count += lossesOf(stage, segment) - before;
      expected += (rate * step) / hour;
      // For a whole minute: what is younger is not looked at.
      const isOfSize = count >= 3 * expected && count - expected >= atLeast;
      since = isOfSize ? (since ?? at + step) : undefined;
      if (size === undefined && since !== undefined && at + step - since >= minute) size = since;
    }
    stage.through = at + step - 1;
    stage.look(stage.through);
  }
  const told = stage.fired(began).map(({ firedAt }) => firedAt!);
  const falsePages = stage
    .fired(0)
    .filter(({ firedAt, severity }) => firedAt! < began && severity === 'page').length;
  const firstTold = told.length === 0 ? undefined : Math.min(...told);
  const isPaged = stage.fired(began).some(({ severity }) => severity === 'page');
  return { began, size, firstTold, isPaged, falsePages, quietDays: 4 / 24 };
}

/** So much more than usual from one day on, for good. */
export function leak(seed: number, usual: Usual, rules: readonly Rule[], times: number): Run {
  const stage = new Stage(seed, usual, rules);
  const lengthMs = 10 * minute;
  const began = present + 2 * day;
  for (let at = present; at < began + 10 * day; at += lengthMs) {
    stage.usual(at, lengthMs);
    if (at >= began) {
      // It grows over three days: nobody sees it begin.
      const grown = Math.min(1, (at - began) / (3 * day)) * (times - 1);
      const extra = poisson(stage.chance, (grown * usualRate(usual, at) * lengthMs) / hour);
      for (let n = 0; n < extra; n++) stage.lose({ at, segment: stage.anySegment() });
    }
    stage.through = at + lengthMs - 1;
    stage.look(stage.through);
  }
  const told = stage.fired(began).map(({ firedAt }) => firedAt!);
  const falsePages = stage.fired(0).filter(({ firedAt }) => firedAt! < began).length;
  return {
    began,
    size: began,
    firstTold: told.length === 0 ? undefined : Math.min(...told),
    falsePages,
    quietDays: 2,
  };
}

/** Something that must wake nobody, on the second of five days. */
export type Commotion = 'backfill' | 'repeats' | 'standstill' | 'netted';

/**
 * Days on which something happens to the data, not to the customers. Beside them the same days without it: usual days have
 * their false pages too, and only what fires in the one and not in the other is the data's doing.
 */
export function commotion(seed: number, usual: Usual, rules: readonly Rule[], what: Commotion): Run {
  const stage = commoved(seed, usual, rules, what);
  const without = commoved(seed, usual, rules, undefined)
    .fired(present)
    .map(({ rule, labels }) => `${rule} ${JSON.stringify(labels)}`);
  const caused = stage
    .fired(present)
    .filter(({ rule, labels }) => !without.includes(`${rule} ${JSON.stringify(labels)}`)).length;
  const falsePages = incidents(stage, present);
  return { began: undefined, size: undefined, firstTold: undefined, falsePages, caused, quietDays: 3 };
}

function commoved(seed: number, usual: Usual, rules: readonly Rule[], what: Commotion | undefined): Stage {
  const stage = new Stage(seed, usual, rules);
  const lengthMs = 30_000;
  const at = present + day + 10 * hour;
  let held: number[] = [];
  for (let now = present; now < present + 3 * day; now += lengthMs) {
    const isStill = what === 'standstill' && now >= at && now < at + 3 * hour;
    if (isStill) held.push(now);
    else {
      // What waited is counted at once, where it happened.
      for (const one of [...held, now]) stage.usual(one, lengthMs);
      held = [];
      stage.through = now + lengthMs - 1;
    }
    if (now === at && what === 'backfill') backfill(stage, chanceOf(seed));
    if (now === at && what === 'repeats') for (let n = 0; n < 3; n++) stage.repeatAll();
    if (what === 'netted' && now >= at && now < at + hour) net(stage, now, (now - at) / lengthMs);
    stage.look(now + lengthMs - 1);
  }
  return stage;
}

/** Forty customers are lost by mistake and taken back half an hour later: it is told, and told to be undone. */
export function takenBack(seed: number, usual: Usual, rules: readonly Rule[]): Run {
  const stage = new Stage(seed, usual, rules);
  const began = present + day + 10 * hour;
  for (let at = present; at < began - day; at += minute) stage.usual(at, minute);
  for (let at = began - day; at < began + 3 * hour; at += step) {
    stage.usual(at, step);
    if (at === began) for (let n = 0; n < 40; n++) stage.lose({ at, segment: 'consumer' });
    if (at === began + 30 * minute)
      for (let n = 0; n < 40; n++) stage.lose({ at: began, segment: 'consumer' }, -1n);
    stage.through = at + step - 1;
    stage.look(stage.through);
  }
  // What fires later, or for a segment that lost nobody by it, has nothing to do with it.
  const told = stage
    .fired(began)
    .filter(({ firedAt }) => firedAt! < began + 30 * minute)
    .filter(({ labels }) => (labels['segment'] ?? 'consumer') === 'consumer');
  const undone = told.filter(({ outcome }) => outcome === 'taken back');
  // Told and never said to be undone is as good as missed.
  const isWhole = told.length > 0 && undone.length === told.length;
  const firstTold = isWhole ? Math.min(...told.map(({ firedAt }) => firedAt!)) : undefined;
  const endedMs = Math.max(...undone.map(({ resolvedAt }) => resolvedAt! - began)) - 30 * minute;
  const isAllUndone = undone.length === told.length;
  const note = isAllUndone ? `taken back after ${(endedMs / minute).toFixed(1)} min` : 'NOT RESOLVED';
  const isPaged = told.some(({ severity }) => severity === 'page');
  return { began, size: began, firstTold, isPaged, falsePages: 0, quietDays: 0, note };
}

/** A source stops publishing on a working day; the pipeline goes on. */
export function outage(seed: number, usual: Usual, rules: readonly Rule[]): Run {
  const stage = new Stage(seed, usual, rules);
  const began = present + day + (9 * 60 + (seed % 60) * 7) * minute;
  for (let at = present; at < began + 6 * hour; at += minute) {
    if (at < began) stage.usual(at, minute);
    stage.through = at + minute - 1;
    stage.look(stage.through);
  }
  const told = stage.fired(began).map(({ firedAt }) => firedAt!);
  const falsePages = stage.fired(0).length - told.length;
  const firstTold = told.length === 0 ? undefined : Math.min(...told);
  return { began, size: began, firstTold, isPaged: told.length > 0, falsePages, quietDays: 1 };
}

/** Two thousand cancellations of the three months before, published at once. */
function backfill(stage: Stage, chance: Chance): void {
  for (let n = 0; n < 2_000; n++)
    stage.lose({ at: present - day - (n * 90 * day) / 2_000, segment: stage.anySegment(chance) });
}

/** Thirty customers are lost every other step and back at the next, half a minute later. */
function net(stage: Stage, now: number, index: number): void {
  const isBack = index % 2 === 1;
  for (let n = 0; n < 30; n++) stage.lose({ at: now, segment: 'consumer' }, isBack ? -1n : 1n);
}

function incidents(stage: Stage, since: number): number {
  const pages = stage.fired(since).filter(({ severity }) => severity === 'page');
  return new Set(pages.map(({ incident }) => incident)).size;
}

function lossesOf(stage: Stage, segment: string | undefined): number {
  const of = segment === undefined ? 'customers_lost' : 'customers_lost_by_segment';
  return stage.book
    .of(of)
    .filter(({ dimensions }) => segment === undefined || dimensions[0] === segment)
    .reduce((sum, { total }) => sum + total, 0);
}

/** A Monday with three times the usual, always; and a day off with a fifth of it, in the history and in the days looked at. */
export const mondays = (at: number): number => (new Date(at).getUTCDay() === 1 ? 3 : 1);
export const holidays = (at: number): number => {
  const since = Math.floor((at - start) / day);
  return since === 23 || since === historyMs / day + 3 || since === historyMs / day + 17 ? 0.2 : 1;
};
/** A batch at three each night that ends a hundred times what that hour would see. */
export const nightly = (at: number): number => (new Date(at).getUTCHours() === 3 ? 100 : 1);
export const evenly = (_at: number): number => 1;
