import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { instant } from '@tidemark/metrics/definition/history.fixtures';
import { factsOf } from '@tidemark/runtime/definition-driver.fixtures';
import { subscriptionDefinition } from '../../packages/metrics/subscription/subscriptions.fixtures.ts';
import type { SubscriptionEvent } from '../../packages/metrics/subscription/subscription.ts';
import {
  canceled,
  renewed,
  resumed,
  started,
} from '../../packages/metrics/subscription/subscriptions.fixtures.ts';
import { viewBench, type ViewBench } from '../support/views.ts';

// The expected numbers are worked out by hand from the contract; the time of now is after all of them.

let bench: ViewBench;
before(async () => {
  bench = await viewBench();
});
after(() => bench.close());
beforeEach(() => bench.empty());

const facts = (...events: readonly SubscriptionEvent[]) =>
  factsOf(subscriptionDefinition, '2026-10-01T00:00', ...events);
const many = <T>(count: number, of: (customer: string) => readonly T[]): T[] =>
  Array.from({ length: count }, (_, n) => of(`c${n}`)).flat();

test('1000 customers at the start of May, 64 leave: 0.064', async () => {
  await bench.put(
    facts(
      ...many(1000, (customer) => [started('04-01 00:00', { customer })]),
      ...many(64, (customer) => [
        canceled('05-10 00:00', { customer, effective_at: instant('05-31 00:00'), reason: 'voluntary' }),
      ]),
    ),
  );
  assert.deepEqual(
    await bench.read(`SELECT * FROM tidemark.churn_monthly WHERE month <= '2026-06-01' ORDER BY month`),
    [
      '2026-04-01 0 1000 0 0 1000 - - 0 0 0 -',
      '2026-05-01 1000 0 0 64 936 0.064 0.936 64 0 64 0.064',
      '2026-06-01 936 0 0 0 936 0 1 0 0 0 0',
    ],
  );
  assert.deepEqual(await bench.read(`SELECT * FROM tidemark.churn_daily WHERE date = '2026-05-31'`), [
    '2026-05-31 1000 0 0 64 936 0.064 0.936 64 0',
  ]);
  // The week of Sunday, 31 May begins on Monday, the 25th.
  assert.deepEqual(await bench.read('SELECT * FROM tidemark.churn_weekly WHERE customers_lost > 0'), [
    '2026-05-25 1000 0 0 64 936 0.064 0.936 64 0',
  ]);
});

test('100 at the start, 5 lost, 10 gained: 0.05, not 5/110; retention 0.95', async () => {
  await bench.put(
    facts(
      ...many(100, (customer) => [started('04-15 00:00', { customer })]),
      ...many(5, (customer) => [canceled('05-10 00:00', { customer, reason: 'involuntary' })]),
      ...many(10, (customer) => [started('05-12 00:00', { customer: `later ${customer}` })]),
    ),
  );
  assert.deepEqual(
    await bench.read(
      `SELECT customers_at_start, customers_new, customers_lost, customers_at_end, churn_rate, retention_rate,
         lost_voluntary, lost_involuntary
       FROM tidemark.churn_monthly WHERE month = '2026-05-01'`,
    ),
    ['100 10 5 105 0.05 0.95 0 5'],
  );
});

test('lost twice in a month counts twice; of those who were there at the start, once (rule 8)', async () => {
  await bench.put(
    facts(
      started('04-15 00:00'),
      started('04-15 00:00', { customer: 'c2' }),
      canceled('05-01 10:00'),
      resumed('05-02 10:00'),
      canceled('05-03 10:00'),
      started('05-04 00:00', { customer: 'c3' }),
      canceled('05-05 00:00', { customer: 'c3' }),
    ),
  );
  assert.deepEqual(
    await bench.read(
      `SELECT customers_at_start, customers_new, customers_reactivated, customers_lost, customers_at_end, churn_rate,
         lost_of_start, churn_rate_of_start
       FROM tidemark.churn_monthly WHERE month = '2026-05-01'`,
    ),
    ['2 1 1 3 1 1.5 1 0.5'],
  );
});

test('a hand-over moves the counts, a loss counts under the owner at that time (rule 7)', async () => {
  await bench.put(
    facts(
      started('04-10 00:00', { customer: 'a', owner: 'ann', segment: 'smb' }),
      started('04-10 00:00', { customer: 'b', owner: 'ann' }),
      renewed('05-10 00:00', { customer: 'a', owner: 'bob' }),
      canceled('05-20 00:00', { customer: 'a', reason: 'voluntary' }),
    ),
  );
  const columns = `customers_at_start, customers_new, customers_reactivated, customers_lost, customers_at_end, churn_rate,
    retention_rate, lost_voluntary, lost_of_start`;
  assert.deepEqual(
    await bench.read(
      `SELECT month, owner, ${columns} FROM tidemark.churn_by_owner_monthly
       WHERE month <= '2026-06-01' ORDER BY month, owner`,
    ),
    [
      '2026-04-01 ann 0 2 0 0 2 - - 0 0',
      '2026-05-01 ann 2 0 0 0 1 0 0.5 0 1',
      '2026-05-01 bob 0 0 0 1 0 - - 1 0',
      '2026-06-01 ann 1 0 0 0 1 0 1 0 0',
      '2026-06-01 bob 0 0 0 0 0 - - 0 0',
    ],
  );
  assert.deepEqual(
    await bench.read(
      `SELECT segment, ${columns} FROM tidemark.churn_by_segment_monthly
       WHERE month = '2026-05-01' ORDER BY segment`,
    ),
    [' 1 0 0 0 1 0 1 0 0', 'smb 1 0 0 1 0 1 0 1 1'],
  );
});

test('a month by owner begins and ends with the zone, however far from UTC', async () => {
  await bench.put(
    facts(
      started('05-31 09:59', { customer: 'a' }),
      started('05-31 10:00', { customer: 'b' }),
      started('06-01 11:59', { customer: 'c' }),
      started('06-01 12:00', { customer: 'd' }),
    ),
  );
  const came = `SELECT month, customers_new FROM tidemark.churn_by_owner_monthly WHERE customers_new > 0 ORDER BY month`;
  try {
    // 14 hours ahead of UTC, and 12 behind it.
    await bench.zone('Pacific/Kiritimati');
    assert.deepEqual(await bench.read(came), ['2026-05-01 1', '2026-06-01 3']);
    await bench.zone('Etc/GMT+12');
    assert.deepEqual(await bench.read(came), ['2026-05-01 3', '2026-06-01 1']);
  } finally {
    await bench.zone('UTC');
  }
});
