import {
  all,
  type ExplainedView,
  type ExplainedViews,
  type Figure,
  type Parts,
  ratioFormula,
  same,
  sumKnown,
  within,
} from '../sql/explained.ts';
import { month } from '../sql/period.ts';

const ofRates = (opening: Figure, shrunk: Parts, ofStart: Parts): ExplainedView['columns'] => ({
  grr: ratioFormula('rate_of(opening + shrunk, opening)', { opening, shrunk }),
  nrr: ratioFormula('rate_of(opening + of_start, opening)', { opening, of_start: ofStart }),
  gross_revenue_churn_rate: ratioFormula('rate_of(-shrunk, opening)', { opening, shrunk }),
  net_revenue_churn_rate: ratioFormula('rate_of(-of_start, opening)', { opening, of_start: ofStart }),
});

const eachMover = {
  from: { kind: 'mrr_movement' },
  where: all(within(month, 'at'), same('currency')),
  each: { customer_id: 'customer_id' },
} as const;
const change = 'sum(amount * sign)';

/** Who was there at the start and moved within the month, with the change at the rates of its eve. */
const eachMoverConverted = {
  from: `(
    SELECT m.customer_id AS customer_id, m.currency AS currency, ${month.of('m.at')} AS month, month - 1 AS date, sum(m.amount * m.sign) AS moved_by
    FROM tidemark_store.mrr_movement AS m
    WHERE ${month.of('m.at')} = :month
    GROUP BY customer_id, currency, month
    HAVING moved_by != 0
  ) AS moves
  LEFT JOIN tidemark_store.fx_rate AS f USING (date, currency)`,
  where: `customer_id NOT IN (
    SELECT customer_id FROM tidemark_store.customer_movement AS c WHERE ${month.of('at')} = :month
    GROUP BY customer_id HAVING sum(if(movement = 'churn', -c.sign, c.sign)) > 0)`,
  each: { customer_id: 'customer_id' },
  value: 'sum_known(converted(moves.moved_by, f.rate))',
  keep: 'isNull(value) OR value != 0',
} as const;

/** How the figures of revenue churn come about. */
export const revenueChurnExplained: ExplainedViews = {
  revenue_churn_monthly: {
    key: ['month', 'currency'],
    columns: {
      mrr_at_start: ratioFormula('mrr - net', {
        mrr: { view: 'mrr_monthly', column: 'mrr' },
        net: { view: 'mrr_monthly', column: 'net' },
      }),
      ...ofRates(
        { column: 'mrr_at_start' },
        { ...eachMover, value: `least(${change}, 0)` },
        { ...eachMover, value: `${change} * (sum(customers * sign) <= 0)` },
      ),
    },
  },
  revenue_churn_monthly_reporting: {
    key: ['month'],
    columns: {
      mrr_at_start: ratioFormula('if(is_first = 0, toNullable(toDecimal128(0, 6)), mrr)', {
        mrr: { view: 'mrr_monthly_reporting', column: 'mrr', key: { month: 'addMonths(:month, -1)' } },
        is_first: {
          from: 'tidemark.mrr_monthly_reporting AS d',
          where: 'month = addMonths(:month, -1)',
          each: { month: 'd.month' },
          value: 'toInt64(count())',
        },
      }),
      ...ofRates(
        { column: 'mrr_at_start' },
        {
          ...eachMoverConverted,
          total: 'if(count() = 0, toDecimal128(0, 6), sum_known(if(value > 0, toDecimal128(0, 6), value)))',
        },
        { ...eachMoverConverted, total: sumKnown },
      ),
    },
    without: { currency: 'the reporting currency' },
  },
};
