/**
 * How the figures of a view come about, as data: what is added up of which facts, and which figures a formula is of.
 *
 * Conditions name the columns of the key of the row asked about as `:month`, `:currency`. They are written over the facts or
 * rollups that the view itself reads, and a test compares every one with the view.
 */
import type { CivilPeriod, Period } from './period.ts';
import type { Ratio } from './ratio.ts';

/** Facts of a kind, or what a rollup adds up of them fact by fact: columns of facts are `fact_<name>`, `sign` is theirs. */
export type FactSource = { readonly kind: string; readonly rollup?: string };

/** Another figure: a column of the row asked about, or of the row of another view with this key. */
export type Figure = {
  readonly view?: string;
  readonly column: string;
  /** Columns of that view's key, as SQL over the key of the row asked about. The same key when absent. */
  readonly key?: { readonly [column: string]: string };
};

/** What adds up to a figure, part by part. */
export type Parts = {
  /** Facts, or rows of views as what stands behind FROM. */
  readonly from: FactSource | string;
  /** Which of them, as SQL. */
  readonly where: string;
  /** What a part is, as SQL by name: a customer, a case. A fact when absent. */
  readonly each?: { readonly [name: string]: string };
  /** How much a part adds, as an aggregate over what it is made of. */
  readonly value: string;
  /** Which parts there are, as an aggregate over what each is made of; all when absent. */
  readonly having?: string;
  /** Which of them count, as SQL over `value`; `value != 0` when absent. */
  readonly keep?: string;
  /** What the parts come to, as an aggregate over `value` and what `each` names; `sum(value)` when absent. */
  readonly total?: string;
  /** The figure that a part is of, where it is one of another view. Its key has the names in `each`. */
  readonly of?: { readonly view: string; readonly column: string };
};

/** A figure that is computed from others. */
export type Formula = {
  /** SQL over the names of the operands. */
  readonly formula: string;
  readonly operands: { readonly [name: string]: Figure | Parts };
};

/** How one column comes about. */
export type Explanation = Parts | Formula;

/** A view with its key, and how its figures come about; ratios of columns need no entry. */
export type ExplainedView = {
  /** Columns that name one row. */
  readonly key: readonly string[];
  readonly columns: { readonly [column: string]: Explanation };
  /** Columns that are no figure, or are not explained, each with the reason. */
  readonly without?: { readonly [column: string]: string };
  /** Columns that change by the millisecond, so that they are read as they are known at one instant. */
  readonly ofNow?: readonly string[];
};

/** Views by their names. */
export type ExplainedViews = { readonly [view: string]: ExplainedView };

/** Whether an explanation is a formula. */
export function isFormula(explanation: Explanation | Figure): explanation is Formula {
  return 'formula' in explanation;
}

/** Whether an operand or an explanation is made of parts. */
export function isParts(explanation: Explanation | Figure): explanation is Parts {
  return 'value' in explanation;
}

/** `column = :column` for each, joined by AND. */
export function same(...columns: readonly string[]): string {
  return columns.map((column) => `${column} = :${column}`).join(' AND ');
}

/** All conditions together. */
export function all(...conditions: readonly string[]): string {
  return conditions.filter((condition) => condition !== '').join(' AND ');
}

/** Within the period of the row asked about. */
export const within = (period: Period, at = 'bucket'): string => `${period.of(at)} = :${period.column}`;
/** Up to the end of the period of the row asked about. */
export const upTo = (period: Period, at = 'bucket'): string => `${period.of(at)} <= :${period.column}`;
/** Before the period of the row asked about. */
export const before = (period: Period, at = 'bucket'): string => `${period.of(at)} < :${period.column}`;
/** In the twelve months that end with that of the row asked about. */
export const inYear = (month: CivilPeriod, at = 'bucket'): string =>
  `${month.of(at)} > addMonths(:month, -12) AND ${month.of(at)} <= :month`;

/** The sum of parts of which one may be unknown, which makes it unknown; none are 0. */
export const sumKnown = 'if(count() = 0, toDecimal128(0, 6), sum_known(value))';

/** Parts of which one may be unknown: those of 0 are left out. */
const mayBeUnknown = { keep: 'isNull(value) OR value != 0', total: sumKnown };

/** The one amount of a part, at the rate `f` of its day; unknown without a rate. */
export function atItsRate(amount: string): Pick<Parts, 'value' | 'keep' | 'total'> {
  return { value: `any(converted(${amount}, f.rate))`, ...mayBeUnknown };
}

/** Whether parts add up, so that the difference of two sums is that of their parts. */
export function addsUp({ total }: Parts): boolean {
  return total === undefined || total === sumKnown;
}

/** A sum of what a rollup has, fact by fact. */
export function rolled(rollup: string, kind: string, value: string, where: string): Parts {
  return { from: { kind, rollup }, where, value: `sum(${value})` };
}

/** A sum over facts; `value` is multiplied by their sign. */
export function facts(kind: string, value: string, where: string): Parts {
  return { from: { kind }, where, value: `sum((${value}) * sign)` };
}

/** A ratio of columns of the row asked about, or of other figures of these names. */
export function ratioFormula(
  formula: string,
  operands: readonly string[] | { readonly [name: string]: Figure | Parts },
): Formula {
  const named = Array.isArray(operands)
    ? Object.fromEntries((operands as readonly string[]).map((column) => [column, { column }]))
    : (operands as { readonly [name: string]: Figure | Parts });
  return { formula, operands: named };
}

/** Money over money, rounded to the 6th decimal: of two columns of the row asked about. */
export function quotient(dividend: string, divisor: string): Formula {
  return ratioFormula(`half_even_divide(${dividend}, ${divisor})`, [dividend, divisor]);
}

/** The columns that a ratio is of. */
export function termsOf({ numerator, denominator }: Ratio): readonly string[] {
  return [...new Set([...Object.keys(numerator), ...Object.keys(denominator)])];
}

/**
 * The sum of a column of another view over the rows of the row asked about, each at the rate of its day.
 *
 * @param each What a row of that view is, by the columns of its key.
 */
export function convertedSum(
  view: string,
  column: string,
  where: string,
  each: { readonly [name: string]: string },
): Parts {
  return {
    from: `tidemark.${view} AS d LEFT JOIN tidemark_store.fx_rate AS f USING (date, currency)`,
    where,
    each,
    ...atItsRate(`d.${column}`),
    of: { view, column },
  };
}

/** The sum of a column of another view over some of its rows. */
export function cellSum(
  view: string,
  column: string,
  where: string,
  each: { readonly [name: string]: string },
): Parts {
  return {
    from: `tidemark.${view} AS d`,
    where,
    each,
    value: `any(d.${column})`,
    ...mayBeUnknown,
    of: { view, column },
  };
}
