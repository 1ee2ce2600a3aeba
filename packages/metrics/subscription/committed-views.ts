import { currency, moneyAMonth, reported, reportedCurrency } from '../sql/column.ts';
import { day } from '../sql/period.ts';
import { withRates } from '../sql/reporting.ts';
import { reportingCurrency } from '../sql/settings.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';

const amounts = {
  mrr: moneyAMonth('MRR at the end of the day, or now.'),
  pending_churn: moneyAMonth('MRR then of subscriptions in force whose cancellation is pending.'),
  pending_change: moneyAMonth(
    'MRR after the last pending change less MRR then, of subscriptions with a pending change and no pending cancellation.',
  ),
  committed_mrr: moneyAMonth('mrr - pending_churn + pending_change.'),
};
const pending = ['pending_churn', 'pending_change'] as const;

/** What was pending before the first movement of a currency counts too, though its days have no row. */
const committed = view('mrr_committed_daily', {
  columns: { date: day.says(), currency, ...amounts },
  select: sql`
    SELECT
      date, currency, mrr, pending_churn, pending_change, mrr - pending_churn + pending_change AS committed_mrr
    FROM (
      SELECT
        date, currency, sum(d_mrr) AS mrr, sum(is_row) AS rows,
        ${pending.map((name) => `sum(sum(d_${name})) OVER up_to AS ${name}`).join(',\n')}
      FROM (
        SELECT
          date, currency, d.mrr AS d_mrr, 1 AS is_row,
          ${pending.map((name) => `toDecimal128(0, 6) AS d_${name}`).join(', ')}
        FROM tidemark.mrr_daily AS d
        UNION ALL
        SELECT
          ${day.of('bucket')} AS date, currency, toDecimal128(0, 6), 0, ${pending.map((name) => `c.${name}`).join(', ')}
        FROM tidemark_store.commitment_15m AS c
      )
      GROUP BY date, currency
      WINDOW up_to AS (PARTITION BY currency ORDER BY date)
    )
    WHERE rows > 0`,
  comment:
    'MRR by day and currency as it will be once what is pending has come: cancellations and changes that were published ahead. It has the rows of mrr_daily.',
});

const committedReported = view('mrr_committed_daily_reporting', {
  columns: {
    date: day.says(),
    currency: reportedCurrency,
    ...Object.fromEntries(
      Object.entries(amounts).map(([name, column]) => [
        name,
        reported(column, 'At the rate of the day; null when one is missing.'),
      ]),
    ),
  },
  select: sql`
    SELECT
      date, ${reportingCurrency} AS currency, r_mrr AS mrr, r_pending_churn AS pending_churn,
      r_pending_change AS pending_change, r_mrr - r_pending_churn + r_pending_change AS committed_mrr
    FROM (
      SELECT
        date, ${['mrr', ...pending].map((name) => `sum_known(converted(d.${name}, rate)) AS r_${name}`).join(',\n')}
      FROM tidemark.mrr_committed_daily AS d
      ${withRates}
      GROUP BY date
    )`,
  comment:
    'MRR by day over all currencies in the reporting currency, as it will be once what is pending has come.',
});

/** Views of committed MRR (rule 56). */
export const committedViews: readonly View[] = [committed, committedReported];
