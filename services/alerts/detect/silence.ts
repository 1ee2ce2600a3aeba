import { bucketMs } from '@tidemark/runtime/counters';
import { bucketOf, valueAt, type Instant, type SeriesStore } from '../series/series-store.ts';
import { byGroup, groupsOf, labelKey, type Selection } from '../series/selection.ts';
import { type Detector, type Finding, tooLittleOf, type Verdict } from './finding.ts';
import { inUtc, type Calendar } from './calendar.ts';
import { historyOf, Learning } from './learning.ts';
import { addedOver, type Baseline, usualOver } from './seasonal.ts';
import { baselineOf } from './spike.ts';
import { chanceOfNone } from './tail.ts';

/** When a silence is unusual. Durations in milliseconds. */
export type SilenceOptions = {
  readonly select: Selection;
  readonly historyMs: number;
  readonly warmUpMs: number;
  /** The shortest silence. */
  readonly atLeastMs: number;
  /** The smallest number of events that are usual in that time: on a holiday, a fifth of them would still arrive. */
  readonly expectedMin: number;
  readonly chanceMax: number;
};

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** A group that has been silent for so long, in buckets, is taken for removed and ignored. */
const goneAfter = (14 * dayMs) / bucketMs;

/** Finds that no events arrive where some usually do. Missing events do not mean that there is no churn. */
export function silenceDetector(
  store: SeriesStore,
  options: SilenceOptions,
  calendar: Calendar = inUtc,
): Detector {
  const { select } = options;
  const learning = new Learning<ReadonlyMap<string, Baseline>>();
  const evaluate = (now: Instant): Verdict => {
    const day = Math.floor(now / dayMs) - 1;
    const history = historyOf(store, select.series, day, options);
    if (history === undefined) return tooLittleOf(select.series, options.warmUpMs);
    const groups = groupsOf(store, select);
    const baselines = learning.of(store, select.series, day, () =>
      byGroup(groups, (group) => baselineOf(group, history, calendar)),
    );
    const findings = groups.flatMap(({ labels, series }): Finding[] => {
      const baseline = baselines.get(labelKey(labels));
      if (baseline === undefined) return [];
      const current = bucketOf(now);
      let last = current;
      while (last > current - goneAfter && valueAt(series, last) === 0) last--;
      if (last === current - goneAfter) return [];
      const from = (last + 1) * bucketMs;
      if (now - from < options.atLeastMs) return [];
      const expected = usualOver(baseline, last + 1, now / bucketMs);
      const added = addedOver(baseline, last + 1, now / bucketMs);
      const chance = chanceOfNone(expected, baseline.dispersion(1, expected, added));
      if (expected < options.expectedMin || chance > options.chanceMax) return [];
      return [{ labels, from, to: now, unit: 'count', value: 0, expected, limit: 0, below: true, chance }];
    });
    return { status: 'evaluated', findings };
  };
  const recount = ({ labels, from, to }: Finding): number => {
    const group = groupsOf(store, select).find((one) => labelKey(one.labels) === labelKey(labels));
    let count = 0;
    for (let bucket = bucketOf(from); bucket < Math.ceil(to / bucketMs) - 1; bucket++)
      count += valueAt(group?.series ?? [], bucket);
    return count;
  };
  return { evaluate, recount };
}
