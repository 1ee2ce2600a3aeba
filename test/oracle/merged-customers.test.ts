import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  canceled,
  movements,
  started,
  subscriptionDefinition,
} from '../../packages/metrics/subscription/subscriptions.fixtures.ts';
import { totalsOf } from '../../packages/runtime/definition-driver.fixtures.ts';
import type { ContractEvent } from '../../packages/metrics/oracle/base.oracle.ts';
import { bought, eventAt, plan, view } from '../../packages/metrics/oracle/events.fixtures.ts';

const now = '2026-06-30T12';
const page = readFileSync(new URL('../../docs/decisions/merged-customers.md', import.meta.url), 'utf8');

const subscribed = (customer: string, at: string, amount: number, more = {}): ContractEvent =>
  eventAt('subscription.started', at, {
    ...plan({ customer_id: customer, subscription_id: `s-${customer}`, unit_amount: amount }),
    ...more,
  });
const answer = (customer: string, at: string, score: number): ContractEvent =>
  eventAt('survey.answered', at, {
    response_id: `r-${at}`,
    customer_id: customer,
    instrument: 'nps',
    score,
  });

/** Two customers until the middle of June: acme, and acme-uk, which turn out to be one. */
const purchase = bought('acme-uk', '2026-04-20', 2000);
const low = answer('acme-uk', '2026-05-05', 3);
const start = subscribed('acme-uk', '2026-02-01', 4000);
const past = [
  subscribed('acme', '2026-01-10', 5900),
  start,
  bought('acme', '2026-03-20', 10_000),
  purchase,
  answer('acme', '2026-05-04', 9),
  low,
];
const end = (fields = {}) =>
  eventAt('subscription.canceled', '2026-06-15T12:00', {
    customer_id: 'acme-uk',
    subscription_id: 's-acme-uk',
    ...fields,
  });
const taken = eventAt(
  'subscription.started',
  '2026-06-15T12:00',
  plan({ customer_id: 'acme', subscription_id: 's-acme-uk', unit_amount: 4000 }),
);
/** The one ends, the other begins: from that instant on. */
const handedOver = [...past, end(), taken];

const voided = (event: ContractEvent, key: string): ContractEvent =>
  eventAt(`${String(event['type']).split('.')[0]}.voided`, '2026-06-15T12:00', {
    [key]: event[key]!,
    voids: event['event_id']!,
  });
const again = (event: ContractEvent): ContractEvent => ({
  ...event,
  event_id: `${String(event['event_id'])} of acme`,
  customer_id: 'acme',
});
/** Everything of acme-uk is voided and published again, at its own time, under acme. */
const rewritten = [
  ...past,
  ...[start, purchase].flatMap((event) => [voided(event, 'customer_id'), again(event)]),
  voided(low, 'response_id'),
  again(low),
];

/** The page shows these rows, as they are or as the cells of a table. */
function shows(rows: readonly string[]): void {
  for (const row of rows) {
    const cells = `| ${row.replaceAll(' ', ' | ')} |`;
    assert.ok(page.replaceAll(/ +/g, ' ').includes(cells), `the page has no row ${cells}`);
  }
}

const june = (rows: readonly string[]): readonly string[] => rows.filter((row) => row.startsWith('2026-06'));

test('handed over: MRR moves as churn of the one and expansion of the other, and is the same in sum', () => {
  const at = 'occurred_at customer_id movement amount';
  assert.deepEqual(view('mrr_movements', handedOver, now, at).slice(2), [
    '2026-06-15T12:00:00.000Z acme expansion 40.000000',
    '2026-06-15T12:00:00.000Z acme-uk churn -40.000000',
  ]);
  const columns = 'month new expansion churn mrr customers';
  const rows = june(view('mrr_monthly', handedOver, now, columns));
  assert.deepEqual(rows, ['2026-06-01 0.000000 40.000000 -40.000000 99.000000 1']);
  shows(rows);
});

test('the definition itself makes these movements, customer by customer', () => {
  const clock = '2026-06-30T12:00';
  const acme = [
    started('2026-01-10T00:00', { customer: 'acme', sub: 's-acme', price: 59 }),
    started('2026-06-15T12:00', { customer: 'acme', sub: 's-acme-uk', price: 40 }),
  ];
  const uk = [
    started('2026-02-01T00:00', { customer: 'acme-uk', sub: 's-acme-uk', price: 40 }),
    canceled('2026-06-15T12:00', { customer: 'acme-uk', sub: 's-acme-uk' }),
  ];
  assert.deepEqual(movements(clock, ...acme), ['01-10 00:00 new +59', '06-15 12:00 expansion +40']);
  assert.deepEqual(movements(clock, ...uk), ['02-01 00:00 new +40', '06-15 12:00 churn -40']);
});

test('handed over: one customer counts as lost, and the cohorts of both change', () => {
  const churn = june(
    view(
      'churn_monthly',
      handedOver,
      now,
      'month customers_at_start customers_lost customers_at_end churn_rate lost_of_start',
    ),
  );
  assert.deepEqual(churn, ['2026-06-01 2 1 1 0.5 1']);
  shows(churn);
  const revenue = june(view('revenue_churn_monthly', handedOver, now, 'month mrr_at_start grr nrr'));
  assert.deepEqual(revenue, [`2026-06-01 99.000000 ${59 / 99} 1`]);
  const cohorts = view(
    'retention_cohorts_monthly',
    handedOver,
    now,
    'month cohort customers active mrr revenue_retention',
  );
  assert.deepEqual(june(cohorts), [
    `2026-06-01 2026-01-01 1 1 99.000000 ${99 / 59}`,
    '2026-06-01 2026-02-01 1 0 0.000000 0',
  ]);
});

test('handed over: a cancellation that is published a day before makes the loss an announced one (rule 65)', () => {
  const uk = { customer: 'acme-uk', sub: 's-acme-uk' };
  const totals = totalsOf(
    subscriptionDefinition,
    '2026-06-30T12:00',
    started('2026-02-01T00:00', { ...uk, price: 40 }),
    canceled('2026-06-14T10:00', { ...uk, effective_at: Date.parse('2026-06-15T12:00Z') }),
  );
  assert.deepEqual([totals['customers_lost yes '], totals['customers_lost no ']], [1n, undefined]);
  const scheduled = [
    ...past,
    eventAt('subscription.canceled', '2026-06-14T10:00', {
      customer_id: 'acme-uk',
      subscription_id: 's-acme-uk',
      effective_at: '2026-06-15T12:00:00.000Z',
    }),
    taken,
  ];
  const columns = 'month new expansion churn mrr customers';
  assert.deepEqual(
    view('mrr_monthly', scheduled, now, columns),
    view('mrr_monthly', handedOver, now, columns),
  );
});

test('handed over: persons and buyers stay two, until their answers and purchases are published again', () => {
  const columns = 'month respondents promoters detractors nps';
  const before = june(view('nps_by_person_monthly', handedOver, now, columns));
  assert.deepEqual(before, ['2026-06-01 2 1 1 0']);
  shows(before);
  const value = view('customer_value', handedOver, now, 'customer_id purchases revenue');
  assert.deepEqual(value, ['acme 1 100.000000', 'acme-uk 1 20.000000']);
  const sales = view('sales_monthly', handedOver, now, 'month first_time_buyers');
  assert.deepEqual(sales, ['2026-03-01 1', '2026-04-01 1']);
});

test('published again: it has always been one customer, in every view', () => {
  assert.deepEqual(
    view('mrr_monthly', rewritten, now, 'month new expansion churn mrr customers').slice(0, 2),
    [
      '2026-01-01 59.000000 0.000000 0.000000 59.000000 1',
      '2026-02-01 0.000000 40.000000 0.000000 99.000000 1',
    ],
  );
  const churn = view(
    'churn_monthly',
    rewritten,
    now,
    'month customers_at_start customers_lost customers_at_end',
  );
  assert.deepEqual(june(churn), ['2026-06-01 1 0 1']);
  shows(june(churn));
  const persons = june(
    view('nps_by_person_monthly', rewritten, now, 'month respondents promoters detractors nps'),
  );
  assert.deepEqual(persons, ['2026-06-01 1 0 1 -100'], 'the last answer of the one person there is');
  shows(persons);
  assert.deepEqual(view('customer_value', rewritten, now, 'customer_id purchases revenue'), [
    'acme 2 120.000000',
  ]);
  assert.deepEqual(view('sales_monthly', rewritten, now, 'month first_time_buyers'), [
    '2026-03-01 1',
    '2026-04-01 0',
  ]);
});
