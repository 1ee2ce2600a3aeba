import { bucketMs } from '@tidemark/runtime/counters';
import { isAmong, type Selection } from '../series/selection.ts';
import { bucketOf, sumOver, type Instant, type Series, type SeriesStore } from '../series/series-store.ts';
import type { Detector, Finding } from './finding.ts';

/** The measure of a threshold: a count, or a count as a share of other counts or of a level. */
export type Measure = {
  readonly of: readonly string[];
  /** Series whose sum in the window is the denominator; with `isLevel`, their sum over all time up to the window's start. */
  readonly whole?: readonly string[];
  readonly isLevel?: boolean;
  /** The name of the first dimension, if each of its values has a threshold of its own. */
  readonly by?: string;
};

/** The measures of threshold rules, in addition to the live series. */
export const measures: { readonly [name: string]: Measure } = {
  churn_rate: { of: ['customers_lost'], whole: ['customers'], isLevel: true },
  revenue_churn_rate: { of: ['mrr_lost'], whole: ['mrr'], isLevel: true, by: 'currency' },
  // Of what happened in the window, whenever the carts were created (rule 54). `carts_converted` includes recovered carts.
  outcome_abandonment_rate: { of: ['carts_abandoned'], whole: ['carts_abandoned', 'carts_converted'] },
  refund_rate: { of: ['refunds'], whole: ['revenue'], by: 'currency' },
  reopening_rate: { of: ['contacts_reopened'], whole: ['contacts_resolved'] },
};

/** A fixed limit: `churn_rate over 24h > 2%`. */
export type ThresholdOptions = {
  readonly measure: Measure;
  /** Of the series that are counted, only those with these values of dimensions. */
  readonly only: Pick<Selection, 'dimensions' | 'where'>;
  readonly overMs: number;
  readonly below: boolean;
  readonly limit: number;
  /** The smallest count in the window that may fire: without it, one of one would be 100 %. */
  readonly atLeast: number;
};

/** Finds a value beyond a fixed limit. It needs no history. */
export function thresholdDetector(store: SeriesStore, options: ThresholdOptions): Detector {
  const { measure, only, overMs, below, limit, atLeast } = options;
  const span = overMs / bucketMs;
  const seriesOf = (names: readonly string[], key: string | undefined): Series[] =>
    names.flatMap((name) =>
      store.of(name).filter(({ dimensions }) => key === undefined || dimensions[0] === key),
    );
  const valueOver = (
    key: string | undefined,
    from: number,
    to: number,
  ): { value: number; counted: number } => {
    const counted = seriesOf(measure.of, key).filter((series) => isAmong(only, series));
    const count = sumOver(counted, from, to);
    if (measure.whole === undefined) return { value: count, counted: count };
    const whole = seriesOf(measure.whole, key);
    const total = measure.isLevel === true ? levelAt(whole, from) : sumOver(whole, from, to);
    return { value: total > 0 ? count / total : 0, counted: count };
  };
  const keys = (): readonly (string | undefined)[] =>
    measure.by === undefined
      ? [undefined]
      : [
          ...new Set(
            measure.of.flatMap((name) => store.of(name).map(({ dimensions }) => dimensions[0] ?? '')),
          ),
        ];
  const evaluate = (now: Instant) => {
    const end = bucketOf(now) + 1;
    const findings = keys().flatMap((key): Finding[] => {
      const { value, counted } = valueOver(key, end - span, end);
      if (counted < atLeast || (below ? value >= limit : value <= limit)) return [];
      const labels = { ...only.where, ...(key === undefined ? {} : { [measure.by!]: key }) };
      const unit = measure.whole === undefined ? 'count' : 'share';
      const from = (end - span) * bucketMs;
      return [{ labels, from, to: now, unit, value, expected: limit, limit, below, chance: undefined }];
    });
    return { status: 'evaluated' as const, findings };
  };
  const recount = ({ labels, from, to }: Finding): number => {
    const key = measure.by === undefined ? undefined : labels[measure.by];
    return valueOver(key, bucketOf(from), Math.ceil(to / bucketMs)).value;
  };
  return { evaluate, recount };
}

/** A level before a bucket: the sum over all time without that bucket and later ones. */
function levelAt(series: readonly Series[], bucket: number): number {
  let level = 0;
  for (const { total, values } of series) {
    level += total;
    for (const [at, value] of values) if (at >= bucket) level -= value;
  }
  return level;
}
