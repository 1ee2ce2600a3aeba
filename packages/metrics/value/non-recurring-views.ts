import { currency, money, moneyAMonth, reported, reportedCurrency } from '../sql/column.ts';
import { month } from '../sql/period.ts';
import { atTheirDays } from '../sql/reporting.ts';
import { reportingCurrency } from '../sql/settings.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';

const nonRecurring = money('Purchases of the month less refunds of the month.');
const total = money('mrr + non_recurring_revenue.');

/** Every month from the first movement or sale to now (rule 26). */
const plain = view('mrr_with_non_recurring_monthly', {
  columns: {
    month: month.says(),
    currency,
    mrr: moneyAMonth('MRR at the end of the month, or now: active customers x ARPA.'),
    non_recurring_revenue: nonRecurring,
    total,
  },
  select: sql`
    SELECT month, currency, sum(p_net) OVER (PARTITION BY currency ORDER BY month) AS mrr, p_sold AS non_recurring_revenue,
      mrr + p_sold AS total
    FROM (
      -- From the first movement or sale, so that what was sold before anybody subscribed is not left out.
      SELECT month, currency, sum(m_net) AS p_net, sum(m_sold) AS p_sold
      FROM (
        SELECT ${month.of('bucket')} AS month, currency, sum(new + expansion + contraction + churn + reactivation) AS m_net,
          toDecimal128(0, 6) AS m_sold
        FROM tidemark_store.mrr_15m
        GROUP BY month, currency
        HAVING sum(movements) != 0
        UNION ALL
        SELECT ${month.of('bucket')} AS month, currency, 0, sum(revenue) - sum(refunds)
        FROM tidemark_store.sale_15m AS s
        GROUP BY month, currency
        HAVING sum(s.purchases) != 0 OR sum(s.refunds) != 0
      )
      GROUP BY month, currency
      ORDER BY currency, month ${month.fillTo('now()')}
    )`,
  comment:
    'The expansion MRR of customer-success writing: MRR at the month’s end and what was sold once in the month, by currency; a row for every month from the first movement or sale to now.',
});

const reportedTotal = view('mrr_with_non_recurring_monthly_reporting', {
  columns: {
    month: month.says(),
    currency: reportedCurrency,
    mrr: reported(
      moneyAMonth('MRR at the end of the month, or now, at the rates of that day; null when one is missing.'),
    ),
    non_recurring_revenue: reported(nonRecurring, atTheirDays),
    total: reported(total),
  },
  select: sql`
    SELECT month, ${reportingCurrency} AS currency, p_mrr AS mrr, p_sold AS non_recurring_revenue, p_mrr + p_sold AS total
    FROM (
      SELECT month, sum_known(m_mrr) AS p_mrr, sum_known(m_sold) AS p_sold
      FROM (
        SELECT month, mrr AS m_mrr, toNullable(toDecimal128(0, 6)) AS m_sold FROM tidemark.mrr_monthly_reporting
        UNION ALL
        SELECT month, toNullable(toDecimal128(0, 6)), net_revenue FROM tidemark.sales_monthly_reporting
        UNION ALL
        -- Quiet months, for there are rows for every one.
        SELECT DISTINCT month, toNullable(toDecimal128(0, 6)), toNullable(toDecimal128(0, 6)) FROM tidemark.mrr_with_non_recurring_monthly
      )
      GROUP BY month
    )`,
  comment:
    'MRR at the month’s end and what was sold once in the month, over all currencies in the reporting currency.',
});

/** Views of MRR together with what was sold once. */
export const nonRecurringViews: readonly View[] = [plain, reportedTotal];
