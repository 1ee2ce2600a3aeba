import type { Rule } from '../rules/rule.ts';
import { type Instant, type SeriesBook, bucketOf, sumOver } from '../series/series-book.ts';
import { bucketMs } from '@tidemark/runtime/counters';
import type { Contributor } from '../life/episode.ts';
import { amountDetector } from './amount.ts';
import { levelDropDetector, scoreDropDetector } from './drop.ts';
import type { Detector, Finding } from './finding.ts';
import { inUtc, type HourOfWeek } from './hour-of-week.ts';
import { silenceDetector } from './silence.ts';
import { spikeDetector } from './spike.ts';
import { thresholdDetector } from './threshold.ts';

/** Up to when a family is counted, by event time; `undefined` while it is not known. */
export type DataThrough = () => Instant | undefined;

/** The detector of a rule. `dataThrough` is that of the families it rests on, `hourOfWeek` by whose clocks hours are usual. */
export function detectorOf(
  rule: Rule,
  book: SeriesBook,
  dataThrough: DataThrough,
  hourOfWeek: HourOfWeek = inUtc,
): Detector {
  const { search } = rule;
  switch (search.kind) {
    case 'spike':
      return spikeDetector(book, search, hourOfWeek);
    case 'amount':
      return amountDetector(book, search, hourOfWeek);
    case 'score_drop':
      return scoreDropDetector(book, search);
    case 'level_drop':
      return levelDropDetector(book, search);
    case 'threshold':
      return thresholdDetector(book, search);
    case 'silence':
      return silenceDetector(book, search, hourOfWeek);
    case 'behind':
      return behindDetector(search.thanMs, dataThrough);
  }
}

/** The pipeline has not counted up to now for too long. Its clock is the wall's: event time is what stands still. */
function behindDetector(thanMs: number, dataThrough: DataThrough): Detector {
  const look: Detector['look'] = (now) => {
    const through = dataThrough();
    if (through === undefined) return { status: 'held', reason: 'the processor has not been heard of yet' };
    const behindMs = now - through;
    if (behindMs <= thanMs) return { status: 'seen', findings: [] };
    const stretch = { labels: {}, from: through, to: now, chance: undefined };
    const amount = { unit: 'duration' as const, value: behindMs, expected: 0, limit: thanMs, below: false };
    return { status: 'seen', findings: [{ ...stretch, ...amount }] };
  };
  return { look, recount: ({ value }) => value };
}

/** At most so many of each dimension are named. */
const namedMax = 3;

/** What makes up most of a finding, by each of the rule's contributor series, the largest first. */
export function contributorsOf(rule: Rule, book: SeriesBook, { labels, from, to }: Finding): Contributor[] {
  const [start, end] = [bucketOf(from), Math.ceil(to / bucketMs)];
  return rule.contributors.flatMap(({ series: name, dimensions }) => {
    const amounts = new Map<string, number>();
    for (const series of book.of(name)) {
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
