import type { Complain, Path } from '@tidemark/service/yaml-file';
import { families as allFamilies, type Family } from '@tidemark/events/families';
import { parseDuration } from '@tidemark/service/settings';
import { bucketMs } from '@tidemark/runtime/counters';
import { type Measure, measures } from '../detect/threshold.ts';
import type { Selection } from '../series/selection.ts';
import type { Labels } from '../series/series-store.ts';
import type { KnownSeries, Search } from './rule.ts';
import { eachMinute, whole, wholeBuckets } from './windows.ts';

/** A rule as it stands in the file, with the defaults; it conforms to the schema. */
export type RawRule = { readonly [field: string]: unknown };

/** What a search is read from. */
type Given = { readonly raw: RawRule; readonly series: KnownSeries; readonly complain: Complain };

/** How the search of each kind is read. */
const readers: {
  readonly [Kind in Search['kind']]: (given: Given) => Omit<Extract<Search, { kind: Kind }>, 'kind'>;
} = {
  spike: (given) => ({
    ...historyOf(given),
    select: selectionOf(given),
    windowsMs: windowsOf(given, 60_000),
    atLeast: given.raw['at_least'] as number,
    times: given.raw['times'] as number,
    falseAlarmsPerMonth: falseAlarmsOf(given),
  }),
  amount: (given) => ({
    ...historyOf(given),
    select: selectionOf(given),
    windowsMs: windowsOf(given, bucketMs),
    times: given.raw['times'] as number,
    level: knownOf(given, 'level'),
    atLeastShare: shareOf(given.raw['at_least_share']),
  }),
  score_drop: (given) => ({
    ...historyOf(given),
    plus: knownOf(given, 'plus'),
    minus: given.raw['minus'] === undefined ? undefined : knownOf(given, 'minus'),
    all: (given.raw['all'] as string[]).map((one, index) => {
      dimensionsOf(given.series, one, ['all', index], given.complain);
      return one;
    }),
    by: given.raw['by'] as string | undefined,
    windowsMs: windowsOf(given, bucketMs),
    answersMin: given.raw['min_answers'] as number,
    atLeast: shareOf(given.raw['at_least']),
    falseAlarmsPerMonth: falseAlarmsOf(given),
  }),
  level_drop: (given) => {
    const overMs = wholeBuckets(given.raw['over'] as string, ['over'], given.complain);
    return {
      ...historyOf(given),
      level: knownOf(given, 'level'),
      leaveOut: given.raw['leave_out'] === undefined ? undefined : selectionOf(given, 'leave_out'),
      overMs,
      atLeastShare: shareOf(given.raw['at_least_share']),
    };
  },
  threshold: (given) => ({
    ...conditionOf(given),
    atLeast: (given.raw['at_least'] as number | undefined) ?? 0,
  }),
  silence: (given) => ({
    ...historyOf(given),
    select: selectionOf(given),
    atLeastMs: durationOf(given.raw['at_least']),
    expectedMin: given.raw['min_expected'] as number,
    chanceMax: 1e-6,
  }),
  behind: ({ raw }) => ({ maxDelayMs: durationOf(raw['max_delay']) }),
};

/** What a rule looks for. Mistakes that the schema cannot find are reported to `complain`. */
export function searchOf(raw: RawRule, series: KnownSeries, complain: Complain): Search {
  const kind = raw['kind'] as Search['kind'];
  return { kind, ...readers[kind]({ raw, series, complain }) } as Search;
}

function historyOf({ raw }: Given): { readonly historyMs: number; readonly warmUpMs: number } {
  return { historyMs: durationOf(raw['history']), warmUpMs: durationOf(raw['warm_up']) };
}

function falseAlarmsOf({ raw }: Given): number {
  return (raw['false_alarms_per_month'] as number | undefined) ?? 0.1;
}

/** A field that names a series. */
function knownOf({ raw, series, complain }: Given, field: string): string {
  const name = raw[field] as string;
  dimensionsOf(series, name, [field], complain);
  return name;
}

function selectionOf(given: Given, field = 'series'): Selection {
  const { raw, series, complain } = given;
  const name = raw[field] as string;
  const dimensions = dimensionsOf(series, name, [field], complain);
  const by = (raw['by'] as string[] | undefined) ?? [];
  for (const [index, one] of by.entries())
    if (!dimensions.includes(one)) complain(['by', index], noDimension(name, one, dimensions));
  return { series: name, dimensions, by, where: whereOf(given, name, dimensions) };
}

/** The values that dimensions of a series must have. */
function whereOf({ raw, complain }: Given, name: string, dimensions: readonly string[]): Labels {
  const where = (raw['where'] as Labels | undefined) ?? {};
  for (const one of Object.keys(where))
    if (!dimensions.includes(one)) complain(['where', one], noDimension(name, one, dimensions));
  return where;
}

/** The windows in milliseconds, each a multiple of `finestMs`. */
function windowsOf({ raw, complain }: Given, finestMs: number): number[] {
  return (raw['windows'] as string[]).flatMap((given, index) => {
    const each = eachMinute(given);
    if (each.length === 0)
      complain(['windows', index], `${given} is empty: write the shorter duration first`);
    return each.map((one) => whole(one, finestMs, ['windows', index], complain));
  });
}

/** `churn_rate over 24h > 2%`, `contacts_opened over 1h >= 500`. */
function conditionOf(given: Given): Omit<Extract<Search, { kind: 'threshold' }>, 'kind' | 'atLeast'> {
  const { raw, series, complain } = given;
  const when = raw['when'] as string;
  const match = /^(\w+) over (\S+) ([<>]) (\d+(?:\.\d+)?)(%?)$/.exec(when);
  const everything = { dimensions: [], where: {} };
  const nothing = { measure: { of: [] }, only: everything, overMs: bucketMs, below: false, limit: 0 };
  if (match === null) {
    complain(['when'], `${JSON.stringify(when)} is not a condition: write it like churn_rate over 24h > 2%`);
    return nothing;
  }
  const [, name, over, sign, number, percent] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const measure: Measure | undefined = measures[name] ?? (series.has(name) ? { of: [name] } : undefined);
  if (measure === undefined) {
    const known = [...Object.keys(measures), ...series.keys()].join(', ');
    complain(['when'], `there is no measure ${name}; the measures are: ${known}`);
    return nothing;
  }
  const overMs = wholeBuckets(over, ['when'], complain);
  const [counted = ''] = measure.of;
  const dimensions = series.get(counted)?.dimensions ?? [];
  const only = { dimensions, where: whereOf(given, counted, dimensions) };
  return { measure, only, overMs, below: sign === '<', limit: Number(number) / (percent === '%' ? 100 : 1) };
}

/** The families whose events a search depends on; all of them where its series count every family. */
export function familiesOf(search: Search, series: KnownSeries): Family[] {
  const names = ((): readonly string[] => {
    switch (search.kind) {
      case 'spike':
      case 'amount':
      case 'silence':
        return [search.select.series];
      case 'score_drop':
        return search.all;
      case 'level_drop':
        return [search.level];
      case 'threshold':
        return [...search.measure.of, ...(search.measure.whole ?? [])];
      case 'behind':
        return [];
    }
  })();
  const found = new Set<Family>();
  for (const name of names) {
    const family = series.get(name)?.family;
    if (family === undefined) return [...allFamilies];
    found.add(family);
  }
  return found.size === 0 ? [...allFamilies] : [...found];
}

/** The dimensions of a series; none of one that does not exist, which is a mistake. */
export function dimensionsOf(
  series: KnownSeries,
  name: string,
  field: Path,
  complain: Complain,
): readonly string[] {
  const known = series.get(name);
  if (known === undefined)
    complain(field, `there is no series ${name}; the series are: ${[...series.keys()].join(', ')}`);
  return known?.dimensions ?? [];
}

function noDimension(series: string, dimension: string, dimensions: readonly string[]): string {
  return `${series} has no dimension ${dimension}; its dimensions are: ${dimensions.join(', ') || 'none'}`;
}

/** A field that the schema knows as a duration, in milliseconds. */
export function durationOf(given: unknown): number {
  return parseDuration(given as string) ?? 0;
}

function shareOf(given: unknown): number {
  return Number((given as string).slice(0, -1)) / 100;
}
