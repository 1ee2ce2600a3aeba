import { currency, figure, money, moneyAMonth, nullable, saying } from '../sql/column.ts';
import { month, thisMonth, today } from '../sql/period.ts';
import { zone } from '../sql/settings.ts';
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

/** Customer lifetime value by currency, over the 12 months that end with the row's (rule 41). */
export const lifetimeValue = view('clv_monthly', {
  columns: {
    month: saying(
      'First day of the month in the reporting zone; every month from the first movement, purchase or cost of the currency to the one under way.',
      month.says(),
    ),
    currency,
    average_purchase_value: averageValue,
    purchase_frequency: frequency,
    lifespan_months: figure(
      'months',
      '1 / churn rate of those 12 months (customers lost / customers at the starts of the months, of churn_monthly); without churn the mean time from first to last purchase of all buyers so far, null while none has bought twice. Months of 365/12 days.',
    ),
    clv_purchase: clvPurchase,
    contribution_per_period: nullable(
      moneyAMonth(
        'ARPA - cost to serve a customer (crc of retention_cost_monthly): (closing MRR - retention and service cost of the month) / paying customers; null without.',
      ),
    ),
    clv_contribution: clvContribution,
    clv_discounted: clvDiscounted,
    clv_net: nullable(
      money(
        '(revenue - refunds + recurring revenue - costs of every category, all up to the end of the month or now) / customers who ever bought or paid in the currency.',
      ),
    ),
  },
  select: sql`
    WITH months AS (
      SELECT currency, month, sum(m_purchases) AS purchases, sum(m_revenue) AS revenue, sum(m_net) AS net, sum(m_mrr) AS mrr,
        sum(m_mrr_ms) AS mrr_ms, sum(m_payers) AS payers, sum(m_service) AS service, sum(m_arrived) AS arrived,
        sum(m_pairs) AS pairs, sum(m_within) AS pairs_within, sum(m_span_ms) AS span_ms
      FROM (
        SELECT currency, ${month.of('bucket')} AS month, sum(purchases) AS m_purchases, sum(revenue) AS m_revenue,
          sum(revenue - refunds) AS m_net, toDecimal128(0, 6) AS m_mrr, toDecimal256(0, 6) AS m_mrr_ms, 0 AS m_payers,
          toDecimal128(0, 6) AS m_service, 0 AS m_arrived, 0 AS m_pairs, 0 AS m_within, 0 AS m_span_ms
        FROM tidemark_store.sale_15m AS s
        GROUP BY currency, month
        HAVING m_purchases != 0 OR sum(s.refunds) != 0
        UNION ALL
        SELECT currency, ${month.of('bucket')} AS month, 0, 0, 0, sum(new + expansion + contraction + churn + reactivation AS net),
          sum(toDecimal256(net, 6) * toUnixTimestamp(bucket) * 1000 + amount_ms), sum(customers), 0, 0, 0, 0, 0
        FROM tidemark_store.mrr_15m
        GROUP BY currency, month
        HAVING sum(movements) != 0
        UNION ALL
        SELECT currency, toStartOfMonth(date) AS month, 0, 0, -sum(amount), 0, 0, 0, sum(amount * (category IN ('retention', 'service'))),
          0, 0, 0, 0
        FROM tidemark_store.cost_by_day
        WHERE date <= ${today}
        GROUP BY currency, month
        HAVING sum(amount) != 0
        UNION ALL
        SELECT currency, ${month.of('at')} AS month, 0, 0, 0, 0, 0, 0, 0, toInt64(count()), 0, 0, 0
        FROM (
          SELECT currency, at FROM tidemark_store.appearance FINAL
          WHERE purchases > 0 OR entries > 0
          ORDER BY currency, customer, at
          LIMIT 1 BY currency, customer
        )
        GROUP BY currency, month
        UNION ALL
        -- Who bought n times has n - 1 pairs of consecutive purchases: purchases less pairs are buyers, within 12 months too when
        -- only pairs are taken off that are within them, from the month of the later one to before 12 months after the earlier.
        SELECT currency, change.1 AS month, 0, 0, 0, 0, 0, 0, 0, 0, sum(change.2), sum(change.3), sum(change.4)
        FROM (
          SELECT currency, ${month.of('times.1')} AS bought_before, ${month.of('times.2')} AS bought,
            toInt64(bought < addMonths(bought_before, 12)) AS within,
            arrayJoin([(bought, toInt64(1), within, toInt128(toUnixTimestamp64Milli(times.2) - toUnixTimestamp64Milli(times.1))),
              (addMonths(bought_before, 12), toInt64(0), -within, toInt128(0))]) AS change
          FROM (
            SELECT currency, arraySort(groupArrayArray(arrayWithConstant(toUInt64(purchases), at))) AS all_times,
              arrayJoin(arrayZip(arrayPopBack(all_times), arrayPopFront(all_times))) AS times
            FROM tidemark_store.appearance FINAL
            WHERE purchases > 0 AND customer IN (SELECT cityHash64(customer_id) FROM tidemark_store.repeat_purchase WHERE number = 2)
            GROUP BY currency, customer
          )
        )
        GROUP BY currency, month
      )
      WHERE month <= ${thisMonth}
      GROUP BY currency, month
      ORDER BY currency, month ${month.fillTo('now()')}
    ), standing AS (
      SELECT currency, month, service,
        sum(purchases) OVER year AS y_purchases, sum(revenue) OVER year AS y_revenue,
        y_purchases - sum(pairs_within) OVER so_far AS y_buyers,
        least(12, dateDiff('month', min(if(purchases > 0, month, NULL)) OVER so_far, month) + 1) AS y_months,
        sum(mrr) OVER so_far AS s_mrr, sum(payers) OVER so_far AS s_payers, sum(arrived) OVER so_far AS s_customers,
        sum(purchases) OVER so_far AS s_purchases, sum(purchases - pairs) OVER so_far AS s_buyers, sum(span_ms) OVER so_far AS s_span_ms, sum(net) OVER so_far AS s_net,
        toDecimal256(s_mrr, 6) * least(toUnixTimestamp64Milli(toDateTime64(addMonths(month, 1), 3, ${zone})), toUnixTimestamp64Milli(now64(3)))
          - sum(mrr_ms) OVER so_far AS s_recurring_ms
      FROM months
      WINDOW so_far AS (PARTITION BY currency ORDER BY month),
        year AS (PARTITION BY currency ORDER BY month ROWS BETWEEN 11 PRECEDING AND CURRENT ROW)
    ), ${churned}
    SELECT month, currency, half_even_divide(y_revenue, y_purchases) AS average_purchase_value,
      rate_of(y_purchases, y_buyers * y_months) AS purchase_frequency, rate_of(life, life_over) AS lifespan_months,
      -- Whole numbers up to the one division, so that there is one rounding.
      half_even_divide(toDecimal256(y_revenue, 6) * life, toInt256(y_buyers) * y_months * life_over) AS clv_purchase,
      half_even_divide(s_mrr - service, s_payers) AS contribution_per_period,
      half_even_divide(toDecimal256(s_mrr - service, 6) * life, toInt256(s_payers) * life_over) AS clv_contribution,
      money_of(rate_of(s_mrr - service, s_payers)
        * ${annuity}) AS clv_discounted,
      -- 365/12 days are 2,628,000,000 ms.
      half_even_divide(toDecimal256(s_net, 6) * 2628000000 + s_recurring_ms, toInt256(s_customers) * 2628000000) AS clv_net
    FROM ${withLife}`,
  comment:
    'Customer lifetime value by month and currency, in its four forms: by purchases, by contribution, discounted, and net to date. Counted from the single purchases and movements.',
});
