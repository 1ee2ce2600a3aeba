import {
  all,
  atItsRate,
  type ExplainedView,
  type ExplainedViews,
  type Explanation,
  facts,
  inYear,
  type Parts,
  quotient,
  ratioFormula,
  rolled,
  same,
  upTo,
  within,
} from '../sql/explained.ts';
import { type CivilPeriod, day, month } from '../sql/period.ts';

const netRevenue = ratioFormula('revenue - refunds', ['revenue', 'refunds']);
const average = quotient('revenue', 'purchases');
const previousMonth = `${month.of('bucket')} = addMonths(:month, -1)`;
const sale = (value: string, where: string): Parts => rolled('sale_15m', 'sale', value, where);

const buyers = (where: string): Parts => ({
  from: { kind: 'sale' },
  where,
  each: { customer_id: 'customer_id' },
  value: 'toInt64(sum(sign) > 0)',
});

const growth = (
  purchasesBefore: Parts,
  revenueBefore: Parts,
): { readonly [column: string]: Explanation } => ({
  purchases_growth: ratioFormula('rate_of(purchases - purchases_before, purchases_before)', {
    purchases: { column: 'purchases' },
    purchases_before: purchasesBefore,
  }),
  revenue_growth: ratioFormula(
    'if(purchases_before = 0, NULL, rate_of(revenue - revenue_before, revenue_before))',
    { revenue: { column: 'revenue' }, purchases_before: purchasesBefore, revenue_before: revenueBefore },
  ),
});

/** Sales of a currency, and of a kind where there is one. */
function sales(period: CivilPeriod, isByKind = false): ExplainedView {
  const kind = isByKind ? 'purchase_kind = :kind' : '';
  const here = all(within(period), same('currency'), kind);
  return {
    key: [period.column, 'currency', ...(isByKind ? ['kind'] : [])],
    columns: {
      purchases: sale('purchases', here),
      revenue: sale('revenue', here),
      refunds: rolled('sale_15m', 'refund', 'refunds', here),
      net_revenue: netRevenue,
      buyers: buyers(all(within(period, 'at'), same('currency'), kind)),
      first_time_buyers: sale('first_time_buyers', here),
      average_purchase_value: average,
      ...(period.grain === 'month' && !isByKind
        ? growth(
            sale('purchases', all(previousMonth, same('currency'))),
            sale('revenue', all(previousMonth, same('currency'))),
          )
        : {}),
    },
  };
}

/** Sales over all currencies: each day's of a currency and kind at its rate. */
function salesReported(period: CivilPeriod, isByKind = false): ExplainedView {
  const kind = isByKind ? 'purchase_kind = :kind' : '';
  const here = all(within(period), kind);
  const converted = (column: string, when = `${period.ofDay('date')} = :${period.column}`): Parts => ({
    from: `(
      SELECT ${day.of('bucket')} AS date, currency, purchase_kind, sum(s.${column}) AS amount
      FROM tidemark_store.sale_15m AS s
      GROUP BY date, currency, purchase_kind
    ) AS sales
    LEFT JOIN tidemark_store.fx_rate AS f USING (date, currency)`,
    where: all(when, kind),
    each: { date: 'date', currency: 'currency', purchase_kind: 'purchase_kind' },
    ...atItsRate('sales.amount'),
  });
  return {
    key: [period.column, ...(isByKind ? ['kind'] : [])],
    columns: {
      purchases: sale('purchases', here),
      revenue: converted('revenue'),
      refunds: converted('refunds'),
      net_revenue: netRevenue,
      buyers: buyers(all(within(period, 'at'), kind)),
      first_time_buyers: sale('first_time_buyers', here),
      average_purchase_value: average,
      ...(period.grain === 'month' && !isByKind
        ? growth(
            sale('purchases', previousMonth),
            converted('revenue', 'toStartOfMonth(date) = addMonths(:month, -1)'),
          )
        : {}),
    },
    without: { currency: 'the reporting currency' },
  };
}

const bought = inYear(month, 'at');
/** A pair is in the windows that reach from the earlier purchase to the later one. */
const pairs = (value: string): Parts =>
  facts(
    'repeat_purchase',
    value,
    all(upTo(month, 'at'), `${month.of('previous_at')} > addMonths(:month, -12)`),
  );
const second = (value: string): Parts =>
  rolled('second_purchase_15m', 'repeat_purchase', value, within(month));

/** How the figures of sales and of loyalty come about. */
export const purchaseExplained: ExplainedViews = {
  sales_daily: sales(day),
  sales_monthly: sales(month),
  sales_by_kind_monthly: sales(month, true),
  sales_daily_reporting: salesReported(day),
  sales_monthly_reporting: salesReported(month),
  sales_by_kind_monthly_reporting: salesReported(month, true),
  repeat_purchase_monthly: {
    key: ['month'],
    columns: {
      customers: sale('first_time_buyers', within(month)),
      returned: second('returned'),
      average_days_to_second: ratioFormula('rate_of(milliseconds, returned * 86400000)', {
        milliseconds: second('milliseconds'),
        returned: { column: 'returned' },
      }),
    },
  },
  loyalty_monthly: {
    key: ['month'],
    columns: {
      active_buyers: buyers(bought),
      loyal_buyers: { ...buyers(bought), value: 'toInt64(sum(sign) >= 3)' },
      purchase_frequency: ratioFormula('rate_of(purchases, active_buyers)', {
        purchases: facts('sale', '1', bought),
        active_buyers: { column: 'active_buyers' },
      }),
      average_days_between_purchases: ratioFormula('rate_of(milliseconds, pairs * 86400000)', {
        milliseconds: pairs('toInt128(toUnixTimestamp64Milli(at) - toUnixTimestamp64Milli(previous_at))'),
        pairs: pairs('1'),
      }),
      lapsed: facts('lapse', '1', within(month, 'at')),
    },
  },
};
