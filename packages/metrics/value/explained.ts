import {
  all,
  atItsRate,
  cellSum,
  type ExplainedView,
  type ExplainedViews,
  facts,
  type Figure,
  type Parts,
  ratioFormula,
  rolled,
  same,
  sumKnown,
  upTo,
  within,
} from '../sql/explained.ts';
import { month, today } from '../sql/period.ts';
import { healthExplained } from './health-explained.ts';
import { lifetimeValueExplained } from './lifetime-value-explained.ts';

const ofCurrency = same('currency');
const mrrWithSales: ExplainedView = {
  key: ['month', 'currency'],
  columns: {
    mrr: rolled(
      'mrr_15m',
      'mrr_movement',
      'new + expansion + contraction + churn + reactivation',
      all(upTo(month), ofCurrency),
    ),
    non_recurring_revenue: ratioFormula('revenue - refunds', {
      revenue: rolled('sale_15m', 'sale', 'revenue', all(within(month), ofCurrency)),
      refunds: rolled('sale_15m', 'refund', 'refunds', all(within(month), ofCurrency)),
    }),
    total: ratioFormula('mrr + non_recurring_revenue', ['mrr', 'non_recurring_revenue']),
  },
};

const mrrWithSalesReported: ExplainedView = {
  key: ['month'],
  columns: {
    mrr: cellSum('mrr_monthly_reporting', 'mrr', same('month'), { month: 'd.month' }),
    non_recurring_revenue: cellSum('sales_monthly_reporting', 'net_revenue', same('month'), {
      month: 'd.month',
    }),
    total: mrrWithSales.columns['total']!,
  },
  without: { currency: 'the reporting currency' },
};

const customer = same('customer_id', 'currency');
const recurringMs: Parts = facts(
  'mrr_movement',
  'toDecimal256(amount, 6) * (toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(at))',
  customer,
);
const bought = (where: string, total: string): Parts => ({
  from: { kind: 'sale' },
  where,
  each: { bought_at: 'at' },
  value: 'any(at)',
  having: 'sum(sign) > 0',
  keep: '1',
  total,
});
/** 365/12 days are 2,628,000,000 ms. */
const recurring = ratioFormula('assumeNotNull(half_even_divide(mrr_milliseconds, 2628000000))', {
  mrr_milliseconds: recurringMs,
});

const byTheMillisecond = ['recurring_revenue_to_date', 'value_to_date'];

const customerValue: ExplainedView = {
  key: ['customer_id', 'currency'],
  ofNow: byTheMillisecond,
  columns: {
    purchases: facts('sale', '1', customer),
    revenue: facts('sale', 'amount', customer),
    first_purchase_at: bought(customer, 'min(toNullable(value))'),
    last_purchase_at: bought(customer, 'max(toNullable(value))'),
    mrr: facts('mrr_movement', 'amount', customer),
    recurring_revenue_to_date: recurring,
    value_to_date: ratioFormula('revenue - refunds + recurring_revenue_to_date', {
      revenue: { column: 'revenue' },
      refunds: facts('refund', 'amount', customer),
      recurring_revenue_to_date: { column: 'recurring_revenue_to_date' },
    }),
  },
};

/** Amounts of a customer by day and currency, each at its rate. */
const convertedOf = (kind: string, date: string): Parts => ({
  from: `(
    SELECT s.currency AS currency, ${date} AS date, sum(s.amount * s.sign) AS amount
    FROM tidemark_store.${kind} AS s
    WHERE s.customer_id = :customer_id
    GROUP BY currency, date
  ) AS amounts
  LEFT JOIN tidemark_store.fx_rate AS f USING (date, currency)`,
  where: '1',
  each: { currency: 'currency', date: 'date' },
  ...atItsRate('amounts.amount'),
});
const dayOfSale = "toDate(s.at, '{{REPORTING_TIMEZONE}}')";
const rateOfEachDay =
  'each balance is taken at the rate of every day it stood; customer_value has it by currency';

const customerValueReported: ExplainedView = {
  key: ['customer_id'],
  ofNow: byTheMillisecond,
  columns: {
    purchases: facts('sale', '1', same('customer_id')),
    revenue: convertedOf('sale', dayOfSale),
    first_purchase_at: bought(same('customer_id'), 'min(toNullable(value))'),
    last_purchase_at: bought(same('customer_id'), 'max(toNullable(value))'),
    mrr: convertedOf('mrr_movement', today),
    value_to_date: ratioFormula('revenue - refunds + recurring_revenue_to_date', {
      revenue: { column: 'revenue' },
      refunds: convertedOf('refund', dayOfSale),
      recurring_revenue_to_date: { column: 'recurring_revenue_to_date' },
    }),
  },
  without: { recurring_revenue_to_date: rateOfEachDay, currency: 'the reporting currency' },
};

/** Whether a customer is worth more than winning it costs. */
function economics(suffix: '' | '_reporting', clv: ReturnType<typeof ratioFormula>): ExplainedView {
  const won = (column: string, total: string): Parts => ({
    from: `tidemark.acquisition_monthly${suffix} AS d`,
    where: suffix === '' ? same('month', 'currency') : same('month'),
    each: {
      month: 'd.month',
      ...(suffix === '' ? { currency: 'd.currency' } : {}),
      segment: 'd.segment',
    },
    value: `any(d.${column})`,
    keep: 'isNull(value) OR value != 0',
    total,
    of: { view: `acquisition_monthly${suffix}`, column },
  });
  return {
    key: ['month', ...(suffix === '' ? ['currency'] : [])],
    columns: {
      clv,
      cac: ratioFormula('half_even_divide(acquisition_cost, customers_acquired)', {
        acquisition_cost: won('acquisition_cost', sumKnown),
        customers_acquired: won('customers_acquired', 'sum(value)'),
      }),
      clv_cac: ratioFormula('rate_of(clv, cac)', ['clv', 'cac']),
      profit_per_customer: ratioFormula('clv - cac', ['clv', 'cac']),
    },
    without: {
      verdict: 'what clv_cac is called: healthy from 3, thin above 1, else losing',
      ...(suffix === '' ? {} : { currency: 'the reporting currency' }),
    },
  };
}

const worth = (suffix: string, column: string): Figure => ({ view: `clv_monthly${suffix}`, column });

/** How the figures of what customers are worth come about. */
export const valueExplained: ExplainedViews = {
  mrr_with_non_recurring_monthly: mrrWithSales,
  mrr_with_non_recurring_monthly_reporting: mrrWithSalesReported,
  customer_value: customerValue,
  customer_value_reporting: customerValueReported,
  ...lifetimeValueExplained,
  unit_economics_monthly: economics(
    '',
    ratioFormula('if(isNull(contribution_per_period), clv_purchase, clv_contribution)', {
      contribution_per_period: worth('', 'contribution_per_period'),
      clv_purchase: worth('', 'clv_purchase'),
      clv_contribution: worth('', 'clv_contribution'),
    }),
  ),
  unit_economics_monthly_reporting: economics(
    '_reporting',
    ratioFormula('if(active > 0, clv_contribution, clv_purchase)', {
      active: {
        from: 'tidemark.churn_daily AS d',
        where: 'd.date = (SELECT max(date) FROM tidemark.churn_daily WHERE toStartOfMonth(date) = :month)',
        each: { date: 'd.date' },
        value: 'any(d.customers_at_end)',
        of: { view: 'churn_daily', column: 'customers_at_end' },
      },
      clv_purchase: worth('_reporting', 'clv_purchase'),
      clv_contribution: worth('_reporting', 'clv_contribution'),
    }),
  ),
  customer_health: healthExplained,
};
