import type { Column, ViewColumns } from './column.ts';
import { type Grain, type Period, periods } from './period.ts';
import { ratioSql } from './ratio.ts';
import { sql } from './text.ts';
import { type View, view } from './view.ts';

type PeriodViewsSource = {
  readonly grains: readonly Grain[];
  /** What is read, with an alias for its columns: `tidemark_store.mention_15m AS m`. */
  readonly from: string;
  /** The column that holds the instant. */
  readonly at?: string;
  /** What happened in the period of a row, for the comment of its column: `in which the carts were created`. */
  readonly when?: string;
  /** Dimensions beside the period. */
  readonly by?: ViewColumns;
  /** Each with its SQL, an aggregate, or a ratio of others. */
  readonly columns: ViewColumns | ((period: Period) => ViewColumns);
  readonly where?: string;
  /** Which rows there are: usually those in which a counter is not 0. All when absent. */
  readonly having?: string;
  /** One sentence on the view. */
  readonly comment: (period: Period) => string;
};

/** One view a grain, `<stem>_daily`, `<stem>_monthly` …: a row for each period and dimension that has data. */
export function periodViews(stem: string, source: PeriodViewsSource): View[] {
  return source.grains.map((grain) => {
    const period = periods[grain];
    const { from, at = 'bucket', when, by = {}, where, having } = source;
    const columns = typeof source.columns === 'function' ? source.columns(period) : source.columns;
    const keys = [period.column, ...Object.keys(by)];
    const selected = [
      `${period.of(at)} AS ${period.column}`,
      ...Object.entries(by).map(([name, { sql: key = name }]) => (key === name ? name : `${key} AS ${name}`)),
      ...Object.entries(columns).map(([name, column]) => `${sqlOf(name, column, columns)} AS ${name}`),
    ];
    return view(`${stem}_${period.suffix}`, {
      columns: { [period.column]: period.says(when), ...by, ...columns },
      select: sql`
        SELECT
          ${selected.join(',\n')}
        FROM ${from}
        ${where === undefined ? '' : `WHERE ${where}`}
        GROUP BY ${keys.join(', ')}
        ${having === undefined ? '' : `HAVING ${having}`}`,
      comment: source.comment(period),
    });
  });
}

function sqlOf(name: string, { sql: own, ratio }: Column, columns: ViewColumns): string {
  if (own !== undefined) return own;
  if (ratio === undefined) throw new RangeError(`column ${name} has neither SQL nor a ratio: give it one`);
  return ratioSql(ratio, (operand) => {
    const term = columns[operand];
    if (term === undefined)
      throw new RangeError(`column ${name} is a ratio of ${operand}, which is no column`);
    return sqlOf(operand, term, columns);
  });
}
