import {
  all,
  atItsRate,
  convertedSum,
  type ExplainedView,
  type ExplainedViews,
  facts,
  inYear,
  type Parts,
  ratioFormula,
  rolled,
  same,
  upTo,
} from '../sql/explained.ts';
import { day, month, today } from '../sql/period.ts';
import { zone } from '../sql/settings.ts';
import { annuity } from './lifetime-value-parts.ts';

/** What the figures of lifetime value share: of a currency, or over all of them. */
function termsOf(here: string) {
  const buyers = (when: string, value = 'toInt64(sum(sign) > 0)'): Parts => ({
    from: { kind: 'sale' },
    where: all(when, here),
    each: { customer_id: 'customer_id' },
    value,
  });
  const purchases = (when: string): Parts => facts('sale', '1', all(when, here));
  const frequency = {
    purchases: purchases(inYear(month, 'at')),
    buyers: buyers(inYear(month, 'at')),
    months: {
      from: { kind: 'sale' },
      where: all(upTo(month, 'at'), here),
      each: { month: month.of('at') },
      value: 'sum(sign)',
      // So many months of the year there are since the first purchase.
      total: "least(12, dateDiff('month', min(month), :month) + 1)",
    },
  } satisfies { readonly [name: string]: Parts };
  return {
    frequency,
    /** What the lifespan is a fraction of (rule 51). */
    life: {
      starts: ofMonths('customers_at_start'),
      lost: ofMonths('customers_lost'),
      purchases_so_far: purchases(upTo(month, 'at')),
      buyers_so_far: buyers(upTo(month, 'at')),
      span_ms: buyers(
        upTo(month, 'at'),
        'max(toInt128(toUnixTimestamp64Milli(at))) - min(toInt128(toUnixTimestamp64Milli(at)))',
      ),
    },
  };
}

const ofMonths = (column: string): Parts => ({
  from: 'tidemark.churn_monthly AS d',
  where: inYear({ ...month, of: (at) => at }, 'd.month'),
  each: { month: 'd.month' },
  value: `any(d.${column})`,
  of: { view: 'churn_monthly', column },
});
const hasChurn = 'lost > 0 AND starts > 0';
const life = `multiIf(${hasChurn}, toInt256(starts), purchases_so_far > buyers_so_far, toInt256(span_ms), NULL)`;
const lifeOver = `if(${hasChurn}, toInt256(lost), toInt256(buyers_so_far) * 2628000000)`;

type Amounts = {
  readonly revenue: Parts;
  readonly mrr: Parts;
  readonly service: Parts;
  readonly customers: Parts;
};

/** The figures that are formed alike in both views. */
function figuresOf(here: string, { revenue, ...margin }: Amounts): ExplainedView['columns'] {
  const { frequency, life: lifeTerms } = termsOf(here);
  const { purchases, ...buyersAndMonths } = frequency;
  return {
    average_purchase_value: ratioFormula('half_even_divide(revenue, purchases)', { revenue, purchases }),
    purchase_frequency: ratioFormula('rate_of(purchases, buyers * months)', frequency),
    lifespan_months: ratioFormula(`rate_of(${life}, ${lifeOver})`, lifeTerms),
    clv_purchase: ratioFormula(
      `half_even_divide(toDecimal256(revenue, 6) * ${life}, toInt256(buyers) * months * ${lifeOver})`,
      { revenue, ...buyersAndMonths, ...lifeTerms },
    ),
    contribution_per_period: ratioFormula('half_even_divide(mrr - service, customers)', margin),
    clv_contribution: ratioFormula(
      `half_even_divide(toDecimal256(mrr - service, 6) * ${life}, toInt256(customers) * ${lifeOver})`,
      { ...margin, ...lifeTerms },
    ),
    clv_discounted: ratioFormula(`money_of(rate_of(mrr - service, customers) * ${annuity})`, {
      ...margin,
      lifespan_months: { column: 'lifespan_months' },
    }),
  };
}

const here = same('currency');
const net = 'new + expansion + contraction + churn + reactivation';
const kept = `date <= ${today} AND category IN ('retention', 'service')`;

const cameAtAll: Parts = {
  from: `(
    SELECT s.customer_id AS customer_id, s.currency AS currency, s.at AS at, s.sign AS sign FROM tidemark_store.sale AS s
    UNION ALL
    SELECT m.customer_id AS customer_id, m.currency AS currency, m.at AS at, m.sign AS sign FROM tidemark_store.mrr_movement AS m WHERE m.customers > 0
  ) AS came`,
  where: all(upTo(month, 'at'), here),
  each: { customer_id: 'customer_id' },
  value: 'toInt64(sum(sign) > 0)',
};
const endMs = `least(toUnixTimestamp64Milli(toDateTime64(addMonths(:month, 1), 3, ${zone})), toUnixTimestamp64Milli(now64(3)))`;

const lifetimeValue: ExplainedView = {
  key: ['month', 'currency'],
  ofNow: ['clv_net'],
  columns: {
    ...figuresOf(here, {
      revenue: rolled('sale_15m', 'sale', 'revenue', all(inYear(month), here)),
      mrr: rolled('mrr_15m', 'mrr_movement', net, all(upTo(month), here)),
      service: rolled('cost_by_day', 'cost_day', 'amount', all('toStartOfMonth(date) = :month', kept, here)),
      customers: rolled('mrr_15m', 'mrr_movement', 'customers', all(upTo(month), here)),
    }),
    clv_net: ratioFormula(
      // 365/12 days are 2,628,000,000 ms.
      'half_even_divide(toDecimal256(revenue - refunds - costs, 6) * 2628000000 + mrr_milliseconds, toInt256(customers) * 2628000000)',
      {
        revenue: facts('sale', 'amount', all(upTo(month, 'at'), here)),
        refunds: facts('refund', 'amount', all(upTo(month, 'at'), here)),
        costs: rolled(
          'cost_by_day',
          'cost_day',
          'amount',
          all(`toStartOfMonth(date) <= :month AND date <= ${today}`, here),
        ),
        mrr_milliseconds: facts(
          'mrr_movement',
          `toDecimal256(amount, 6) * (${endMs} - toUnixTimestamp64Milli(at))`,
          all(upTo(month, 'at'), here),
        ),
        customers: cameAtAll,
      },
    ),
  },
};

/** Amounts by day, currency and what else is rounded by itself, each at its rate. */
const converted = (amounts: string, each: readonly string[]): Parts => ({
  from: `(${amounts}) AS amounts LEFT JOIN tidemark_store.fx_rate AS f USING (date, currency)`,
  where: '1',
  each: Object.fromEntries(each.map((name) => [name, name])),
  ...atItsRate('amounts.amount'),
});
const endOfMonth = (view: string): string =>
  `date = (SELECT max(date) FROM tidemark.${view} WHERE toStartOfMonth(date) = :month)`;

const lifetimeValueReported: ExplainedView = {
  key: ['month'],
  columns: figuresOf('', {
    revenue: converted(
      `SELECT ${day.of('bucket')} AS date, currency, purchase_kind, sum(s.revenue) AS amount FROM tidemark_store.sale_15m AS s
      WHERE ${inYear(month)} GROUP BY date, currency, purchase_kind`,
      ['date', 'currency', 'purchase_kind'],
    ),
    mrr: convertedSum('mrr_daily', 'mrr', endOfMonth('mrr_daily'), { date: 'date', currency: 'currency' }),
    service: converted(
      `SELECT date, currency, sum(c.amount) AS amount FROM tidemark_store.cost_by_day AS c
      WHERE toStartOfMonth(date) = :month AND ${kept} GROUP BY date, currency`,
      ['date', 'currency'],
    ),
    customers: {
      from: 'tidemark.churn_daily AS d',
      where: endOfMonth('churn_daily'),
      each: { date: 'd.date' },
      value: 'any(d.customers_at_end)',
      of: { view: 'churn_daily', column: 'customers_at_end' },
    },
  }),
  without: {
    clv_net: 'each balance is taken at the rate of every day it stood; clv_monthly has it by currency',
    currency: 'the reporting currency',
  },
};

/** How the figures of lifetime value come about. */
export const lifetimeValueExplained: ExplainedViews = {
  clv_monthly: lifetimeValue,
  clv_monthly_reporting: lifetimeValueReported,
};
