import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { instant } from '@tidemark/metrics/definition/history.fixtures';
import { factsOf } from '@tidemark/runtime/definition-driver.fixtures';
import { subscriptionDefinition } from '../../packages/metrics/subscription/subscriptions.fixtures.ts';
import type { SubscriptionEvent } from '../../packages/metrics/subscription/subscription.ts';
import {
  canceled,
  changed,
  renewed,
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

test('the bridge of a day: movements by kind, what they add up to, and quiet days between', async () => {
  await bench.put(
    facts(
      started('05-01 10:00', { customer: 'a', price: 100 }),
      started('05-01 11:00', { customer: 'b', price: 50 }),
      changed('05-01 12:00', { customer: 'a', price: 130 }),
      canceled('05-03 10:00', { customer: 'b' }),
      changed('05-03 11:00', { customer: 'a', price: 120 }),
      renewed('05-04 10:00', { customer: 'b', price: 30 }),
    ),
  );
  assert.deepEqual(
    await bench.read(
      `SELECT date, currency, new, expansion, contraction, churn, reactivation, net, mrr, customers, arpa
       FROM tidemark.mrr_daily WHERE date <= '2026-05-05' ORDER BY date`,
    ),
    [
      '2026-05-01 USD 150 30 0 0 0 180 180 2 90',
      '2026-05-02 USD 0 0 0 0 0 0 180 2 90',
      '2026-05-03 USD 0 0 -10 -50 0 -60 120 1 120',
      '2026-05-04 USD 0 0 0 0 30 30 150 2 75',
      '2026-05-05 USD 0 0 0 0 0 0 150 2 75',
    ],
  );
  assert.deepEqual(
    await bench.read(
      `SELECT new, expansion, contraction, churn, reactivation, net, mrr, customers, arpa
       FROM tidemark.mrr_monthly ORDER BY month LIMIT 2`,
    ),
    ['150 30 -10 -50 30 150 150 2 75', '0 0 0 0 0 0 150 2 75'],
  );
});

test('each currency has rows from its own first movement to the period under way now (rule 26)', async () => {
  await bench.put(
    facts(started('05-01 10:00'), started('06-02 10:00', { customer: 'c2', currency: 'EUR', price: 70 })),
  );
  assert.deepEqual(
    await bench.read(
      `SELECT currency, min(date), max(date) = toDate(now(), 'UTC'), count() = max(date) - min(date) + 1
       FROM tidemark.mrr_daily GROUP BY currency ORDER BY currency`,
    ),
    ['EUR 2026-06-02 1 1', 'USD 2026-05-01 1 1'],
  );
  assert.deepEqual(
    await bench.read(
      `SELECT currency, min(month), max(month) = toStartOfMonth(now(), 'UTC')
       FROM tidemark.mrr_monthly GROUP BY currency ORDER BY currency`,
    ),
    ['EUR 2026-06-01 1', 'USD 2026-05-01 1'],
  );
});

test('ARPA is rounded half to even, and null without customers', async () => {
  // 1000 + 333 micros over two customers: 666.5.
  const tiny = { currency: 'KWD', unit_amount: 1 };
  await bench.put(
    facts(
      started('05-01 10:00', { ...tiny, customer: 'a' }),
      started('05-01 10:00', { ...tiny, customer: 'b', interval_count: 3 }),
      canceled('05-02 10:00', { customer: 'a' }),
      canceled('05-02 10:00', { customer: 'b' }),
    ),
  );
  assert.deepEqual(
    await bench.read('SELECT mrr, customers, arpa FROM tidemark.mrr_daily ORDER BY date LIMIT 2'),
    ['0.001333 2 0.000666', '0 0 -'],
  );
});

test('$100k last month, the same customers pay $90k now: net revenue churn 0.10', async () => {
  await bench.put(
    facts(
      ...many(10, (customer) => [
        started('04-15 00:00', { customer, price: 10_000 }),
        changed('05-15 00:00', { customer, price: 9_000 }),
      ]),
      started('05-20 00:00', { customer: 'new', price: 50_000 }),
    ),
  );
  assert.deepEqual(
    await bench.read(
      `SELECT * FROM tidemark.revenue_churn_monthly WHERE month <= '2026-06-01' ORDER BY month`,
    ),
    ['2026-04-01 USD 0 - - - -', '2026-05-01 USD 100000 0.9 0.9 0.1 0.1', '2026-06-01 USD 140000 1 1 0 0'],
  );
});

test('gross retention never counts growth, net does; leaving and coming back within the month is not seen (rule 11)', async () => {
  await bench.put(
    facts(
      started('04-15 00:00', { customer: 'grows', price: 100 }),
      started('04-15 00:00', { customer: 'shrinks', price: 100 }),
      started('04-15 00:00', { customer: 'leaves', price: 100 }),
      started('04-15 00:00', { customer: 'blinks', price: 100 }),
      changed('05-10 00:00', { customer: 'grows', price: 260 }),
      changed('05-10 00:00', { customer: 'shrinks', price: 60 }),
      canceled('05-10 00:00', { customer: 'leaves' }),
      canceled('05-10 00:00', { customer: 'blinks' }),
      renewed('05-11 00:00', { customer: 'blinks', price: 100 }),
      renewed('06-11 00:00', { customer: 'leaves', price: 500 }),
    ),
  );
  // May: of 400, 100 + 60 + 0 + 100 are kept and 260 + 60 + 0 + 100 are there. June: who comes back was not at the start.
  assert.deepEqual(
    await bench.read(
      `SELECT month, mrr_at_start, grr, nrr FROM tidemark.revenue_churn_monthly
       WHERE month BETWEEN '2026-05-01' AND '2026-06-01' ORDER BY month`,
    ),
    ['2026-05-01 400 0.65 1.05', '2026-06-01 420 1 1'],
  );
});

test('a cohort is followed month by month, in every currency it has (rule 12)', async () => {
  await bench.put(
    facts(
      started('04-15 00:00', { customer: 'a', price: 100 }),
      started('04-16 00:00', { customer: 'b', price: 100 }),
      started('05-05 00:00', { customer: 'a', sub: 'more', currency: 'EUR', price: 40 }),
      canceled('05-10 00:00', { customer: 'b' }),
      changed('06-10 00:00', { customer: 'a', price: 150 }),
    ),
  );
  assert.deepEqual(
    await bench.read(
      `SELECT cohort, months_since, month, customers, active, logo_retention, currency, mrr, revenue_retention
       FROM tidemark.retention_cohorts_monthly WHERE month <= '2026-07-01' ORDER BY currency, months_since`,
    ),
    [
      '2026-04-01 0 2026-04-01 2 2 1 EUR 0 -',
      '2026-04-01 1 2026-05-01 2 1 0.5 EUR 40 -',
      '2026-04-01 2 2026-06-01 2 1 0.5 EUR 40 -',
      '2026-04-01 3 2026-07-01 2 1 0.5 EUR 40 -',
      '2026-04-01 0 2026-04-01 2 2 1 USD 200 1',
      '2026-04-01 1 2026-05-01 2 1 0.5 USD 100 0.5',
      '2026-04-01 2 2026-06-01 2 1 0.5 USD 150 0.75',
      '2026-04-01 3 2026-07-01 2 1 0.5 USD 150 0.75',
    ],
  );
});

test('cancellations by the day they were scheduled, only for days with some (rule 13)', async () => {
  await bench.put(
    facts(
      started('04-15 00:00', { customer: 'a', price: 100 }),
      started('04-15 00:00', { customer: 'b', price: 30 }),
      canceled('05-10 00:00', { customer: 'a', effective_at: instant('05-31 00:00'), reason: 'voluntary' }),
      canceled('05-10 00:00', { customer: 'b', reason: 'voluntary' }),
      renewed('05-20 00:00', { customer: 'a', price: 120 }),
    ),
  );
  assert.deepEqual(await bench.read('SELECT * FROM tidemark.cancellations_daily ORDER BY date'), [
    '2026-05-10 USD voluntary 2 130 0 0',
    '2026-05-20 USD voluntary 0 0 1 100',
  ]);
});

test('retracted facts leave no row', async () => {
  const early = facts(
    started('03-01 00:00', { customer: 'never' }),
    canceled('03-05 00:00', { customer: 'never' }),
  );
  await bench.put(early);
  await bench.put(facts(started('05-01 00:00')));
  await bench.put(early, -1);
  for (const [view, column] of [
    ['mrr_daily', 'date'],
    ['churn_daily', 'date'],
    ['churn_by_owner_monthly', 'month'],
    ['revenue_churn_monthly', 'month'],
    ['retention_cohorts_monthly', 'cohort'],
  ])
    assert.deepEqual(await bench.read(`SELECT min(${column}) FROM tidemark.${view}`), ['2026-05-01'], view);
  assert.deepEqual(await bench.read('SELECT count() FROM tidemark.cancellations_daily'), ['0']);
  assert.deepEqual(await bench.read('SELECT occurred_at, movement, amount FROM tidemark.mrr_movements'), [
    '2026-05-01 00:00:00.000 new 100',
  ]);
});

test('a report can be asked as it was known then (rule 28)', async () => {
  const all = facts(
    started('05-01 10:00'),
    canceled('05-02 10:00', { event_id: 'late', reason: 'voluntary' }),
  );
  // On the 4th it turns out that the customer had left on the 2nd.
  const left = instant('05-02 10:00');
  await bench.put(
    all.filter(({ at }) => at < left),
    1,
    instant('05-01 10:01'),
  );
  await bench.put(
    all.filter(({ at }) => at === left),
    1,
    instant('05-04 12:00'),
  );
  const known = (at: string) =>
    bench.read(`SELECT date, mrr, customers FROM tidemark.mrr_daily_as_of(known_at = '${at}') ORDER BY date`);
  assert.deepEqual(await known('2026-05-01 10:00:59.999'), []);
  const before = ['2026-05-01 100 1', '2026-05-02 100 1', '2026-05-03 100 1', '2026-05-04 100 1'];
  assert.deepEqual(await known('2026-05-04 11:59:59.999'), before);
  assert.deepEqual(await known('2026-05-04 12:00:00'), [
    '2026-05-01 100 1',
    '2026-05-02 0 0',
    '2026-05-03 0 0',
    '2026-05-04 0 0',
  ]);
  const movements = (at: string) =>
    bench.read(
      `SELECT movement, amount, event_id != '' FROM tidemark.mrr_movements_as_of(known_at = '${at}')`,
    );
  assert.deepEqual(await movements('2026-05-04 11:59:59.999'), ['new 100 1']);
  assert.deepEqual((await movements('2026-05-05 00:00:00')).toSorted(), ['churn -100 1', 'new 100 1']);
});

test('days are those of the reporting zone, summer time included', async (t) => {
  t.after(() => bench.zone('UTC'));
  await bench.zone('Europe/Berlin');
  // Berlin is at UTC+1 until 29 March, 01:00 UTC, then at UTC+2.
  await bench.put(
    facts(
      started('03-28 23:30', { price: 1 }),
      changed('03-29 21:59', { price: 2 }),
      changed('03-29 22:00', { price: 4 }),
      canceled('03-31 22:00'),
    ),
  );
  assert.deepEqual(
    await bench.read(`SELECT date, mrr FROM tidemark.mrr_daily WHERE date <= '2026-04-01' ORDER BY date`),
    ['2026-03-29 2', '2026-03-30 4', '2026-03-31 4', '2026-04-01 0'],
  );
  assert.deepEqual(
    await bench.read('SELECT month, customers_lost FROM tidemark.churn_monthly ORDER BY month LIMIT 2'),
    ['2026-03-01 0', '2026-04-01 1'],
  );
});
