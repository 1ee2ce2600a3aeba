import { minus } from '@tidemark/clickhouse/decimals';
import { addsUp, isFormula, isParts } from '@tidemark/metrics/explain';
import { cellSql, figureSql } from '@tidemark/metrics/explain-sql';
import { restatementCauses } from '@tidemark/metrics/sql/restated';
import { parametersOf, partsOf, readingOf, type State } from './answer.ts';
import { type AskedCell, WrongQuestion } from './asked.ts';
import { type Changes, changesOf } from './changes.ts';
import type { Parameters, Reader, TextRow } from './reader.ts';

/** A cell in a state of the numbers. */
export type Side = State & { readonly cell: AskedCell };

/** Two cells of one column, or one cell in two states of the numbers. */
export type Comparison = {
  readonly before: Side;
  readonly after: Side;
  /** Whose parts are compared, of a formula: the name of an operand. */
  readonly operand?: string;
  readonly limit: number;
  readonly now: number;
};

/** The difference between two figures, by what came and went. */
export type Difference = {
  readonly view: string;
  readonly column: string;
  readonly before: { readonly key: AskedCell['key']; readonly value: string | null };
  readonly after: { readonly key: AskedCell['key']; readonly value: string | null };
  /** One less the other, exact; a row that is not there is 0. Null where one is no number. */
  readonly difference: string | null;
  readonly formula: string | null;
  /** Of a formula: what each of its operands was and is. Those that are sums of parts are compared by `operand`. */
  readonly operands: readonly {
    readonly name: string;
    readonly before: string | null;
    readonly after: string | null;
    readonly has_parts: boolean;
  }[];
  /** What came and went; null where parts do not add up, as in a median or a formula. */
  readonly changes: Changes | null;
  /** Of one cell as known at two instants: what each cause changed; they add up to the difference. */
  readonly causes: { readonly [cause: string]: string } | null;
};

/**
 * The difference between two figures. Throws `WrongQuestion` when a view has neither row, a formula no such operand, or the first
 * instant is the later one, and a `Failure` when ClickHouse cannot be read.
 */
export async function difference(reader: Reader, comparison: Comparison): Promise<Difference> {
  const { before, after, operand, now, limit } = comparison;
  const { of } = after.cell;
  const ask = async (side: Side, query: string): Promise<TextRow | undefined> => {
    const placed = await reader.inGeneration(query, side.generation);
    return (await reader.rows(placed, parametersOf(side.cell, { ...side, now })))[0];
  };
  const sides = [before, after];
  const parts = partsOf(of.explanation, operand);
  const cells = await Promise.all(sides.map((side) => ask(side, cellSql(of, readingOf(side.cell, side)))));
  if (cells.every((cell) => cell === undefined))
    throw new WrongQuestion('key', `${of.view.name} has neither of the two rows.`);
  const sideOf = (side: Side, prefix: string, cell: TextRow | undefined) => ({
    ...side,
    reading: readingOf(side.cell, side, prefix),
    isThere: cell !== undefined,
  });
  const [figures, changes] = await Promise.all([
    Promise.all(sides.map((side) => ask(side, figureSql(of, readingOf(side.cell, side))))),
    parts === undefined || !addsUp(parts)
      ? null
      : changesOf(reader, of, parts, {
          before: sideOf(before, 'a_', cells[0]),
          after: sideOf(after, 'b_', cells[1]),
          parameters: {
            ...parametersOf(before.cell, { ...before, now, prefix: 'a_' }),
            ...parametersOf(after.cell, { ...after, now, prefix: 'b_' }),
          },
          limit,
        }),
  ]);
  const [was, is] = cells.map((cell) => cell?.['figure'] ?? null);
  const operands = isFormula(of.explanation) ? Object.entries(of.explanation.operands) : [];
  return {
    view: of.view.name,
    column: of.column.name,
    before: { key: before.cell.key, value: was! },
    after: { key: after.cell.key, value: is! },
    difference: minus(is ?? '0', was ?? '0'),
    formula: isFormula(of.explanation) ? of.explanation.formula : null,
    operands: operands.map(([name, one]) => ({
      name,
      before: figures[0]?.[`of_${name}`] ?? null,
      after: figures[1]?.[`of_${name}`] ?? null,
      has_parts: isParts(one),
    })),
    changes,
    causes: await causesOf(reader, comparison),
  };
}

/** What each cause changed in a cell between two instants; null where the two sides differ by anything else. */
async function causesOf(reader: Reader, { before, after, now }: Comparison): Promise<Difference['causes']> {
  const isOfInstants =
    before.generation === after.generation &&
    JSON.stringify(before.cell.key) === JSON.stringify(after.cell.key) &&
    before.knownAt !== undefined;
  if (!isOfInstants) return null;
  const since = parametersOf(before.cell, { ...before, now })['known_at']!;
  const { now: until, ...parameters } = parametersOf(after.cell, { ...after, now });
  if (since > until!)
    throw new WrongQuestion('against_known_at', 'against_known_at is after known_at: swap them.');
  const query = await reader.inGeneration(cellSql(after.cell.of, { form: 'restated' }), after.generation);
  const at = async (instants: Parameters): Promise<string> =>
    (await reader.rows(query, { ...parameters, ...instants }))[0]?.['figure'] ?? '0';
  // One after the other: each reads the view over all facts.
  const figures = [await at({ since, until: since, step: '0' })];
  for (const step of restatementCauses.keys())
    figures.push(await at({ since, until: until!, step: `${step}` }));
  const changes = restatementCauses.map((cause, step): [string, string | null] => [
    cause,
    minus(figures[step + 1]!, figures[step]!),
  ]);
  // What is divided by nothing is no number.
  if (changes.some(([, change]) => change === null)) return null;
  return Object.fromEntries(changes.filter(([, change]) => change !== '0') as [string, string][]);
}
