import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bought, cost, eventAt, started, view } from '../oracle/events.fixtures.ts';

test('$50 × 3 a month × 24 months = $3,600', () => {
  const events = ['a', 'b', 'd'].flatMap((customer) => [bought(customer, '2026-05-02', 5000, '1')]);
  for (const i of [2, 3])
    for (const customer of ['a', 'b', 'd']) events.push(bought(customer, '2026-05-03', 5000, `${i}`));
  // One of 24 customers at the start of May is lost in it: they stay 24 months.
  for (let i = 0; i < 24; i++) events.push(started(`s${i}`, '2026-04-30', { currency: 'EUR' }));
  events.push(eventAt('subscription.canceled', '2026-05-05', { customer_id: 's0', subscription_id: 's' }));
  const columns = 'month average_purchase_value purchase_frequency lifespan_months clv_purchase';
  assert.deepEqual(
    view('clv_monthly', events, '2026-05-31', `currency ${columns}`).at(-1),
    'USD 2026-05-01 50.000000 3 24 3600',
  );
});

test('($59 − $40) × 24 = $456; at a CAC of $152 that is 3.0, healthy', () => {
  const events = [
    ...Array.from({ length: 24 }, (_, i) => started(`s${i}`, '2026-04-30')),
    eventAt('subscription.canceled', '2026-05-05', { customer_id: 's0', subscription_id: 's' }),
    started('late', '2026-05-06'),
    cost('service', 24 * 4000, '2026-05-01', '2026-05-20'),
    cost('sales', 15_200, '2026-05-01', '2026-05-20'),
  ];
  const columns = 'month contribution_per_period lifespan_months clv_contribution';
  assert.deepEqual(view('clv_monthly', events, '2026-05-31', columns).at(-1), '2026-05-01 19 24 456');
  assert.deepEqual(
    view(
      'unit_economics_monthly',
      events,
      '2026-05-31',
      'month clv cac clv_cac verdict profit_per_customer',
    ).at(-1),
    '2026-05-01 456 152.000000 3 healthy 304',
  );
});

test('in the first month nobody has shown a lifespan, so nothing that depends on it is known (rule 51)', () => {
  const events = [
    ...['a', 'b'].map((customer) => bought(customer, '2026-05-02', 5000, '1')),
    cost('marketing', 1_000, '2026-05-01', '2026-05-20'),
  ];
  const monthly = 'lifespan_months average_purchase_value clv_purchase clv_contribution clv_discounted';
  const economics = 'clv cac clv_cac verdict profit_per_customer';
  assert.deepEqual(view('clv_monthly', events, '2026-05-31', monthly), ['null 50.000000 null null null']);
  assert.deepEqual(view('unit_economics_monthly', events, '2026-05-31', economics), [
    'null 5.000000 null  null',
  ]);
  // Who buys again shows one.
  events.push(bought('a', '2026-05-20', 5000, '2'));
  assert.deepEqual(view('unit_economics_monthly', events, '2026-05-31', 'verdict'), ['healthy']);
});
