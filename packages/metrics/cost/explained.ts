import { acquired } from '../sql/acquired.ts';
import {
  all,
  atItsRate,
  type ExplainedViews,
  type Figure,
  type Parts,
  quotient,
  ratioFormula,
  rolled,
  same,
} from '../sql/explained.ts';
import { today } from '../sql/period.ts';

const winning = "category IN ('marketing', 'sales')";
const keeping = "category IN ('retention', 'service')";
const ofMonth = `toStartOfMonth(date) = :month AND date <= ${today}`;

const cost = (...conditions: readonly string[]): Parts =>
  rolled('cost_by_day', 'cost_day', 'amount', all(ofMonth, ...conditions));

/** Costs over all currencies, each day's of a currency at its rate. */
const converted = (...conditions: readonly string[]): Parts => ({
  from: `(
    SELECT c.date AS date, c.currency AS currency, sum(c.amount) AS cost
    FROM tidemark_store.cost_by_day AS c
    WHERE ${all(ofMonth, ...conditions)}
    GROUP BY date, currency
  ) AS spent
  LEFT JOIN tidemark_store.fx_rate AS f USING (date, currency)`,
  where: '1',
  each: { date: 'date', currency: 'currency' },
  ...atItsRate('spent.cost'),
});

const subscribersElseBuyers = 'if(ifNull(subscribers, 0) != 0, subscribers, ifNull(buyers, 0))';
const kept = (subscribers: Figure | Parts, buyers: Figure) =>
  ratioFormula(subscribersElseBuyers, { subscribers, buyers });

/** How the figures of costs come about. */
export const costExplained: ExplainedViews = {
  acquisition_monthly: {
    key: ['month', 'currency', 'segment'],
    columns: {
      acquisition_cost: cost(winning, same('currency', 'segment')),
      customers_acquired: acquired(same('currency', 'segment')),
      cac: quotient('acquisition_cost', 'customers_acquired'),
    },
  },
  acquisition_monthly_reporting: {
    key: ['month', 'segment'],
    columns: {
      acquisition_cost: converted(winning, same('segment')),
      customers_acquired: acquired(same('segment')),
      cac: quotient('acquisition_cost', 'customers_acquired'),
    },
    without: { currency: 'the reporting currency' },
  },
  retention_cost_monthly: {
    key: ['month', 'currency'],
    columns: {
      retention_cost: cost(keeping, same('currency')),
      customers: kept(
        { view: 'mrr_monthly', column: 'customers' },
        { view: 'sales_monthly', column: 'buyers' },
      ),
      crc: quotient('retention_cost', 'customers'),
    },
  },
  retention_cost_monthly_reporting: {
    key: ['month'],
    columns: {
      retention_cost: converted(keeping),
      customers: kept(
        {
          from: 'tidemark.churn_daily AS d',
          where: 'd.date = (SELECT max(date) FROM tidemark.churn_daily WHERE toStartOfMonth(date) = :month)',
          each: { date: 'd.date' },
          value: 'any(d.customers_at_end)',
          of: { view: 'churn_daily', column: 'customers_at_end' },
        },
        { view: 'sales_monthly_reporting', column: 'buyers' },
      ),
      crc: quotient('retention_cost', 'customers'),
    },
    without: { currency: 'the reporting currency' },
  },
};
