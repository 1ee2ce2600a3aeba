/** What each of several causes changed in the rows of a view, when they are applied one after the other. */
import { formulaOf } from '@tidemark/metrics/ratios';
import { keysOf, measuresOf } from '@tidemark/metrics/sql/row-keys';
import type { View } from '@tidemark/metrics/sql/view';
import { minus } from './decimals.ts';

/** A number that is not what it was. */
export type ChangedCell = {
  /** What names the row, its period included. */
  readonly key: { readonly [column: string]: string };
  readonly column: string;
  /** `null` where there was no such row, or no such value: a difference counts it as 0. */
  readonly before: string | null;
  readonly after: string | null;
  readonly difference: string;
  /** What each cause changed; they add up to the difference exactly. */
  readonly causes: { readonly [cause: string]: string };
  /** Of a ratio: its formula, of columns of the same row. */
  readonly formula?: string;
};

/** A row of a view: its keys and its numbers as text, each under its name with `_` before it. */
export type TextRow = { readonly [column: string]: string | null };

type Columns = Pick<View, 'columns'>;

/** A column of a view that is called `v`. A view with parameters does not bring its values to the declared types by itself. */
export function typedColumn({ name, type }: Pick<View['columns'][number], 'name' | 'type'>): string {
  return `CAST(v.${name} AS ${type})`;
}

/** The columns of a `TextRow` as SQL, of a view that is called `v`. */
export function textColumns(view: Columns): string {
  return [...keysOf(view), ...measuresOf(view)]
    .map((column) => `toString(${typedColumn(column)}) AS _${column.name}`)
    .join(', ');
}

/**
 * The cells that differ between any two states of a view. Rows of one key belong together in the order in which they come.
 *
 * @param causes What led from each state to the next: one less than states.
 */
export function changedCells(
  view: Columns,
  causes: readonly string[],
  states: readonly (readonly TextRow[])[],
): ChangedCell[] {
  const keys = keysOf(view);
  const keyOf = (row: TextRow): string => JSON.stringify(keys.map(({ name }) => row[`_${name}`] ?? ''));
  const byKey = states.map((rows) => Map.groupBy(rows, keyOf));
  const cells: ChangedCell[] = [];
  for (const name of new Set(byKey.flatMap((state) => [...state.keys()]))) {
    const values = JSON.parse(name) as string[];
    const key = Object.fromEntries(keys.map((column, place) => [column.name, values[place]!]));
    const count = Math.max(...byKey.map((state) => state.get(name)?.length ?? 0));
    for (let place = 0; place < count; place++) {
      const rows = byKey.map((state) => state.get(name)?.[place]);
      for (const { name: column, ratio } of measuresOf(view)) {
        const change = changeOf(
          causes,
          rows.map((row) => numberIn(row?.[`_${column}`])),
        );
        if (change === undefined) continue;
        cells.push({ key, column, ...change, ...(ratio === undefined ? {} : { formula: formulaOf(ratio) }) });
      }
    }
  }
  return cells;
}

// What is divided by nothing is no number.
const numberIn = (text: string | null | undefined): string | null =>
  text === undefined || text === null || /nan|inf/.test(text) ? null : text;

function changeOf(
  causes: readonly string[],
  values: readonly (string | null)[],
): Pick<ChangedCell, 'before' | 'after' | 'difference' | 'causes'> | undefined {
  const [before = null, after = null] = [values[0], values.at(-1)];
  if (values.every((value) => value === before)) return undefined;
  const changes = causes.map((cause, place): [string, string] => [
    cause,
    minus(values[place + 1] ?? '0', values[place] ?? '0')!,
  ]);
  return {
    before,
    after,
    difference: minus(after ?? '0', before ?? '0')!,
    causes: Object.fromEntries(changes.filter(([, change]) => change !== '0')),
  };
}
