import { Ajv } from 'ajv';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { families as allFamilies, type Family } from '@tidemark/events/families';
import { parseDuration } from '@tidemark/service/settings';
import { bucketMs } from '@tidemark/runtime/counters';
import { type Measure, measures } from '../detect/threshold.ts';
import { receiverOf } from '../receivers/index.ts';
import type { KnownSeries, Rule, RulesFile, Search } from './rule.ts';
import schema from './rules.schema.json' with { type: 'json' };
import { type Complain, pathOf, type Path, sentenceOf } from './schema-errors.ts';
import { eachMinute, whole, wholeBuckets } from './windows.ts';

/** A mistake in a rules file. */
export type RuleError = { readonly line: number; readonly message: string };

type Raw = { readonly [field: string]: unknown };
type RawFile = {
  readonly defaults?: Raw;
  readonly rules: readonly Raw[];
  readonly receivers?: readonly Raw[];
};

const validate = new Ajv({ allErrors: true, strict: false, verbose: true }).compile<RawFile>(schema);
const defaults = {
  for: '1m',
  keep_firing_for: '30m',
  repeat_interval: '4h',
  history: '56d',
  warm_up: '14d',
};

/**
 * Parses a rules file.
 *
 * @param variables What `${NAME}` in receivers is replaced with.
 * @returns The rules and receivers, or every mistake with its line.
 */
export function parseRules(
  text: string,
  series: KnownSeries,
  variables: Readonly<Record<string, string | undefined>>,
): RulesFile | { readonly errors: readonly RuleError[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0)
    return {
      errors: document.errors.map(({ pos, message }) => ({ line: lines.linePos(pos[0]).line, message })),
    };
  const lineOf = (path: Path): number => lines.linePos(offsetOf(document, path)).line;
  const raw: unknown = document.toJS();
  if (!validate(raw)) {
    const found = (validate.errors ?? [])
      .filter(({ keyword }) => keyword !== 'if')
      .map((error) => ({ line: lineOf(pathOf(error, raw)), message: sentenceOf(error) }));
    return { errors: sorted(found) };
  }
  const errors: RuleError[] = [];
  const complain = (path: Path, message: string): void => void errors.push({ line: lineOf(path), message });
  const rules = raw.rules.map((rule, index) =>
    ruleOf({ ...defaults, ...raw.defaults, ...rule }, series, (field, message) =>
      complain(['rules', index, ...field], message),
    ),
  );
  const receivers = (raw.receivers ?? []).map((receiver, index) =>
    receiverOf(receiver, variables, (field, message) => complain(['receivers', index, ...field], message)),
  );
  for (const [list, names] of [
    ['rules', raw.rules],
    ['receivers', raw.receivers ?? []],
  ] as const)
    for (const [index, { name }] of names.entries())
      if (names.findIndex((other) => other['name'] === name) !== index)
        complain(
          [list, index, 'name'],
          `the name ${String(name)} is taken: choose another one, because alerts are identified by it`,
        );
  return errors.length > 0 ? { errors: sorted(errors) } : { rules, receivers };
}

function ruleOf(raw: Raw, series: KnownSeries, complain: Complain): Rule {
  const name = raw['name'] as string;
  const forMs = durationOf(raw['for']);
  if (forMs < 60_000)
    complain(['for'], 'for must be at least 1m, so that events retracted within a minute wake nobody');
  const search = searchOf(raw, series, complain);
  const contributors = ((raw['contributors'] as string[] | undefined) ?? []).map((one, index) => ({
    series: one,
    dimensions: dimensionsOf(series, one, ['contributors', index], complain),
  }));
  return {
    name,
    title: raw['title'] as string,
    severity: (raw['severity'] as Rule['severity'] | undefined) ?? 'ticket',
    group: (raw['group'] as string | undefined) ?? name,
    runbook: (raw['runbook'] as string | undefined) ?? name,
    forMs,
    keepFiringForMs: durationOf(raw['keep_firing_for']),
    repeatIntervalMs: durationOf(raw['repeat_interval']),
    families: familiesOf(search, series),
    contributors,
    search,
  };
}

function searchOf(raw: Raw, series: KnownSeries, complain: Complain): Search {
  const kind = raw['kind'] as Search['kind'];
  const known = (field: string): string => {
    const value = raw[field] as string;
    dimensionsOf(series, value, [field], complain);
    return value;
  };
  const history = { historyMs: durationOf(raw['history']), warmUpMs: durationOf(raw['warm_up']) };
  const select = () => {
    const name = raw['series'] as string;
    const dimensions = dimensionsOf(series, name, ['series'], complain);
    const by = (raw['by'] as string[] | undefined) ?? [];
    const where = (raw['where'] as Record<string, string> | undefined) ?? {};
    for (const [index, one] of by.entries())
      if (!dimensions.includes(one)) complain(['by', index], noDimension(name, one, dimensions));
    for (const one of Object.keys(where))
      if (!dimensions.includes(one)) complain(['where', one], noDimension(name, one, dimensions));
    return { series: name, dimensions, by, where };
  };
  const windowsMs = (finestMs = bucketMs): number[] =>
    (raw['windows'] as string[]).flatMap((given, index) => {
      const each = eachMinute(given);
      if (each.length === 0)
        complain(['windows', index], `${given} is empty: write the shorter duration first`);
      return each.map((one) => whole(one, finestMs, ['windows', index], complain));
    });
  switch (kind) {
    case 'spike':
      return {
        kind,
        ...history,
        select: select(),
        windowsMs: windowsMs(60_000),
        atLeast: raw['at_least'] as number,
        times: raw['times'] as number,
        falseAlarmsPerMonth: (raw['false_alarms_per_month'] as number | undefined) ?? 0.1,
      };
    case 'amount':
      return {
        kind,
        ...history,
        select: select(),
        windowsMs: windowsMs(),
        times: raw['times'] as number,
        level: known('level'),
        atLeastShare: shareOf(raw['at_least_share']),
      };
    case 'score_drop':
      return {
        kind,
        ...history,
        plus: known('plus'),
        minus: raw['minus'] === undefined ? undefined : known('minus'),
        all: (raw['all'] as string[]).map((one, index) => {
          dimensionsOf(series, one, ['all', index], complain);
          return one;
        }),
        by: raw['by'] as string | undefined,
        windowsMs: windowsMs(),
        answersMin: raw['min_answers'] as number,
        atLeast: shareOf(raw['at_least']),
        falseAlarmsPerMonth: (raw['false_alarms_per_month'] as number | undefined) ?? 0.1,
      };
    case 'level_drop': {
      const overMs = wholeBuckets(raw['over'] as string, ['over'], complain);
      return {
        kind,
        ...history,
        level: known('level'),
        overMs,
        atLeastShare: shareOf(raw['at_least_share']),
      };
    }
    case 'threshold':
      return {
        kind,
        ...conditionOf(raw['when'] as string, series, complain),
        atLeast: (raw['at_least'] as number | undefined) ?? 0,
      };
    case 'silence': {
      const atLeastMs = durationOf(raw['at_least']);
      return {
        kind,
        ...history,
        select: select(),
        atLeastMs,
        expectedMin: raw['min_expected'] as number,
        chanceMax: 1e-6,
      };
    }
    case 'behind':
      return { kind, maxDelayMs: durationOf(raw['max_delay']) };
  }
}

/** `churn_rate over 24h > 2%`, `contacts_opened over 1h >= 500`. */
function conditionOf(
  given: string,
  series: KnownSeries,
  complain: Complain,
): Omit<Extract<Search, { kind: 'threshold' }>, 'kind' | 'atLeast'> {
  const match = /^(\w+) over (\S+) ([<>]) (\d+(?:\.\d+)?)(%?)$/.exec(given);
  const nothing = { measure: { of: [] }, overMs: bucketMs, below: false, limit: 0 };
  if (match === null) {
    complain(['when'], `${JSON.stringify(given)} is not a condition: write it like churn_rate over 24h > 2%`);
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
  return { measure, overMs, below: sign === '<', limit: Number(number) / (percent === '%' ? 100 : 1) };
}

/** The families whose events a search depends on; all of them where its series count every family. */
function familiesOf(search: Search, series: KnownSeries): Family[] {
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

function dimensionsOf(series: KnownSeries, name: string, field: Path, complain: Complain): readonly string[] {
  const known = series.get(name);
  if (known === undefined)
    complain(field, `there is no series ${name}; the series are: ${[...series.keys()].join(', ')}`);
  return known?.dimensions ?? [];
}

function noDimension(series: string, dimension: string, dimensions: readonly string[]): string {
  return `${series} has no dimension ${dimension}; its dimensions are: ${dimensions.join(', ') || 'none'}`;
}

function durationOf(given: unknown): number {
  return parseDuration(given as string) ?? 0;
}

function shareOf(given: unknown): number {
  return Number((given as string).slice(0, -1)) / 100;
}

/** The offset of the node at a path, or of its nearest parent that exists. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function sorted(errors: readonly RuleError[]): RuleError[] {
  const seen = new Map(errors.map((error) => [`${error.line} ${error.message}`, error]));
  return [...seen.values()].toSorted((a, b) => a.line - b.line);
}
