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
      -- 365/12 days are 2,628,000,000 ms.
      assumeNotNull(half_even_divide(sum(v_mrr_milliseconds), 2628000000)) AS recurring_revenue_to_date,
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
      -- What one unit of a currency was worth, summed over the milliseconds up to the start of each day.
      SELECT currency, day, day_rate, start_ms, row_number() OVER (PARTITION BY currency ORDER BY day) AS nth,
        sum(toDecimal256(day_rate, 18) * (next_ms - start_ms)) OVER (PARTITION BY currency ORDER BY day) - toDecimal256(day_rate, 18) * (next_ms - start_ms) AS worth
      FROM (
        SELECT currency, date AS day, assumeNotNull(rate) AS day_rate,
          toUnixTimestamp64Milli(toDateTime64(date, 3, ${zone})) AS start_ms,
          toUnixTimestamp64Milli(toDateTime64(date + 1, 3, ${zone})) AS next_ms
        FROM tidemark.fx_rates_daily
      )
    ), balances AS (
      SELECT customer_id, currency, balance, from_ms, to_ms,
        toDate(fromUnixTimestamp64Milli(from_ms), ${zone}) AS from_day, toDate(fromUnixTimestamp64Milli(to_ms - 1), ${zone}) AS to_day
      FROM (
        SELECT customer_id, currency, sum(moved) OVER (PARTITION BY customer_id, currency ORDER BY moved_ms) AS balance,
          moved_ms AS from_ms,
          leadInFrame(moved_ms, 1, now_ms) OVER (PARTITION BY customer_id, currency ORDER BY moved_ms ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS to_ms
        FROM (
          SELECT customer_id, currency, toUnixTimestamp64Milli(at) AS moved_ms, sum(m.amount * sign) AS moved
          FROM tidemark_store.mrr_movement AS m
          GROUP BY customer_id, currency, moved_ms
          HAVING sum(sign) != 0
        )
      )
      WHERE balance != 0
    )
    SELECT customer_id, ${reportingCurrency} AS currency, v_purchases AS purchases, v_revenue AS revenue, v_first AS first_purchase_at,
      v_last AS last_purchase_at, v_mrr AS mrr, v_recurring AS recurring_revenue_to_date, v_revenue - v_refunds + v_recurring AS value_to_date
    FROM (
      SELECT customer_id, sum(c_purchases) AS v_purchases, sum_known(c_revenue) AS v_revenue, sum_known(c_refunds) AS v_refunds,
        min(c_first) AS v_first, max(c_last) AS v_last, sum_known(c_mrr) AS v_mrr,
        -- 365/12 days are 2,628,000,000 ms.
        toDecimal128(roundBankers(sum_known(c_worth) / 2628000000, 6), 6) AS v_recurring
      FROM (
        SELECT customer_id, n AS c_purchases, converted(value, rate) AS c_revenue, toNullable(toDecimal128(0, 6)) AS c_refunds,
          toNullable(first_at) AS c_first, toNullable(last_at) AS c_last, toNullable(toDecimal128(0, 6)) AS c_mrr, toNullable(toDecimal256(0, 24)) AS c_worth
        FROM (
          SELECT customer_id, currency, ${day.of('bought_at')} AS date, sum(bought) AS n, sum(paid) AS value,
            min(bought_at) AS first_at, max(bought_at) AS last_at
          FROM (
            SELECT customer_id, currency, s.at AS bought_at, sum(toInt64(sign)) AS bought, sum(s.amount * sign) AS paid
            FROM tidemark_store.sale AS s
            GROUP BY customer_id, currency, bought_at
            HAVING bought > 0
          )
          GROUP BY customer_id, currency, date
        ) AS sold
        ${withRates}
        UNION ALL
        SELECT customer_id, 0, toNullable(toDecimal128(0, 6)), converted(value, rate), NULL, NULL, toNullable(toDecimal128(0, 6)), toNullable(toDecimal256(0, 24))
        FROM (
          SELECT customer_id, currency, ${day.of('at')} AS date, sum(r.amount * sign) AS value
          FROM tidemark_store.refund AS r
          GROUP BY customer_id, currency, date
          HAVING value != 0
        ) AS refunded
        ${withRates}
        UNION ALL
        SELECT customer_id, 0, toNullable(toDecimal128(0, 6)), toNullable(toDecimal128(0, 6)), NULL, NULL, converted(standing, rate), toNullable(toDecimal256(0, 24))
        FROM (
          SELECT customer_id, currency, ${today} AS date, sum(mrr) AS standing
          FROM tidemark_store.customer_mrr
          GROUP BY customer_id, currency
          -- Who stands at nothing may be somebody whose every event was voided.
          HAVING standing != 0
        ) AS paying
        ${withRates}
        UNION ALL
        SELECT customer_id, 0, toNullable(toDecimal128(0, 6)), toNullable(toDecimal128(0, 6)), NULL, NULL, toNullable(toDecimal128(0, 6)),
          toDecimal256(balance, 6) * multiIf(
            currency = ${reportingCurrency}, toDecimal256(to_ms - from_ms, 18),
            -- Every day from the first to the last has a rate.
            from_nth > 0 AND to_nth > 0 AND to_nth - from_nth = to_day - from_day,
            to_worth + to_rate * (to_ms - to_start) - from_worth - from_rate * (from_ms - from_start),
            NULL)
        FROM balances
        LEFT JOIN (
          SELECT currency, day AS from_day, toDecimal256(day_rate, 18) AS from_rate, start_ms AS from_start, nth AS from_nth, worth AS from_worth FROM calendar
        ) AS c1 USING (currency, from_day)
        LEFT JOIN (
          SELECT currency, day AS to_day, toDecimal256(day_rate, 18) AS to_rate, start_ms AS to_start, nth AS to_nth, worth AS to_worth FROM calendar
        ) AS c2 USING (currency, to_day)
      )
      GROUP BY customer_id
    )`,
  comment:
    'What each customer has been worth until now, over all currencies in the reporting currency. Counted from the single purchases and movements.',
});

/** Views of what each customer has been worth until now. */
export const customerValueViews: readonly View[] = [plain, reportedValue];
