import assert from 'node:assert/strict';
import test from 'node:test';
import type { ContractEvent, Json } from './base.ts';
import { plan, say, view } from './say.ts';

const cost = (
  category: string,
  amount: number,
  from: string,
  to: string,
  fields: Record<string, Json> = {},
) =>
  say('cost.incurred', from, {
    cost_id: `${category} ${from}`,
    category,
    amount,
    currency: 'USD',
    period_start: from,
    period_end: to,
    ...fields,
  });
const bought = (customer: string, at: string, amount: number, id = at): ContractEvent =>
  say('purchase.completed', at, {
    customer_id: customer,
    purchase_id: id,
    amount,
    currency: 'USD',
    kind: 'product',
    segment: 'smb',
  });
const started = (customer: string, at: string, fields: Record<string, Json> = {}): ContractEvent =>
  say('subscription.started', at, plan({ customer_id: customer, segment: 'smb', ...fields }));

test('a cost is spread over its days and sums to itself exactly', () => {
  const events = [cost('service', 10, '2026-05-30', '2026-06-01', { currency: 'JPY' })];
  assert.deepEqual(
    view('retention_cost_monthly', events, '2026-07-01', 'month currency retention_cost customers crc'),
    ['2026-05-01 JPY 6.666667 0 null', '2026-06-01 JPY 3.333333 0 null'],
  );
});

test('$600 spent on winning three customers is $200 each; a customer is won once, at the earlier', () => {
  const events = [
    cost('marketing', 40_000, '2026-05-01', '2026-05-31', { segment: 'smb' }),
    cost('sales', 20_000, '2026-05-01', '2026-05-01', { segment: 'smb' }),
    cost('service', 99_999, '2026-05-01', '2026-05-01', { segment: 'smb' }),
    bought('a', '2026-05-02', 100),
    started('a', '2026-06-02'),
    started('b', '2026-05-03'),
    started('d', '2026-05-04'),
  ];
  const columns = 'month segment acquisition_cost customers_acquired cac';
  assert.deepEqual(view('acquisition_monthly', events, '2026-07-01', columns), [
    '2026-05-01 smb 600.000000 3 200.000000',
  ]);
});

test('$50 × 3 a month × 24 months = $3,600', () => {
  const events = ['a', 'b', 'd'].flatMap((customer) => [bought(customer, '2026-05-02', 5000, '1')]);
  for (const i of [2, 3])
    for (const customer of ['a', 'b', 'd']) events.push(bought(customer, '2026-05-03', 5000, `${i}`));
  // One of 24 customers at the start of May is lost in it: they stay 24 months.
  for (let i = 0; i < 24; i++) events.push(started(`s${i}`, '2026-04-30', { currency: 'EUR' }));
  events.push(say('subscription.canceled', '2026-05-05', { customer_id: 's0', subscription_id: 's' }));
  const columns = 'month average_purchase_value purchase_frequency lifespan_months clv_purchase';
  assert.deepEqual(
    view('clv_monthly', events, '2026-05-31', `currency ${columns}`).at(-1),
    'USD 2026-05-01 50.000000 3 24 3600',
  );
});

test('($59 − $40) × 24 = $456; at a CAC of $152 that is 3.0, healthy', () => {
  const events = [
    ...Array.from({ length: 24 }, (_, i) => started(`s${i}`, '2026-04-30')),
    say('subscription.canceled', '2026-05-05', { customer_id: 's0', subscription_id: 's' }),
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

test('referrals: what was converted, of what was won', () => {
  const key = { referral_id: 'f', referrer_customer_id: 'a' };
  const events = [
    say('referral.invited', '2026-05-01', key),
    say('referral.invited', '2026-05-02', key),
    say('referral.converted', '2026-05-03', key),
    bought('b', '2026-05-03', 1),
    bought('d', '2026-05-04', 1),
    say('mention.observed', '2026-05-05', { mention_id: 'm', channel: 'x', recommends: true }),
  ];
  const columns = 'month invited converted customers_acquired referral_rate recommending_mentions';
  assert.deepEqual(view('referrals_monthly', events, '2026-06-01', columns), ['2026-05-01 1 1 2 0.5 1']);
});

test('engagement: visitors of visits, durations of those that carry one', () => {
  const engaged = (id: string, fields: Record<string, Json>): ContractEvent =>
    say('engagement.recorded', '2026-05-10', { engagement_id: id, channel: 'web', ...fields });
  const events = [
    engaged('1', { kind: 'visit', visitor_id: 'v', duration_ms: 1500, clicks: 2 }),
    engaged('2', { kind: 'visit', visitor_id: 'v', page_views: 3 }),
    engaged('3', { kind: 'visit', customer_id: 'c' }),
    engaged('4', { kind: 'login', customer_id: 'd', duration_ms: 500 }),
  ];
  const columns = 'visits visitors total_duration_seconds average_duration_seconds clicks page_views logins';
  assert.deepEqual(view('engagement_daily', events, '2026-06-01', columns), ['3 2 2 1 2 3 1']);
});

test('readings: open and close by the order of events', () => {
  const read = (id: string, at: string, value: number, fields: Record<string, Json> = {}): ContractEvent =>
    say('reading.observed', at, { name: 'stock_price', reading_id: id, value, ...fields });
  const events = [
    read('b', '2026-05-10T12', 7),
    read('a', '2026-05-10T09', 5),
    read('a', '2026-05-10T10', 99),
    read('d', '2026-05-10T13', 6.5),
    read('e', '2026-05-10T13', 1, { customer_id: 'c' }),
  ];
  assert.deepEqual(view('readings_daily', events, '2026-06-01', 'customer_id open high low close readings'), [
    ' 5 7 5 6.5 3',
    'c 1 1 1 1 1',
  ]);
});

test('health: parts without data are left out and the rest reweighted', () => {
  const engaged = (id: string, at: string): ContractEvent =>
    say('engagement.recorded', at, { engagement_id: id, kind: 'login', customer_id: 'c' });
  const events = [
    started('c', '2026-01-01'),
    say('subscription.changed', '2026-05-20', plan({ unit_amount: 8850 })),
    ...['1', '2', '3', '4', '5', '6'].map((id) => engaged(id, '2026-04-01')),
    engaged('7', '2026-05-25'),
    say('survey.answered', '2026-05-01', { response_id: 'r', instrument: 'nps', score: 8, customer_id: 'c' }),
    say('contact.opened', '2026-05-01', { case_id: 'k', channel: 'chat', customer_id: 'c' }),
    started('quiet', '2026-05-30'),
  ];
  const columns = 'customer_id health usage satisfaction support payment growth band';
  // c: 0.30 × 50 + 0.20 × 80 + 0.15 × 80 + 0.20 × 100 + 0.15 × 75
  assert.deepEqual(view('customer_health', events, '2026-06-01', columns), [
    'c 74.25 50 80 80 100 75 healthy',
    'quiet 100 null null null 100 null healthy',
  ]);
});
