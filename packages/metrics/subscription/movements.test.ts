import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant, voidOf } from '../definition/history.fixtures.ts';
import { totalsOf } from '@tidemark/runtime/definition-driver.fixtures';
import type { SubscriptionEvent } from './subscription.ts';
import {
  canceled,
  changed,
  customers,
  kindOf,
  movements,
  paused,
  renewed,
  resumed,
  started,
  subscriptionDefinition,
} from './subscriptions.fixtures.ts';

const at = instant;
const clock = '2026-12-31T00:00';

test('a yearly $1,200 plan is $100 of MRR; three seats at $59 are $177', () => {
  assert.deepEqual(movements(clock, started('10:00', { price: 1200, interval: 'year' })), ['10:00 new +100']);
  assert.deepEqual(movements(clock, started('10:00', { price: 59, quantity: 3 })), ['10:00 new +177']);
});

test('each subscription is rounded once, a customer is the sum of the rounded (rule 10)', () => {
  const tie = { unit_amount: 1, currency: 'KWD', interval_count: 16 }; // 62.5 micros
  assert.deepEqual(
    movements(clock, started('10:00', { ...tie, sub: 'a' }), started('11:00', { ...tie, sub: 'b' })),
    ['10:00 new +0.000062 KWD', '11:00 expansion +0.000062 KWD'],
  );
});

test('of 1000 customers 64 leave in May: 64 are lost', () => {
  const all: SubscriptionEvent[] = [];
  for (let n = 0; n < 1000; n++) {
    all.push(started('2026-04-01T00:00', { customer: `c${n}` }));
    if (n < 64) all.push(canceled('05-10 00:00', { customer: `c${n}`, effective_at: at('05-31 00:00') }));
  }
  const lost = customers(clock, ...all).filter((line) => line === '05-31 00:00 churn');
  assert.equal(lost.length, 64);
  assert.equal(totalsOf(subscriptionDefinition, clock, ...all)['customers'], 936n);
});

test('the first MRR ever is new, MRR after a loss is reactivation, the last to fall is churn (rule 4)', () => {
  assert.deepEqual(
    movements(
      clock,
      started('10:00'),
      changed('11:00', { price: 150 }),
      changed('12:00', { price: 120 }),
      canceled('13:00'),
      renewed('14:00', { price: 90 }),
    ),
    [
      '10:00 new +100',
      '11:00 expansion +50',
      '12:00 contraction -30',
      '13:00 churn -120',
      '14:00 reactivation +90',
    ],
  );
});

test('a second subscription is an expansion, and one of two left is a contraction', () => {
  const two = [started('10:00', { sub: 'a' }), started('11:00', { sub: 'b', price: 50 })];
  assert.deepEqual(
    movements(clock, ...two, canceled('12:00', { sub: 'a' }), canceled('13:00', { sub: 'b' })),
    ['10:00 new +100', '11:00 expansion +50', '12:00 contraction -100', '13:00 churn -50'],
  );
});

test('a switch of plans within one millisecond is one movement', () => {
  const from = started('10:00', { sub: 'a' });
  const leaves = canceled('11:00', { sub: 'a' });
  assert.deepEqual(movements(clock, from, leaves, started('11:00', { sub: 'b', price: 150 })), [
    '10:00 new +100',
    '11:00 expansion +50',
  ]);
  assert.deepEqual(movements(clock, from, leaves, started('11:00', { sub: 'b' })), ['10:00 new +100']);
  assert.deepEqual(customers(clock, from, leaves, started('11:00', { sub: 'b' })), ['10:00 new']);
});

test('coming in two currencies at once is new in both, leaving both is one lost customer (rule 4)', () => {
  const both = [
    started('10:00', { sub: 'a' }),
    started('10:00', { sub: 'b', currency: 'EUR', price: 70 }),
    canceled('11:00', { sub: 'a', reason: 'voluntary' }),
    canceled('11:00', { sub: 'b', reason: 'involuntary' }),
  ];
  assert.deepEqual(movements(clock, ...both), [
    '10:00 new +100',
    '10:00 new +70 EUR',
    '11:00 churn -100',
    '11:00 churn -70 EUR',
  ]);
  assert.deepEqual(customers(clock, ...both), ['10:00 new', '11:00 churn involuntary']);
});

test('one of two currencies left is a contraction; another currency of an active customer an expansion (rule 4)', () => {
  assert.deepEqual(
    movements(
      clock,
      started('10:00', { sub: 'a' }),
      started('11:00', { sub: 'b', currency: 'EUR' }),
      canceled('12:00', { sub: 'a' }),
    ),
    ['10:00 new +100', '11:00 expansion +100 EUR', '12:00 contraction -100'],
  );
});

test('who comes with two currencies at once comes by the last of their causes (rule 9)', () => {
  const events = [
    started('10:00', { plan_id: 'first' }),
    started('10:00', { sub: 's2', currency: 'EUR', plan_id: 'last' }),
  ];
  assert.deepEqual(
    kindOf('customer_movement', clock, ...events).map(({ plan_id }) => plan_id),
    ['last'],
  );
});

test('a change of currency moves both', () => {
  assert.deepEqual(movements(clock, started('10:00'), changed('11:00', { currency: 'EUR', price: 80 })), [
    '10:00 new +100',
    '11:00 contraction -100',
    '11:00 expansion +80 EUR',
  ]);
});

test('a change of currency moves both where the amounts are equal, and where nothing is left', () => {
  assert.deepEqual(movements(clock, started('10:00'), changed('11:00', { currency: 'EUR' })), [
    '10:00 new +100',
    '11:00 contraction -100',
    '11:00 expansion +100 EUR',
  ]);
  assert.deepEqual(movements(clock, started('10:00'), changed('11:00', { currency: 'EUR', quantity: 0 })), [
    '10:00 new +100',
    '11:00 churn -100',
  ]);
});

test('paused, without seats, wholly discounted is worth nothing: churn, and coming back is reactivation (rule 8)', () => {
  const back = ['11:00 churn -100', '12:00 reactivation +100'];
  assert.deepEqual(movements(clock, started('10:00'), paused('11:00'), resumed('12:00')).slice(1), back);
  assert.deepEqual(
    movements(clock, started('10:00'), changed('11:00', { quantity: 0 }), changed('12:00')).slice(1),
    back,
  );
  assert.deepEqual(
    movements(clock, started('10:00'), changed('11:00', { discount_amount: 20_000 }), changed('12:00')).slice(
      1,
    ),
    back,
  );
});

test('a free plan alone never made a customer (rule 8)', () => {
  assert.deepEqual(customers(clock, started('10:00', { price: 0 }), canceled('11:00')), []);
  assert.deepEqual(movements(clock, started('10:00', { price: 0 }), changed('11:00', { price: 10 })), [
    '11:00 new +10',
  ]);
});

test('an event has all terms: a missing quantity or discount has its default (rule 5)', () => {
  assert.deepEqual(movements(clock, started('10:00', { quantity: 5 }), renewed('11:00')), [
    '10:00 new +500',
    '11:00 contraction -400',
  ]);
});

test('lost twice in a month counts twice (rule 4)', () => {
  assert.deepEqual(customers(clock, started('10:00'), paused('11:00'), resumed('12:00'), canceled('13:00')), [
    '10:00 new',
    '11:00 churn',
    '12:00 reactivation',
    '13:00 churn',
  ]);
});

test('a netted movement bears the attributes of the last event that changed its currency (rule 9)', () => {
  const [, moved] = kindOf(
    'mrr_movement',
    clock,
    started('10:00', { sub: 'a' }),
    started('10:00', { sub: 'z', currency: 'EUR' }),
    canceled('11:00', { sub: 'a', sequence: 1, reason: 'voluntary' }),
    started('11:00', { sub: 'b', sequence: 2, plan_id: 'pro', price: 150, event_id: 'switch', owner: 'ann' }),
    renewed('11:00', { sub: 'z', sequence: 3, currency: 'EUR', plan_id: 'other' }),
  ).filter(({ currency }) => currency === 'USD');
  assert.deepEqual(
    { ...moved },
    {
      kind: 'mrr_movement',
      at: at('11:00'),
      customer_id: 'c1',
      currency: 'USD',
      movement: 'expansion',
      amount: 50_000_000n,
      customers: 0,
      plan_id: 'pro',
      owner: 'ann',
      segment: '',
      country: '',
      reason: '',
      event_id: 'switch',
      announced: false,
    },
  );
});

test('what only time changed has no event; the plan is the one after the instant, the reason the cancellation’s (rule 9)', () => {
  const [, churn] = kindOf(
    'mrr_movement',
    clock,
    started('10:00'),
    changed('10:30', { plan_id: 'last', effective_at: at('05-10 00:00') }),
    canceled('11:00', { effective_at: at('05-10 00:00'), reason: 'involuntary' }),
  );
  assert.equal(churn?.event_id, '');
  assert.equal(churn.plan_id, 'last');
  assert.equal(churn.reason, 'involuntary');
});

test('an event goes before a tick of the same instant as the cause (rule 9)', () => {
  const [, moved] = kindOf(
    'mrr_movement',
    clock,
    started('10:00', { sub: 'a' }),
    canceled('10:30', { sub: 'a', effective_at: at('12:00'), reason: 'voluntary' }),
    started('12:00', { sub: 'b', price: 40, event_id: 'the event', plan_id: 'small' }),
  );
  assert.equal(moved?.movement, 'contraction');
  assert.deepEqual([moved.event_id, moved.plan_id, moved.reason], ['the event', 'small', '']);
});

test('of several ticks of one instant the last is the cause, in the order of the events that asked for them', () => {
  const end = at('05-10 00:00');
  const two = [started('10:00', { sub: 'a' }), started('10:00', { sub: 'b' })];
  const leaves = (time: string, sub: string, reason: 'voluntary' | 'involuntary') =>
    canceled(time, { sub, reason, effective_at: end });
  const reasonOf = (...events: SubscriptionEvent[]) =>
    kindOf('customer_movement', clock, ...two, ...events).at(-1)?.reason;
  assert.equal(
    reasonOf(leaves('11:00', 'a', 'voluntary'), leaves('12:00', 'b', 'involuntary')),
    'involuntary',
  );
  assert.equal(reasonOf(leaves('11:00', 'b', 'involuntary'), leaves('12:00', 'a', 'voluntary')), 'voluntary');
  const planOf = (...events: SubscriptionEvent[]) =>
    kindOf('mrr_movement', clock, ...two, ...events).at(-1)?.plan_id;
  const change = (time: string, sub: string) =>
    changed(time, { sub, plan_id: `of ${sub}`, price: 150, effective_at: end });
  assert.equal(planOf(change('11:00', 'b'), change('12:00', 'a')), 'of a');
  const rests = (time: string, sub: string) => paused(time, { sub, effective_at: end });
  assert.equal(planOf(change('11:00', 'b'), change('11:30', 'b'), rests('12:00', 'a')), 'basic');
});

test('only a cancellation has a reason: a pause has none, whatever its event says, at once or later', () => {
  const reasons = (event: SubscriptionEvent) =>
    kindOf('customer_movement', clock, started('10:00'), event).map(({ reason }) => reason);
  assert.deepEqual(reasons(paused('11:00', { reason: 'voluntary' })), ['', '']);
  assert.deepEqual(reasons(paused('11:00', { reason: 'voluntary', effective_at: at('12:00') })), ['', '']);
});

test('a cancellation for the instant of its own event takes effect at once: the event is the cause', () => {
  const event = canceled('11:00', { effective_at: at('11:00'), event_id: 'at once' });
  assert.equal(kindOf('mrr_movement', clock, started('10:00'), event).at(-1)?.event_id, 'at once');
});

test('an event that changes nothing is no cause and no movement', () => {
  assert.deepEqual(
    movements(clock, started('10:00'), renewed('11:00'), renewed('12:00', { plan_id: 'other' })),
    ['10:00 new +100'],
  );
});

test('a voided cancellation never was', () => {
  const leaves = canceled('11:00');
  assert.deepEqual(movements(clock, started('10:00'), leaves, voidOf(leaves)), ['10:00 new +100']);
});

test('movements, comings and goings carry the plan, and where the customer is counted', () => {
  const place = { owner: 'ann', segment: 'smb', country: 'DE' };
  const events = [started('10:00', { ...place, event_id: 'came' }), renewed('11:00', { price: 120 })];
  const context = { plan_id: 'basic', ...place, reason: '' };
  const [coming] = kindOf('customer_movement', clock, ...events);
  const kind = 'customer_movement';
  assert.deepEqual(coming, {
    kind,
    at: at('10:00'),
    customer_id: 'c1',
    movement: 'new',
    ...context,
    event_id: 'came',
    announced: false,
  });
  const moved = kindOf('mrr_movement', clock, ...events);
  assert.deepEqual(
    moved.map(({ customers, country, plan_id }) => [customers, country, plan_id]),
    [
      [1, 'DE', 'basic'],
      [0, 'DE', 'basic'],
    ],
  );
});

test('live series of losses have all dimensions of the customer, and withdrawals have a series of their own', () => {
  const known = { owner: 'ann', segment: 'smb', country: 'DE', plan_id: 'pro' };
  const totals = totalsOf(
    subscriptionDefinition,
    clock,
    started('10:00', { customer: 'a', ...known }),
    changed('10:30', { customer: 'a', ...known, price: 150 }),
    canceled('11:00', { customer: 'a' }),
    started('10:00', { customer: 'b' }),
    canceled('11:00', { customer: 'b', reason: 'voluntary', effective_at: at('05-31 00:00') }),
    renewed('12:00', { customer: 'b' }),
  );
  assert.deepEqual(totals, {
    'mrr USD': 100_000_000n,
    'mrr_moved USD new': 200_000_000n,
    'mrr_moved USD expansion': 50_000_000n,
    'mrr_moved USD churn': -150_000_000n,
    'paying_customers USD': 1n,
    customers: 1n,
    'customers_moved new': 2n,
    'customers_moved churn': 1n,
    'customers_lost no ': 1n,
    'customers_lost_by_segment no smb': 1n,
    'customers_lost_by_owner no ann': 1n,
    'customers_lost_by_country no DE': 1n,
    'customers_lost_by_plan no pro': 1n,
    'mrr_lost USD no ': 150_000_000n,
    'mrr_lost_by_segment USD no smb': 150_000_000n,
    'mrr_lost_by_owner USD no ann': 150_000_000n,
    'mrr_lost_by_country USD no DE': 150_000_000n,
    'mrr_lost_by_plan USD no pro': 150_000_000n,
    'cancellations_scheduled ': 1n,
    'cancellations_scheduled voluntary': 1n,
    'cancellations_scheduled_by_segment smb': 1n,
    'cancellations_scheduled_by_segment ': 1n,
    'cancellations_taken_back voluntary': 1n,
    'mrr_cancellations_scheduled USD ': 150_000_000n,
    'mrr_cancellations_scheduled USD voluntary': 100_000_000n,
    'mrr_cancellations_scheduled_by_segment USD smb': 150_000_000n,
    'mrr_cancellations_scheduled_by_segment USD ': 100_000_000n,
    'mrr_cancellations_taken_back USD voluntary': 100_000_000n,
  });
});

test('live series stand where the facts stand', () => {
  const totals = totalsOf(
    subscriptionDefinition,
    clock,
    started('10:00', { customer: 'a', segment: 'smb' }),
    started('10:00', { customer: 'b', segment: 'smb' }),
    canceled('11:00', { customer: 'b', reason: 'voluntary' }),
  );
  assert.deepEqual(totals, {
    'mrr USD': 100_000_000n,
    'mrr_moved USD new': 200_000_000n,
    'mrr_moved USD churn': -100_000_000n,
    'paying_customers USD': 1n,
    customers: 1n,
    'customers_moved new': 2n,
    'customers_moved churn': 1n,
    'customers_lost no voluntary': 1n,
    'customers_lost_by_segment no smb': 1n,
    'customers_lost_by_owner no ': 1n,
    'customers_lost_by_country no ': 1n,
    'customers_lost_by_plan no basic': 1n,
    'mrr_lost USD no voluntary': 100_000_000n,
    'mrr_lost_by_segment USD no smb': 100_000_000n,
    'mrr_lost_by_owner USD no ': 100_000_000n,
    'mrr_lost_by_country USD no ': 100_000_000n,
    'mrr_lost_by_plan USD no basic': 100_000_000n,
    'cancellations_scheduled voluntary': 1n,
    'cancellations_scheduled_by_segment smb': 1n,
    'mrr_cancellations_scheduled USD voluntary': 100_000_000n,
    'mrr_cancellations_scheduled_by_segment USD smb': 100_000_000n,
  });
});
