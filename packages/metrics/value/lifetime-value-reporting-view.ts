import { figure, money, moneyAMonth, reported, reportedCurrency, saying } from '../sql/column.ts';
import { day, month, today } from '../sql/period.ts';
import { atTheirDays, withRates } from '../sql/reporting.ts';
import { reportingCurrency, zone } from '../sql/settings.ts';
import { sql } from '../sql/text.ts';
import { view } from '../sql/view.ts';
import {
  annuity,
  averageValue,
  churned,
  clvContribution,
  clvDiscounted,
  clvPurchase,
  frequency,
  withLife,
} from './lifetime-value-parts.ts';

/** The same in the reporting currency (rule 41). */
export const lifetimeValueReporting = view('clv_monthly_reporting', {
  columns: {
    month: saying(
      'First day of the month in the reporting zone; every month from the first movement, purchase or cost to the one under way.',
      month.says(),
    ),
    currency: reportedCurrency,
    average_purchase_value: reported(averageValue, atTheirDays),
    purchase_frequency: frequency,
    lifespan_months: figure(
      'months',
      '1 / churn rate of those 12 months; without churn the mean time from first to last purchase of all buyers so far, null while none has bought twice. Months of 365/12 days.',
    ),
    clv_purchase: reported(clvPurchase),
    contribution_per_period: reported(
      moneyAMonth(
        '(closing MRR - retention and service cost of the month) / active customers; null without.',
      ),
    ),
    clv_contribution: reported(clvContribution),
    clv_discounted: reported(clvDiscounted),
    clv_net: reported(
      money(
        '(revenue - refunds + recurring revenue - costs of every category, all up to the end of the month or now, each at the rates of its day) / customers who ever bought or paid.',
      ),
    ),
  },
  select: sql`
    WITH toUnixTimestamp64Milli(now64(3)) AS now_ms, ${today} AS today, days AS (
      -- What is to be converted, by day and currency.
      SELECT ${day.of('bucket')} AS date, currency, sum(s.purchases) AS purchases, sum(s.first_time_buyers) AS began, sum(s.revenue) AS revenue,
        sum(s.refunds) AS refunds, toDecimal128(0, 6) AS cost, toDecimal128(0, 6) AS service, toDecimal128(0, 6) AS closing,
        toDecimal256(0, 6) AS mrr_ms
      FROM tidemark_store.sale_15m AS s
      GROUP BY date, currency, purchase_kind
      HAVING purchases != 0 OR refunds != 0
      UNION ALL
      SELECT date, currency, 0, 0, 0, 0, sum(amount), sum(amount * (category IN ('retention', 'service'))), 0, 0
      FROM tidemark_store.cost_by_day
      WHERE date <= today
      GROUP BY date, currency
      HAVING sum(amount) != 0
      UNION ALL
      SELECT date, currency, 0, 0, 0, 0, 0, 0, if(date = today OR toStartOfMonth(date + 1) = date + 1, standing, 0),
        toDecimal256(standing, 6) * end_ms - toDecimal256(standing - net, 6) * toUnixTimestamp64Milli(toDateTime64(date, 3, ${zone})) - at_ms
      FROM (
        SELECT date, currency, net, at_ms, sum(net) OVER (PARTITION BY currency ORDER BY date) AS standing,
          least(now_ms, toUnixTimestamp64Milli(toDateTime64(date + 1, 3, ${zone}))) AS end_ms
        FROM (
          SELECT ${day.of('bucket')} AS date, currency, sum(new + expansion + contraction + churn + reactivation AS by) AS net,
            sum(toDecimal256(by, 6) * toUnixTimestamp(bucket) * 1000 + amount_ms) AS at_ms
          FROM tidemark_store.mrr_15m
          GROUP BY date, currency
          HAVING sum(movements) != 0
          ORDER BY currency, date ${day.fillTo('now()')}
        )
      )
    ), months AS (
      -- What is not known is counted, so that a quiet month is one without anything rather than one of which nothing is known.
      SELECT month, sum(m_purchases) AS purchases, sum(m_began) AS began, ifNull(sum(m_revenue), 0) AS revenue,
        sum(isNull(m_revenue)) AS revenue_unknown, ifNull(sum(m_net), 0) AS net, sum(isNull(m_net)) AS net_unknown,
        ifNull(sum(m_mrr - m_service), 0) AS margin, sum(isNull(m_mrr - m_service)) AS margin_unknown,
        ifNull(sum(m_worth), 0) AS worth, sum(isNull(m_worth)) AS worth_unknown, sum(m_payers) AS payers,
        sum(m_arrived) AS arrived, sum(m_within) AS pairs_within, sum(m_span_ms) AS span_ms
      FROM (
        SELECT toStartOfMonth(date) AS month, purchases AS m_purchases, began AS m_began, converted(revenue, day_rate) AS m_revenue,
          m_revenue - converted(refunds, day_rate) - converted(cost, day_rate) AS m_net, converted(service, day_rate) AS m_service,
          converted(closing, day_rate) AS m_mrr,
          if(mrr_ms = 0, toNullable(toDecimal256(0, 24)), toDecimal256(mrr_ms, 6) * toDecimal256(day_rate, 18)) AS m_worth,
          0 AS m_payers, 0 AS m_arrived, 0 AS m_within, 0 AS m_span_ms
        FROM (
          SELECT days.*, rate AS day_rate
          FROM days ${withRates}
        )
        UNION ALL
        SELECT toStartOfMonth(date) AS month, 0, 0, 0, 0, 0, 0, 0, argMax(customers_at_end, date), 0, 0, 0
        FROM tidemark.churn_daily
        GROUP BY month
        UNION ALL
        SELECT ${month.of('at')} AS month, 0, 0, 0, 0, 0, 0, 0, 0, toInt64(count()), 0, 0
        FROM (
          SELECT at FROM tidemark_store.acquisition FINAL
          WHERE firsts > 0
          ORDER BY customer, at
          LIMIT 1 BY customer
        )
        GROUP BY month
        UNION ALL
        -- Purchases less pairs of consecutive ones are buyers: see clv_monthly.
        SELECT change.1 AS month, 0, 0, 0, 0, 0, 0, 0, 0, 0, sum(change.2), sum(change.3)
        FROM (
          SELECT arrayJoin([(bought, within, ms), (addMonths(bought_before, 12), -within, toInt128(0))]) AS change
          FROM (
            SELECT ${month.of('at')} AS bought, ${month.of('previous_at')} AS bought_before,
              sum(toInt64(sign) * (bought < addMonths(bought_before, 12))) AS within,
              sum(toInt128(toUnixTimestamp64Milli(at) - toUnixTimestamp64Milli(previous_at)) * sign) AS ms
            FROM tidemark_store.repeat_purchase
            GROUP BY bought, bought_before
            HAVING sum(sign) != 0
          )
        )
        GROUP BY month
      )
      WHERE month <= toStartOfMonth(today)
      GROUP BY month
      ORDER BY month ${month.fillTo('now()')}
    ), standing AS (
      SELECT month, payers, if(margin_unknown > 0, NULL, margin) AS margin, sum(purchases) OVER year AS y_purchases,
        if(sum(revenue_unknown) OVER year > 0, NULL, sum(revenue) OVER year) AS y_revenue,
        y_purchases - sum(pairs_within) OVER so_far AS y_buyers,
        least(12, dateDiff('month', min(if(purchases > 0, month, NULL)) OVER so_far, month) + 1) AS y_months,
        sum(arrived) OVER so_far AS s_customers, sum(purchases) OVER so_far AS s_purchases, sum(began) OVER so_far AS s_buyers, sum(span_ms) OVER so_far AS s_span_ms,
        if(sum(net_unknown) OVER so_far > 0, NULL, sum(net) OVER so_far) AS s_net,
        if(sum(worth_unknown) OVER so_far > 0, NULL, sum(worth) OVER so_far) AS s_worth
      FROM months
      WINDOW so_far AS (ORDER BY month), year AS (ORDER BY month ROWS BETWEEN 11 PRECEDING AND CURRENT ROW)
    ), ${churned}
    SELECT month, ${reportingCurrency} AS currency, half_even_divide(y_revenue, y_purchases) AS average_purchase_value,
      rate_of(y_purchases, y_buyers * y_months) AS purchase_frequency, rate_of(life, life_over) AS lifespan_months,
      half_even_divide(toDecimal256(y_revenue, 6) * life, toInt256(y_buyers) * y_months * life_over) AS clv_purchase,
      half_even_divide(margin, payers) AS contribution_per_period,
      half_even_divide(toDecimal256(margin, 6) * life, toInt256(payers) * life_over) AS clv_contribution,
      money_of(rate_of(margin, payers)
        * ${annuity}) AS clv_discounted,
      -- 365/12 days are 2,628,000,000 ms.
      half_even_divide(toDecimal128(roundBankers(s_net + s_worth / 2628000000, 6), 6), s_customers) AS clv_net
    FROM ${withLife}`,
  comment:
    'Customer lifetime value by month over all currencies in the reporting currency, in its four forms: by purchases, by contribution, discounted, and net to date.',
});
