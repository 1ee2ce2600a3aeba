/** A simulated business: how many customers it loses on usual days, and what else may happen to it. */
import { readFileSync } from 'node:fs';
import { AlertStore } from '../../services/alerts/lifecycle/alert-store.ts';
import type { Alert } from '../../services/alerts/lifecycle/alert.ts';
import { knownSeries } from '../../services/alerts/rules/known-series.ts';
import { parseRules } from '../../services/alerts/rules/parse.ts';
import type { Rule } from '../../services/alerts/rules/rule.ts';
import { SeriesStore } from '../../services/alerts/series/series-store.ts';
import { evaluator, type Evaluate } from '../../services/alerts/evaluator.ts';
import { chanceOf, fraction, type Chance } from '../../services/simulator/chance.ts';
import { busyness } from '../../services/simulator/rhythm.ts';

/** In milliseconds. */
export const minute = 60_000;
/** A quarter of an hour, in milliseconds. */
export const quarter = 15 * minute;
/** In milliseconds. */
export const hour = 60 * minute;
/** In milliseconds. */
export const day = 24 * hour;
/** In milliseconds. */
export const week = 7 * day;

/** Where histories begin: a Monday. */
export const start = Date.UTC(2026, 0, 5);
/** Length of the history before the first evaluation. */
export const historyMs = 8 * week;

/** Segments with their shares of all customers lost. */
export const segments = [
  ['consumer', 0.46],
  ['small_business', 0.34],
  ['mid_market', 0.16],
  ['enterprise', 0.04],
] as const;

/** Rules of the shipped file, by name. */
export function shippedRules(...names: string[]): Rule[] {
  const text = readFileSync(new URL('../../services/alerts/rules.yaml', import.meta.url), 'utf8');
  const parsed = parseRules(text, knownSeries, {});
  if ('errors' in parsed) throw new Error(`rules.yaml: ${JSON.stringify(parsed.errors)}`);
  return parsed.rules.filter(({ name }) => names.includes(name));
}

/** A draw from Poisson's distribution. */
export function poisson(chance: Chance, mean: number): number {
  let count = 0;
  // In parts, because e to the power of −mean must not underflow.
  for (let left = mean; left > 0; left -= 20) {
    const limit = Math.exp(-Math.min(left, 20));
    for (let product = fraction(chance); product > limit; product *= fraction(chance)) count++;
  }
  return count;
}

/** A customer that was lost, in event time. */
export type Loss = { readonly at: number; readonly segment: string; readonly isAnnounced?: boolean };

/** The losses of a business on usual days. */
export type Usual = {
  /** Customers lost per hour, averaged over a week. */
  readonly perHour: number;
  /** Standard deviation of a day's level, in addition to chance: 0.1 makes most days up to 10 % busier or quieter. */
  readonly variation: number;
  /** A factor at a moment, e.g. for a Monday that is always higher, or for a holiday. */
  readonly shape: (at: number) => number;
  /** Customers lost per hour at a moment who had announced it; none when left out. */
  readonly announced?: (at: number) => number;
};

/** Usual losses per hour at a moment. */
export function usualRate({ perHour, shape }: Usual, at: number): number {
  return perHour * busyness('office', at) * shape(at);
}

/** A pipeline's counters and the alerts on them, driven by a clock. */
export class Harness {
  readonly series = new SeriesStore();
  readonly alerts: AlertStore;
  readonly chance: Chance;
  readonly #usual: Usual;
  readonly #values = new Map<number, Map<string, bigint>>();
  readonly #evaluate: Evaluate;
  readonly #level = new Map<number, number>();
  /** Event time up to which the data are counted; it is behind the clock while the pipeline stands still. */
  through = start;

  constructor(seed: number, usual: Usual, rules: readonly Rule[]) {
    this.chance = chanceOf(seed);
    this.#usual = usual;
    this.alerts = new AlertStore(rules);
    const dataThrough = (): number => this.through;
    this.#evaluate = evaluator({ rules, series: this.series, dataThrough, customersOf: () => [] });
    for (let at = start; at < start + historyMs; at += quarter) this.usual(at, quarter);
    this.through = start + historyMs;
  }

  /** Counts the usual losses of a stretch of time within one hour. */
  usual(from: number, lengthMs: number): number {
    const dayNumber = Math.floor(from / day);
    let level = this.#level.get(dayNumber);
    if (level === undefined) {
      const bell = [1, 2, 3, 4, 5, 6].reduce((sum) => sum + fraction(this.chance), -3) * Math.SQRT2;
      level = Math.max(0.2, 1 + this.#usual.variation * bell);
      this.#level.set(dayNumber, level);
    }
    const count = poisson(this.chance, (usualRate(this.#usual, from) * level * lengthMs) / hour);
    for (let n = 0; n < count; n++) this.lose({ at: from, segment: this.anySegment() });
    const announced = this.#usual.announced?.(from) ?? 0;
    for (let n = poisson(this.chance, (announced * lengthMs) / hour); n > 0; n--)
      this.lose({ at: from, segment: this.anySegment(), isAnnounced: true });
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

  /** Counts a loss, or retracts one with `by` −1. */
  lose({ at, segment, isAnnounced = false }: Loss, by = 1n): void {
    const announced = isAnnounced ? 'yes' : 'no';
    const bucket = Math.floor(at / quarter) * quarter;
    const values = this.#values.get(bucket) ?? new Map<string, bigint>();
    this.#values.set(bucket, values);
    for (const series of [
      ['customers_lost', announced, 'voluntary'],
      ['customers_lost_by_segment', announced, segment],
      ['events_received', 'subscription', 'billing'],
    ]) {
      const key = JSON.stringify(series);
      values.set(key, (values.get(key) ?? 0n) + by);
    }
    this.#publish(bucket);
  }

  /** Applies every record of the counters again, as a storm of repeated events does at worst. */
  repeatAll(): void {
    for (const bucket of this.#values.keys()) this.#publish(bucket);
  }

  evaluate(wallClock: number): void {
    this.#evaluate(this.alerts, wallClock);
  }

  /** Alerts that fired at or after a moment. */
  fired(since: number): Alert[] {
    return [...this.alerts.alerts].filter(({ firedAt }) => firedAt !== null && firedAt >= since);
  }

  #publish(bucket: number): void {
    const values = Object.fromEntries(this.#values.get(bucket)!);
    this.series.apply(0, { definition: 'subscription', bucket, values });
  }
}
