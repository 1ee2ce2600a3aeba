import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContractEvent, Json } from '../oracle/base.oracle.ts';
import { plan, eventAt, view } from '../oracle/events.fixtures.ts';

// The reporting currency is USD. The expected numbers are worked out by hand.

const fx = (at: string, value: number, pair = 'EUR/USD', fields: Record<string, Json> = {}): ContractEvent =>
  eventAt('reading.observed', at, { name: `fx:${pair}`, reading_id: `${pair} ${at}`, value, ...fields });
/** The same rate on every day from 1 May to 19 June 2026. */
const steady = (rate: number, pair = 'EUR/USD'): ContractEvent[] =>
  ['05-01', '05-08', '05-15', '05-22', '05-29', '06-05', '06-12'].map((day) => fx(`2026-${day}`, rate, pair));
const started = (customer: string, at: string, fields: Record<string, Json> = {}): ContractEvent =>
  eventAt('subscription.started', at, plan({ customer_id: customer, ...fields }));
const changed = (customer: string, at: string, fields: Record<string, Json> = {}): ContractEvent =>
  eventAt('subscription.changed', at, plan({ customer_id: customer, ...fields }));
const canceled = (customer: string, at: string): ContractEvent =>
  eventAt('subscription.canceled', at, { customer_id: customer, subscription_id: 's', reason: 'voluntary' });
const bought = (id: string, at: string, amount: number, fields: Record<string, Json> = {}): ContractEvent =>
  eventAt('purchase.completed', at, {
    customer_id: 'a',
    purchase_id: id,
    amount,
    currency: 'EUR',
    kind: 'product',
    ...fields,
  });
const cost = (
  category: string,
  at: string,
  amount: number,
  fields: Record<string, Json> = {},
): ContractEvent =>
  eventAt('cost.incurred', at, {
    cost_id: `${category} ${at}`,
    category,
    amount,
    currency: 'EUR',
    period_start: at,
    period_end: at,
    ...fields,
  });

/** Dollars for a euro: 1.0 from 1 May, 1.1 from the 15th, 1.2 from the 29th to 5 June; then none. */
const rates = (): ContractEvent[] => [
  fx('2026-05-01', 1),
  fx('2026-05-08', 1),
  fx('2026-05-15', 1.1),
  fx('2026-05-22', 1.1),
  fx('2026-05-29', 1.2),
];
/** €100 from 1 May, €150 from the 16th; $50 from 2 May to 2 June. */
const subscribers = (): ContractEvent[] => [
  started('a', '2026-05-01T10', { currency: 'EUR', unit_amount: 10_000 }),
  changed('a', '2026-05-16T10', { currency: 'EUR', unit_amount: 15_000 }),
  started('b', '2026-05-02T10', { unit_amount: 5_000 }),
  canceled('b', '2026-06-02T10'),
];

test('the bridge: movements at the rates of their days, balances at that of the last day, the rest is fx', () => {
  const events = [...rates(), ...subscribers()];
  const columns = 'new expansion contraction churn reactivation net fx mrr customers arpa';
  const zeros = (n: number): string => Array(n).fill('0.000000').join(' ');
  assert.deepEqual(view('mrr_monthly_reporting', events, '2026-06-04', `month currency ${columns}`), [
    // €100 at 1.0 and $50, €50 at 1.1; at the end €150 at 1.2 and $50.
    `2026-05-01 USD 150.000000 55.000000 ${zeros(3)} 205.000000 25.000000 230.000000 2 115.000000`,
    `2026-06-01 USD ${zeros(3)} -50.000000 0.000000 -50.000000 0.000000 180.000000 1 180.000000`,
  ]);
  const days = view('mrr_daily_reporting', events, '2026-06-08', 'date net fx mrr');
  assert.deepEqual(
    days.filter((row) => /-(01|15|16|05|06) /.test(row)),
    [
      '2026-05-01 100.000000 0.000000 100.000000',
      '2026-05-05 0.000000 0.000000 150.000000',
      '2026-05-06 0.000000 0.000000 150.000000',
      '2026-05-15 0.000000 10.000000 160.000000',
      '2026-05-16 55.000000 0.000000 215.000000',
      '2026-06-01 0.000000 0.000000 230.000000',
      '2026-06-05 0.000000 0.000000 180.000000',
      '2026-06-06 0.000000 null null',
    ],
  );
  assert.deepEqual(
    view(
      'mrr_movements_reporting',
      events,
      '2026-06-04',
      'customer_id currency amount original_currency original_amount',
    ),
    [
      'a USD 100.000000 EUR 100.000000',
      'a USD 55.000000 EUR 50.000000',
      'b USD -50.000000 USD -50.000000',
      'b USD 50.000000 USD 50.000000',
    ],
  );
  // What rates did is no churn: of 150 × 1.2 + 50 the 180 are kept. In the cohort it is growth: (150 × 1.2) ÷ 150.
  assert.deepEqual(
    view(
      'revenue_churn_monthly_reporting',
      events,
      '2026-06-04',
      'month mrr_at_start grr nrr net_revenue_churn_rate',
    ),
    [
      '2026-05-01 0.000000 null null null',
      `2026-06-01 230.000000 ${180 / 230} ${180 / 230} ${1 - 180 / 230}`,
    ],
  );
  assert.deepEqual(
    view(
      'retention_cohorts_monthly_reporting',
      events,
      '2026-06-04',
      'months_since customers active mrr revenue_retention',
    ),
    [`0 2 2 230.000000 ${230 / 150}`, '1 2 1 180.000000 1.2'],
  );
});

test('who goes from one currency to another has shrunk by the difference, at the rates of the start', () => {
  const events = [
    ...rates(),
    fx('2026-06-03', 2),
    started('a', '2026-05-01T10', { currency: 'EUR', unit_amount: 10_000 }),
    changed('a', '2026-06-02T10', { unit_amount: 9_000 }),
  ];
  assert.deepEqual(
    view('revenue_churn_monthly_reporting', events, '2026-06-04', 'month mrr_at_start grr nrr').at(-1),
    '2026-06-01 120.000000 0.75 0.75',
  );
});

test('a missing rate is null where it is needed, and a row with the reading to publish', () => {
  const events = [
    fx('2026-05-10', 1.5),
    started('a', '2026-04-10'),
    // Into euros: retention of May would need the rate of 30 April.
    changed('a', '2026-05-11', { currency: 'EUR' }),
    bought('1', '2026-05-16', 1000, { currency: 'JPY' }),
    bought('2', '2026-05-16', 500, { currency: 'USD', customer_id: 'b' }),
    bought('3', '2026-05-17', 0, { currency: 'KWD' }),
    eventAt('cart.created', '2026-05-16', { cart_id: 'k', value: 500, currency: 'JPY' }),
    cost('sales', '2026-05-02', 0, { currency: 'JPY' }),
    cost('sales', '2026-05-03', 100, { currency: 'GBP' }),
  ];
  const at = '2026-05-17T12';
  assert.deepEqual(view('fx_missing', events, at, 'date currency reading needed_for'), [
    '2026-04-30 EUR fx:EUR/USD mrr',
    '2026-05-03 GBP fx:GBP/USD costs',
    '2026-05-16 JPY fx:JPY/USD carts, sales',
  ]);
  const sales = 'purchases revenue refunds net_revenue average_purchase_value';
  assert.deepEqual(view('sales_daily_reporting', events, at, `date ${sales}`), [
    '2026-05-16 2 null 0.000000 null null',
    '2026-05-17 1 0.000000 0.000000 0.000000 0.000000',
  ]);
  assert.deepEqual(
    view('revenue_churn_monthly_reporting', events, at, 'month mrr_at_start grr').at(-1),
    '2026-05-01 59.000000 null',
  );
  assert.deepEqual(view('mrr_monthly_reporting', events, at, 'month net fx mrr'), [
    '2026-04-01 59.000000 0.000000 59.000000',
    // −59 and + €59 at 1.5; the balance is €59 at 1.5.
    '2026-05-01 29.500000 0.000000 88.500000',
  ]);
  assert.deepEqual(view('cart_value_daily_reporting', events, at, 'date abandoned_value converted_value'), [
    '2026-05-16 null 0.000000',
  ]);
});

test('cancellations and carts at the rates of the day', () => {
  const events = [
    ...rates(),
    ...subscribers(),
    canceled('a', '2026-06-02T11'),
    eventAt('cart.created', '2026-05-16', { cart_id: 'k', value: 500, currency: 'EUR' }),
    eventAt('cart.created', '2026-05-16', { cart_id: 'l', value: 700, currency: 'USD' }),
    eventAt('cart.checked_out', '2026-05-17', { cart_id: 'l', value: 800, currency: 'USD' }),
  ];
  const columns = 'date reason scheduled scheduled_mrr taken_back taken_back_mrr';
  assert.deepEqual(view('cancellations_daily_reporting', events, '2026-06-04', columns), [
    '2026-06-02 voluntary 2 230.000000 0 0.000000',
  ]);
  const values = 'date abandoned_value recovered_value converted_value';
  assert.deepEqual(view('cart_value_daily_reporting', events, '2026-06-04', values), [
    '2026-05-16 5.500000 8.000000 8.000000',
  ]);
});

test('a customer is worth what it paid on each day at the rate of that day', () => {
  // €36.50 a month are €1.20 a day: two days at 1, a day and a half at 2.
  const events = [
    fx('2026-05-01', 1),
    fx('2026-05-03', 2),
    started('a', '2026-05-01', { currency: 'EUR', unit_amount: 3650 }),
    canceled('a', '2026-05-04T12'),
    bought('1', '2026-05-02', 1000),
    bought('2', '2026-05-03', 500, { currency: 'USD' }),
    eventAt('purchase.refunded', '2026-05-04', {
      customer_id: 'a',
      purchase_id: '1',
      amount: 100,
      currency: 'EUR',
    }),
  ];
  const columns = 'customer_id purchases revenue mrr recurring_revenue_to_date value_to_date';
  assert.deepEqual(view('customer_value_reporting', events, '2026-06-01', columns), [
    'a 2 15.000000 0.000000 6.000000 19.000000',
  ]);
  assert.deepEqual(
    view('mrr_with_non_recurring_monthly_reporting', events, '2026-06-01', 'mrr non_recurring_revenue total'),
    ['0.000000 0.000000 0.000000', '0.000000 13.000000 13.000000'],
  );
  // Net to date of May: 13 of sales, 6 of rent, nothing spent, one customer.
  assert.deepEqual(view('clv_monthly_reporting', events, '2026-05-31', 'month clv_net'), ['2026-05-01 19']);
});

test('($59 − $40) × 24 = $456 in euros and dollars at once; at a CAC of $152 that is 3.0, healthy', () => {
  // A euro is half a dollar here.
  const events = [
    ...steady(0.5),
    fx('2026-04-30', 0.5),
    ...Array.from({ length: 12 }, (_, i) => started(`s${i}`, '2026-04-30')),
    ...Array.from({ length: 12 }, (_, i) =>
      started(`e${i}`, '2026-04-30', { currency: 'EUR', unit_amount: 11_800 }),
    ),
    canceled('e0', '2026-05-05'),
    started('late', '2026-05-06', { segment: 'smb' }),
    cost('service', '2026-05-20', 12 * 8000),
    cost('retention', '2026-05-20', 12 * 4000, { currency: 'USD' }),
    cost('sales', '2026-05-20', 15_200, { segment: 'smb' }),
    cost('marketing', '2026-05-20', 7_600, { currency: 'USD' }),
  ];
  const clv = 'contribution_per_period lifespan_months clv_contribution';
  assert.deepEqual(
    view('clv_monthly_reporting', events, '2026-05-31', `month ${clv}`).at(-1),
    '2026-05-01 19 24 456',
  );
  assert.deepEqual(
    view(
      'unit_economics_monthly_reporting',
      events,
      '2026-05-31',
      'month clv cac clv_cac verdict profit_per_customer',
    ).at(-1),
    '2026-05-01 456 152.000000 3 healthy 304',
  );
  assert.deepEqual(
    view(
      'acquisition_monthly_reporting',
      events,
      '2026-05-31',
      'month segment acquisition_cost customers_acquired cac',
    ),
    [
      '2026-04-01  0.000000 24 0.000000',
      '2026-05-01  76.000000 0 null',
      '2026-05-01 smb 76.000000 1 76.000000',
    ],
  );
  assert.deepEqual(
    view('retention_cost_monthly_reporting', events, '2026-05-31', 'month retention_cost customers crc').at(
      -1,
    ),
    '2026-05-01 960.000000 24 40.000000',
  );
});
