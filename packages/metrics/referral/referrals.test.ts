import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ReferralConverted, ReferralInvited } from '@tidemark/events/types';
import { instant, lines, voidOf } from '../definition/history.fixtures.ts';
import { assertConverges, driverOf, factsOf, totalsOf } from '@tidemark/runtime/definition-driver.fixtures';
import { referrals } from './referrals.ts';
import { converted, invited } from './referred.fixtures.ts';

const published = (...events: readonly (ReferralInvited | ReferralConverted)[]): readonly string[] =>
  lines(factsOf(referrals, '12:00', ...events), ({ referral_id, action }) => `${referral_id} ${action}`);

test('an invitation and its conversion count when they happened, with what they say', () => {
  const columns = { referral_id: 'f', referred_customer_id: 'bob', channel: 'email' } as const;
  assert.deepEqual(factsOf(referrals, '12:00', converted('10:00', columns)), [
    {
      kind: 'referral',
      at: instant('10:00'),
      action: 'converted',
      referrer_customer_id: 'ann',
      ...columns,
    },
  ]);
  assert.deepEqual(published(invited('09:00'), converted('10:00')), [
    '09:00 f1 invited',
    '10:00 f1 converted',
  ]);
});

test('a referral is invited once and converted once, in whatever order (rule 24)', () => {
  const events = [converted('08:00'), invited('09:00'), invited('10:00'), converted('11:00')];
  assert.deepEqual(published(...events), ['08:00 f1 converted', '09:00 f1 invited']);
});

test('voiding the first step lets the second count', () => {
  const first = invited('09:00', { channel: 'email' });
  const driver = driverOf(referrals);
  driver.at(instant('12:00'));
  driver.arrives(invited('10:00', { channel: 'sms' }), first, voidOf(first));
  assert.deepEqual(
    driver.facts.map((fact) => fact['channel']),
    ['sms'],
  );
});

test('the live series go by channel', () => {
  const events = [invited('09:00', { channel: 'email' }), converted('10:00')];
  assert.deepEqual(totalsOf(referrals, '12:00', ...events), {
    'referrals_invited email': 1n,
    'referrals_converted ': 1n,
  });
});

test('any order, repetition, delay and voiding ends in the same facts', () => {
  const any = fc
    .tuple(
      fc.constantFrom<(time: string, fields: { referral_id: string }) => ReferralInvited | ReferralConverted>(
        invited,
        converted,
      ),
      fc.constantFrom('08:00', '09:00', '12:00'),
      fc.constantFrom('f1', 'f2'),
    )
    .map(([make, time, referral_id]) => make(time, { referral_id }));
  assertConverges(referrals, fc.array(any, { maxLength: 8 }));
});
