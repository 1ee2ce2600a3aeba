import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContractEvent } from '../oracle/base.oracle.ts';
import { plan, eventAt, view } from '../oracle/events.fixtures.ts';

const moves = 'occurred_at movement amount';
const movements = (events: readonly ContractEvent[], now = '2026-12-01', columns = moves): string[] =>
  view('mrr_movements', events, now, columns).map((line) => line.replaceAll(':00:00.000Z', ''));
const started = (at: string, fields = {}): ContractEvent => eventAt('subscription.started', at, plan(fields));
const canceled = (at: string, fields = {}): ContractEvent =>
  eventAt('subscription.canceled', at, { customer_id: 'c', subscription_id: 's', ...fields });

test('MRR is the price per month whatever the interval, rounded half to even at the sixth decimal', () => {
  const mrr = (fields: object): string | undefined =>
    movements([started('2026-05-01', { ...fields })], '2026-06-01', 'amount')[0];
  const cases: [object, string][] = [
    [{ interval: 'year', unit_amount: 120_000 }, '100.000000'],
    [{ quantity: 3 }, '177.000000'],
    [{ discount_amount: 900 }, '50.000000'],
    [{ interval: 'day', unit_amount: 100 }, '30.416667'],
    [{ interval: 'week', unit_amount: 100, interval_count: 2 }, '2.166667'],
    [{ interval: 'month', unit_amount: 100, interval_count: 3 }, '0.333333'],
    [{ currency: 'JPY' }, '5900.000000'],
    [{ currency: 'KWD' }, '5.900000'],
    [{ currency: 'KWD', unit_amount: 1, interval: 'month', interval_count: 16 }, '0.000062'],
    [{ currency: 'KWD', unit_amount: 3, interval: 'month', interval_count: 16 }, '0.000188'],
  ];
  for (const [fields, expected] of cases) assert.equal(mrr(fields), expected, JSON.stringify(fields));
});

test('a free plan, a full discount and a discount beyond the price never made a customer', () => {
  for (const fields of [
    { unit_amount: 0 },
    { quantity: 0 },
    { discount_amount: 5900 },
    { discount_amount: 9000 },
  ])
    assert.deepEqual(movements([started('2026-05-01', fields)]), []);
});

test('1000 customers at the start of May, 64 leave: 0.064', () => {
  const events = Array.from({ length: 1000 }, (_, i) => started('2026-04-03', { customer_id: `c${i}` }));
  for (let i = 0; i < 64; i++)
    events.push(canceled('2026-05-09', { customer_id: `c${i}`, reason: 'voluntary' }));
  const columns =
    'month customers_at_start customers_lost customers_at_end churn_rate lost_voluntary lost_of_start churn_rate_of_start';
  assert.deepEqual(view('churn_monthly', events, '2026-06-01', columns), [
    '2026-04-01 0 0 1000 null 0 0 null',
    '2026-05-01 1000 64 936 0.064 64 64 0.064',
    '2026-06-01 936 0 936 0 0 0 0',
  ]);
});

test('100 at the start, 5 lost, 10 gained: churn 0.05 and retention 0.95', () => {
  const events = Array.from({ length: 100 }, (_, i) => started('2026-04-03', { customer_id: `c${i}` }));
  for (let i = 0; i < 5; i++) events.push(canceled('2026-05-09', { customer_id: `c${i}` }));
  for (let i = 0; i < 10; i++) events.push(started('2026-05-10', { customer_id: `d${i}` }));
  const columns =
    'customers_at_start customers_new customers_lost customers_at_end churn_rate retention_rate';
  assert.deepEqual(
    view('churn_monthly', events, '2026-05-31', `month ${columns}`)[1],
    '2026-05-01 100 10 5 105 0.05 0.95',
  );
});

test('$100k recurring last month, $90k from the same customers now: net revenue churn 0.10', () => {
  const events = [
    ...Array.from({ length: 10 }, (_, i) =>
      started('2026-04-03', { customer_id: `c${i}`, unit_amount: 1_000_000 }),
    ),
    canceled('2026-05-09', { customer_id: 'c0' }),
    canceled('2026-05-09', { customer_id: 'c1' }),
    eventAt('subscription.changed', '2026-05-10', plan({ customer_id: 'c2', unit_amount: 2_000_000 })),
    started('2026-05-11', { customer_id: 'new', unit_amount: 700 }),
  ];
  const columns = 'month mrr_at_start grr nrr';
  assert.equal(
    view('revenue_churn_monthly', events, '2026-05-31', columns)[1],
    '2026-05-01 100000.000000 0.8 0.9',
  );
});

test('a cancellation of the 10th for the 31st churns on the 31st', () => {
  const events = [
    started('2026-05-01'),
    canceled('2026-05-10', { effective_at: '2026-05-31T00:00:00Z', reason: 'voluntary' }),
  ];
  assert.deepEqual(movements(events, '2026-06-01', `${moves} reason plan_id event_id`), [
    `2026-05-01T00 new 59.000000  basic ${events[0]?.event_id}`,
    '2026-05-31T00 churn -59.000000 voluntary basic ',
  ]);
  assert.equal(
    movements(events, '2026-05-31').length,
    1,
    'a tick at T is published only once the clock is past T',
  );
});

test('a renewal takes the cancellation back, at the very millisecond too', () => {
  for (const at of ['2026-05-20', '2026-05-31']) {
    const events = [
      started('2026-05-01'),
      canceled('2026-05-10', { effective_at: '2026-05-31T00:00:00Z', reason: 'voluntary' }),
      eventAt('subscription.renewed', at, plan()),
    ];
    assert.deepEqual(movements(events), ['2026-05-01T00 new 59.000000']);
    assert.deepEqual(
      view(
        'cancellations_daily',
        events,
        '2026-06-30',
        'date currency reason scheduled scheduled_mrr taken_back taken_back_mrr',
      ),
      ['2026-05-10 USD voluntary 1 59.000000 0 0.000000', `${at} USD voluntary 0 0.000000 1 59.000000`],
    );
  }
});

test('a renewal after the end is a reactivation', () => {
  const events = [
    started('2026-05-01'),
    canceled('2026-05-10', { effective_at: '2026-05-31T00:00:00Z' }),
    eventAt('subscription.renewed', '2026-05-31T00:00:00.001', plan()),
  ];
  assert.deepEqual(movements(events), [
    '2026-05-01T00 new 59.000000',
    '2026-05-31T00 churn -59.000000',
    '2026-05-31T00:00:00.001Z reactivation 59.000000',
  ]);
});

test('a plan switch in one millisecond is one expansion', () => {
  const events = [
    started('2026-05-01'),
    canceled('2026-05-10'),
    started('2026-05-10', { subscription_id: 't', plan_id: 'pro', unit_amount: 9900 }),
  ];
  assert.deepEqual(movements(events, '2026-06-01', `${moves} plan_id`), [
    '2026-05-01T00 new 59.000000 basic',
    '2026-05-10T00 expansion 40.000000 pro',
  ]);
});

test('a switch of currency is a fall and a rise, and nobody is lost; leaving both is one lost customer', () => {
  const events = [
    started('2026-05-01', { subscription_id: 'a' }),
    eventAt('subscription.changed', '2026-05-02', plan({ subscription_id: 'a', currency: 'EUR' })),
    started('2026-05-03', { subscription_id: 'b' }),
    canceled('2026-05-04', { subscription_id: 'a', reason: 'voluntary' }),
    canceled('2026-05-04', { subscription_id: 'b', reason: 'involuntary' }),
  ];
  assert.deepEqual(movements(events, '2026-06-01', `${moves} currency`), [
    '2026-05-01T00 new 59.000000 USD',
    '2026-05-02T00 contraction -59.000000 USD',
    '2026-05-02T00 expansion 59.000000 EUR',
    '2026-05-03T00 expansion 59.000000 USD',
    '2026-05-04T00 churn -59.000000 EUR',
    '2026-05-04T00 churn -59.000000 USD',
  ]);
  assert.equal(
    view('churn_monthly', events, '2026-05-31', 'customers_lost lost_voluntary lost_involuntary')[0],
    '1 0 1',
  );
});

test('a trial is worth nothing until its end; canceled at its end it never was', () => {
  const trial = started('2026-05-01', { trial_ends_at: '2026-05-15T00:00:00Z' });
  assert.deepEqual(movements([trial], '2026-06-01', `${moves} event_id`), ['2026-05-15T00 new 59.000000 ']);
  assert.deepEqual(movements([trial, canceled('2026-05-15')]), []);
  assert.deepEqual(movements([trial, canceled('2026-05-03', { effective_at: '2026-05-15T00:00:00Z' })]), []);
  const stays = eventAt('subscription.changed', '2026-05-03', plan({ unit_amount: 9900 }));
  assert.deepEqual(movements([trial, stays]), ['2026-05-15T00 new 99.000000']);
  const paysNow = eventAt(
    'subscription.renewed',
    '2026-05-03',
    plan({ trial_ends_at: '2026-05-03T00:00:00Z' }),
  );
  assert.deepEqual(movements([trial, paysNow]), ['2026-05-03T00 new 59.000000']);
  assert.deepEqual(movements([trial, started('2026-05-04')]), ['2026-05-04T00 new 59.000000']);
});

test('pausing is churn when nothing else is left, coming back reactivation; a paused one stays paused when renewed', () => {
  const key = { customer_id: 'c', subscription_id: 's' };
  const events = [
    started('2026-05-01'),
    eventAt('subscription.paused', '2026-05-03', { ...key, effective_at: '2026-05-05T00:00:00Z' }),
    eventAt('subscription.renewed', '2026-05-06', plan({ unit_amount: 6000 })),
    eventAt('subscription.resumed', '2026-05-07', plan({ unit_amount: 6000 })),
  ];
  assert.deepEqual(movements(events), [
    '2026-05-01T00 new 59.000000',
    '2026-05-05T00 churn -59.000000',
    '2026-05-07T00 reactivation 60.000000',
  ]);
});

test('events of a subscription without terms are ignored; the first event with terms establishes it', () => {
  const events = [
    canceled('2026-05-01', { effective_at: '2026-06-01T00:00:00Z' }),
    eventAt('subscription.changed', '2026-05-02', plan({ effective_at: '2026-05-04T00:00:00Z' })),
    canceled('2026-05-03', { effective_at: '2026-06-01T00:00:00Z' }),
  ];
  assert.deepEqual(movements(events), ['2026-05-04T00 new 59.000000']);
});

test('a change keeps the status, and a future one of an ended subscription is lost', () => {
  const events = [
    started('2026-05-01'),
    eventAt(
      'subscription.changed',
      '2026-05-02',
      plan({ unit_amount: 7000, effective_at: '2026-05-20T00:00:00Z' }),
    ),
    canceled('2026-05-10'),
    eventAt('subscription.changed', '2026-05-12', plan({ unit_amount: 8000 })),
    eventAt('subscription.renewed', '2026-05-15', plan({ unit_amount: 6000 })),
  ];
  assert.deepEqual(movements(events), [
    '2026-05-01T00 new 59.000000',
    '2026-05-10T00 churn -59.000000',
    '2026-05-15T00 reactivation 60.000000',
  ]);
});

test('a later event is in force later: the time before never changes', () => {
  const late = eventAt(
    'subscription.changed',
    '2026-05-10',
    plan({ unit_amount: 7000, effective_at: '2026-05-02T00:00:00Z' }),
  );
  assert.deepEqual(movements([started('2026-05-01'), late]), [
    '2026-05-01T00 new 59.000000',
    '2026-05-10T00 expansion 11.000000',
  ]);
});

test('a voided event was never published, an id counts once, and a void cannot be voided', () => {
  const first = started('2026-05-01');
  const wrong = canceled('2026-05-10');
  const voids = eventAt('subscription.voided', '2026-05-01', { customer_id: 'c', voids: wrong.event_id });
  const again = eventAt('subscription.voided', '2026-05-01', { customer_id: 'c', voids: voids.event_id });
  const stranger = eventAt('subscription.voided', '2026-05-01', { customer_id: 'd', voids: first.event_id });
  assert.deepEqual(movements([voids, first, first, wrong, again, stranger]), ['2026-05-01T00 new 59.000000']);
});

test('events of one instant go by sequence, then by the code points of their ids', () => {
  const at = '2026-05-10';
  // U+FF61 comes before U+1F600, though its UTF-16 unit is the greater one.
  const low = eventAt('subscription.changed', at, plan({ unit_amount: 6000 }), '｡');
  const high = eventAt('subscription.changed', at, plan({ unit_amount: 7000 }), '😀');
  assert.deepEqual(movements([high, started('2026-05-01'), low])[1], '2026-05-10T00 expansion 11.000000');
  const later = { ...low, sequence: 1 };
  assert.deepEqual(movements([high, started('2026-05-01'), later])[1], '2026-05-10T00 expansion 1.000000');
});

test('lost twice in a month counts twice', () => {
  const events = [
    started('2026-05-01'),
    canceled('2026-05-02'),
    eventAt('subscription.resumed', '2026-05-03', plan()),
    canceled('2026-05-04'),
  ];
  const columns = 'customers_at_start customers_new customers_reactivated customers_lost customers_at_end';
  assert.deepEqual(view('churn_monthly', events, '2026-05-31', columns), ['0 1 1 2 0']);
});
