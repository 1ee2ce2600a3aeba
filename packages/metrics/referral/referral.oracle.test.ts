import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bought, eventAt, view } from '../oracle/events.fixtures.ts';

test('referrals: what was converted, of what was won', () => {
  const key = { referral_id: 'f', referrer_customer_id: 'a' };
  const events = [
    eventAt('referral.invited', '2026-05-01', key),
    eventAt('referral.invited', '2026-05-02', key),
    eventAt('referral.converted', '2026-05-03', key),
    bought('b', '2026-05-03', 1),
    bought('d', '2026-05-04', 1),
    eventAt('mention.observed', '2026-05-05', { mention_id: 'm', channel: 'x', recommends: true }),
  ];
  const columns = 'month invited converted customers_acquired referral_rate recommending_mentions';
  assert.deepEqual(view('referrals_monthly', events, '2026-06-01', columns), ['2026-05-01 1 1 2 0.5 1']);
});
