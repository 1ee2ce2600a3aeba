import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lines } from '../definition/history.fixtures.ts';
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

const on = (date: string): number => Date.parse(`2026-${date}T00:00Z`);
const clock = '2026-12-31T00:00';

/** Each change of what is pending: of churn, of changes, and the currency where it is not USD. */
const published = (...events: readonly SubscriptionEvent[]): readonly string[] =>
  lines(
    kindOf('commitment', clock, ...events),
    ({ pending_churn, pending_change, currency }) =>
      `${signed(pending_churn)} ${signed(pending_change)}${currency === 'USD' ? '' : ` ${currency}`}`,
  );

test('a pending cancellation is pending churn until it takes effect or is withdrawn (rule 56)', () => {
  const events = [started('10:00'), canceled('05-10 00:00', { effective_at: on('05-31') })];
  assert.deepEqual(published(...events), ['05-10 00:00 +100 +0', '05-31 00:00 -100 +0']);
  assert.deepEqual(published(...events, renewed('05-20 00:00')), [
    '05-10 00:00 +100 +0',
    '05-20 00:00 -100 +0',
  ]);
  assert.deepEqual(published(started('10:00'), canceled('05-10 00:00')), [], 'at once');
});

test('pending churn is the MRR of the same instant: a change meanwhile moves it', () => {
  const events = [
    started('10:00'),
    canceled('05-10 00:00', { effective_at: on('05-31') }),
    changed('05-20 00:00', { price: 150 }),
  ];
  assert.deepEqual(published(...events), [
    '05-10 00:00 +100 +0',
    '05-20 00:00 +50 +0',
    '05-31 00:00 -150 +0',
  ]);
});

test('of several pending changes the last one counts (rule 56)', () => {
  const events = [
    started('10:00'),
    changed('05-02 00:00', { price: 300, effective_at: on('05-20') }),
    changed('05-03 00:00', { price: 150, effective_at: on('05-10') }),
  ];
  assert.deepEqual(published(...events), [
    '05-02 00:00 +0 +200',
    '05-10 00:00 +0 -50',
    '05-20 00:00 +0 -150',
  ]);
});

test('with a pending cancellation a pending change does not count', () => {
  const events = [
    started('10:00'),
    changed('05-02 00:00', { price: 150, effective_at: on('05-20') }),
    canceled('05-03 00:00', { effective_at: on('05-31') }),
  ];
  assert.deepEqual(published(...events), [
    '05-02 00:00 +0 +50',
    '05-03 00:00 +100 -50',
    '05-20 00:00 +50 +0',
    '05-31 00:00 -150 +0',
  ]);
});

test('a change of currency takes from one and adds to the other', () => {
  const events = [
    started('10:00'),
    changed('05-02 00:00', { price: 90, currency: 'EUR', effective_at: on('05-20') }),
  ];
  assert.deepEqual(published(...events), [
    '05-02 00:00 +0 -100',
    '05-02 00:00 +0 +90 EUR',
    '05-20 00:00 +0 +100',
    '05-20 00:00 +0 -90 EUR',
  ]);
});

test('a change that comes in a trial or a pause adds nothing', () => {
  assert.deepEqual(
    published(
      started('10:00', { trial_ends_at: on('05-31') }),
      changed('05-02 00:00', { price: 150, effective_at: on('05-20') }),
    ),
    [],
  );
  assert.deepEqual(
    published(
      started('10:00'),
      paused('05-01 12:00', { effective_at: on('05-10') }),
      changed('05-02 00:00', { price: 150, effective_at: on('05-20') }),
      resumed('05-15 00:00'),
    ),
    ['05-02 00:00 +0 -100', '05-10 00:00 +0 +100', '05-15 00:00 +0 +50', '05-20 00:00 +0 -50'],
  );
});

test('what a first change announces is pending before there is any MRR', () => {
  assert.deepEqual(published(changed('10:00', { price: 70, effective_at: on('05-20') })), [
    '10:00 +0 +70',
    '05-20 00:00 +0 -70',
  ]);
});

test('a cancellation of a paused subscription is no pending churn', () => {
  const events = [started('10:00'), paused('11:00'), canceled('12:00', { effective_at: on('05-31') })];
  assert.deepEqual(published(...events), []);
});
