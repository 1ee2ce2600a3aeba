import type { Compared } from './compare.ts';
import type { NabScore } from './nab.ts';
import type { Row } from './shapes.ts';

/** What a cell may have; `undefined` where there is nothing to say. */
type Cell = string | number | undefined;

/** A column: its key, its title, and how wide it is, in characters. */
export type Column<R> = readonly [key: keyof R & string, title: string, width: number];

/** Columns of the table of what happens. */
export const shapeColumns: readonly Column<Row>[] = [
  ['shape', 'what happens', 58],
  ['spikes', 'of size', 7],
  ['detected', 'detected', 8],
  ['paged', 'paged', 5],
  ['missed', 'missed', 6],
  ['late', '>10 min', 7],
  ['minutes', 'minutes to detect (max)', 23],
  ['sinceBegan', 'since it began (max)', 20],
  ['smallerFound', 'smaller, found', 14],
  ['falsePages', 'false', 5],
  ['falsePagesPerMonth', 'false/month', 11],
  ['caused', 'fired by it', 11],
];

/** Columns of the table of methods. */
export const comparedColumns: readonly Column<Compared>[] = [
  ['series', 'series', 60],
  ['method', 'method', 20],
  ['incidents', 'of size', 7],
  ['found', 'found', 5],
  ['missed', 'missed', 6],
  ['medianMinutes', 'minutes', 7],
  ['maxMinutes', 'max', 5],
  ['falsePagesPerYear', 'false/year', 10],
];

/** Columns of the table of the Numenta Anomaly Benchmark. */
export const nabColumns: readonly Column<NabScore>[] = [
  ['method', 'Numenta Anomaly Benchmark', 25],
  ['standard', 'standard', 8],
  ['lowFalsePositives', 'low FP', 6],
  ['lowFalseNegatives', 'low FN', 6],
];

/**
 * Prints the titles, and returns what prints a row.
 *
 * @param isQuiet Whether nothing is printed.
 */
export function printer<R extends { readonly [Key in keyof R]: Cell }>(
  columns: readonly Column<R>[],
  isQuiet: boolean,
): (row: R) => R {
  const line = (cells: readonly string[]): void => {
    if (!isQuiet) console.log(cells.map((cell, index) => cell.padEnd(columns[index]![2])).join('  '));
  };
  line(columns.map(([, title]) => title));
  return (row) => {
    line(columns.map(([key]) => textOf(row[key])));
    return row;
  };
}

function textOf(value: Cell): string {
  if (value === undefined) return '–';
  return typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(1) : String(value);
}
