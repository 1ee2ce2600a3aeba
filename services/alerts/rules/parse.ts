import { type Complain, type Mistake, yamlReader } from '@tidemark/service/yaml-file';
import { receiverOf } from '../receivers/index.ts';
import type { KnownSeries, Rule, RulesFile } from './rule.ts';
import schema from './rules.schema.json' with { type: 'json' };
import { dimensionsOf, durationOf, familiesOf, type RawRule, searchOf } from './search.ts';

type RawFile = {
  readonly defaults?: RawRule;
  readonly rules: readonly RawRule[];
  readonly receivers?: readonly RawRule[];
};

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
): RulesFile | { readonly errors: readonly Mistake[] } {
  const read = yamlReader<RawFile, RulesFile>(schema, (raw, complain) => {
    checkNames(raw, complain);
    return {
      rules: raw.rules.map((rule, index) =>
        ruleOf({ ...defaults, ...raw.defaults, ...rule }, series, (field, message) =>
          complain(['rules', index, ...field], message),
        ),
      ),
      receivers: (raw.receivers ?? []).map((receiver, index) =>
        receiverOf(receiver, variables, (field, message) =>
          complain(['receivers', index, ...field], message),
        ),
      ),
    };
  })(text);
  return 'mistakes' in read ? { errors: read.mistakes } : read.file;
}

function checkNames({ rules, receivers = [] }: RawFile, complain: Complain): void {
  for (const [list, names] of [
    ['rules', rules],
    ['receivers', receivers],
  ] as const)
    for (const [index, { name }] of names.entries())
      if (names.findIndex((other) => other['name'] === name) !== index)
        complain(
          [list, index, 'name'],
          `the name ${String(name)} is taken: choose another one, because alerts are identified by it`,
        );
}

function ruleOf(raw: RawRule, series: KnownSeries, complain: Complain): Rule {
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
