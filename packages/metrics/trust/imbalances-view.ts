import { type Column, text, saying } from '../sql/column.ts';
import { month } from '../sql/period.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';

const amount = (meaning: string): Column => ({
  type: 'Nullable(Decimal(38, 6))',
  unit: 'money or count',
  meaning,
});

/** Facts against one another, against the rollups, and against the views (rule 4). */
export const imbalances: View = view('audit_imbalances', {
  columns: {
    assertion: text(
      'What should be so: movement_once, movement_step, customer_mrr, currency_net, bridge, customer_life, customers_net, customers_bridge, customers_placed.',
    ),
    month: saying(
      'First day of the month, in the reporting zone, in which it does not; 1970-01-01 for what is of no month.',
      month.says(),
    ),
    customer_id: text('Of which customer; empty when of all together.'),
    currency: text('In which currency; empty when of none.'),
    expected: amount("What it should be: money in the currency's major unit, or a count."),
    found: amount('What it is, in the same unit.'),
  },
  select: sql`
    SELECT * FROM (
      -- Of a customer, in a currency, at an instant, there is one movement at most. Opening + movement = closing: the balance never
      -- falls below 0, and a movement says rightly whether it enters, stays, or leaves. Who is in stays so with a balance of 0
      -- where pausing keeps (rule 63); churn always leaves.
      SELECT fault.1 AS assertion, ${month.of('fault.2')} AS month, customer_id, currency, fault.3 AS expected, fault.4 AS found
      FROM (
        SELECT name AS customer_id, currency, arrayJoin(arrayConcat(
          arrayMap(m -> ('movement_once', m.1, toDecimal128(1, 6), toDecimal128(m.2, 6)), arrayFilter(m -> m.2 != 1, moves)),
          arrayMap(s -> ('movement_step', s.1, toDecimal128(s.2, 6), if(s.3 < 0, s.3, toDecimal128(s.4, 6))),
            arrayFilter(s -> s.3 < 0 OR s.2 != s.4, steps)))) AS fault
        FROM (
          SELECT name, currency, moves,
            arrayMap((m, closing, standing) ->
              closing - m.3 > 0 OR (closing = m.3 AND standing - m.4 = 1),
              moves, arrayCumSum(moves.3) AS closings, arrayCumSum(moves.4)) AS were_in,
            arrayMap((m, closing, was_in) ->
              (m.1, toInt64(closing > 0 OR (was_in AND closing = 0 AND m.4 = 0 AND NOT m.5)) - was_in, closing, m.4),
              moves, closings, were_in) AS steps
          FROM (
            SELECT any(id) AS name, currency, arraySort(groupArray((at, times, moved, entered, churned))) AS moves
            FROM (
              SELECT cityHash64(customer_id) AS customer, any(customer_id) AS id, currency, at, sum(toInt64(sign)) AS times,
                sum(m.amount * sign) AS moved, sum(m.customers * sign) AS entered, sumIf(toInt64(sign), movement = 'churn') != 0 AS churned
              FROM tidemark_store.mrr_movement AS m
              GROUP BY customer, currency, at
              HAVING times != 0 OR moved != 0 OR entered != 0
            )
            GROUP BY customer, currency
          )
        )
      )
      UNION ALL
      -- What stands is what the movements add up to.
      SELECT 'customer_mrr', toDate(0), any(customer_id), any(code), sum(m_expected), sum(m_found)
      FROM (
        SELECT customer_id, currency AS code, amount * sign AS m_expected, toDecimal128(0, 6) AS m_found FROM tidemark_store.mrr_movement
        UNION ALL
        SELECT customer_id, currency, 0, mrr FROM tidemark_store.customer_mrr
      )
      GROUP BY cityHash64(customer_id, code)
      HAVING sum(m_expected) != sum(m_found)
      UNION ALL
      -- A month's net of a currency is what its customers moved by.
      SELECT 'currency_net', month, '', currency, sum(m_expected), sum(m_found)
      FROM (
        SELECT ${month.of('at')} AS month, currency, sum(amount * sign) AS m_expected, toDecimal128(0, 6) AS m_found
        FROM tidemark_store.mrr_movement
        GROUP BY month, currency
        UNION ALL
        SELECT month, currency, 0, net FROM tidemark.mrr_monthly
      )
      GROUP BY month, currency
      HAVING sum(m_expected) != sum(m_found)
      UNION ALL
      -- Opening + new + expansion + contraction + churn + reactivation = closing.
      SELECT 'bridge', month, '', currency, opening + moved, closing
      FROM (
        SELECT month, currency, new + expansion + contraction + churn + reactivation AS moved, mrr AS closing,
          lagInFrame(mrr, 1, toDecimal128(0, 6)) OVER (PARTITION BY currency ORDER BY month ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS opening
        FROM tidemark.mrr_monthly
      )
      WHERE opening + moved != closing
      UNION ALL
      -- A customer comes first as new, then is lost and comes back in turns.
      SELECT 'customer_life', ${month.of('fault.1')}, name, '', fault.2, fault.3
      FROM (
        SELECT name, arrayJoin(arrayFilter(f -> f.2 != f.3 OR f.4, arrayMap((m, active, nth) ->
            (m.1, toDecimal128(multiIf(nth = 1, 1, m.2, 0, 1), 6), toDecimal128(active, 6), active != if(m.2, 0, 1) OR (nth = 1) != m.3),
          moves, arrayCumSum(moves.4), arrayEnumerate(moves)))) AS fault
        FROM (
          SELECT any(id) AS name, arraySort(groupArray((at, is_lost, is_new, if(is_lost, -times, times)))) AS moves
          FROM (
            SELECT cityHash64(customer_id) AS customer, any(customer_id) AS id, at, movement = 'churn' AS is_lost, movement = 'new' AS is_new,
              sum(toInt64(sign)) AS times
            FROM tidemark_store.customer_movement
            GROUP BY customer, at, is_lost, is_new
            HAVING times != 0
          )
          GROUP BY customer
        )
      )
      UNION ALL
      -- A month's customers who came less those lost are those active in a first currency less those active in none any more.
      SELECT 'customers_net', month, '', '', toDecimal128(sum(m_expected), 6), toDecimal128(sum(m_found), 6)
      FROM (
        SELECT change.1 AS month, sum(change.2) AS m_expected, toInt64(0) AS m_found
        FROM (
          -- In how many currencies a customer is active says whether it is.
          SELECT arrayJoin(arrayMap((m, standing) -> (m.1, (standing > 0) - (standing - m.2 > 0)), moves, arrayCumSum(moves.2))) AS change
          FROM (
            SELECT arraySort(groupArray((month, moved))) AS moves
            FROM (
              SELECT ${month.of('at')} AS month, cityHash64(customer_id) AS customer, sum(m.customers * sign) AS moved
              FROM tidemark_store.mrr_movement AS m
              GROUP BY month, customer
            )
            GROUP BY customer
          )
        )
        GROUP BY month
        UNION ALL
        SELECT toStartOfMonth(date) AS month, 0, sum(customers_new + customers_reactivated - customers_lost) FROM tidemark.churn_daily
        GROUP BY month
      )
      GROUP BY month
      HAVING sum(m_expected) != sum(m_found)
      UNION ALL
      -- Start + new + reactivated - lost = end, and a month starts with what the one before ended with.
      SELECT 'customers_bridge', month, '', '', toDecimal128(before_it + net, 6), toDecimal128(customers_at_end, 6)
      FROM (
        SELECT month, customers_at_start, customers_at_end, customers_new + customers_reactivated - customers_lost AS net,
          lagInFrame(customers_at_end, 1, 0) OVER (ORDER BY month ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before_it
        FROM tidemark.churn_monthly
      )
      WHERE before_it + net != customers_at_end OR customers_at_start != before_it
      UNION ALL
      -- Active customers stand under one owner and segment each.
      SELECT 'customers_placed', month, '', '', toDecimal128(sum(m_expected), 6), toDecimal128(sum(m_found), 6)
      FROM (
        SELECT toStartOfMonth(date) AS month, sum(customers_new + customers_reactivated - customers_lost) AS m_expected, toInt64(0) AS m_found
        FROM tidemark.churn_daily
        GROUP BY month
        UNION ALL
        SELECT ${month.of('at')} AS month, 0, sum(delta * sign)
        FROM tidemark_store.customer_placement
        GROUP BY month
      )
      GROUP BY month
      HAVING sum(m_expected) != sum(m_found)
    )`,
  comment:
    'Where facts, balances and counts contradict one another: empty when all is right. Every row is a fault of this pipeline, not of the data it was given.',
  // There is no join here, yet a sum of nothing must not be null.
  settings: 'aggregate_functions_null_for_empty = 0',
});
