import {
  currency,
  figure,
  money,
  nullable,
  reported,
  reportedCurrency,
  text,
  type ViewColumns,
} from '../sql/column.ts';
import { month } from '../sql/period.ts';
import { reportingCurrency } from '../sql/settings.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';

const cac = nullable(
  money(
    'Cost to acquire a customer over all segments: marketing and sales costs of the month / customers acquired in it; null when none was.',
  ),
);
const verdict: ViewColumns = {
  clv_cac: figure('ratio', 'clv / cac; null without either, or when it cost nothing.'),
  verdict: text('healthy when clv_cac is at least 3, thin above 1, losing up to 1; empty when it is null.'),
};
const profit = nullable(
  money('clv - cac; what is elsewhere called profit per customer as a quotient is clv_cac.'),
);
const judged = sql`
  rate_of(clv, cac) AS clv_cac,
  multiIf(isNull(clv_cac), '', clv_cac >= 3, 'healthy', clv_cac > 1, 'thin', 'losing') AS verdict,
  clv - cac AS profit_per_customer`;

/** Over all segments (rule 41); all but `cac` is null while nobody has shown a lifespan (rule 51). */
const plain = view('unit_economics_monthly', {
  columns: {
    month: month.says(),
    currency,
    clv: nullable(
      money(
        'Lifetime value of a customer: clv_contribution of clv_monthly where there is an ARPA, else clv_purchase; null while nobody has shown a lifespan.',
      ),
    ),
    cac,
    ...verdict,
    profit_per_customer: profit,
  },
  select: sql`
    SELECT month, currency, if(isNull(contribution_per_period), clv_purchase, clv_contribution) AS clv,
      half_even_divide(cost, won) AS cac, ${judged}
    FROM tidemark.clv_monthly
    LEFT JOIN (
      SELECT month, currency, sum(acquisition_cost) AS cost, sum(customers_acquired) AS won
      FROM tidemark.acquisition_monthly
      GROUP BY month, currency
    ) AS acquired USING (month, currency)`,
  comment: 'Whether a customer is worth more than winning it costs, by month and currency.',
});

const reportedEconomics = view('unit_economics_monthly_reporting', {
  columns: {
    month: month.says(),
    currency: reportedCurrency,
    clv: reported(
      money(
        'Lifetime value of a customer: clv_contribution of clv_monthly_reporting where there are active customers, else clv_purchase; null while nobody has shown a lifespan, or when a rate is missing.',
      ),
    ),
    cac: reported(cac, 'Null when a rate is missing, too.'),
    ...verdict,
    profit_per_customer: reported(profit),
  },
  select: sql`
    SELECT month, ${reportingCurrency} AS currency, if(active > 0, clv_contribution, clv_purchase) AS clv,
      half_even_divide(cost, won) AS cac, ${judged}
    FROM tidemark.clv_monthly_reporting AS worth
    LEFT JOIN (
      SELECT month, sum_known(acquisition_cost) AS cost, sum(customers_acquired) AS won
      FROM tidemark.acquisition_monthly_reporting
      GROUP BY month
    ) AS acquired USING (month)
    LEFT JOIN (
      SELECT toStartOfMonth(date) AS month, argMax(customers_at_end, date) AS active FROM tidemark.churn_daily GROUP BY month
    ) AS standing USING (month)`,
  comment:
    'Whether a customer is worth more than winning it costs, by month over all currencies in the reporting currency.',
});

/** Views of whether a customer is worth what winning it costs. */
export const unitEconomicsViews: readonly View[] = [plain, reportedEconomics];
