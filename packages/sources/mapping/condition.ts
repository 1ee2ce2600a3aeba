import { type Cells, cellAt, given } from './template.ts';

/** What a cell must be for an event to come of its row. */
export type Condition = {
  readonly column: string;
  /** @throws CellError for a cell that is no text. */
  readonly isMet: (cells: Cells) => boolean;
};

/**
 * A condition as a mapping file has it: `present`, `empty`, a list of values, or `not` with one.
 *
 * @param isEmpty Whether a text stands for nothing.
 * @returns `undefined` when it is none.
 */
export function conditionOf(
  column: string,
  test: unknown,
  isEmpty: (text: string) => boolean,
): Condition | undefined {
  const cellIn = (cells: Cells) => given(cellAt(cells, column), isEmpty, column);
  if (test === 'present') return { column, isMet: (cells) => cellIn(cells) !== undefined };
  if (test === 'empty') return { column, isMet: (cells) => cellIn(cells) === undefined };
  const listed = setOf(test);
  if (listed !== undefined) return { column, isMet: (cells) => listed.has(cellIn(cells)) };
  const isNegated = typeof test === 'object' && test !== null && 'not' in test;
  const excluded = isNegated && Object.keys(test).length === 1 ? setOf(test.not) : undefined;
  return excluded && { column, isMet: (cells) => !excluded.has(cellIn(cells)) };
}

function setOf(values: unknown): ReadonlySet<unknown> | undefined {
  const isList =
    Array.isArray(values) && values.every((one) => ['string', 'number', 'boolean'].includes(typeof one));
  return isList ? new Set(values.map(String)) : undefined;
}
