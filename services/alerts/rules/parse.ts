import { Ajv } from 'ajv';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { receiverOf } from '../receivers/index.ts';
import type { KnownSeries, Rule, RulesFile } from './rule.ts';
import schema from './rules.schema.json' with { type: 'json' };
import { type Complain, pathOf, type Path, sentenceOf } from './schema-errors.ts';
import { dimensionsOf, durationOf, familiesOf, type RawRule, searchOf } from './search.ts';

/** A mistake in a rules file. */
export type RuleError = { readonly line: number; readonly message: string };

type RawFile = {
  readonly defaults?: RawRule;
  readonly rules: readonly RawRule[];
  readonly receivers?: readonly RawRule[];
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
