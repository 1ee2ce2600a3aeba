import type { EdgeRule, MetricPage } from '../definition/page.ts';
import { count, currency, money, nullable, reported, reportedCurrency, text } from '../sql/column.ts';
import { month, today } from '../sql/period.ts';
import { atTheirDays, withRates } from '../sql/reporting.ts';
import { reportingCurrency } from '../sql/settings.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';

// Days to come do not count yet (rule 52).
const toAcquire = `category IN ('marketing', 'sales') AND date <= ${today}`;
const toRetain = `category IN ('retention', 'service') AND date <= ${today}`;

const segment = text('Segment the money was spent on and the customers are of; empty when unknown.');
const acquisitionCost = money('Marketing and sales costs of the days of the month that have begun.');
const customersAcquired = count('New subscribers and first-time buyers, each customer once, at the earlier.');
const cac = nullable(
  money(
    'Cost to acquire a customer: acquisition_cost / customers_acquired, rounded half to even; null when none was acquired.',
  ),
);
const retentionCost = money('Retention and service costs of the days of the month that have begun.');
const crc = nullable(
  money(
    'Cost to retain and serve a customer in the month: retention_cost / customers, rounded half to even; null without customers.',
  ),
);

/** Each customer once, at the earlier of first movement and first purchase (rule 40). */
const acquisition = view('acquisition_monthly', {
  columns: {
    month: month.says(),
    currency: text(
      'ISO 4217 code of the money columns; of the customers that of their first subscription or purchase.',
    ),
    segment,
    acquisition_cost: acquisitionCost,
    customers_acquired: customersAcquired,
    cac,
  },
  select: sql`
    SELECT month, currency, segment, sum(m_cost) AS acquisition_cost, sum(m_acquired) AS customers_acquired,
      half_even_divide(sum(m_cost), sum(m_acquired)) AS cac
    FROM (
      SELECT toStartOfMonth(date) AS month, currency, segment, sum(amount) AS m_cost, 0 AS m_acquired
      FROM tidemark_store.cost_by_day
      WHERE ${toAcquire}
      GROUP BY month, currency, segment
      UNION ALL
      SELECT ${month.of('at')} AS month, currency, segment, 0, toInt64(count())
      FROM (
        SELECT at, currency, segment FROM tidemark_store.acquisition FINAL
        WHERE firsts > 0
        ORDER BY customer, at, origin, currency, segment
        LIMIT 1 BY customer
      )
      GROUP BY month, currency, segment
    )
    GROUP BY month, currency, segment
    HAVING acquisition_cost != 0 OR customers_acquired != 0`,
  comment:
    'What it cost to win customers, by month, currency and segment. Costs are spread evenly over their days.',
});

const acquisitionReported = view('acquisition_monthly_reporting', {
  columns: {
    month: month.says(),
    currency: reportedCurrency,
    segment,
    acquisition_cost: reported(acquisitionCost, atTheirDays),
    customers_acquired: customersAcquired,
    cac: reported(cac),
  },
  select: sql`
    SELECT month, ${reportingCurrency} AS currency, segment, p_cost AS acquisition_cost, p_acquired AS customers_acquired,
      half_even_divide(p_cost, p_acquired) AS cac
    FROM (
      SELECT month, segment, sum_known(m_cost) AS p_cost, sum(m_acquired) AS p_acquired
      FROM (
        SELECT toStartOfMonth(date) AS month, segment, converted(cost, rate) AS m_cost, 0 AS m_acquired
        FROM (
          SELECT date, currency, segment, sum(amount) AS cost FROM tidemark_store.cost_by_day
          WHERE ${toAcquire}
          GROUP BY date, currency, segment
          HAVING cost != 0
        ) AS spent
        ${withRates}
        UNION ALL
        SELECT month, segment, toNullable(toDecimal128(0, 6)), sum(customers_acquired) FROM tidemark.acquisition_monthly
        GROUP BY month, segment
      )
      GROUP BY month, segment
    )
    WHERE isNull(p_cost) OR p_cost != 0 OR p_acquired != 0`,
  comment:
    'What it cost to win customers, by month and segment, over all currencies in the reporting currency.',
});

/** Of the subscribers at the month's end, else of its buyers (rule 40). */
const retention = view('retention_cost_monthly', {
  columns: {
    month: month.says(),
    currency,
    retention_cost: retentionCost,
    customers: count(
      'Paying subscribers at the end of the month, or now; where there is none, the buyers of the month.',
    ),
    crc,
  },
  select: sql`
    SELECT month, currency, sum(m_cost) AS retention_cost,
      if(sum(m_subscribers) != 0, sum(m_subscribers), sum(m_buyers)) AS customers,
      half_even_divide(sum(m_cost), if(sum(m_subscribers) != 0, sum(m_subscribers), sum(m_buyers))) AS crc
    FROM (
      SELECT toStartOfMonth(date) AS month, currency, sum(amount) AS m_cost, 0 AS m_subscribers, 0 AS m_buyers
      FROM tidemark_store.cost_by_day
      WHERE ${toRetain}
      GROUP BY month, currency
      UNION ALL
      SELECT month, currency, 0, mrr_monthly.customers, 0 FROM tidemark.mrr_monthly
      UNION ALL
      SELECT month, currency, 0, 0, buyers FROM tidemark.sales_monthly
    )
    GROUP BY month, currency
    HAVING retention_cost != 0 OR customers != 0`,
  comment:
    'What it cost to keep and serve customers, by month and currency. Costs are spread evenly over their days.',
});

const retentionReported = view('retention_cost_monthly_reporting', {
  columns: {
    month: month.says(),
    currency: reportedCurrency,
    retention_cost: reported(retentionCost, atTheirDays),
    customers: count(
      'Active customers at the end of the month, or now; where there is none, the buyers of the month.',
    ),
    crc: reported(crc),
  },
  select: sql`
    SELECT month, ${reportingCurrency} AS currency, p_cost AS retention_cost, if(p_subscribers != 0, p_subscribers, p_buyers) AS customers,
      half_even_divide(p_cost, if(p_subscribers != 0, p_subscribers, p_buyers)) AS crc
    FROM (
      SELECT month, sum_known(m_cost) AS p_cost, sum(m_subscribers) AS p_subscribers, sum(m_buyers) AS p_buyers
      FROM (
        SELECT toStartOfMonth(date) AS month, converted(cost, rate) AS m_cost, 0 AS m_subscribers, 0 AS m_buyers
        FROM (
          SELECT date, currency, sum(amount) AS cost FROM tidemark_store.cost_by_day
          WHERE ${toRetain}
          GROUP BY date, currency
          HAVING cost != 0
        ) AS spent
        ${withRates}
        UNION ALL
        SELECT toStartOfMonth(date) AS month, toNullable(toDecimal128(0, 6)), argMax(customers_at_end, date), 0 FROM tidemark.churn_daily
        GROUP BY month
        UNION ALL
        SELECT month, toNullable(toDecimal128(0, 6)), 0, buyers FROM tidemark.sales_monthly_reporting
      )
      GROUP BY month
    )
    WHERE isNull(p_cost) OR p_cost != 0 OR p_subscribers != 0 OR p_buyers != 0`,
  comment:
    'What it cost to keep and serve customers, by month, over all currencies in the reporting currency.',
});

/** Views of costs. */
export const costViews: readonly View[] = [acquisition, acquisitionReported, retention, retentionReported];

const source = 'The metric contract, ‘Costs, lifetime value, unit economics’.';
const spread: EdgeRule = [
  'A cost a over n days counts on day i as round(a·i/n) − round(a·(i−1)/n): it adds up exactly. Days to come count nothing yet.',
  39,
  52,
];

/** What winning and keeping customers costs. */
export const costPages: readonly MetricPage[] = [
  {
    name: 'acquisition-cost',
    title: 'Customer acquisition cost (CAC)',
    views: ['acquisition_monthly'],
    meaning: 'What it costs to win a customer, by segment.',
    formula: [
      'acquisition_cost = marketing + sales costs of the month',
      'cac = acquisition_cost / customers_acquired',
    ],
    rules: [
      [
        'A customer is acquired with the first `new` movement or the first purchase, the earlier; currency and segment are of that. At a tie the subscription’s.',
        40,
      ],
      spread,
    ],
    examples: [
      {
        given:
          'For the segment smb marketing costs $6,000 in June and sales $3,000; 45 customers are acquired in it.',
        results: [
          ['acquisition_cost', '6000 + 3000', '9000'],
          ['cac', '9000 / 45', '200'],
        ],
      },
    ],
    source,
  },
  {
    name: 'retention-cost',
    title: 'Customer retention cost (CRC)',
    views: ['retention_cost_monthly'],
    meaning: 'What it costs to keep and serve a customer for a month.',
    formula: ['retention_cost = retention + service costs of the month', 'crc = retention_cost / customers'],
    rules: [
      [
        '`customers` are the closing customers of `mrr_monthly`; where there are none, the buyers of the month.',
        40,
      ],
      spread,
    ],
    examples: [
      {
        given: '$1,000 for retention and $3,000 for service in a month that ends with 100 paying customers.',
        results: [
          ['retention_cost', '1000 + 3000', '4000'],
          ['crc', '4000 / 100', '40'],
        ],
      },
    ],
    source,
  },
];
