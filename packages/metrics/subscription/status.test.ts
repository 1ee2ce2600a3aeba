import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../definition/history.fixtures.ts';
import {
  canceled,
  changed,
  kindOf,
  movements,
  paused,
  renewed,
  resumed,
  started,
} from './subscriptions.fixtures.ts';

const at = instant;
const clock = '2026-12-31T00:00';

test('every event with terms establishes a subscription, whatever its type (rule 1)', () => {
  for (const first of [started, changed, renewed, resumed])
    assert.deepEqual(movements(clock, first('10:00')), ['10:00 new +100']);
});

test('canceled or paused before there are terms is ignored for good (rule 1)', () => {
  assert.deepEqual(movements(clock, canceled('09:00'), started('10:00')), ['10:00 new +100']);
  assert.deepEqual(movements(clock, canceled('09:00', { effective_at: at('12:00') }), started('10:00')), [
    '10:00 new +100',
  ]);
  assert.deepEqual(movements(clock, paused('09:00', { effective_at: at('12:00') }), changed('10:00')), [
    '10:00 new +100',
  ]);
});

test('a first change that takes effect later establishes the subscription then', () => {
  const first = changed('10:00', { effective_at: at('05-03 00:00') });
  assert.deepEqual(movements(clock, first), ['05-03 00:00 new +100']);
  assert.deepEqual(movements(clock, first, canceled('05-02 00:00')), ['05-03 00:00 new +100']);
  assert.deepEqual(movements(clock, first, canceled('05-04 00:00')), [
    '05-03 00:00 new +100',
    '05-04 00:00 churn -100',
  ]);
});

test('a change is in force from its effective time, several wait for their own (rule 1)', () => {
  assert.deepEqual(
    movements(
      clock,
      started('10:00'),
      changed('11:00', { price: 300, effective_at: at('05-20 00:00') }),
      changed('12:00', { price: 200, effective_at: at('05-10 00:00') }),
    ),
    ['10:00 new +100', '05-10 00:00 expansion +100', '05-20 00:00 expansion +100'],
  );
});

test('an effective time in the past does not change what was (rule 2)', () => {
  assert.deepEqual(
    movements(clock, started('10:00'), changed('12:00', { price: 50, effective_at: at('11:00') })),
    ['10:00 new +100', '12:00 contraction -50'],
  );
  assert.deepEqual(movements(clock, started('10:00'), canceled('12:00', { effective_at: at('11:00') })), [
    '10:00 new +100',
    '12:00 churn -100',
  ]);
});

test('only changed, canceled and paused honour effective_at (rule 2)', () => {
  for (const event of [started, renewed, resumed])
    assert.deepEqual(movements(clock, event('10:00', { effective_at: at('05-09 00:00') })), [
      '10:00 new +100',
    ]);
});

test('a change never changes the status (rule 1)', () => {
  assert.deepEqual(
    movements(
      clock,
      started('10:00'),
      paused('11:00'),
      changed('12:00', { price: 200 }),
      resumed('13:00', { price: 200 }),
    ),
    ['10:00 new +100', '11:00 churn -100', '13:00 reactivation +200'],
  );
  assert.deepEqual(movements(clock, started('10:00'), canceled('11:00'), changed('12:00', { price: 200 })), [
    '10:00 new +100',
    '11:00 churn -100',
  ]);
});

test('a later change of an ended subscription is dropped, and so is one that is pending when it ends (rule 1)', () => {
  const later = at('05-20 00:00');
  assert.deepEqual(
    movements(
      clock,
      started('10:00'),
      canceled('11:00'),
      changed('12:00', { price: 500, effective_at: later }),
      renewed('13:00'),
    ),
    ['10:00 new +100', '11:00 churn -100', '13:00 reactivation +100'],
  );
  assert.deepEqual(
    movements(
      clock,
      started('10:00'),
      changed('10:30', { price: 500, effective_at: later }),
      canceled('11:00'),
      renewed('13:00'),
    ),
    ['10:00 new +100', '11:00 churn -100', '13:00 reactivation +100'],
  );
});

test('a cancellation on the 10th for the 31st churns on the 31st', () => {
  const leaving = [started('10:00'), canceled('05-10 00:00', { effective_at: at('05-31 00:00') })];
  assert.deepEqual(movements('05-30 23:00', ...leaving), ['10:00 new +100']);
  assert.deepEqual(movements(clock, ...leaving), ['10:00 new +100', '05-31 00:00 churn -100']);
});

test('a renewal on the 20th takes it back and no churn is ever seen', () => {
  assert.deepEqual(
    movements(
      clock,
      started('10:00'),
      canceled('05-10 00:00', { effective_at: at('05-31 00:00') }),
      renewed('05-20 00:00'),
    ),
    ['10:00 new +100'],
  );
});

test('a renewal at the very millisecond the paid period ends takes the cancellation back; one later reactivates (rule 3)', () => {
  const leaving = [started('10:00'), canceled('05-10 00:00', { effective_at: at('05-31 00:00') })];
  assert.deepEqual(movements(clock, ...leaving, renewed('05-31 00:00')), ['10:00 new +100']);
  assert.deepEqual(movements(clock, ...leaving, renewed('05-31 00:00:00.001')), [
    '10:00 new +100',
    '05-31 00:00 churn -100',
    '05-31 00:00:00.001 reactivation +100',
  ]);
});

test('one cancellation is pending at a time: the last event decides (rule 1)', () => {
  assert.deepEqual(
    movements(
      clock,
      started('10:00'),
      canceled('11:00', { effective_at: at('05-10 00:00') }),
      canceled('12:00', { effective_at: at('05-20 00:00') }),
    ),
    ['10:00 new +100', '05-20 00:00 churn -100'],
  );
});

test('a renewal keeps pending changes and pauses, a new start drops everything (rule 1)', () => {
  const pending = [
    started('10:00'),
    changed('10:10', { price: 200, effective_at: at('05-10 00:00') }),
    paused('10:20', { effective_at: at('05-20 00:00') }),
    canceled('10:30', { effective_at: at('05-30 00:00') }),
  ];
  assert.deepEqual(movements(clock, ...pending, renewed('11:00')), [
    '10:00 new +100',
    '05-10 00:00 expansion +100',
    '05-20 00:00 churn -200',
  ]);
  assert.deepEqual(movements(clock, ...pending, started('11:00')), ['10:00 new +100']);
});

test('resuming withdraws a pending cancellation and a pending pause, not a pending change (rule 1)', () => {
  assert.deepEqual(
    movements(
      clock,
      started('10:00'),
      changed('10:10', { price: 200, effective_at: at('05-10 00:00') }),
      paused('10:20', { effective_at: at('05-20 00:00') }),
      canceled('10:30', { effective_at: at('05-30 00:00') }),
      resumed('11:00'),
    ),
    ['10:00 new +100', '05-10 00:00 expansion +100'],
  );
});

test('a paused subscription stays paused when renewed, and ends when canceled (rule 1)', () => {
  const resting = [started('10:00'), paused('11:00')];
  assert.deepEqual(movements(clock, ...resting, renewed('12:00', { price: 200 })), [
    '10:00 new +100',
    '11:00 churn -100',
  ]);
  assert.deepEqual(
    movements(clock, ...resting, canceled('12:00'), paused('13:00'), canceled('14:00'), renewed('15:00')),
    ['10:00 new +100', '11:00 churn -100', '15:00 reactivation +100'],
  );
});

test('a pause waits in a slot of its own beside a cancellation (rule 1)', () => {
  assert.deepEqual(
    movements(
      clock,
      started('10:00'),
      paused('11:00', { effective_at: at('05-10 00:00') }),
      canceled('12:00', { effective_at: at('05-20 00:00') }),
      paused('13:00', { effective_at: at('05-15 00:00') }),
    ),
    ['10:00 new +100', '05-15 00:00 churn -100'],
  );
});

test('a trial is worth nothing until its end and pays from then on (rule 6)', () => {
  const trial = started('10:00', { trial_ends_at: at('05-15 00:00') });
  assert.deepEqual(movements('05-14 00:00', trial), []);
  assert.deepEqual(movements(clock, trial), ['05-15 00:00 new +100']);
});

test('a trial left before its end never made a customer (rule 6)', () => {
  const trial = started('10:00', { trial_ends_at: at('05-15 00:00') });
  assert.deepEqual(movements(clock, trial, canceled('05-10 00:00')), []);
  assert.deepEqual(movements(clock, trial, canceled('11:00', { effective_at: at('05-15 00:00') })), []);
});

test("a trial's end stays until another is carried, or a new start comes (rule 6)", () => {
  const trial = started('10:00', { trial_ends_at: at('05-15 00:00') });
  assert.deepEqual(movements(clock, trial, renewed('05-05 00:00')), ['05-15 00:00 new +100']);
  assert.deepEqual(movements(clock, trial, changed('05-05 00:00', { trial_ends_at: at('05-20 00:00') })), [
    '05-20 00:00 new +100',
  ]);
  assert.deepEqual(movements(clock, trial, changed('05-05 00:00', { trial_ends_at: at('05-05 00:00') })), [
    '05-05 00:00 new +100',
  ]);
  assert.deepEqual(movements(clock, trial, started('05-05 00:00')), ['05-05 00:00 new +100']);
});

test('an event that says that the trial ends now is what ends it, though that was known (rule 6)', () => {
  const now = at('05-15 00:00');
  const events = [
    started('10:00', { trial_ends_at: now }),
    renewed('05-15 00:00', { trial_ends_at: now, event_id: 'paid' }),
  ];
  assert.deepEqual(
    kindOf('mrr_movement', clock, ...events).map(({ event_id }) => event_id),
    ['paid'],
  );
});

test('a pending change takes its trial along', () => {
  assert.deepEqual(
    movements(
      clock,
      started('10:00'),
      changed('11:00', { price: 200, effective_at: at('05-10 00:00'), trial_ends_at: at('05-20 00:00') }),
    ),
    ['10:00 new +100', '05-10 00:00 churn -100', '05-20 00:00 reactivation +200'],
  );
});

test('ticks of one instant run in the order of the events that asked for them (rule 3)', () => {
  const end = at('05-10 00:00');
  const change = (time: string, price: number) => changed(time, { price, effective_at: end });
  assert.deepEqual(movements(clock, started('10:00'), change('11:00', 200), change('12:00', 300)), [
    '10:00 new +100',
    '05-10 00:00 expansion +200',
  ]);
  assert.deepEqual(movements(clock, started('10:00'), change('12:00', 200), change('11:00', 300)), [
    '10:00 new +100',
    '05-10 00:00 expansion +100',
  ]);
});

test('pausing or canceling an ended subscription does nothing: a renewal puts it in force again', () => {
  const gone = [started('10:00'), canceled('11:00')];
  const back = ['10:00 new +100', '11:00 churn -100', '14:00 reactivation +100'];
  for (const nothing of [paused('12:00'), paused('12:00', { effective_at: at('13:00') }), canceled('12:00')])
    assert.deepEqual(movements(clock, ...gone, nothing, renewed('14:00')), back);
});

test('what else is pending stays when a trial’s end is carried', () => {
  assert.deepEqual(
    movements(
      clock,
      started('10:00'),
      changed('11:00', { price: 200, effective_at: at('05-20 00:00') }),
      renewed('12:00', { trial_ends_at: at('05-10 00:00') }),
    ),
    ['10:00 new +100', '12:00 churn -100', '05-10 00:00 reactivation +100', '05-20 00:00 expansion +100'],
  );
});

test('a trial that ends when a pending cancellation comes is a trial until then, and nets to nothing then', () => {
  assert.deepEqual(
    movements(
      clock,
      started('10:00'),
      canceled('11:00', { effective_at: at('05-10 00:00') }),
      changed('12:00', { trial_ends_at: at('05-10 00:00') }),
    ),
    ['10:00 new +100', '12:00 churn -100'],
  );
});
