/**
 * Ratios as data: defined once, read by views (as SQL), by pages (as a formula) and by live figures (as a number). A
 * ratio is null when its denominator is 0.
 */

/** A sum of columns: each is added (1) or subtracted (-1). */
type Terms = { readonly [column: string]: 1 | -1 };

/** `times` × numerator ÷ denominator, of columns of one row or of their sums over several. */
export type Ratio = {
  readonly numerator: Terms;
  readonly denominator: Terms;
  /** 100 for percentages and scores; 1 when absent. */
  readonly times?: number;
};

/** A mean column of a view with the column that counts what it is the mean of: how such means merge. */
export type WeightedMean = { readonly mean: string; readonly weight: string };

function sumOf(terms: Terms, operand: (column: string) => string): string {
  return Object.entries(terms)
    .map(([column, sign], index) => {
      if (index === 0) return `${sign === -1 ? '-' : ''}${operand(column)}`;
      return `${sign === -1 ? ' - ' : ' + '}${operand(column)}`;
    })
    .join('');
}

function isSum(terms: Terms): boolean {
  return Object.keys(terms).length > 1;
}

/** The formula as a reader writes it: `100 * (promoters - detractors) / responses`. */
export function formulaOf({ numerator, denominator, times = 1 }: Ratio): string {
  const part = (terms: Terms): string => {
    const sum = sumOf(terms, (column) => column);
    return isSum(terms) ? `(${sum})` : sum;
  };
  return `${times === 1 ? '' : `${times} * `}${part(numerator)} / ${part(denominator)}`;
}

/**
 * The ratio in SQL, Nullable(Float64).
 *
 * @param operand A column in SQL, e.g. `(column) => \`sum(d.${column})\`` for the ratio of sums.
 */
export function ratioSql(
  { numerator, denominator, times = 1 }: Ratio,
  operand: (column: string) => string = (column) => column,
): string {
  const above = sumOf(numerator, operand);
  const scaled = times === 1 ? above : `${times} * ${isSum(numerator) ? `(${above})` : above}`;
  return `rate_of(${scaled}, ${sumOf(denominator, operand)})`;
}

/** The mean over several rows of a view, in SQL: each row's mean counts as often as there is something behind it. */
export function meanSql(
  { mean, weight }: WeightedMean,
  operand: (column: string) => string = (column) => column,
): string {
  return `rate_of(sum(${operand(mean)} * ${operand(weight)}), sum(${operand(weight)}))`;
}

/** The ratio of given values. Throws a RangeError when one that it needs is not given. */
export function ratioOf(
  { numerator, denominator, times = 1 }: Ratio,
  values: { readonly [column: string]: number },
): number | null {
  const sum = (terms: Terms): number =>
    Object.entries(terms).reduce((total, [column, sign]) => {
      const value = values[column];
      if (value === undefined) throw new RangeError(`${column} is not given`);
      return total + sign * value;
    }, 0);
  const below = sum(denominator);
  return below === 0 ? null : (times * sum(numerator)) / below;
}
