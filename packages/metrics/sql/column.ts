import { formulaOf, type Ratio } from './ratio.ts';

/** What a column's value counts or measures, as the metric reference shows it. */
export type Unit =
  | 'text'
  | 'date'
  | 'instant, UTC'
  | 'count'
  | 'people'
  | 'major unit'
  | 'major unit a month'
  | 'money or count'
  | 'units of reporting_currency for one'
  | 'fraction'
  | 'ratio'
  | 'percent'
  | 'points, -100 to 100'
  | 'points, 0 to 100'
  | 'points of the scale'
  | 'seconds'
  | 'days'
  | 'months'
  | 'purchases a month'
  | 'purchases a buyer'
  | 'of the readings';

/** A column of a view as data. */
export type Column = {
  /** Its type in ClickHouse. */
  readonly type: string;
  readonly unit: Unit;
  /** What it is and its formula, in sentences; the unit follows by itself. */
  readonly meaning: string;
  /** What it is in the view's SELECT, where the view is made of columns alone (`periodViews`). */
  readonly sql?: string;
  /** The ratio it is; then it needs no `sql`. */
  readonly ratio?: Ratio;
  /** Money in the reporting currency, not in that of the row. */
  readonly isReported?: boolean;
};

/** Columns by their names, in the order of the view. */
export type ViewColumns = { readonly [name: string]: Column };

const decimal = 'Decimal(38, 6)';

const make =
  (type: string, unit: Unit) =>
  (meaning: string, sql?: string): Column => ({ type, unit, meaning, ...(sql === undefined ? {} : { sql }) });

/** Words; unknown is `''`. */
export const text = make('String', 'text');
/** A civil day of the reporting zone. */
export const date = make('Date', 'date');
/** A point in time. */
export const instant = make("DateTime64(3, 'UTC')", 'instant, UTC');
/** How many. */
export const count = make('Int64', 'count');
/** A sum of counts that may exceed 64 bits; it never wraps (rule 53). */
export const wideCount = make('Int128', 'count');
/** An amount in the currency of the row. */
export const money = make(decimal, 'major unit');
/** An amount a month in the currency of the row. */
export const moneyAMonth = make(decimal, 'major unit a month');
/** A duration; null when unknown. */
export const seconds = make('Nullable(Float64)', 'seconds');

/** A computed number in a unit of its own; null when it cannot be computed. */
export function figure(unit: Unit, meaning: string, sql?: string): Column {
  return make('Nullable(Float64)', unit)(meaning, sql);
}

/**
 * A ratio of other columns of the view: its formula leads its meaning, and its SQL follows from theirs.
 *
 * @param remark What else there is to say, e.g. `null while all are open`.
 */
export function rate(ratio: Ratio, remark = '', unit: Unit = 'fraction'): Column {
  const meaning = `${formulaOf(ratio)}${remark === '' ? '' : `; ${remark}`}.`;
  return { ...figure(unit, meaning), ratio };
}

/** The same, null where it is not known or does not exist. */
export function nullable(column: Column): Column {
  return column.type.startsWith('Nullable(') ? column : { ...column, type: `Nullable(${column.type})` };
}

/** ISO 4217 code of the money columns. */
export const currency = text('ISO 4217 code of the money columns.', 'currency');

/** The reporting currency, in every row. */
export const reportedCurrency = text(
  'The reporting currency, REPORTING_CURRENCY: ISO 4217 code of the money columns.',
);

/**
 * A money column over all currencies in the reporting currency; null when a rate is missing.
 *
 * @param remark At which rates, in sentences.
 */
export function reported(column: Column, remark = ''): Column {
  const { type, unit, meaning } = nullable(column);
  return { type, unit, meaning: remark === '' ? meaning : `${meaning} ${remark}`, isReported: true };
}

/** Whether a column is an amount in a currency. */
export function isMoney({ unit }: Column): boolean {
  return unit === 'major unit' || unit === 'major unit a month';
}

/** Other words for the same column. */
export function saying(meaning: string, column: Column): Column {
  return { ...column, meaning };
}

/** The comment that ClickHouse carries: meaning and unit. */
export function commentOf(column: Column): string {
  return `${column.meaning}${unitSentence(column)}`;
}

function unitSentence(column: Column): string {
  if (isMoney(column)) {
    const whose = column.isReported === true ? 'REPORTING_CURRENCY' : 'the currency';
    return ` Major unit of ${whose}${column.unit === 'major unit a month' ? ' a month' : ''}.`;
  }
  if (column.unit === 'fraction') return ' A fraction.';
  if (column.unit === 'percent') return ' Percent.';
  if (column.unit === 'seconds') return ' Seconds.';
  return '';
}
