/** Holding a view as read against the batch answer, with a difference that a person can read. */
import type { Row } from './base.oracle.ts';
import { iso } from './calendar.oracle.ts';

/** Figures that are products of rounded ones: right to about a millionth, whichever way they were multiplied. */
const estimates = new Set(
  'clv_purchase contribution_per_period clv_contribution clv_discounted clv_net clv clv_cac profit_per_customer'.split(
    ' ',
  ),
);

/** What a database client may hand over for a cell. */
export type Cell = string | number | bigint | boolean | null | undefined;

const moneyForm = /^-?\d+\.\d{6}$/;
const dateAndTime = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?$/;

/** Money however written (`5`, `5.9`) as text with six decimals; more than six is a fault kept as it is. */
function moneyText(value: string): string {
  const match = /^(-?)(\d+)(?:\.(\d{1,6})0*)?$/.exec(value);
  if (!match) return value;
  const [, sign = '', whole = '0', fraction = ''] = match;
  const plain = `${whole}.${fraction.padEnd(6, '0')}`;
  return /[1-9]/.test(plain) ? sign + plain : plain;
}

/** Dates and instants in one form, all else as it is. */
function timeText(cell: string): string {
  return dateAndTime.test(cell) ? iso(Date.parse(`${cell.replace(' ', 'T').replace('Z', '')}Z`)) : cell;
}

/** A cell in the form of what is expected of it: money as text with six decimals, counts and rates as numbers. */
function canonicalCell(cell: Cell, like: Row[string] | undefined): string | number | null {
  if (cell === null || cell === undefined) return null;
  if (typeof like === 'number') return Number(cell);
  if (typeof like === 'string' && moneyForm.test(like))
    return moneyText(typeof cell === 'number' ? cell.toFixed(6) : String(cell));
  if (typeof cell === 'string') return timeText(cell);
  return typeof like === 'string' ? String(cell) : Number(cell);
}

/**
 * A row as any client reads it, in the canonical values of the batch answer. Instants without an offset are taken for UTC,
 * so read with `date_time_output_format=iso`; decimals beyond 2⁵³ need `output_format_json_quote_decimals=1`.
 *
 * @param like The row that is expected, which shows whether a cell is money, a number or a text.
 */
export function canonical(row: Readonly<Record<string, Cell>>, like: Row = {}): Row {
  return Object.fromEntries(
    Object.entries(row).map(([column, cell]) => [column, canonicalCell(cell, like[column])]),
  );
}

/** How the rows of a view are compared. */
export type Comparison = {
  /** The columns that name a row. */
  readonly key: readonly string[];
  /** How far floats may be apart, relative to their size above 1. Default 1e-9. */
  readonly tolerance?: number;
};

function same(
  expected: Row[string] | undefined,
  actual: Row[string] | undefined,
  tolerance: number,
): boolean {
  if (typeof expected !== 'number' || typeof actual !== 'number') return expected === actual;
  return Math.abs(expected - actual) <= tolerance * Math.max(1, Math.abs(expected), Math.abs(actual));
}

const show = (row: Row): string =>
  Object.entries(row)
    .map(([column, cell]) => `${column}=${JSON.stringify(cell)}`)
    .join(' ');

/**
 * Compares what a view should show with what it holds; columns beyond the expected ones are let be, the order of
 * rows as well. What is read is made canonical by what is expected.
 *
 * @returns `''` when the same, else one line a mismatch, the first ten of them.
 */
export function compareRows(
  expected: readonly Row[],
  actual: readonly Readonly<Record<string, Cell>>[],
  { key, tolerance = 1e-9 }: Comparison,
): string {
  const name = (row: Readonly<Record<string, Cell>>): string =>
    key.map((column) => `${column}=${timeText(String(row[column]))}`).join(' ');
  const read = new Map<string, Readonly<Record<string, Cell>>>();
  const faults: string[] = [];
  for (const row of actual) {
    if (read.has(name(row))) faults.push(`twice: ${name(row)}`);
    read.set(name(row), row);
  }
  for (const row of expected) {
    const found = read.get(name(row));
    read.delete(name(row));
    if (!found) {
      faults.push(`missing: ${show(row)}`);
      continue;
    }
    const values = canonical(found, row);
    for (const column of Object.keys(row))
      if (!same(row[column], values[column], estimates.has(column) ? 3e-6 : tolerance))
        faults.push(
          `${name(row)}: ${column} should be ${JSON.stringify(row[column])}, is ${JSON.stringify(values[column])}`,
        );
  }
  for (const row of read.values()) faults.push(`unexpected: ${show(canonical(row))}`);
  if (faults.length === 0) return '';
  const rest = faults.length > 10 ? [`… and ${faults.length - 10} more`] : [];
  return [`${faults.length} mismatches`, ...faults.slice(0, 10), ...rest].join('\n');
}
