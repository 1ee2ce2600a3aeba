import type { Family } from '@tidemark/events/families';
import {
  entityOf,
  type Explained,
  type Explanation,
  isFormula,
  isParts,
  type Parts,
} from '@tidemark/metrics/explain';
import {
  aboutOfParts,
  cellSql,
  factsOfParts,
  figureKeySql,
  figureSql,
  namesOf,
  partsAndFigureSql,
  type Reading,
  readsOwnRow,
} from '@tidemark/metrics/explain-sql';
import { instantText } from '@tidemark/clickhouse/instants';
import { type AskedCell, WrongQuestion } from './asked.ts';
import type { Parameters, Reader, TextRow } from './reader.ts';

/** A state of the numbers. */
export type State = {
  /** As it was known then; UTC, as ClickHouse reads it. As it is now when absent. */
  readonly knownAt?: string;
  readonly generation: number;
};

/** What is asked of a cell. */
export type Question = State & {
  readonly cell: AskedCell;
  /** Whose parts are listed, of a formula: the name of an operand. */
  readonly operand?: string;
  /** The part whose facts are listed: what names it. */
  readonly part?: { readonly [name: string]: string };
  /** Parts listed, from 1. */
  readonly limit: number;
  /** The present, in epoch milliseconds. */
  readonly now: number;
};

/** What adds up to a figure, the largest first. */
export type PartsAnswer = {
  /** What a part is: a fact of a kind, or what names it. */
  readonly each: string;
  /** The kind of facts behind them; null where they are figures of another view. */
  readonly kind: string | null;
  /** The aggregate over them that gives the figure. */
  readonly total: string;
  readonly count: number;
  readonly rows: readonly TextRow[];
  /** The view and the column that each part is a figure of. */
  readonly figures: { readonly view: string; readonly column: string } | null;
  /** Whether each part has facts of its own, which `part` lists. */
  readonly has_facts: boolean;
  /** Where the events of a fact are: the family, and the column with the key of the entity. Null where parts are no facts. */
  readonly events: { readonly family: Family; readonly column: string } | null;
};

/** A figure that a formula is of. */
export type OperandAnswer = {
  readonly name: string;
  readonly value: string | null;
  /** The cell that it is; null where it is a sum of parts, which `operand` lists. */
  readonly figure: { readonly view: string; readonly column: string; readonly key: TextRow } | null;
};

/** What is behind a cell. */
export type Answer = {
  readonly view: string;
  readonly column: string;
  readonly unit: string;
  readonly meaning: string;
  readonly key: { readonly [column: string]: string };
  readonly known_at: string | null;
  readonly generation: number;
  /** The cell as text, exact; null where the view has null. */
  readonly value: string | null;
  /** What the explanation comes to. */
  readonly explained: string | null;
  /** Whether that is the cell. A float may differ in its last digits, as sums of floats do. */
  readonly is_equal: boolean;
  readonly formula: string | null;
  readonly operands: readonly OperandAnswer[];
  readonly parts: PartsAnswer | null;
};

/** The greatest difference of two floats that were added up in another order. */
const floatError = 1e-9;

/** Whether two figures are the same: exactly, but floats up to the order in which they were added up. */
export function isSame(type: string, one: string | null, other: string | null): boolean {
  if (one === other) return true;
  if (one === null || other === null || !type.includes('Float')) return false;
  const [a, b] = [Number(one), Number(other)];
  return Math.abs(a - b) <= floatError * Math.max(1, Math.abs(a), Math.abs(b));
}

/** How a state is read: a figure of the present as it is known at one instant. */
export function readingOf({ of }: AskedCell, { knownAt }: State, prefix = ''): Reading {
  return { prefix, form: knownAt === undefined && !of.isOfNow ? 'now' : 'asOf' };
}

/** The parameters of the texts of a cell. */
export function parametersOf(
  { key }: AskedCell,
  { knownAt, now, prefix = '' }: State & { readonly now: number; readonly prefix?: string },
): Parameters {
  const keys = Object.entries(key).map(([column, value]) => [`${prefix}k_${column}`, value]);
  return {
    ...Object.fromEntries(keys),
    [`${prefix}known_at`]: knownAt ?? instantText(now),
    now: knownAt ?? instantText(now),
  };
}

/**
 * What is behind a cell. Throws `WrongQuestion` when the view has no such row, or nothing by the name of an operand or a part, and a
 * `Failure` when ClickHouse cannot be read.
 */
export async function answer(reader: Reader, question: Question): Promise<Answer> {
  const { cell, generation } = question;
  const { of, key } = cell;
  const reading = readingOf(cell, question);
  const parameters = parametersOf(cell, question);
  const ask = async (query: string, more: Parameters = {}): Promise<readonly TextRow[]> =>
    reader.rows(await reader.inGeneration(query, generation), { ...parameters, ...more });
  const listed = listedParts(of.explanation, question);
  // The parts of a sum come to the figure, and a formula of columns of the row has the cell beside them: nothing is read twice.
  const isSum = !isFormula(of.explanation) && question.part === undefined;
  const [cells, figures, parts, operands] = await Promise.all([
    readsOwnRow(of) ? undefined : ask(cellSql(of, reading)),
    isSum ? undefined : ask(figureSql(of, reading)),
    listed === undefined ? undefined : partsAnswer(of, listed, question, ask),
    operandsOf(question, reading, ask),
  ]);
  const [figure] = figures ?? [];
  const value = cells === undefined ? figure?.['cell'] : cells[0]?.['figure'];
  if (value === undefined)
    throw new WrongQuestion('key', `${of.view.name} has no row with ${JSON.stringify(key)}.`);
  const explained = (isSum ? parts?.figure : figure?.['figure']) ?? null;
  return {
    view: of.view.name,
    column: of.column.name,
    unit: of.column.unit,
    meaning: of.column.meaning,
    key,
    known_at: reading.form === 'asOf' ? parameters['known_at']! : null,
    generation,
    value,
    explained,
    is_equal: isSame(of.column.type, value, explained),
    formula: isFormula(of.explanation) ? of.explanation.formula : null,
    operands: operands.map((operand) => ({ ...operand, value: figure?.[`of_${operand.name}`] ?? null })),
    parts: parts?.answer ?? null,
  };
}

function listedParts(explanation: Explanation, { operand, part }: Question): Parts | undefined {
  const parts = partsOf(explanation, operand);
  if (part === undefined) return parts;
  const names = parts === undefined ? [] : namesOf(parts);
  const wrong = Object.keys(part).find((name) => !names.includes(name));
  const facts = parts === undefined ? undefined : factsOfParts(parts, Object.keys(part));
  if (facts === undefined || wrong !== undefined)
    throw new WrongQuestion(
      'part',
      `part is name=value with one of ${names.join(', ')}, of a figure whose parts have facts.`,
    );
  return facts;
}

/** The parts of an explanation, or of one operand of it. Throws `WrongQuestion` when it has no such operand. */
export function partsOf(explanation: Explanation, operand: string | undefined): Parts | undefined {
  if (!isFormula(explanation)) {
    if (operand === undefined) return explanation;
    throw new WrongQuestion('operand', 'operand is left out: this figure is a sum of parts, and no formula.');
  }
  if (operand === undefined) return undefined;
  const found = Object.hasOwn(explanation.operands, operand) ? explanation.operands[operand] : undefined;
  if (found !== undefined && isParts(found)) return found;
  const names = Object.entries(explanation.operands).filter(([, one]) => isParts(one));
  throw new WrongQuestion(
    'operand',
    `operand is one of ${names.map(([name]) => name).join(', ') || 'none here'}; explain other figures by their own view and column.`,
  );
}

type Ask = (query: string, more?: Parameters) => Promise<readonly TextRow[]>;

async function partsAnswer(
  of: Explained,
  parts: Parts,
  question: Question,
  ask: Ask,
): Promise<{ readonly answer: PartsAnswer; readonly figure: string | null }> {
  const { limit, part = {} } = question;
  const shown = [...namesOf(parts), ...aboutOfParts(parts)];
  const ofPart = Object.entries(part).map(([name, value]) => [`p_${name}`, value]);
  const query = partsAndFigureSql(of, parts, readingOf(question.cell, question), { shown, limit });
  const [found = {}] = await ask(query, Object.fromEntries(ofPart));
  const rows = JSON.parse(found['largest'] ?? '[]') as readonly (readonly [
    number,
    readonly (string | null)[],
    string | null,
  ])[];
  const answer: PartsAnswer = {
    each: parts.each === undefined ? 'fact' : Object.keys(parts.each).join(', '),
    kind: typeof parts.from === 'string' ? null : parts.from.kind,
    total: parts.total ?? 'sum(value)',
    count: Number(found['parts'] ?? 0),
    rows: rows.map(([, names, value]) => ({
      ...plainRow(Object.fromEntries(shown.map((name, place) => [name, names[place] ?? null]))),
      part: value,
    })),
    figures: parts.of ?? null,
    has_facts: factsOfParts(parts, []) !== undefined,
    events: (parts.each === undefined && typeof parts.from !== 'string' && entityOf(parts.from.kind)) || null,
  };
  return { answer, figure: found['figure'] ?? null };
}

/** A part as it is shown: columns of facts by their own names. */
export function plainRow(names: TextRow): TextRow {
  return Object.fromEntries(Object.entries(names).map(([name, text]) => [name.replace(/^fact_/, ''), text]));
}

async function operandsOf(
  { cell: { of, key: own } }: Question,
  reading: Reading,
  ask: Ask,
): Promise<readonly Omit<OperandAnswer, 'value'>[]> {
  if (!isFormula(of.explanation)) return [];
  const operands = Object.entries(of.explanation.operands);
  return Promise.all(
    operands.map(async ([name, operand]) => {
      if (isParts(operand)) return { name, figure: null };
      if (operand.view === undefined)
        return { name, figure: { view: of.view.name, column: operand.column, key: own } };
      const [key = {}] = await ask(figureKeySql(of, operand, reading));
      return { name, figure: { view: operand.view, column: operand.column, key } };
    }),
  );
}
