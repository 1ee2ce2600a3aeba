import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant, lines, timeOf } from '../definition/history.fixtures.ts';
import type { SubscriptionEvent } from './subscription.ts';
import {
  canceled,
  changed,
  kindOf,
  paused,
  renewed,
  resumed,
  signed,
  started,
} from './subscriptions.fixtures.ts';

const at = instant;
const clock = '2026-12-31T00:00';

/** Where the customer is counted: time, +1 or −1, owner and segment. */
function placements(...events: readonly SubscriptionEvent[]): readonly string[] {
  return lines(kindOf('customer_placement', clock, ...events), ({ delta, owner, segment }) =>
    `${delta > 0 ? '+' : '-'} ${owner || 'nobody'} ${segment}`.trim(),
  );
}

/** Cancellations scheduled and withdrawn: time, action, MRR, reason. */
function cancellations(...events: readonly SubscriptionEvent[]): readonly string[] {
  return kindOf('cancellation', clock, ...events).map(({ at, action, amount, reason }) =>
    `${timeOf(at)} ${action} ${signed(amount)} ${reason}`.trim(),
  );
}

test('an active customer is counted under its owner from coming to going', () => {
  assert.deepEqual(placements(started('10:00', { owner: 'ann', segment: 'smb' }), canceled('12:00')), [
    '10:00 + ann smb',
    '12:00 - ann smb',
  ]);
});

test('a hand-over moves the count, without loss or gain (rule 7)', () => {
  const handedOver = [started('10:00', { owner: 'ann' }), renewed('11:00', { owner: 'bob' })];
  assert.deepEqual(placements(...handedOver), ['10:00 + ann', '11:00 - ann', '11:00 + bob']);
  assert.equal(kindOf('customer_movement', clock, ...handedOver).length, 1);
});

test('absent attributes are unchanged; any event of any subscription may carry them (rule 5)', () => {
  assert.deepEqual(
    placements(
      started('10:00', { owner: 'ann' }),
      renewed('10:30'),
      started('11:00', { sub: 's2', segment: 'smb' }),
      paused('12:00', { sub: 's2', owner: 'bob', effective_at: at('05-20 00:00') }),
    ),
    ['10:00 + ann', '11:00 - ann', '11:00 + ann smb', '12:00 - ann smb', '12:00 + bob smb'],
  );
});

test('attributes are valid from their event on, even of a change that takes effect later (rule 5)', () => {
  assert.deepEqual(
    placements(started('10:00'), changed('11:00', { owner: 'ann', effective_at: at('05-20 00:00') })),
    ['10:00 + nobody', '11:00 - nobody', '11:00 + ann'],
  );
});

test('who is not active is counted nowhere, handed over or not', () => {
  assert.deepEqual(
    placements(
      started('10:00', { owner: 'ann', trial_ends_at: at('05-10 00:00') }),
      renewed('11:00', { owner: 'bob' }),
    ),
    ['05-10 00:00 + bob'],
  );
});

test('a loss is counted under the owner after the events of its instant (rule 7)', () => {
  const events = [started('10:00', { owner: 'ann' }), canceled('12:00', { owner: 'bob' })];
  assert.deepEqual(placements(...events), ['10:00 + ann', '12:00 - ann']);
  assert.equal(kindOf('customer_movement', clock, ...events).at(-1)?.owner, 'bob');
});

test('a cancellation counts on the day it is scheduled, whether it takes effect at once or at the end of the period (rule 13)', () => {
  assert.deepEqual(cancellations(started('10:00'), canceled('05-10 00:00', { reason: 'voluntary' })), [
    '05-10 00:00 scheduled +100 voluntary',
  ]);
  assert.deepEqual(
    cancellations(started('10:00'), canceled('05-10 00:00', { effective_at: at('05-31 00:00') })),
    ['05-10 00:00 scheduled +100'],
  );
});

test('what a customer cancels at one instant is one cancellation, and so is its withdrawal (rule 13)', () => {
  const items = [started('10:00', { sub: 'a' }), started('10:00', { sub: 'b', price: 59 })];
  const events = [
    ...items,
    canceled('11:00', { sub: 'a', effective_at: instant('20:00') }),
    canceled('11:00', { sub: 'b', effective_at: instant('20:00') }),
    renewed('12:00', { sub: 'a' }),
    renewed('12:00', { sub: 'b', price: 59 }),
    canceled('13:00', { sub: 'a', reason: 'voluntary' }),
    canceled('13:00', { sub: 'b', reason: 'involuntary' }),
  ];
  assert.deepEqual(cancellations(...events), [
    '11:00 scheduled +159',
    '12:00 taken_back +159',
    '13:00 scheduled +100 voluntary',
    '13:00 scheduled +59 involuntary',
  ]);
});

test('one replaced by another date counts once (rule 13)', () => {
  assert.deepEqual(
    cancellations(
      started('10:00'),
      canceled('05-10 00:00', { effective_at: at('05-31 00:00'), reason: 'voluntary' }),
      canceled('05-11 00:00', { effective_at: at('06-30 00:00'), reason: 'involuntary' }),
      canceled('05-12 00:00'),
    ),
    ['05-10 00:00 scheduled +100 voluntary'],
  );
});

test('after another date was set, a withdrawal has the amount that was scheduled first', () => {
  assert.deepEqual(
    cancellations(
      started('10:00'),
      canceled('05-10 00:00', { effective_at: at('05-31 00:00'), reason: 'voluntary' }),
      canceled('05-11 00:00', { effective_at: at('06-30 00:00'), reason: 'involuntary' }),
      renewed('05-12 00:00'),
    ),
    ['05-10 00:00 scheduled +100 voluntary', '05-12 00:00 taken_back +100 voluntary'],
  );
});

test('a cancellation carries its subscription, plan and currency, and where the customer is counted', () => {
  const place = { owner: 'ann', segment: 'smb', country: 'DE' };
  const [cancellation] = kindOf(
    'cancellation',
    clock,
    started('10:00', { ...place, plan_id: 'pro', currency: 'EUR' }),
    canceled('11:00', { event_id: 'leaves', reason: 'voluntary' }),
  );
  assert.deepEqual(cancellation, {
    kind: 'cancellation',
    at: at('11:00'),
    customer_id: 'c1',
    subscription_id: 's1',
    currency: 'EUR',
    action: 'scheduled',
    amount: 100_000_000n,
    plan_id: 'pro',
    ...place,
    reason: 'voluntary',
    event_id: 'leaves',
  });
});

test('a customer who moves to another country alone is counted there from then on', () => {
  const moved = kindOf(
    'customer_placement',
    clock,
    started('10:00', { owner: 'ann', country: 'DE' }),
    renewed('11:00', { country: 'FR' }),
    renewed('12:00'),
  );
  assert.deepEqual(
    moved.map(({ delta, owner, country }) => [delta, owner, country]),
    [
      [1, 'ann', 'DE'],
      [-1, 'ann', 'DE'],
      [1, 'ann', 'FR'],
    ],
  );
});

test('a renewal, a resumption and a new start withdraw a cancellation, at its amount (rule 13)', () => {
  for (const back of [renewed, resumed, started])
    assert.deepEqual(
      cancellations(
        started('10:00'),
        canceled('05-10 00:00', { effective_at: at('05-31 00:00'), reason: 'voluntary' }),
        changed('05-12 00:00', { price: 300 }),
        back('05-20 00:00', { price: 300 }),
      ),
      ['05-10 00:00 scheduled +100 voluntary', '05-20 00:00 taken_back +100 voluntary'],
    );
});

test('a cancellation that has taken effect cannot be withdrawn', () => {
  assert.deepEqual(
    cancellations(
      started('10:00'),
      canceled('05-10 00:00', { effective_at: at('05-31 00:00') }),
      renewed('06-01 00:00'),
    ),
    ['05-10 00:00 scheduled +100'],
  );
});

test('of a paused, an ended or an unknown subscription no cancellation is counted (rule 13)', () => {
  assert.deepEqual(cancellations(canceled('10:00')), []);
  assert.deepEqual(
    cancellations(
      started('10:00'),
      paused('11:00'),
      canceled('12:00', { effective_at: at('05-31 00:00') }),
      resumed('13:00'),
    ),
    [],
  );
  assert.deepEqual(cancellations(started('10:00'), canceled('11:00'), canceled('12:00')), [
    '11:00 scheduled +100',
  ]);
});

test('a cancellation within the trial has the amount 0', () => {
  assert.deepEqual(
    cancellations(started('10:00', { trial_ends_at: at('05-31 00:00') }), canceled('05-10 00:00')),
    ['05-10 00:00 scheduled +0'],
  );
});
