import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketMs } from '@tidemark/runtime/counters';
import { CounterStore } from './counter-store.ts';
import { summarize, type Summary } from './summary.ts';

const now = Date.parse('2026-05-10T12:07:00Z');
const today = Date.parse('2026-05-10T09:00:00Z');
const thisMonth = Date.parse('2026-05-02T09:00:00Z');
const before = Date.parse('2026-04-20T09:00:00Z');

type Counted = readonly [at: number, by: number, name: string, ...dimensions: string[]];

/** The summary at `now`, in UTC, of what was counted when. */
function summaryOf(...counted: readonly Counted[]): Summary {
  const store = new CounterStore();
  for (const [index, [at, by, ...series]] of counted.entries()) {
    const bucket = Math.floor(at / bucketMs) * bucketMs;
    store.apply(index, { definition: 'd', bucket, values: { [JSON.stringify(series)]: BigInt(by) } });
  }
  return summarize(store, now, 'UTC');
}

test('a summary says of when and where it is, and how many customers there are', () => {
  const { as_of, zone, customers } = summaryOf([before, 7, 'customers']);
  assert.deepEqual([as_of, zone, customers], ['2026-05-10T12:07:00.000Z', 'UTC', 7]);
});

test('start + new + reactivated - lost is now: the rate counts from those who were there at the start', () => {
  const { churn } = summaryOf(
    [before, 100, 'customers'],
    [thisMonth, 5, 'customers'],
    [thisMonth, 4, 'customers_moved', 'new'],
    [thisMonth, 3, 'customers_moved', 'reactivation'],
    [thisMonth, 2, 'customers_moved', 'churn'],
    [today, -1, 'customers'],
    [today, 1, 'customers_moved', 'new'],
    [today, 1, 'customers_moved', 'reactivation'],
    [today, 3, 'customers_moved', 'churn'],
  );
  const ofToday = [churn.today.customers_at_start, churn.today.customers_new];
  assert.deepEqual(ofToday, [105, 1]);
  assert.deepEqual([churn.today.customers_reactivated, churn.today.customers_lost], [1, 3]);
  assert.equal(churn.today.churn_rate, 3 / 105);
  const ofMonth = [churn.month.customers_at_start, churn.month.customers_new];
  assert.deepEqual(ofMonth, [100, 5]);
  assert.deepEqual([churn.month.customers_reactivated, churn.month.customers_lost], [4, 5]);
  assert.equal(churn.month.churn_rate, 0.05);
});

test('there is no churn rate where nobody was there at the start, and one of all where everybody left', () => {
  assert.equal(
    summaryOf([today, 1, 'customers'], [today, 1, 'customers_moved', 'new']).churn.today.churn_rate,
    null,
  );
  const { churn } = summaryOf(
    [before, 1, 'customers'],
    [today, -1, 'customers'],
    [today, 1, 'customers_moved', 'churn'],
  );
  assert.equal(churn.today.churn_rate, 1);
});

test('cancellations and MRR lost are those of the period, MRR by currency', () => {
  const { churn } = summaryOf(
    [before, 9, 'cancellations_scheduled', 'voluntary'],
    [thisMonth, 1, 'cancellations_taken_back', ''],
    [today, 2, 'cancellations_scheduled', 'voluntary'],
    [today, 1, 'cancellations_scheduled', ''],
    [before, 9_000_000, 'mrr_lost', 'EUR', ''],
    [today, 1_500_000, 'mrr_lost', 'USD', 'a'],
    [today, 1_000_000, 'mrr_lost', 'USD', 'b'],
    [today, 4_000_000, 'mrr_lost', 'EUR', ''],
  );
  assert.deepEqual([churn.today.cancellations_scheduled, churn.today.cancellations_taken_back], [3, 0]);
  assert.deepEqual([churn.month.cancellations_scheduled, churn.month.cancellations_taken_back], [3, 1]);
  assert.deepEqual(churn.today.mrr_lost, [
    { currency: 'EUR', amount: '4.000000' },
    { currency: 'USD', amount: '2.500000' },
  ]);
});

test('recurring revenue is by currency, that of most customers first; none paying, no ARPA', () => {
  const { recurring } = summaryOf(
    [before, 10_000_000, 'mrr', 'EUR'],
    [before, 2, 'paying_customers', 'EUR'],
    [before, 90_000_000, 'mrr', 'USD'],
    [before, 3, 'paying_customers', 'USD'],
    [before, 7_000_000, 'mrr', 'GBP'],
    [before, 1, 'paying_customers', 'GBP'],
    [before, 1, 'mrr', 'JPY'],
  );
  assert.deepEqual(recurring, [
    { currency: 'USD', mrr: '90.000000', customers: 3, arpa: '30.000000' },
    { currency: 'EUR', mrr: '10.000000', customers: 2, arpa: '5.000000' },
    { currency: 'GBP', mrr: '7.000000', customers: 1, arpa: '7.000000' },
    { currency: 'JPY', mrr: '0.000001', customers: 0, arpa: null },
  ]);
});

test('the last hour of carts begins at the quarter before an hour ago, over all channels', () => {
  const { carts } = summaryOf(
    [Date.parse('2026-05-10T10:45:00Z'), 100, 'carts_created', 'web'],
    [Date.parse('2026-05-10T11:00:00Z'), 8, 'carts_created', 'web'],
    [Date.parse('2026-05-10T11:00:00Z'), 2, 'carts_created', 'app'],
    [now, 3, 'carts_converted', 'web'],
    [now, 1, 'carts_recovered', 'web'],
    [now, 1, 'carts_abandoned', 'app'],
    [Date.parse('2026-05-10T12:15:00Z'), 100, 'carts_abandoned', 'web'],
  );
  assert.deepEqual(carts.last_hour, {
    created: 10,
    converted: 3,
    recovered: 1,
    abandoned: 1,
    outcome_abandonment_rate: 0.25,
  });
});

test('a single cart that ended has a rate, none has none', () => {
  assert.equal(summaryOf([now, 1, 'carts_abandoned', 'web']).carts.last_hour.outcome_abandonment_rate, 1);
  assert.equal(summaryOf([now, 1, 'carts_created', 'web']).carts.last_hour.outcome_abandonment_rate, null);
});

test('contacts are by channel: today’s opened and resolved, and all that are open', () => {
  const { contacts } = summaryOf(
    [before, 4, 'contacts_backlog', 'phone'],
    [before, 9, 'contacts_opened', 'phone'],
    [today, 2, 'contacts_opened', 'chat'],
    [today, 3, 'contacts_resolved', 'chat'],
    [today, 1, 'contacts_resolved', 'phone'],
  );
  assert.deepEqual(contacts, [
    { channel: 'chat', opened_today: 2, resolved_today: 3, backlog: 0 },
    { channel: 'phone', opened_today: 0, resolved_today: 1, backlog: 4 },
  ]);
});

test('sales are today’s, by currency', () => {
  const { sales_today } = summaryOf(
    [before, 5, 'purchases', 'JPY'],
    [today, 3, 'purchases', 'USD'],
    [today, 80_000_000, 'revenue', 'USD'],
    [today, 5_000_000, 'refunds', 'USD'],
    [today, 1, 'purchases', 'EUR'],
    [today, 1, 'mrr_lost', 'GBP', ''],
    [today, 1_000_000, 'revenue', 'EUR'],
  );
  assert.deepEqual(sales_today, [
    { currency: 'EUR', purchases: 1, revenue: '1.000000', refunds: '0.000000' },
    { currency: 'USD', purchases: 3, revenue: '80.000000', refunds: '5.000000' },
  ]);
});

test('mentions are today’s, by sentiment over all channels', () => {
  const { mentions_today } = summaryOf(
    [before, 9, 'mentions', 'x', 'neutral'],
    [today, 2, 'mentions', 'x', 'positive'],
    [today, 1, 'mentions', 'news', 'positive'],
    [today, 1, 'mentions', 'x', 'negative'],
  );
  assert.deepEqual(mentions_today, [
    { sentiment: 'negative', mentions: 1 },
    { sentiment: 'positive', mentions: 3 },
  ]);
});
