import { text } from '../sql/column.ts';
import { day, month, today } from '../sql/period.ts';
import { reportingCurrency } from '../sql/settings.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';

/** Rates that are missing, for what there is to convert in any family. */
export const missingRates: View = view('fx_missing', {
  columns: {
    date: day.says('for which a rate is missing'),
    currency: text('ISO 4217 code of what could not be converted.'),
    reporting_currency: text('ISO 4217 code of what it was to be converted to: REPORTING_CURRENCY.'),
    reading: text('Name of the reading to publish, of that day or up to 7 days before, e.g. fx:EUR/USD.'),
    needed_for: text(
      'What there is to convert: mrr, sales, carts, cancellations, costs; separated by commas.',
    ),
  },
  select: sql`
    SELECT date, currency, ${reportingCurrency} AS reporting_currency, concat('fx:', currency, '/', ${reportingCurrency}) AS reading,
      arrayStringConcat(arraySort(groupUniqArray(what)), ', ') AS needed_for
    FROM (
      SELECT date, currency, 'mrr' AS what FROM tidemark.mrr_daily
      WHERE mrr != 0 OR new != 0 OR expansion != 0 OR contraction != 0 OR churn != 0 OR reactivation != 0
      UNION ALL
      SELECT date, currency, 'mrr' FROM tidemark.mrr_committed_daily WHERE pending_change != 0
      UNION ALL
      -- Who had MRR when a month began and moved in it in another currency: retention is at the rates of the start.
      SELECT month - 1 AS date, currency, 'mrr'
      FROM (
        SELECT month, currency, moved_by,
          sum(moved_by) OVER (PARTITION BY customer_id ORDER BY month RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
            - sum(moved_by) OVER (PARTITION BY customer_id, month) AS active_before
        FROM (
          SELECT ${month.of('at')} AS month, customer_id, currency, sum(amount * sign) AS moved_by
          FROM tidemark_store.mrr_movement
          -- Only of those for whom a rate may be missing.
          WHERE customer_id IN (
            SELECT customer_id FROM tidemark_store.mrr_movement
            WHERE (${month.of('at')}, currency) IN (
              SELECT month, currency
              FROM (SELECT DISTINCT ${month.of('bucket')} AS month, currency FROM tidemark_store.mrr_15m) AS moved
              LEFT ANTI JOIN (SELECT date + 1 AS month, currency FROM tidemark.fx_rates_daily) AS eve USING (month, currency)
              WHERE currency != ${reportingCurrency}
            )
          )
          GROUP BY month, customer_id, currency
          HAVING sum(sign) != 0
        )
      )
      WHERE moved_by != 0 AND active_before > 0
      UNION ALL
      SELECT ${day.of('bucket')} AS date, currency, 'sales' FROM tidemark_store.sale_15m AS s
      GROUP BY date, currency, purchase_kind HAVING sum(s.revenue) != 0 OR sum(s.refunds) != 0
      UNION ALL
      SELECT date, currency, 'carts' FROM tidemark.cart_value_daily
      UNION ALL
      SELECT date, currency, 'cancellations' FROM tidemark.cancellations_daily WHERE scheduled_mrr != 0 OR taken_back_mrr != 0
      UNION ALL
      SELECT date, currency, 'costs' FROM tidemark_store.cost_by_day
      WHERE date <= ${today} GROUP BY date, currency, category, segment HAVING sum(amount) != 0
    ) AS needed
    LEFT ANTI JOIN tidemark.fx_rates_daily AS known USING (date, currency)
    WHERE currency != ${reportingCurrency}
    GROUP BY date, currency`,
  comment:
    'Rates that are missing: for each row the money columns of the _reporting views are null for that day and the periods that need it. Empty when all can be converted.',
});
