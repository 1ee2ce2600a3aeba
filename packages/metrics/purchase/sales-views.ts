import {
  count,
  currency,
  figure,
  money,
  nullable,
  reported,
  reportedCurrency,
  saying,
  text,
  type ViewColumns,
} from '../sql/column.ts';
import { type CivilPeriod, day, month } from '../sql/period.ts';
import { atTheirDays, withRates } from '../sql/reporting.ts';
import { reportingCurrency } from '../sql/settings.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';

/** What the views of sales differ in. Refunds count in their own period (rule 14), a first-time buyer once (rule 15). */
type Sales = {
  readonly period: CivilPeriod;
  readonly isByKind?: boolean;
  /** With the growth against the calendar month before. */
  readonly hasGrowth?: boolean;
};

const kind = text('Kind of the purchase: product, service, upsell, cross_sell, add_on or loyalty.');
const purchases = count('Purchases made, refunded ones included.');
const revenue = money('Sum of the purchases, gross.');
const netRevenue = money('revenue - refunds.');
const averageValue = nullable(money('revenue / purchases, rounded half to even; null without purchases.'));

/** Against the calendar month before (rule 17). */
function growthOf(remark: string): ViewColumns {
  return {
    purchases_growth: figure(
      'fraction',
      'purchases / those of the calendar month before - 1; null when that had none.',
    ),
    revenue_growth: figure('fraction', `revenue / that of the calendar month before - 1${remark}.`),
  };
}

const growthSql = (bought: string, paid: string, boughtBefore: string, paidBefore: string): string => sql`
  rate_of(${bought} - ${boughtBefore}, ${boughtBefore}) AS purchases_growth,
  if(${boughtBefore} = 0, NULL, rate_of(${paid} - ${paidBefore}, ${paidBefore})) AS revenue_growth`;

/** Distinct buyers, counted from the single purchases: they do not add up (rule 45). */
function buyersBy({ period }: Sales, dimensions: readonly string[]): string {
  const keys = [period.column, ...dimensions].join(', ');
  const dimensionsOfFacts = dimensions.map((name) => (name === 'kind' ? 'purchase_kind AS kind' : name));
  return sql`
    SELECT ${keys}, toInt64(count()) AS p_buyers
    FROM (
      SELECT ${[`${period.of('at')} AS ${period.column}`, ...dimensionsOfFacts].join(', ')}, customer_id
      FROM tidemark_store.sale
      GROUP BY ${keys}, customer_id
      HAVING sum(sign) > 0
    )
    GROUP BY ${keys}`;
}

function plainColumns({ period, isByKind = false, hasGrowth = false }: Sales): ViewColumns {
  return {
    [period.column]: period.says(),
    currency,
    ...(isByKind ? { kind } : {}),
    purchases,
    revenue,
    refunds: money(
      isByKind
        ? `Given back in this ${period.grain} for purchases of the kind.`
        : `Given back in this ${period.grain}, up to what was left of each purchase.`,
    ),
    net_revenue: netRevenue,
    buyers: count(`Distinct customers who purchased${isByKind ? ' of this kind' : ''} in this currency.`),
    first_time_buyers: count(
      'Customers whose first purchase ever, in any currency and kind, is among these.',
    ),
    average_purchase_value: averageValue,
    ...(hasGrowth ? growthOf('; null when that had no purchases or no revenue') : {}),
  };
}

function plainSales(name: string, comment: string, sales: Sales): View {
  const { period, isByKind = false, hasGrowth = false } = sales;
  const { column } = period;
  const dimensions = isByKind ? ['currency', 'kind'] : ['currency'];
  const keys = [column, ...dimensions].join(', ');
  const keysOf = (start: string): string =>
    `${start} AS ${column}, currency${isByKind ? ', purchase_kind AS kind' : ''}`;
  const before = hasGrowth ? ',\n0 AS before_purchases, toDecimal128(0, 6) AS before_revenue' : '';
  const growth = hasGrowth
    ? `,\n${growthSql('sum(s_purchases)', 'sum(s_revenue)', 'sum(before_purchases)', 'sum(before_revenue)')}`
    : '';
  const monthBefore = sql`
    UNION ALL
    SELECT ${keysOf(`addMonths(${period.of('bucket')}, 1)`)}, 0, 0, 0, 0, 0, sum(purchases), sum(revenue)
    FROM tidemark_store.sale_15m
    GROUP BY ${keys}`;
  return view(name, {
    columns: plainColumns(sales),
    select: sql`
      SELECT
        ${keys}, sum(s_purchases) AS purchases, sum(s_revenue) AS revenue, sum(s_refunds) AS refunds,
        sum(s_revenue) - sum(s_refunds) AS net_revenue, sum(s_buyers) AS buyers, sum(s_first) AS first_time_buyers,
        half_even_divide(sum(s_revenue), sum(s_purchases)) AS average_purchase_value${growth}
      FROM (
        SELECT
          ${keysOf(period.of('bucket'))}, sum(purchases) AS s_purchases,
          sum(revenue) AS s_revenue, sum(refunds) AS s_refunds, 0 AS s_buyers, sum(first_time_buyers) AS s_first${before}
        FROM tidemark_store.sale_15m
        GROUP BY ${keys}
        UNION ALL
        SELECT ${keys}, 0, 0, 0, p_buyers, 0${hasGrowth ? ', 0, 0' : ''}
        FROM (
          ${buyersBy(sales, dimensions)}
        )
        ${hasGrowth ? monthBefore : ''}
      )
      GROUP BY ${keys}
      HAVING purchases != 0 OR refunds != 0`,
    comment,
  });
}

function reportedColumns({ period, isByKind = false, hasGrowth = false }: Sales): ViewColumns {
  return {
    [period.column]: period.says(),
    currency: reportedCurrency,
    ...(isByKind ? { kind } : {}),
    purchases,
    revenue: reported(revenue, atTheirDays),
    refunds: reported(money('Given back.'), atTheirDays),
    net_revenue: reported(netRevenue),
    buyers: count('Distinct customers who purchased, each once whatever the currencies.'),
    first_time_buyers: saying('Customers whose first purchase ever is among these.', purchases),
    average_purchase_value: reported(averageValue),
    ...(hasGrowth ? growthOf(', rates and all; null when that had none') : {}),
  };
}

function reportedSales(name: string, comment: string, sales: Sales): View {
  const { period, isByKind = false, hasGrowth = false } = sales;
  const { column } = period;
  const dimensions = isByKind ? ['kind'] : [];
  const keys = [column, ...dimensions].join(', ');
  const growth = hasGrowth
    ? `,\n${growthSql('p_purchases', 'p_revenue', 'before_purchases', 'before_revenue')}`
    : '';
  const joinBefore = sql`
    LEFT JOIN (
      SELECT addMonths(month, 1) AS month, p_purchases AS before_purchases, p_revenue AS before_revenue FROM sold
    ) AS before USING (month)`;
  return view(name, {
    columns: reportedColumns(sales),
    select: sql`
      WITH sold AS (
        SELECT
          ${keys}, sum(n_purchases) AS p_purchases, sum_known(c_revenue) AS p_revenue,
          sum_known(c_refunds) AS p_refunds, sum(n_first) AS p_first
        FROM (
          SELECT
            ${period.ofDay('date')} AS ${column}${isByKind ? ', purchase_kind AS kind' : ''}, n_purchases, n_first,
            converted(s_revenue, rate) AS c_revenue, converted(s_refunds, rate) AS c_refunds
          FROM (
            SELECT
              ${day.of('bucket')} AS date, currency, purchase_kind, sum(s.purchases) AS n_purchases,
              sum(s.revenue) AS s_revenue, sum(s.refunds) AS s_refunds, sum(s.first_time_buyers) AS n_first
            FROM tidemark_store.sale_15m AS s
            GROUP BY date, currency, purchase_kind
            HAVING n_purchases != 0 OR s_refunds != 0
          ) AS sales
          ${withRates}
        )
        GROUP BY ${keys}
      )
      SELECT
        ${[column, `${reportingCurrency} AS currency`, ...dimensions].join(', ')}, p_purchases AS purchases,
        p_revenue AS revenue, p_refunds AS refunds, p_revenue - p_refunds AS net_revenue, p_buyers AS buyers,
        p_first AS first_time_buyers, half_even_divide(p_revenue, p_purchases) AS average_purchase_value${growth}
      FROM sold
      LEFT JOIN (
        ${buyersBy(sales, dimensions)}
      ) AS bought USING (${keys})
      ${hasGrowth ? joinBefore : ''}`,
    comment,
  });
}

/** Views of one-off sales. */
export const salesViews: readonly View[] = [
  plainSales(
    'sales_daily',
    'One-off sales by day and currency, kept as they happen. Buyers are counted from the single purchases.',
    { period: day },
  ),
  plainSales(
    'sales_monthly',
    'One-off sales by month and currency, with their growth against the calendar month before.',
    { period: month, hasGrowth: true },
  ),
  plainSales('sales_by_kind_monthly', 'One-off sales by month, currency and kind.', {
    period: month,
    isByKind: true,
  }),
  reportedSales(
    'sales_daily_reporting',
    'One-off sales by day over all currencies in the reporting currency.',
    { period: day },
  ),
  reportedSales(
    'sales_monthly_reporting',
    'One-off sales by month over all currencies in the reporting currency, each sale at the rate of its day, with their growth against the month before.',
    { period: month, hasGrowth: true },
  ),
  reportedSales(
    'sales_by_kind_monthly_reporting',
    'One-off sales by month and kind over all currencies in the reporting currency, each sale at the rate of its day.',
    { period: month, isByKind: true },
  ),
];
