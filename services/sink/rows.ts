import type { ReadFactBlock } from '@tidemark/events/fact-block-codec';
import type { Columns, ColumnType } from '@tidemark/metrics/definition/definition';
import { decimalOf } from '@tidemark/metrics/definition/money';

type Value = string | number | bigint | boolean | null | undefined;

/** How the rows of one kind are written to its table. */
export type RowWriter = {
  /** Columns in the order of the declaration, for the INSERT. */
  readonly columns: readonly string[];
  /** A block's facts as JSONEachRow, a line each. Exact: money as decimal text, instants as milliseconds. */
  readonly write: (block: ReadFactBlock) => string;
};

/** The writers of all declared kinds. */
export function rowWriters(kinds: ReadonlyMap<string, Columns>): ReadonlyMap<string, RowWriter> {
  return new Map(
    [...kinds].map(([kind, columns]) => [
      kind,
      rowWriter([['at', 'instant'], ...Object.entries(columns), ['sign', 'integer'], ['cause', 'string']]),
    ]),
  );
}

function rowWriter(columns: readonly (readonly [string, ColumnType])[]): RowWriter {
  const fields = columns.map(([name, type], index) => ({
    name,
    head: `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`,
    text: writers[type],
  }));
  return {
    columns: [...fields.map(({ name }) => name), 'recorded_at'],
    write({ recorded_at, facts }) {
      const tail = `,"recorded_at":${recorded_at}}\n`;
      let rows = '';
      for (const fact of facts) {
        for (const { name, head, text } of fields) rows += head + text(fact[name]);
        rows += tail;
      }
      return rows;
    },
  };
}

const text = (value: Value): string => JSON.stringify(value);
// A whole number is taken by DateTime64(3) as milliseconds since the epoch, by Decimal and Int64 as it stands.
const whole = (value: Value): string => String(value);
const money = (value: Value): string => `"${decimalOf(value as bigint)}"`;
const flag = (value: Value): string => (value === true ? '1' : '0');

function float(value: Value): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'nan' : value === Infinity ? 'inf' : '-inf';
}

function orNull(write: (value: Value) => string): (value: Value) => string {
  return (value) => (value === null ? 'null' : write(value));
}

const writers: { readonly [type in ColumnType]: (value: Value) => string } = {
  string: text,
  money,
  integer: whole,
  float,
  instant: whole,
  flag,
  'money?': orNull(money),
  'integer?': orNull(whole),
  'float?': orNull(float),
  'instant?': orNull(whole),
};
