import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { AnyEvent, Definition, FactKinds, FactOf } from '@tidemark/metrics/definition/definition';
import { factsOf } from '@tidemark/runtime/definition-driver.fixtures';
import type { cartOutcomes } from '@tidemark/metrics/cart';
import { costs } from '../../packages/metrics/cost/index.ts';
import { incurred } from '../../packages/metrics/cost/incurred.fixtures.ts';
import { sales } from '@tidemark/metrics/purchase';
import { purchased, refunded } from '../../packages/metrics/purchase/purchases.fixtures.ts';
import { readings } from '../../packages/metrics/reading/index.ts';
import { observed } from '../../packages/metrics/reading/observed.fixtures.ts';
import { subscriptionDefinition } from '../../packages/metrics/subscription/subscriptions.fixtures.ts';
import { canceled, changed, started } from '../../packages/metrics/subscription/subscriptions.fixtures.ts';
import { viewBench, type ViewBench } from '../support/views.ts';

// The reporting currency is USD. The expected numbers are worked out by hand.

let bench: ViewBench;
before(async () => {
  bench = await viewBench();
});
after(() => bench.close());
beforeEach(() => bench.empty());

const facts = <S, E extends AnyEvent, K extends FactKinds>(
  definition: Definition<S, E, K>,
  ...events: readonly E[]
): readonly FactOf<K>[] => factsOf(definition, '2026-10-01T00:00', ...events);

/** Dollars for a euro in May and June; none from 6 to 23 June. */
const rates = () =>
  facts(
    readings,
    ...[
      ['05-01 09:00', 0.9],
      ['05-01 16:00', 1],
      ['05-08 16:00', 1],
      ['05-15 16:00', 1.1],
      ['05-22 16:00', 1.1],
      ['05-29 16:00', 1.2],
      ['06-24 16:00', 1.3],
    ].map(([time, rate]) => observed(String(time), Number(rate), { name: 'fx:EUR/USD' })),
    // Another pair, the inverse one, somebody's own figure and a worthless one are no rates of euros in dollars.
    observed('05-20 16:00', 9, { name: 'fx:EUR/GBP' }),
    observed('06-10 16:00', 9, { name: 'fx:USD/EUR' }),
    observed('06-10 16:00', 9, { name: 'fx:EUR/USD', customer_id: 'ann' }),
    observed('06-10 16:00', 0, { name: 'fx:EUR/USD' }),
  );

/** €100 from 1 May, €150 from the 16th; $50 from 2 May to 2 June. */
const subscribers = () =>
  facts(
    subscriptionDefinition,
    started('05-01 10:00', { customer: 'ann', currency: 'EUR' }),
    changed('05-16 10:00', { customer: 'ann', currency: 'EUR', price: 150 }),
    started('05-02 10:00', { customer: 'bob', price: 50 }),
    canceled('06-02 10:00', { customer: 'bob' }),
  );

test('a rate is the last of its day, and holds for 7 days when no other comes', async () => {
  await bench.put(rates());
  const rows = await bench.read(
    `SELECT date, currency, rate, read_on FROM tidemark.fx_rates_daily
     WHERE date IN ('2026-04-30', '2026-05-01', '2026-05-07', '2026-05-15', '2026-06-05', '2026-06-06', '2026-06-24', '2026-07-01', '2026-07-02')
     ORDER BY date`,
  );
  assert.deepEqual(rows, [
    '2026-05-01 EUR 1 2026-05-01',
    '2026-05-07 EUR 1 2026-05-01',
    '2026-05-15 EUR 1.1 2026-05-15',
    '2026-06-05 EUR 1.2 2026-05-29',
    '2026-06-24 EUR 1.3 2026-06-24',
    '2026-07-01 EUR 1.3 2026-06-24',
  ]);
});

test('a converted amount is rounded half to even once; nothing needs no rate', async () => {
  const converted = (amount: string, rate: string): Promise<readonly string[]> =>
    bench.read(
      `SELECT converted(toDecimal128('${amount}', 6), CAST(${rate}, 'Nullable(Decimal(38, 18))')) FROM system.one`,
    );
  assert.deepEqual(await converted('0.5', "'0.000001'"), ['0']);
  assert.deepEqual(await converted('1.5', "'0.000001'"), ['0.000002']);
  assert.deepEqual(await converted('-2.5', "'0.000001'"), ['-0.000002']);
  assert.deepEqual(await converted('123456789012345678.123456', "'1.1'"), ['135802467913580245.935802']);
  assert.deepEqual(await converted('1', 'NULL'), ['-']);
  assert.deepEqual(await converted('0', 'NULL'), ['0']);
});

test('the bridge balances: movements at the rates of their days, balances at that of the last day, the rest is fx', async () => {
  await bench.put([...rates(), ...subscribers()]);
  const rows = await bench.read(
    `SELECT * FROM tidemark.mrr_monthly_reporting WHERE month <= '2026-07-01' ORDER BY month`,
  );
  assert.deepEqual(rows, [
    // €100 at 1.0 and $50; €50 at 1.1; at the end €150 at 1.2 and $50.
    '2026-05-01 USD 150 55 0 0 0 205 25 230 2 115',
    // At the end €150 at 1.3.
    '2026-06-01 USD 0 0 0 -50 0 -50 15 195 1 195',
    // No rate for 31 July.
    '2026-07-01 USD 0 0 0 0 0 0 - - 1 -',
  ]);
  const days = await bench.read(
    `SELECT date, net, fx, mrr FROM tidemark.mrr_daily_reporting
     WHERE date IN ('2026-05-01', '2026-05-15', '2026-05-16', '2026-06-05', '2026-06-06', '2026-06-24', '2026-06-25') ORDER BY date`,
  );
  assert.deepEqual(days, [
    '2026-05-01 100 0 100',
    '2026-05-15 0 10 160',
    '2026-05-16 55 0 215',
    '2026-06-05 0 0 180',
    '2026-06-06 0 - -',
    '2026-06-24 0 - 195',
    '2026-06-25 0 0 195',
  ]);
  assert.deepEqual(
    await bench.read(
      `SELECT month, mrr_at_start, round(grr, 6), round(nrr, 6) FROM tidemark.revenue_churn_monthly_reporting
       WHERE month <= '2026-06-01' ORDER BY month`,
    ),
    // What rates did is no churn.
    ['2026-05-01 0 - -', `2026-06-01 230 ${(180 / 230).toFixed(6)} ${(180 / 230).toFixed(6)}`],
  );
  assert.deepEqual(
    await bench.read(
      `SELECT cohort, months_since, customers, active, mrr, round(revenue_retention, 6)
       FROM tidemark.retention_cohorts_monthly_reporting WHERE month <= '2026-06-01' ORDER BY month`,
    ),
    [`2026-05-01 0 2 2 230 ${(230 / 150).toFixed(6)}`, '2026-05-01 1 2 1 195 1.3'],
  );
  const moved = await bench.read(
    'SELECT customer_id, currency, movement, amount, original_currency, original_amount FROM tidemark.mrr_movements_reporting ORDER BY occurred_at',
  );
  assert.deepEqual(moved, [
    'ann USD new 100 EUR 100',
    'bob USD new 50 USD 50',
    'ann USD expansion 55 EUR 50',
    'bob USD churn -50 USD -50',
  ]);
});

test('a customer who goes from one currency to another has shrunk by the difference alone', async () => {
  await bench.put([
    ...rates(),
    ...facts(
      subscriptionDefinition,
      started('05-01 10:00', { customer: 'ann', currency: 'EUR' }),
      changed('06-02 10:00', { customer: 'ann', currency: 'USD', price: 90 }),
    ),
  ]);
  const rows = await bench.read(
    `SELECT mrr_at_start, grr, nrr FROM tidemark.revenue_churn_monthly_reporting WHERE month = '2026-06-01'`,
  );
  assert.deepEqual(rows, ['120 0.75 0.75']);
});

test('retention is unknown without the rates of the start, and they are named', async () => {
  await bench.put([
    ...rates(),
    ...facts(
      subscriptionDefinition,
      started('04-10 10:00', { customer: 'ann' }),
      changed('05-10 10:00', { customer: 'ann', currency: 'EUR' }),
      // Who had nothing at the start needs no rate of it.
      started('05-11 10:00', { customer: 'bob' }),
      changed('05-12 10:00', { customer: 'bob', currency: 'EUR' }),
      canceled('05-13 10:00', { customer: 'ann' }),
      canceled('05-13 10:00', { customer: 'bob' }),
      started('05-14 10:00', { customer: 'ann', currency: 'EUR' }),
      changed('05-15 10:00', { customer: 'ann' }),
      started('05-20 10:00', { customer: 'cyd', currency: 'EUR' }),
      canceled('05-21 10:00', { customer: 'cyd' }),
      changed('05-31 10:00', { customer: 'ann', currency: 'EUR' }),
      canceled('06-01 10:00', { customer: 'ann' }),
    ),
  ]);
  assert.deepEqual(
    await bench.read(
      `SELECT mrr_at_start, grr, nrr FROM tidemark.revenue_churn_monthly_reporting WHERE month = '2026-05-01'`,
    ),
    ['100 - -'],
  );
  assert.deepEqual(await bench.read('SELECT * FROM tidemark.fx_missing'), [
    '2026-04-30 EUR USD fx:EUR/USD mrr',
  ]);
});

test('sales and refunds at the rates of their days; a buyer in two currencies is one', async () => {
  await bench.put([
    ...rates(),
    ...facts(
      sales,
      purchased('p1', '05-16 10:00'),
      purchased('p2', '05-16 11:00', { currency: 'USD', amount: 5_00, kind: 'service' }),
      refunded('p1', '05-29 10:00', 4_00),
      purchased('p3', '06-01 10:00', { amount: 20_00 }),
    ),
  ]);
  assert.deepEqual(await bench.read('SELECT * FROM tidemark.sales_daily_reporting ORDER BY date'), [
    '2026-05-16 USD 2 16 0 16 1 1 8',
    '2026-05-29 USD 0 0 4.8 -4.8 0 0 -',
    '2026-06-01 USD 1 24 0 24 1 0 24',
  ]);
  assert.deepEqual(await bench.read('SELECT * FROM tidemark.sales_monthly_reporting ORDER BY month'), [
    '2026-05-01 USD 2 16 4.8 11.2 1 1 8 - -',
    '2026-06-01 USD 1 24 0 24 1 0 24 -0.5 0.5',
  ]);
  assert.deepEqual(
    await bench.read('SELECT * FROM tidemark.sales_by_kind_monthly_reporting ORDER BY month, kind'),
    [
      '2026-05-01 USD product 1 11 4.8 6.2 1 1 11',
      '2026-05-01 USD service 1 5 0 5 1 0 5',
      '2026-06-01 USD product 1 24 0 24 1 0 24',
    ],
  );
  const both = await bench.read(
    `SELECT * FROM tidemark.mrr_with_non_recurring_monthly_reporting WHERE month <= '2026-06-01' ORDER BY month`,
  );
  assert.deepEqual(both, ['2026-05-01 USD 0 11.2 11.2', '2026-06-01 USD 0 24 24']);
});

test('a missing rate is null where it is needed, and a row that says which reading to publish', async () => {
  await bench.put([
    ...rates(),
    ...facts(
      sales,
      purchased('p1', '05-16 10:00', { currency: 'JPY', amount: 1000 }),
      purchased('p2', '05-16 10:00', { currency: 'USD', amount: 5_00 }),
      purchased('p3', '06-10 10:00'),
    ),
    ...facts(
      costs,
      incurred('10:00', { currency: 'JPY', amount: 0 }),
      incurred('10:00', { currency: 'KWD' }),
    ),
  ]);
  assert.deepEqual(
    await bench.read(
      'SELECT month, purchases, revenue, refunds, net_revenue, average_purchase_value FROM tidemark.sales_monthly_reporting ORDER BY month',
    ),
    ['2026-05-01 2 - 0 - -', '2026-06-01 1 - 0 - -'],
  );
  assert.deepEqual(await bench.read('SELECT * FROM tidemark.fx_missing ORDER BY date, currency'), [
    '2026-05-01 KWD USD fx:KWD/USD costs',
    '2026-05-16 JPY USD fx:JPY/USD sales',
    '2026-06-10 EUR USD fx:EUR/USD sales',
  ]);
});

test('cancellations and carts at the rates of their days', async () => {
  const abandoned = {
    kind: 'cart_outcome',
    at: Date.parse('2026-05-16T10:30Z'),
    cart_id: 'k1',
    customer_id: '',
    channel: 'web',
    created_at: Date.parse('2026-05-16T10:00Z'),
    outcome: 'abandoned',
    currency: 'EUR',
    value: 10_000_000n,
  } as const satisfies FactOf<ReturnType<typeof cartOutcomes>['facts']>;
  await bench.put([
    ...rates(),
    abandoned,
    ...facts(
      subscriptionDefinition,
      started('05-01 10:00', { currency: 'EUR' }),
      started('05-01 10:00', { customer: 'bob' }),
      canceled('05-29 10:00', { reason: 'voluntary' }),
      canceled('05-29 10:00', { customer: 'bob', reason: 'voluntary' }),
    ),
  ]);
  assert.deepEqual(await bench.read('SELECT * FROM tidemark.cancellations_daily_reporting'), [
    '2026-05-29 USD voluntary 2 220 0 0',
  ]);
  assert.deepEqual(await bench.read('SELECT * FROM tidemark.cart_value_daily_reporting'), [
    '2026-05-16 USD 11 0 0',
  ]);
});
