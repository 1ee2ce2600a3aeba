import type { Rule } from '../rules/rule.ts';
import { type Instant, type SeriesStore, bucketOf, sumOver } from '../series/series-store.ts';
import { bucketMs } from '@tidemark/runtime/counters';
import type { Contributor } from '../lifecycle/alert.ts';
import { amountDetector } from './amount.ts';
import { levelDropDetector, scoreDropDetector } from './drop.ts';
import type { Detector, Finding } from './finding.ts';
import { inUtc, type Calendar } from './calendar.ts';
import { silenceDetector } from './silence.ts';
import { spikeDetector } from './spike.ts';
import { thresholdDetector } from './threshold.ts';

/** Event time up to which the families of a rule are counted; `undefined` while it is unknown. */
export type DataThrough = () => Instant | undefined;

/** The detector of a rule. `calendar` says by which clocks hours and days are compared. */
export function detectorOf(
  rule: Rule,
  store: SeriesStore,
  dataThrough: DataThrough,
  calendar: Calendar = inUtc,
): Detector {
  const { search } = rule;
  switch (search.kind) {
    case 'spike':
      return spikeDetector(store, search, calendar);
    case 'amount':
      return amountDetector(store, search, calendar);
    case 'score_drop':
      return scoreDropDetector(store, search);
    case 'level_drop':
      return levelDropDetector(store, search);
    case 'threshold':
      return thresholdDetector(store, search);
    case 'silence':
      return silenceDetector(store, search, calendar);
    case 'behind':
      return behindDetector(search.maxDelayMs, dataThrough);
  }
}

/** Finds that counting is behind. It uses the wall clock, because event time is what stands still. */
function behindDetector(maxDelayMs: number, dataThrough: DataThrough): Detector {
  const evaluate: Detector['evaluate'] = (now) => {
    const through = dataThrough();
    if (through === undefined)
      return { status: 'suppressed', reason: 'the processor has not reported any progress yet' };
    const behindMs = now - through;
    if (behindMs <= maxDelayMs) return { status: 'evaluated', findings: [] };
    const window = { labels: {}, from: through, to: now, chance: undefined };
    const amount = {
      unit: 'duration' as const,
      value: behindMs,
      expected: 0,
      limit: maxDelayMs,
      below: false,
    };
    return { status: 'evaluated', findings: [{ ...window, ...amount }] };
  };
  return { evaluate, recount: ({ value }) => value };
}

/** At most so many values of each dimension are named. */
const namedMax = 3;

/** The values that make up most of a finding, for each contributor series of the rule, the largest first. */
export function contributorsOf(rule: Rule, store: SeriesStore, { labels, from, to }: Finding): Contributor[] {
  const [start, end] = [bucketOf(from), Math.ceil(to / bucketMs)];
  return rule.contributors.flatMap(({ series: name, dimensions }) => {
    const amounts = new Map<string, number>();
    for (const series of store.of(name)) {
      const apart = dimensions.some((dimension, index) => {
        const wanted = labels[dimension];
        return wanted !== undefined && wanted !== series.dimensions[index];
      });
      if (apart) continue;
      const value = series.dimensions.at(-1) ?? '';
      amounts.set(value, (amounts.get(value) ?? 0) + sumOver([series], start, end));
    }
    return [...amounts]
      .filter(([, amount]) => amount > 0)
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, namedMax)
      .map(([value, amount]) => ({ dimension: dimensions.at(-1)!, value, amount }));
  });
}
