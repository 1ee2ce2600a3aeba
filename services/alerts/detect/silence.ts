import { bucketMs } from '@tidemark/runtime/counters';
import { bucketOf, valueAt, type Instant, type SeriesBook } from '../series/series-book.ts';
import { groupsOf, labelKey, type Selection } from '../series/selection.ts';
import type { Detector, Finding, Verdict } from './finding.ts';
import { inUtc, type HourOfWeek } from './hour-of-week.ts';
import { Learning } from './learning.ts';
import { type Baseline, learnBaseline, usualOver } from './seasonal.ts';
import { hourly } from './spike.ts';
import { chanceOfNone } from './tail.ts';

/** How silence is told from a quiet hour. Lengths in milliseconds. */
export type SilenceOptions = {
  readonly select: Selection;
  readonly historyMs: number;
  readonly warmUpMs: number;
  /** Nothing for so long, at least. */
  readonly atLeastMs: number;
  /** So many would usually have come by then, at least: a holiday's fifth of them would still be some. */
  readonly expectedMin: number;
  readonly chanceMax: number;
};

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Further back nothing is looked for: who has been silent for so long is gone. */
const goneAfter = (14 * dayMs) / bucketMs;

/** Nothing comes where something usually does: no events is not no churn. */
export function silenceDetector(
  book: SeriesBook,
  options: SilenceOptions,
  hourOfWeek: HourOfWeek = inUtc,
): Detector {
  const { select } = options;
  const learning = new Learning<ReadonlyMap<string, Baseline>>();
  const look = (now: Instant): Verdict => {
    const day = Math.floor(now / dayMs) - 1;
    const start = book.start(select.series) ?? Infinity;
    const firstHour = Math.max(Math.ceil(start / hourMs), day * 24 - Math.round(options.historyMs / hourMs));
    if ((day * 24 - firstHour) * hourMs < options.warmUpMs)
      return {
        status: 'held',
        reason: `it has not seen ${options.warmUpMs / dayMs} days of ${select.series} yet`,
      };
    const groups = groupsOf(book, select);
    const byGroup = learning.of(
      book,
      select.series,
      day,
      () =>
        new Map(
          groups.map((group) => [
            labelKey(group.labels),
            learnBaseline(hourly(group, firstHour, day * 24), firstHour, hourOfWeek),
          ]),
        ),
    );
    const findings = groups.flatMap(({ labels, series }): Finding[] => {
      const baseline = byGroup.get(labelKey(labels));
      if (baseline === undefined) return [];
      const current = bucketOf(now);
      let last = current;
      while (last > current - goneAfter && valueAt(series, last) === 0) last--;
      if (last === current - goneAfter) return [];
      const from = (last + 1) * bucketMs;
      if (now - from < options.atLeastMs) return [];
      const expected = usualOver(baseline, last + 1, now / bucketMs);
      const chance = chanceOfNone(expected, baseline.dispersion(1, expected));
      if (expected < options.expectedMin || chance > options.chanceMax) return [];
      return [{ labels, from, to: now, unit: 'count', value: 0, expected, limit: 0, below: true, chance }];
    });
    return { status: 'seen', findings };
  };
  const recount = ({ labels, from, to }: Finding): number => {
    const group = groupsOf(book, select).find((one) => labelKey(one.labels) === labelKey(labels));
    let count = 0;
    for (let bucket = bucketOf(from); bucket < Math.ceil(to / bucketMs) - 1; bucket++)
      count += valueAt(group?.series ?? [], bucket);
    return count;
  };
  return { look, recount };
}
