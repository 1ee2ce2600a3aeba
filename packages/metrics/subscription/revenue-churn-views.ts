import {
  currency,
  figure,
  moneyAMonth,
  reported,
  reportedCurrency,
  type ViewColumns,
} from '../sql/column.ts';
import { month } from '../sql/period.ts';
import { withRates } from '../sql/reporting.ts';
import { reportingCurrency } from '../sql/settings.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';

/** Over the customers with MRR at the start alone (rule 11). */
const retention = (ofGross: string, ofNet: string): ViewColumns => ({
  grr: figure('fraction', `Gross revenue retention: sum of min(start, end) / sum of start over ${ofGross}.`),
  nrr: figure('fraction', `Net revenue retention: sum of end / sum of start over ${ofNet}.`),
  gross_revenue_churn_rate: figure('fraction', '1 - grr.'),
  net_revenue_churn_rate: figure(
    'fraction',
    '1 - nrr; negative when those who stayed grew by more than was lost.',
  ),
});

/** Of MRR at the start, what it shrank by (0 or less) and what it changed by. */
const rates = sql`
  rate_of(opening + shrunk, opening) AS grr, rate_of(opening + of_start, opening) AS nrr,
  rate_of(-shrunk, opening) AS gross_revenue_churn_rate, rate_of(-of_start, opening) AS net_revenue_churn_rate`;

const plain = view('revenue_churn_monthly', {
  columns: {
    month: month.says(),
    currency,
    mrr_at_start: moneyAMonth('MRR when the month began.'),
    ...retention(
      'the customers active in this currency at the start; null when that is 0',
      'the same customers; null when that is 0',
    ),
  },
  select: sql`
    SELECT month, currency, opening AS mrr_at_start, ${rates}
    FROM (SELECT month, currency, mrr - net AS opening FROM tidemark.mrr_monthly) AS standing
    LEFT JOIN (
      -- Who did not move keeps start = end: what the rates need is the change of those who moved and were there at the start,
      -- which is who did not come within the month.
      SELECT month, currency, sum(least(change, 0)) AS shrunk, sum(change * (entered <= 0)) AS of_start
      FROM (
        SELECT ${month.of('at')} AS month, currency, cityHash64(customer_id) AS customer,
          sum(m.amount * sign) AS change, sum(m.customers * sign) AS entered
        FROM tidemark_store.mrr_movement AS m
        GROUP BY month, currency, customer
      )
      GROUP BY month, currency
    ) AS moved USING (month, currency)`,
  comment:
    'How much of the MRR that was there when the month began is there at its end, or now. Leaving and coming back within the month is not seen. A row for every month from the first movement to now.',
});

const reportedChurn = view('revenue_churn_monthly_reporting', {
  columns: {
    month: month.says(),
    currency: reportedCurrency,
    mrr_at_start: reported(
      moneyAMonth(
        'MRR when the month began, at the rates of the last day of the month before; null when one is missing.',
      ),
    ),
    ...retention(
      'the customers active at the start, each with all currencies, start and end at the rates of the start',
      'the same customers, both at the rates of the start',
    ),
  },
  select: sql`
    WITH moved AS (
      -- A customer's change over all currencies: who moves from one to another has shrunk by the difference alone.
      SELECT month, sum_known(if(change > 0, toDecimal128(0, 6), change)) AS shrunk,
        sum_known(change) AS of_start
      FROM (
        SELECT month, customer, sum_known(converted(moved_by, rate)) AS change
        FROM (
          SELECT ${month.of('at')} AS month, month - 1 AS date, currency, cityHash64(customer_id) AS customer,
            sum(amount * sign) AS moved_by
          FROM tidemark_store.mrr_movement
          GROUP BY month, currency, customer
          HAVING moved_by != 0
        ) AS moves
        ${withRates}
        -- Who came within the month had nothing at its start, takes no part, and needs no rate.
        WHERE (month, customer) NOT IN (
          SELECT ${month.of('at')} AS month, cityHash64(customer_id) AS customer
          FROM tidemark_store.customer_movement
          GROUP BY month, customer
          HAVING sum(if(movement = 'churn', -sign, sign)) > 0
        )
        GROUP BY month, customer
      )
      GROUP BY month
    )
    SELECT month, ${reportingCurrency} AS currency, opening AS mrr_at_start, ${rates}
    FROM (
      SELECT month, sum_known(m_opening) AS opening, sum_known(m_shrunk) AS shrunk, sum_known(m_of_start) AS of_start
      FROM (
        SELECT month, lagInFrame(mrr, 1, toDecimal128(0, 6)) OVER (ORDER BY month ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS m_opening,
          toNullable(toDecimal128(0, 6)) AS m_shrunk, toNullable(toDecimal128(0, 6)) AS m_of_start
        FROM tidemark.mrr_monthly_reporting
        UNION ALL
        SELECT month, toNullable(toDecimal128(0, 6)), moved.shrunk, moved.of_start FROM moved
      )
      GROUP BY month
    )`,
  comment:
    'How much of the MRR that was there when the month began is there at its end, or now, over all currencies at the rates of the start: what rates do is in the column fx of mrr_monthly_reporting.',
});

/** Views of how much of the MRR stays. */
export const revenueChurnViews: readonly View[] = [plain, reportedChurn];
