/** Holding a view as read against the batch answer, with a difference that a person can read. */
import type { Row } from './base.oracle.ts';
import { iso } from './calendar.oracle.ts';

const words = new Set(
  (
    'customer_id currency movement plan_id owner segment country reason event_id kind channel sentiment ' +
    'touchpoint answer theme name band verdict original_currency reporting_currency reading needed_for'
  ).split(' '),
);
const money = new Set(
  (
    'amount new expansion contraction churn reactivation net mrr arpa non_recurring_revenue total scheduled_mrr ' +
    'taken_back_mrr mrr_at_start revenue refunds net_revenue average_purchase_value recurring_revenue_to_date ' +
    'value_to_date abandoned_value recovered_value converted_value acquisition_cost cac retention_cost crc ' +
    'fx original_amount'
  ).split(' '),
);

/** Figures that are products of rounded ones: right to about a millionth, whichever way they were multiplied. */
const estimates = new Set(
  'clv_purchase contribution_per_period clv_contribution clv_discounted clv_net clv clv_cac profit_per_customer'.split(
    ' ',
  ),
);

/** What a database client may hand over for a cell. */
export type Cell = string | number | bigint | boolean | null | undefined;

const dateAndTime = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?$/;

/** Money however written (`5`, `5.9`) as text with six decimals; more than six is a fault kept as it is. */
function moneyText(value: string): string {
  const match = /^(-?)(\d+)(?:\.(\d{1,6})0*)?$/.exec(value);
  if (!match) return value;
  const [, sign = '', whole = '0', fraction = ''] = match;
  const plain = `${whole}.${fraction.padEnd(6, '0')}`;
  return /[1-9]/.test(plain) ? sign + plain : plain;
}

function canonicalCell(column: string, cell: Cell): string | number | null {
  if (cell === null || cell === undefined) return null;
  if (words.has(column)) return String(cell);
  if (money.has(column)) return moneyText(typeof cell === 'number' ? cell.toFixed(6) : String(cell));
  if (typeof cell !== 'string') return Number(cell);
  if (/^\d{4}-\d\d-\d\d$/.test(cell)) return cell;
  if (dateAndTime.test(cell)) return iso(Date.parse(`${cell.replace(' ', 'T').replace('Z', '')}Z`));
  return cell === '' || Number.isNaN(Number(cell)) ? cell : Number(cell);
}

/**
 * A row as any client reads it, in the canonical values of the batch answer: 64-bit integers and floats as numbers,
 * decimals as text with six places, instants as ISO UTC. Instants without an offset are taken for UTC, so read with
 * `date_time_output_format=iso`; decimals beyond 2⁵³ need `output_format_json_quote_decimals=1`.
 */
export function canonical(row: Readonly<Record<string, Cell>>): Row {
  return Object.fromEntries(
    Object.entries(row).map(([column, cell]) => [column, canonicalCell(column, cell)]),
  );
}

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
 * Compares what a view should hold with what it holds; columns beyond the expected ones are let be, the order of
 * rows as well. Rows are made canonical first.
 *
 * @returns `''` when the same, else one line a mismatch, the first ten of them.
 */
export function compareRows(
  expected: readonly Row[],
  actual: readonly Readonly<Record<string, Cell>>[],
  { key, tolerance = 1e-9 }: Comparison,
): string {
  const name = (row: Row): string => key.map((column) => `${column}=${String(row[column])}`).join(' ');
  const read = new Map<string, Row>();
  const faults: string[] = [];
  for (const row of actual.map(canonical)) {
    if (read.has(name(row))) faults.push(`twice: ${name(row)}`);
    read.set(name(row), row);
  }
  for (const row of expected) {
    const found = read.get(name(row));
    read.delete(name(row));
    if (!found) faults.push(`missing: ${show(row)}`);
    for (const column of found ? Object.keys(row) : [])
      if (!same(row[column], found?.[column], estimates.has(column) ? 3e-6 : tolerance))
        faults.push(
          `${name(row)}: ${column} should be ${JSON.stringify(row[column])}, is ${JSON.stringify(found?.[column])}`,
        );
  }
  for (const row of read.values()) faults.push(`unexpected: ${show(row)}`);
  if (faults.length === 0) return '';
  const rest = faults.length > 10 ? [`… and ${faults.length - 10} more`] : [];
  return [`${faults.length} mismatches`, ...faults.slice(0, 10), ...rest].join('\n');
}
