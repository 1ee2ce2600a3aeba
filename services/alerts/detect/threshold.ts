import { bucketMs } from '@tidemark/runtime/counters';
import { bucketOf, sumOver, type Instant, type Series, type SeriesBook } from '../series/series-book.ts';
import type { Detector, Finding } from './finding.ts';

/** What a plain rule compares: counts, or a count as a share of others or of a standing. */
export type Measure = {
  readonly of: readonly string[];
  /** Series whose sums are the whole; with `standing`, their sum over all time up to the start of the stretch. */
  readonly whole?: readonly string[];
  readonly standing?: boolean;
  /** Whether each value of the first dimension is looked at by itself, and what it is called. */
  readonly by?: string;
};

/** The measures that plain rules know beside the names of the live series themselves. */
export const measures: { readonly [name: string]: Measure } = {
  churn_rate: { of: ['customers_lost'], whole: ['customers'], standing: true },
  revenue_churn_rate: { of: ['mrr_lost'], whole: ['mrr'], standing: true, by: 'currency' },
  // By what happened in the stretch, whenever the carts were created (rule 54); `carts_converted` includes those recovered.
  outcome_abandonment_rate: { of: ['carts_abandoned'], whole: ['carts_abandoned', 'carts_converted'] },
  refund_rate: { of: ['refunds'], whole: ['revenue'], by: 'currency' },
  reopening_rate: { of: ['contacts_reopened'], whole: ['contacts_resolved'] },
};

/** A plain limit: `churn_rate over 24h > 2%`. */
export type ThresholdOptions = {
  readonly measure: Measure;
  readonly overMs: number;
  readonly below: boolean;
  readonly limit: number;
  /** Counted in the stretch, at least: one of one is 100 %. */
  readonly atLeast: number;
};

/** A value beyond a limit that somebody has set. Needs no history. */
export function thresholdDetector(book: SeriesBook, options: ThresholdOptions): Detector {
  const { measure, overMs, below, limit, atLeast } = options;
  const span = overMs / bucketMs;
  const seriesOf = (names: readonly string[], key: string | undefined): Series[] =>
    names.flatMap((name) =>
      book.of(name).filter(({ dimensions }) => key === undefined || dimensions[0] === key),
    );
  const valueOver = (
    key: string | undefined,
    from: number,
    to: number,
  ): { value: number; counted: number } => {
    const count = sumOver(seriesOf(measure.of, key), from, to);
    if (measure.whole === undefined) return { value: count, counted: count };
    const whole = seriesOf(measure.whole, key);
    const total = measure.standing === true ? standingAt(whole, from) : sumOver(whole, from, to);
    return { value: total > 0 ? count / total : 0, counted: count };
  };
  const keys = (): readonly (string | undefined)[] =>
    measure.by === undefined
      ? [undefined]
      : [
          ...new Set(
            measure.of.flatMap((name) => book.of(name).map(({ dimensions }) => dimensions[0] ?? '')),
          ),
        ];
  const look = (now: Instant) => {
    const end = bucketOf(now) + 1;
    const findings = keys().flatMap((key): Finding[] => {
      const { value, counted } = valueOver(key, end - span, end);
      if (counted < atLeast || (below ? value >= limit : value <= limit)) return [];
      const labels = key === undefined ? {} : { [measure.by!]: key };
      const unit = measure.whole === undefined ? 'count' : 'share';
      const from = (end - span) * bucketMs;
      return [{ labels, from, to: now, unit, value, expected: limit, limit, below, chance: undefined }];
    });
    return { status: 'seen' as const, findings };
  };
  const recount = ({ labels, from, to }: Finding): number => {
    const key = measure.by === undefined ? undefined : labels[measure.by];
    return valueOver(key, bucketOf(from), Math.ceil(to / bucketMs)).value;
  };
  return { look, recount };
}

/** A standing before a bucket: its sum over all time without what came from then on. */
function standingAt(series: readonly Series[], bucket: number): number {
  let standing = 0;
  for (const { total, values } of series) {
    standing += total;
    for (const [at, value] of values) if (at >= bucket) standing -= value;
  }
  return standing;
}
