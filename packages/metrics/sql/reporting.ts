import { type Column, isMoney, reported, reportedCurrency } from './column.ts';
import { reportingCurrency } from './settings.ts';
import { sql } from './text.ts';
import { type NamedColumn, type View, view } from './view.ts';

/** Joins the rate of a row's `date` and `currency` into the reporting currency, as `rate`; null where it is missing. */
export const withRates = 'LEFT JOIN tidemark_store.fx_rate AS f USING (date, currency)';

/** What money columns say where each amount is converted at the rate of its own day. */
export const atTheirDays = 'At the rates of their days; null when one is missing.';

const isDimension = ({ unit }: Column): boolean => unit === 'text';

/**
 * The variant of a daily view by currency over all currencies in the reporting currency: money at the rate of the day,
 * counts as they are. Throws a RangeError on a column that does not add up over currencies.
 */
export function reportedByDay(plain: View, comment: string): View {
  const rest = plain.columns.filter(({ name }) => name !== 'date' && name !== 'currency');
  const keys = ['date', ...rest.filter(isDimension).map(({ name }) => name)];
  const figures = rest.filter((column) => !isDimension(column));
  for (const { name, unit } of figures.filter((column) => column.unit !== 'count' && !isMoney(column)))
    throw new RangeError(`${plain.name}.${name} is in ${unit}, which does not add up over currencies`);
  const variantOf = (column: NamedColumn): Column => {
    if (column.name === 'currency') return reportedCurrency;
    return isMoney(column) ? reported(column, 'At the rate of the day; null when one is missing.') : column;
  };
  return view(`${plain.name}_reporting`, {
    columns: Object.fromEntries(plain.columns.map((column) => [column.name, variantOf(column)])),
    select: sql`
      SELECT
        ${[
          'date',
          `${reportingCurrency} AS currency`,
          ...keys.slice(1),
          ...figures.map(
            (column) => `${isMoney(column) ? 'sum_known' : 'sum'}(c_${column.name}) AS ${column.name}`,
          ),
        ].join(',\n')}
      FROM (
        SELECT
          ${[
            ...keys,
            ...figures.map(
              (column) =>
                `${isMoney(column) ? `converted(${column.name}, rate)` : column.name} AS c_${column.name}`,
            ),
          ].join(',\n')}
        FROM tidemark.${plain.name}
        ${withRates}
      )
      GROUP BY ${keys.join(', ')}`,
    comment,
  });
}
