import type { Column } from './column.ts';
import type { NamedColumn, View } from './view.ts';

/** Whether a column's values are numbers. */
const isNumber = ({ type }: Column): boolean => /^(Nullable\()?(U?Int|Decimal|Float)/.test(type);

// Months since something stand among what names a row, not among what is measured.
const isMeasure = (column: Column): boolean => isNumber(column) && column.unit !== 'months';

/** What names a row of a view: its columns before the first that is measured, and its currencies. */
export function keysOf({ columns }: Pick<View, 'columns'>): readonly NamedColumn[] {
  const first = columns.findIndex(isMeasure);
  return columns.filter(({ name }, place) => first === -1 || place < first || /(^|_)currency$/.test(name));
}

/** The numbers that a row of a view measures. */
export function measuresOf({ columns }: Pick<View, 'columns'>): readonly NamedColumn[] {
  return columns.filter(isMeasure);
}
