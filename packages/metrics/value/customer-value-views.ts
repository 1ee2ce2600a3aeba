import {
  count,
  currency,
  instant,
  money,
  moneyAMonth,
  nullable,
  reported,
  reportedCurrency,
  text,
  type ViewColumns,
} from '../sql/column.ts';
import { day, today } from '../sql/period.ts';
import { atTheirDays, withRates } from '../sql/reporting.ts';
import { reportingCurrency, zone } from '../sql/settings.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';

const revenue = money('Sum of those purchases, gross.');
const purchasedAt: ViewColumns = {
  first_purchase_at: nullable(instant('First of those purchases; null without any.')),
  last_purchase_at: nullable(instant('Last of those purchases; null without any.')),
};
const valueToDate = money('revenue - refunds + recurring_revenue_to_date.');

/** MRR summed over time, a month being 365/12 days (rule 17). */
const plain = view('customer_value', {
  columns: {
    customer_id: text('The customer.'),
    currency,
    purchases: count('Purchases ever made in this currency, refunded ones included.'),
    revenue,
    ...purchasedAt,
    mrr: moneyAMonth('MRR as of now.'),
    recurring_revenue_to_date: money(
      'MRR summed over time up to now, a month being 365/12 days, rounded half to even.',
    ),
    value_to_date: valueToDate,
  },
  select: sql`
    SELECT customer_id, currency, sum(v_purchases) AS purchases, sum(v_revenue) AS revenue,
      min(v_at) AS first_purchase_at, max(v_at) AS last_purchase_at, sum(v_mrr) AS mrr,
      in_months(sum(v_mrr_milliseconds)) AS recurring_revenue_to_date,
      sum(v_revenue) - sum(v_refunds) + recurring_revenue_to_date AS value_to_date
    FROM (
      SELECT customer_id, currency, purchases AS v_purchases, revenue AS v_revenue, refunds AS v_refunds,
        if(purchases > 0, at, NULL) AS v_at, 0 AS v_movements, toDecimal128(0, 6) AS v_mrr, toDecimal256(0, 6) AS v_mrr_milliseconds
      FROM tidemark_store.customer_sale FINAL
      UNION ALL
      SELECT customer_id, currency, 0, 0, 0, NULL, movements, mrr,
        toDecimal256(mrr, 6) * toUnixTimestamp64Milli(now64(3)) - amount_ms
      FROM tidemark_store.customer_mrr
    )
    GROUP BY customer_id, currency
    HAVING purchases != 0 OR sum(v_movements) != 0`,
  comment:
    'What each customer has been worth until now, by currency: purchases and recurring revenue. Counted from the single purchases and movements.',
});

const reportedValue = view('customer_value_reporting', {
  columns: {
    customer_id: text('The customer.'),
    currency: reportedCurrency,
    purchases: count('Purchases ever made, in whatever currency, refunded ones included.'),
    revenue: reported(revenue, atTheirDays),
    ...purchasedAt,
    mrr: reported(moneyAMonth('MRR as of now at the rates of today; null when one is missing.')),
    recurring_revenue_to_date: reported(
      money(
        'MRR summed over time up to now, each day at its rate, a month being 365/12 days, rounded half to even; null when a rate is missing while there was MRR.',
      ),
    ),
    value_to_date: reported(valueToDate),
  },
  select: sql`
    WITH toUnixTimestamp64Milli(now64(3)) AS now_ms, calendar AS (
      -- What one unit of a currency was worth, summed over the milliseconds from the start of each day until now, and how many
      -- of those had no rate.
      SELECT currency, day, known_rate, is_missing, start_ms,
        sum(toDecimal256(known_rate, 18) * lasted) OVER (PARTITION BY currency ORDER BY day DESC) AS worth_since,
        sum(is_missing * lasted) OVER (PARTITION BY currency ORDER BY day DESC) AS missing_since
      FROM (
        SELECT currency, date AS day, ifNull(rate, toDecimal128(0, 18)) AS known_rate, isNull(rate) AS is_missing,
          toUnixTimestamp64Milli(toDateTime64(date, 3, ${zone})) AS start_ms,
          least(toUnixTimestamp64Milli(toDateTime64(date + 1, 3, ${zone})), now_ms) - start_ms AS lasted
        FROM (SELECT currency, date, rate FROM tidemark.fx_rates_daily ORDER BY currency, date ${day.fillTo('now()')})
      )
    )
    SELECT customer_id, ${reportingCurrency} AS currency, v_purchases AS purchases, v_revenue AS revenue, v_first AS first_purchase_at,
      v_last AS last_purchase_at, v_mrr AS mrr, v_recurring AS recurring_revenue_to_date, v_revenue - v_refunds + v_recurring AS value_to_date
    FROM (
      SELECT customer_id, sum(c_purchases) AS v_purchases, sum_known(c_revenue) AS v_revenue, sum_known(c_refunds) AS v_refunds,
        min(c_first) AS v_first, max(c_last) AS v_last, sum_known(c_mrr) AS v_mrr,
        -- There never is less MRR than none, so times without a rate do not cancel out.
        if(sum(c_missing) = 0, in_months(sum(c_worth)), NULL) AS v_recurring
      FROM (
        SELECT customer_id, n AS c_purchases, converted(sold, rate) AS c_revenue, converted(returned, rate) AS c_refunds, first_at AS c_first,
          last_at AS c_last, toNullable(toDecimal128(0, 6)) AS c_mrr, 0 AS c_movements, toDecimal256(0, 24) AS c_worth, toDecimal256(0, 6) AS c_missing
        FROM (
          SELECT customer_id, currency, ${day.of('at')} AS date, sum(purchases) AS n, sum(revenue) AS sold, sum(refunds) AS returned,
            min(if(purchases > 0, at, NULL)) AS first_at, max(if(purchases > 0, at, NULL)) AS last_at
          FROM tidemark_store.customer_sale FINAL
          GROUP BY customer_id, currency, date
        ) AS traded
        ${withRates}
        UNION ALL
        SELECT customer_id, 0, toNullable(toDecimal128(0, 6)), toNullable(toDecimal128(0, 6)), NULL, NULL, converted(standing, rate), moves, 0, 0
        FROM (
          SELECT customer_id, currency, ${today} AS date, sum(mrr) AS standing, sum(movements) AS moves
          FROM tidemark_store.customer_mrr
          GROUP BY customer_id, currency
        ) AS paying
        ${withRates}
        UNION ALL
        -- MRR summed over time is each movement times what its currency was worth since.
        SELECT customer_id, 0, toNullable(toDecimal128(0, 6)), toNullable(toDecimal128(0, 6)), NULL, NULL, toNullable(toDecimal128(0, 6)), 0,
          sum(toDecimal256(moved, 6) * if(currency = ${reportingCurrency}, toDecimal256(now_ms - moved_ms, 18), worth_since - toDecimal256(known_rate, 18) * (moved_ms - start_ms))),
          sum(toDecimal256(moved, 6) * multiIf(currency = ${reportingCurrency}, 0, start_ms = 0, now_ms - moved_ms, missing_since - is_missing * (moved_ms - start_ms)))
        FROM (
          SELECT customer_id, currency, m.amount * sign AS moved, toUnixTimestamp64Milli(at) AS moved_ms, ${day.of('at')} AS day
          FROM tidemark_store.mrr_movement AS m
        ) AS movements
        LEFT JOIN calendar USING (currency, day)
        GROUP BY customer_id
      )
      GROUP BY customer_id
      -- Whose every event was voided has nothing.
      HAVING v_purchases != 0 OR sum(c_movements) != 0
    )`,
  comment:
    'What each customer has been worth until now, over all currencies in the reporting currency. Counted from the single purchases and movements.',
});

/** Views of what each customer has been worth until now. */
export const customerValueViews: readonly View[] = [plain, reportedValue];
