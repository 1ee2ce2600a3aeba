import { count, figure, rate, saying } from '../sql/column.ts';
import { month, thisMonth } from '../sql/period.ts';
import { ratioSql } from '../sql/ratio.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';
import { repeatRate } from './ratios.ts';

/** By the month of the first purchase (rule 27), in elapsed days (rule 17). */
const repeat = view('repeat_purchase_monthly', {
  columns: {
    month: month.says('of the first purchase ever: the cohort'),
    customers: count('Customers whose first purchase was in this month.'),
    returned: count('Those of them who made a second purchase, ever.'),
    repeat_rate: rate(repeatRate),
    average_days_to_second: figure(
      'days',
      'Mean time from the first to the second purchase of those who returned, in days of 86,400 seconds; null when none did.',
    ),
  },
  select: sql`
    SELECT month, sum(c_customers) AS customers, sum(c_returned) AS returned,
      ${ratioSql(repeatRate, (column) => `sum(c_${column})`)} AS repeat_rate,
      rate_of(sum(c_milliseconds), sum(c_returned) * 86400000) AS average_days_to_second
    FROM (
      SELECT ${month.of('bucket')} AS month, sum(first_time_buyers) AS c_customers,
        0 AS c_returned, 0 AS c_milliseconds
      FROM tidemark_store.sale_15m
      GROUP BY month
      UNION ALL
      SELECT ${month.of('bucket')} AS month, 0, sum(returned), sum(milliseconds)
      FROM tidemark_store.second_purchase_15m
      GROUP BY month
    )
    GROUP BY month
    HAVING customers != 0`,
  comment:
    'Who came back: customers by the month of their first purchase, all currencies together, and how many bought again.',
});

/** Over the 12 calendar months that end with the row's (rule 16). */
const loyalty = view('loyalty_monthly', {
  columns: {
    month: saying(
      'First day of the month in the reporting zone; every month from the first purchase to the one under way.',
      month.says(),
    ),
    active_buyers: count('Customers with a purchase in the 12 calendar months that end with this one.'),
    loyal_buyers: count('Customers with at least 3 purchases in those 12 months.'),
    purchase_frequency: figure(
      'purchases a buyer',
      'Purchases in those 12 months / active_buyers; null without buyers.',
    ),
    average_days_between_purchases: figure(
      'days',
      'Mean time between consecutive purchases of a customer, both in those 12 months, in days of 86,400 seconds; null without such a pair.',
    ),
    lapsed: count(
      'Times in this month that a customer had bought nothing for LAPSE_AFTER (default 180 days); buying again later undoes none.',
    ),
  },
  select: sql`
    WITH ${thisMonth} AS this_month
    -- Who bought n times within a window has n - 1 pairs of consecutive purchases in it: purchases less pairs are buyers.
    SELECT month, sum(m_purchases) - sum(m_pairs) AS active_buyers, sum(m_loyal) AS loyal_buyers,
      rate_of(sum(m_purchases), active_buyers) AS purchase_frequency,
      rate_of(sum(m_milliseconds), sum(m_pairs) * 86400000) AS average_days_between_purchases, sum(m_lapsed) AS lapsed
    FROM (
      -- Every month from the first purchase on, so that quiet ones have their row.
      SELECT arrayJoin(arrayMap(n -> addMonths(first_month, n), range(toUInt64(dateDiff('month', first_month, this_month) + 1)))) AS month,
        0 AS m_loyal, 0 AS m_purchases, 0 AS m_pairs, 0 AS m_milliseconds, 0 AS m_lapsed
      FROM (
        SELECT min(month) AS first_month
        FROM (
          SELECT ${month.of('bucket')} AS month
          FROM tidemark_store.sale_15m
          GROUP BY month
          HAVING sum(purchases) > 0
        )
        HAVING count() > 0
      )
      WHERE first_month <= this_month
      UNION ALL
      -- A purchase is in the window of its own month and of the 11 after it.
      SELECT addMonths(${month.of('bucket')}, arrayJoin(range(12))) AS month, 0, sum(purchases), 0, 0, 0
      FROM tidemark_store.sale_15m
      GROUP BY month
      HAVING sum(purchases) != 0
      UNION ALL
      -- A pair is in the windows that reach from the earlier purchase to the later one.
      SELECT addMonths(bought, arrayJoin(range(toUInt64(greatest(0, 12 - dateDiff('month', bought_before, bought)))))) AS month,
        0, 0, sum(pairs), sum(milliseconds), 0
      FROM (
        SELECT ${month.of('at')} AS bought, ${month.of('previous_at')} AS bought_before, sum(toInt64(sign)) AS pairs,
          sum(toInt128(toUnixTimestamp64Milli(at) - toUnixTimestamp64Milli(previous_at)) * sign) AS milliseconds
        FROM tidemark_store.repeat_purchase
        GROUP BY bought, bought_before
        -- Pairs and lapses that were all retracted make no month.
        HAVING pairs != 0
      )
      GROUP BY month
      UNION ALL
      SELECT month, toInt64(count()), 0, 0, 0, 0
      FROM (
        SELECT addMonths(bought, arrayJoin(range(12))) AS month, customer
        FROM (
          SELECT ${month.of('at')} AS bought, cityHash64(customer_id) AS customer, sum(toInt64(sign)) AS purchases
          FROM tidemark_store.sale
          WHERE customer IN (SELECT cityHash64(customer_id) FROM tidemark_store.repeat_purchase WHERE number = 3)
          GROUP BY bought, customer
          HAVING purchases > 0
        )
        GROUP BY month, customer
        HAVING sum(purchases) >= 3
      )
      GROUP BY month
      UNION ALL
      SELECT ${month.of('at')} AS month, 0, 0, 0, 0, sum(toInt64(sign))
      FROM tidemark_store.lapse
      GROUP BY month
      HAVING sum(sign) != 0
    )
    WHERE month <= this_month
    GROUP BY month`,
  comment:
    'Loyalty by month over the 12 calendar months that end with it, all currencies together: where there is no subscription, lapsing is churn.',
});

/** Views of buyers who come back, and of those who do not. */
export const loyaltyViews: readonly View[] = [repeat, loyalty];
