import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { PurchaseCompleted, PurchaseRefunded } from '@tidemark/events/types';
import { costs } from '../../packages/metrics/cost/index.ts';
import { incurred } from '../../packages/metrics/cost/incurred.fixtures.ts';
import type { AnyEvent, Definition, Fact, FactKinds, FactOf } from '@tidemark/metrics/definition/definition';
import { day, instant } from '@tidemark/metrics/definition/history.fixtures';
import { factsOf } from '@tidemark/runtime/definition-driver.fixtures';
import { loyalty, sales } from '@tidemark/metrics/purchase';
import { purchased, refunded } from '../../packages/metrics/purchase/purchases.fixtures.ts';
import { readings } from '../../packages/metrics/reading/index.ts';
import { observed } from '../../packages/metrics/reading/observed.fixtures.ts';
import { subscriptionDefinition } from '../../packages/metrics/subscription/subscriptions.fixtures.ts';
import { canceled, changed, started } from '../../packages/metrics/subscription/subscriptions.fixtures.ts';
import { viewBench, type ViewBench } from '../support/views.ts';

// The reporting currency is USD.

let bench: ViewBench;
before(async () => {
  bench = await viewBench();
});
after(() => bench.close());
beforeEach(() => bench.empty());

const present = Date.now();
const facts = <S, E extends AnyEvent, K extends FactKinds>(
  definition: Definition<S, E, K>,
  ...events: readonly E[]
): readonly FactOf<K>[] => factsOf(definition, new Date(present).toISOString().slice(0, -1), ...events);

/** Purchases as both folds of them publish them. */
const bought = (...events: readonly (PurchaseCompleted | PurchaseRefunded)[]): readonly Fact[] => [
  ...facts(sales, ...events),
  ...facts(loyalty(180 * day), ...events),
];

/** A business in one currency. */
const business = (currency: string): readonly Fact[] => [
  ...facts(
    subscriptionDefinition,
    started('04-15 00:00', { customer: 'ann', currency, price: 59, segment: 'smb' }),
    started('04-20 00:00', { customer: 'bob', currency, price: 100 }),
    changed('06-02 10:00', { customer: 'ann', currency, price: 31 }),
    canceled('06-10 00:00', { customer: 'bob', effective_at: instant('06-30 12:00') }),
    started('08-20 00:00', { customer: 'bob', currency, price: 200 }),
  ),
  ...bought(
    purchased('p1', '03-10 10:00', { currency, customer_id: 'ann' }),
    purchased('p2', '05-10 10:00', { currency, customer_id: 'ann', amount: 33_33 }),
    purchased('p3', '05-10 10:00', { currency, customer_id: 'eve', kind: 'upsell' }),
    refunded('p2', '06-11 10:00', 11_11, currency),
  ),
  ...facts(
    costs,
    incurred('10:00', { currency, amount: 1000_00, period_start: '2026-03-01', period_end: '2026-08-15' }),
    incurred('10:00', { currency, amount: 70_00, category: 'service', period_end: '2026-05-31' }),
    incurred('10:00', {
      currency,
      amount: 5_00,
      category: 'sales',
      segment: 'smb',
      period_end: '2026-05-31',
    }),
  ),
];

/** One rate all the time, read every week. */
const constant = (rate: number): readonly Fact[] =>
  facts(
    readings,
    ...Array.from({ length: Math.ceil((present - instant('2026-02-20T00:00')) / (7 * day)) }, (_, week) =>
      observed(new Date(instant('2026-02-20T12:00') + week * 7 * day).toISOString().slice(0, -1), rate, {
        name: 'fx:EUR/USD',
      }),
    ).filter(({ occurred_at }) => occurred_at < present),
  );

const order = { month: 'month', date: 'date' } as const;
const views = {
  mrr_daily: order.date,
  mrr_monthly: order.month,
  mrr_with_non_recurring_monthly: order.month,
  cancellations_daily: order.date,
  revenue_churn_monthly: order.month,
  retention_cohorts_monthly: 'cohort, month',
  sales_daily: order.date,
  sales_monthly: order.month,
  sales_by_kind_monthly: 'month, kind',
  acquisition_monthly: 'month, segment',
  retention_cost_monthly: order.month,
  clv_monthly: order.month,
  unit_economics_monthly: order.month,
} as const;

test('with the reporting currency alone, the variants have the rows of their views', async () => {
  await bench.put(business('USD'));
  for (const [view, by] of Object.entries(views)) {
    const rows = await bench.read(`SELECT * FROM tidemark.${view} ORDER BY ${by}`);
    const columns = await bench.read(
      `SELECT name FROM system.columns WHERE database = 'tidemark' AND table = '${view}' ORDER BY position`,
    );
    // What is still growing is read a moment later.
    const still = (rowsOfView: readonly string[]): readonly string[] =>
      view === 'clv_monthly' ? rowsOfView.slice(0, -1) : rowsOfView;
    const variant = await bench.read(
      `SELECT ${columns.map((column) => `\`${column}\``).join(', ')} FROM tidemark.${view}_reporting ORDER BY ${by}`,
    );
    assert.ok(rows.length > 0, view);
    assert.deepEqual(still(variant), still(rows), view);
  }
  const [value, variant] = await Promise.all(
    ['customer_value', 'customer_value_reporting'].map((view) =>
      bench.read(
        `SELECT customer_id, purchases, revenue, first_purchase_at, last_purchase_at, mrr, round(recurring_revenue_to_date, 2)
         FROM tidemark.${view} ORDER BY customer_id`,
      ),
    ),
  );
  assert.deepEqual(variant, value);
  assert.deepEqual(await bench.read('SELECT * FROM tidemark.fx_missing'), []);
});

test('at a rate of 2, all money is twice as much, and rates do nothing to the bridge', async () => {
  await bench.put([...business('EUR'), ...constant(2)]);
  const same = async (view: string, by: string, columns: readonly string[]): Promise<void> => {
    const doubled = columns.map((column) => `2 * ${column}`).join(', ');
    const rows = await bench.read(`SELECT ${doubled} FROM tidemark.${view} ORDER BY ${by}`);
    const variant = await bench.read(
      `SELECT ${columns.join(', ')} FROM tidemark.${view}_reporting ORDER BY ${by}`,
    );
    assert.ok(rows.length > 0, view);
    const near = (text: string): readonly (number | string)[] =>
      text.split(' ').map((value) => (value === '-' ? value : Number(Number(value).toFixed(4))));
    assert.deepEqual(variant.map(near), rows.map(near), view);
  };
  await same('mrr_daily', 'date', ['net', 'mrr', 'arpa']);
  await same('mrr_monthly', 'month', ['net', 'mrr', 'arpa']);
  await same('sales_monthly', 'month', ['revenue', 'refunds', 'net_revenue', 'average_purchase_value']);
  await same('acquisition_monthly', 'month, segment', ['acquisition_cost', 'cac']);
  await same('retention_cost_monthly', 'month', ['retention_cost', 'crc']);
  await same('clv_monthly', 'month', [
    'average_purchase_value',
    'clv_purchase',
    'clv_contribution',
    'clv_discounted',
  ]);
  await same('unit_economics_monthly', 'month', ['clv', 'cac', 'profit_per_customer']);
  await same('customer_value', 'customer_id', ['revenue', 'mrr']);
  const turning = await bench.read(
    `SELECT r.customer_id FROM tidemark.customer_value AS v INNER JOIN tidemark.customer_value_reporting AS r USING (customer_id)
     WHERE isNull(r.recurring_revenue_to_date) OR abs(r.recurring_revenue_to_date - 2 * v.recurring_revenue_to_date) > 0.01`,
  );
  assert.deepEqual(turning, []);
  const net = await bench.read(
    `SELECT month FROM tidemark.clv_monthly AS v INNER JOIN tidemark.clv_monthly_reporting AS r USING (month)
     WHERE isNull(r.clv_net) OR abs(r.clv_net - 2 * v.clv_net) > 0.01`,
  );
  assert.deepEqual(net, []);
  const moved = await bench.read(
    'SELECT date, fx FROM tidemark.mrr_daily_reporting WHERE isNull(fx) OR fx != 0',
  );
  assert.deepEqual(moved, []);
});

test('recurring revenue is that of each day at its rate; a gap while there was MRR makes it unknown', async () => {
  const month = 365 / 12;
  await bench.put([
    ...facts(
      subscriptionDefinition,
      started('05-01 12:00', { customer: 'ann', currency: 'EUR' }),
      canceled('05-04 06:00', { customer: 'ann' }),
      started('05-01 12:00', { customer: 'bob', currency: 'EUR' }),
      canceled('05-12 00:00', { customer: 'bob' }),
    ),
    ...facts(
      readings,
      observed('05-01 18:00', 1, { name: 'fx:EUR/USD' }),
      observed('05-03 18:00', 3, { name: 'fx:EUR/USD' }),
      observed('05-12 18:00', 4, { name: 'fx:EUR/USD' }),
    ),
  ]);
  const rows = await bench.read(
    'SELECT customer_id, mrr, recurring_revenue_to_date FROM tidemark.customer_value_reporting ORDER BY customer_id',
  );
  // Half a day and a day at 1, a day and a quarter at 3. For Bob there is no rate on the 11th.
  const worth = (100 * (1.5 * 1 + 1.25 * 3)) / month;
  assert.deepEqual(rows, [`ann 0 ${worth.toFixed(6)}`, 'bob 0 -']);
});

test('a customer whose facts are all retracted has no row', async () => {
  const all = business('USD');
  await bench.put(all);
  await bench.put(all, -1);
  const left: string[] = [];
  const names = [...Object.keys(views), 'customer_value'].flatMap((name) => [name, `${name}_reporting`]);
  for (const view of [...names, 'loyalty_monthly'])
    for (const row of await bench.read(`SELECT * FROM tidemark.${view}`)) left.push(`${view}: ${row}`);
  assert.deepEqual(left, []);
});
