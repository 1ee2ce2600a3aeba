import {
  count,
  currency,
  date,
  figure,
  moneyAMonth,
  rate,
  reported,
  reportedCurrency,
  type ViewColumns,
} from '../sql/column.ts';
import { month, thisMonth, today } from '../sql/period.ts';
import { ratioSql } from '../sql/ratio.ts';
import { withRates } from '../sql/reporting.ts';
import { reportingCurrency } from '../sql/settings.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';
import { logoRetention } from './ratios.ts';

/** Customers of the whole cohort, in whatever currency (rule 12). */
const cohortColumns: ViewColumns = {
  cohort: date('Month in which the customers were first active, its first day in the reporting zone.'),
  months_since: { ...count('Calendar months after the cohort; 0 for the month itself.'), unit: 'months' },
  month: date('cohort + months_since: at whose end, or now, active and mrr are taken.'),
  customers: count('Customers of the cohort, in whatever currency.'),
  active: count('Of those, active at that end, in whatever currency.'),
  logo_retention: rate(logoRetention),
};

const plain = view('retention_cohorts_monthly', {
  columns: {
    ...cohortColumns,
    currency,
    mrr: moneyAMonth("The cohort's MRR in this currency at that end."),
    revenue_retention: figure(
      'fraction',
      "mrr / the cohort's new movements in this currency; null when it had none.",
    ),
  },
  select: sql`
    SELECT cohort, dateDiff('month', cohort, period) AS months_since, period AS month, size AS customers,
      standing_active AS active, ${ratioSql(logoRetention, (column) => (column === 'active' ? 'standing_active' : 'size'))} AS logo_retention, currency, standing_mrr AS mrr,
      rate_of(standing_mrr, first_mrr) AS revenue_retention
    FROM (
      -- Customers are in the rows without a currency, so that they count once, and show in those with one.
      SELECT cohort, currency, period, sum(sum(move.2)) OVER (PARTITION BY cohort) AS size,
        sum(sum(move.3)) OVER (PARTITION BY cohort ORDER BY period) AS standing_active,
        sum(sum(move.4)) OVER (PARTITION BY cohort, currency ORDER BY period) AS standing_mrr,
        sum(sum(move.5)) OVER (PARTITION BY cohort, currency) AS first_mrr
      FROM (
        -- What moved, and every month up to now, so that quiet ones have their row.
        SELECT cohort, currency, arrayJoin(arrayConcat(groupArray((period, m_came, m_active, m_mrr, m_new)),
          arrayMap(n -> (addMonths(cohort, n), toInt64(0), toInt64(0), toDecimal128(0, 6), toDecimal128(0, 6)),
            range(toUInt32(dateDiff('month', cohort, greatest(max(period), ${thisMonth})) + 1))))) AS move
        FROM (
          SELECT cohort, currency, period, sum(came) AS m_came, sum(entered) AS m_active, sum(moved) AS m_mrr,
            sum(moved * (movement = 'new')) AS m_new, sum(toInt64(sign)) AS facts
          FROM (
            SELECT cityHash64(customer_id) AS customer, ${month.of('at')} AS period, '' AS currency, movement, sign,
              sign * (movement = 'new') AS came, if(movement = 'churn', -sign, sign) AS entered, toDecimal128(0, 6) AS moved
            FROM tidemark_store.customer_movement
            UNION ALL
            SELECT cityHash64(customer_id) AS customer, ${month.of('at')} AS period, currency, movement, sign, 0, 0, amount * sign
            FROM tidemark_store.mrr_movement
          ) AS movements
          INNER JOIN (
            SELECT cityHash64(customer_id) AS customer, ${month.of('at')} AS cohort
            FROM tidemark_store.customer_movement
            WHERE movement = 'new'
            GROUP BY customer, cohort
            HAVING sum(sign) > 0
          ) AS members USING (customer)
          GROUP BY cohort, currency, period
        )
        GROUP BY cohort, currency
        HAVING sum(facts) > 0
      )
      GROUP BY cohort, currency, move.1 AS period
    )
    -- What was retracted may have been before.
    WHERE currency != '' AND period >= cohort`,
  comment:
    'Who of the customers first active in one month is still active, and with how much MRR, month by month up to now.',
});

const reportedCohorts = view('retention_cohorts_monthly_reporting', {
  columns: {
    ...cohortColumns,
    currency: reportedCurrency,
    mrr: reported(
      moneyAMonth("The cohort's MRR at that end, at the rates of that day; null when one is missing."),
    ),
    revenue_retention: figure(
      'fraction',
      "mrr / the cohort's new movements at the rates of their days; what rates do is in it.",
    ),
  },
  select: sql`
    SELECT cohort, months_since, month, c_customers AS customers, c_active AS active, ${ratioSql(logoRetention, (column) => `c_${column}`)} AS logo_retention,
      ${reportingCurrency} AS currency, c_mrr AS mrr, rate_of(c_mrr, won) AS revenue_retention
    FROM (
      SELECT cohort, months_since, month, any(customers) AS c_customers, any(active) AS c_active,
        sum_known(converted(mrr, rate)) AS c_mrr
      FROM (
        SELECT *, least(addMonths(month, 1) - 1, ${today}) AS date FROM tidemark.retention_cohorts_monthly
      ) AS c
      ${withRates}
      GROUP BY cohort, months_since, month
    ) AS standing
    LEFT JOIN (SELECT month AS cohort, new AS won FROM tidemark.mrr_monthly_reporting) AS firsts USING (cohort)`,
  comment:
    'Who of the customers first active in one month is still active, and with how much MRR, over all currencies in the reporting currency.',
});

/** Views of who stays, by the month of first activity. */
export const cohortViews: readonly View[] = [plain, reportedCohorts];
