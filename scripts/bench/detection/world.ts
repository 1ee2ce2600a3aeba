/** A simulated business: how many customers leave when, on usual days, and what may happen to it. */
import { readFileSync } from 'node:fs';
import { AlertBook } from '../../../services/alerts/life/alert-book.ts';
import type { Episode } from '../../../services/alerts/life/episode.ts';
import { knownSeries } from '../../../services/alerts/rules/known-series.ts';
import { parseRules } from '../../../services/alerts/rules/parse.ts';
import type { Rule } from '../../../services/alerts/rules/rule.ts';
import { SeriesBook } from '../../../services/alerts/series/series-book.ts';
import { watch } from '../../../services/alerts/watch.ts';
import { chanceOf, fraction, type Chance } from '../../../services/simulator/chance.ts';
import { busyness } from '../../../services/simulator/rhythm.ts';

export const minute = 60_000;
export const quarter = 15 * minute;
export const hour = 60 * minute;
export const day = 24 * hour;
export const week = 7 * day;

/** Where histories begin: a Monday. */
export const start = Date.UTC(2026, 0, 5);
/** What is learned from before anything is looked at. */
export const historyMs = 8 * week;

/** Segments with their shares of all customers lost. */
export const segments = [
  ['consumer', 0.46],
  ['small_business', 0.34],
  ['mid_market', 0.16],
  ['enterprise', 0.04],
] as const;

/** The rules as shipped that rest on customers lost, by name. */
export function shippedRules(...names: string[]): Rule[] {
  const text = readFileSync(new URL('../../../services/alerts/rules.yaml', import.meta.url), 'utf8');
  const parsed = parseRules(text, knownSeries, {});
  if ('errors' in parsed) throw new Error(`rules.yaml: ${JSON.stringify(parsed.errors)}`);
  return parsed.rules.filter(({ name }) => names.includes(name));
}

/** A draw from Poisson's distribution. */
export function poisson(chance: Chance, mean: number): number {
  let count = 0;
  // In parts, for e to the minus mean must not vanish.
  for (let left = mean; left > 0; left -= 20) {
    const limit = Math.exp(-Math.min(left, 20));
    for (let product = fraction(chance); product > limit; product *= fraction(chance)) count++;
  }
  return count;
}

/** One thing that happened: a customer lost, in event time. */
export type Loss = { readonly at: number; readonly segment: string };

/** How a business loses customers on usual days. */
export type Usual = {
  /** Customers lost an hour on the average of a week. */
  readonly perHour: number;
  /** Days differ beyond dice by this share, one standard deviation: 0.1 makes most days 10 % busier or quieter. */
  readonly unrest: number;
  /** Factor on top, e.g. a Monday that is always higher, or a holiday. */
  readonly shape: (at: number) => number;
};

/** Usual losses an hour at a moment. */
export function usualRate({ perHour, shape }: Usual, at: number): number {
  return perHour * busyness('office', at) * shape(at);
}

/** A pipeline's counters and the alerts on them, driven by a clock. */
export class Stage {
  readonly book = new SeriesBook();
  readonly alerts: AlertBook;
  readonly chance: Chance;
  readonly #usual: Usual;
  readonly #values = new Map<number, Map<string, bigint>>();
  readonly #look: ReturnType<typeof watch>;
  readonly #mood = new Map<number, number>();
  /** Up to when the data go; behind the clock while the pipeline stands still. */
  through = start;

  constructor(seed: number, usual: Usual, rules: readonly Rule[]) {
    this.chance = chanceOf(seed);
    this.#usual = usual;
    this.alerts = new AlertBook(rules);
    const dataThrough = (): number => this.through;
    this.#look = watch({ rules, book: this.book, dataThrough, customersOf: () => [] });
    for (let at = start; at < start + historyMs; at += quarter) this.usual(at, quarter);
    this.through = start + historyMs;
  }

  /** Lets usual losses happen over a stretch that lies within one hour. */
  usual(from: number, lengthMs: number): number {
    const dayNumber = Math.floor(from / day);
    let mood = this.#mood.get(dayNumber);
    if (mood === undefined) {
      const bell = [1, 2, 3, 4, 5, 6].reduce((sum) => sum + fraction(this.chance), -3) * Math.SQRT2;
      mood = Math.max(0.2, 1 + this.#usual.unrest * bell);
      this.#mood.set(dayNumber, mood);
    }
    const count = poisson(this.chance, (usualRate(this.#usual, from) * mood * lengthMs) / hour);
    for (let n = 0; n < count; n++) this.lose({ at: from, segment: this.anySegment() });
    return count;
  }

  anySegment(chance = this.chance): string {
    let left = fraction(chance);
    for (const [segment, share] of segments) {
      if (left < share) return segment;
      left -= share;
    }
    return 'consumer';
  }

  /** Counts a loss, or takes one back. */
  lose({ at, segment }: Loss, by = 1n): void {
    const bucket = Math.floor(at / quarter) * quarter;
    const values = this.#values.get(bucket) ?? new Map<string, bigint>();
    this.#values.set(bucket, values);
    for (const series of [
      ['customers_lost', 'voluntary'],
      ['customers_lost_by_segment', segment],
      ['events_received', 'subscription', 'billing'],
    ]) {
      const key = JSON.stringify(series);
      values.set(key, (values.get(key) ?? 0n) + by);
    }
    this.#publish(bucket);
  }

  /** Sends every record of the counters again, as a storm of repeats does at worst. */
  repeatAll(): void {
    for (const bucket of this.#values.keys()) this.#publish(bucket);
  }

  look(wallClock: number): void {
    this.#look(this.alerts, wallClock);
  }

  /** Alerts that fired at or after a moment. */
  fired(since: number): Episode[] {
    return [...this.alerts.episodes].filter(({ firedAt }) => firedAt !== null && firedAt >= since);
  }

  #publish(bucket: number): void {
    const values = Object.fromEntries(this.#values.get(bucket)!);
    this.book.apply(0, { definition: 'subscription', bucket, values });
  }
}
