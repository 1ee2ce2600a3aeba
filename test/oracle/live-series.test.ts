import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entityKeyOf } from '@tidemark/events/entity';
import { families } from '@tidemark/events/families';
import type { Event } from '@tidemark/events/types';
import { definitionsWith } from '@tidemark/metrics';
import { oracle, settingsAt } from '@tidemark/metrics/index.oracle';
import type { Row, Views } from '@tidemark/metrics/oracle/base.oracle';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import { Driver } from '@tidemark/runtime/driver.fixtures';
import { randomHistories } from '../convergence/random-histories.ts';
import { parsed } from '../convergence/pipeline.ts';
import { realisticHistories } from '../support/histories.ts';

// Every live series adds up to what its view says, to the last minor unit. The views are compared with the same expected
// answers in test/convergence/views.test.ts.

/** What a view has of a series: a row's values of the dimensions that both have, and what it adds to the sum. */
type Entry = readonly [dimensions: readonly string[], value: bigint];
/** The dimensions of the series that its view has too, and the view's entries. */
type InView = { readonly by: readonly string[]; readonly of: (views: Views) => readonly Entry[] };

const exact = (cell: Row[string] | undefined): bigint => BigInt(String(cell ?? 0).replace('.', ''));
const text = (row: Row, column: string): string => String(row[column]);

/** Sums of a column by columns of the view, named as the dimensions of the series are. */
const sums = (view: string, column: string, ...by: readonly string[]): InView => ({
  by,
  of: (views) => (views[view] ?? []).map((row) => [by.map((name) => text(row, name)), exact(row[column])]),
});

/** What stands in the last period of a monthly view. */
const standing = (view: string, column: string, ...by: readonly string[]): InView => ({
  by,
  of(views) {
    const rows = views[view] ?? [];
    const last = rows
      .map((row) => text(row, 'month'))
      .toSorted()
      .at(-1);
    return rows
      .filter((row) => row['month'] === last)
      .map((row) => [by.map((name) => text(row, name)), exact(row[column])]);
  },
});

/** MRR that moved, by columns of the movements. */
const moved = (...by: readonly string[]): InView => ({
  by,
  of: (views) =>
    (views['mrr_movements'] ?? []).map((row) => [by.map((name) => text(row, name)), exact(row['amount'])]),
});
/** MRR lost, as a positive number. */
const lost = (by: string, column = by): InView => ({
  by: ['currency', by],
  of: (views) =>
    (views['mrr_movements'] ?? [])
      .filter((row) => row['movement'] === 'churn')
      .map((row) => [[text(row, 'currency'), text(row, column)], -exact(row['amount'])]),
});

/** Several columns of a view, each the value of one dimension. */
const named = (
  view: string,
  by: string,
  columns: { readonly [value: string]: string },
  ...also: string[]
): InView => ({
  by: [by, ...also],
  of: (views) =>
    (views[view] ?? []).flatMap((row) =>
      Object.entries(columns).map(([value, column]): Entry => [
        [value, ...also.map((name) => text(row, name))],
        exact(row[column]),
      ]),
    ),
});

const lostByReason: InView = {
  by: ['reason'],
  of: (views) =>
    (views['churn_monthly'] ?? []).flatMap((row): Entry[] => {
      const [all, voluntary, involuntary] = ['customers_lost', 'lost_voluntary', 'lost_involuntary'].map(
        (name) => exact(row[name]),
      ) as [bigint, bigint, bigint];
      return [
        [['voluntary'], voluntary],
        [['involuntary'], involuntary],
        [[''], all - voluntary - involuntary],
      ];
    }),
};

/** Instruments whose answers a view counts one by one; those of feedback count by theme. */
const instruments: { readonly [instrument: string]: string } = {
  nps: 'nps_daily',
  csat: 'csat_daily',
  ces: 'ces_daily',
  employee_satisfaction: 'employee_satisfaction_monthly',
  task_completion: 'task_completion_daily',
  visitor_intent: 'visitor_intent_daily',
};
const answered: InView = {
  by: ['instrument'],
  of: (views) =>
    Object.entries(instruments).flatMap(([instrument, view]) =>
      (views[view] ?? []).map((row): Entry => [[instrument], exact(row['responses'])]),
    ),
};
const easy: InView = {
  by: ['touchpoint'],
  of: (views) =>
    (views['ces_daily'] ?? []).map((row) => [
      [text(row, 'touchpoint')],
      BigInt(Math.round(Number(row['easy_share']) * Number(row['responses']))),
    ]),
};

const inViews: { readonly [series: string]: InView } = {
  mrr: moved('currency'),
  mrr_moved: moved('currency', 'movement'),
  paying_customers: standing('mrr_monthly', 'customers', 'currency'),
  customers: standing('churn_monthly', 'customers_at_end'),
  customers_moved: named('churn_monthly', 'movement', {
    new: 'customers_new',
    reactivation: 'customers_reactivated',
    churn: 'customers_lost',
  }),
  customers_lost: lostByReason,
  customers_lost_by_segment: sums('churn_by_segment_monthly', 'customers_lost', 'segment'),
  customers_lost_by_owner: sums('churn_by_owner_monthly', 'customers_lost', 'owner'),
  customers_lost_by_country: sums('churn_monthly', 'customers_lost'),
  customers_lost_by_plan: sums('churn_monthly', 'customers_lost'),
  mrr_lost: lost('reason'),
  mrr_lost_by_segment: lost('segment'),
  mrr_lost_by_owner: lost('owner'),
  mrr_lost_by_country: lost('country'),
  mrr_lost_by_plan: lost('plan', 'plan_id'),
  cancellations_scheduled: sums('cancellations_daily', 'scheduled', 'reason'),
  cancellations_scheduled_by_segment: sums('cancellations_daily', 'scheduled'),
  cancellations_taken_back: sums('cancellations_daily', 'taken_back', 'reason'),
  mrr_cancellations_scheduled: sums('cancellations_daily', 'scheduled_mrr', 'currency', 'reason'),
  mrr_cancellations_scheduled_by_segment: sums('cancellations_daily', 'scheduled_mrr', 'currency'),
  mrr_cancellations_taken_back: sums('cancellations_daily', 'taken_back_mrr', 'currency', 'reason'),
  purchases: sums('sales_daily', 'purchases', 'currency'),
  revenue: sums('sales_daily', 'revenue', 'currency'),
  refunds: sums('sales_daily', 'refunds', 'currency'),
  first_time_buyers: sums('sales_daily', 'first_time_buyers', 'currency'),
  carts_created: sums('cart_outcomes_hourly', 'created'),
  carts_converted: sums('cart_outcomes_hourly', 'converted'),
  carts_recovered: sums('cart_outcomes_hourly', 'recovered'),
  carts_abandoned: sums('cart_outcomes_hourly', 'abandoned'),
  contacts_opened: sums('contact_volume_daily', 'opened', 'channel'),
  contact_messages: sums('contact_volume_daily', 'messages', 'channel'),
  contacts_resolved: sums('contact_volume_daily', 'resolved', 'channel'),
  contacts_reopened: sums('contact_volume_daily', 'reopened', 'channel'),
  contacts_merged: sums('contact_volume_daily', 'merged', 'channel'),
  contacts_backlog: {
    by: ['channel'],
    of: (views) => {
      const last = new Map(
        (views['contact_volume_daily'] ?? [])
          .toSorted((a, b) => (text(a, 'date') < text(b, 'date') ? -1 : 1))
          .map((row) => [text(row, 'channel'), row]),
      );
      return [...last].map(([channel, row]) => [[channel], exact(row['backlog'])]);
    },
  },
  mentions: sums('mentions_daily', 'mentions', 'channel', 'sentiment'),
  mention_reach: sums('mentions_daily', 'reach', 'channel', 'sentiment'),
  surveys_answered: answered,
  nps_promoters: sums('nps_daily', 'promoters', 'touchpoint'),
  nps_passives: sums('nps_daily', 'passives', 'touchpoint'),
  nps_detractors: sums('nps_daily', 'detractors', 'touchpoint'),
  csat_responses: sums('csat_daily', 'responses', 'touchpoint'),
  csat_positive: sums('csat_daily', 'positive', 'touchpoint'),
  ces_responses: sums('ces_daily', 'responses', 'touchpoint'),
  ces_easy: easy,
  costs: {
    by: ['currency'],
    of: (views) => [
      ...sums('acquisition_monthly', 'acquisition_cost', 'currency').of(views),
      ...sums('retention_cost_monthly', 'retention_cost', 'currency').of(views),
    ],
  },
  referrals_invited: sums('referrals_monthly', 'invited'),
  referrals_converted: sums('referrals_monthly', 'converted'),
  engagements: named(
    'engagement_daily',
    'kind',
    { visit: 'visits', communication: 'communications', login: 'logins', feature_use: 'feature_uses' },
    'channel',
  ),
  page_views: sums('engagement_daily', 'page_views', 'channel'),
  readings: sums('readings_daily', 'readings', 'name'),
};

/** What no view of the series counts: answers of feedback, and costs of no category of the two views. */
const isElsewhere = (series: string, values: { readonly [dimension: string]: string }): boolean =>
  (series === 'surveys_answered' && values['instrument'] === 'feedback') ||
  (series === 'costs' && !['marketing', 'sales', 'retention', 'service'].includes(values['category'] ?? ''));

const definitions = definitionsWith(defaultMetricSettings);
const declared = Object.assign({}, ...definitions.map(({ counters }) => counters)) as {
  readonly [series: string]: { readonly dimensions: readonly string[] };
};

/** Sums by key, without those that are 0. */
function summed(entries: Iterable<Entry>): { readonly [key: string]: bigint } {
  const found = new Map<string, bigint>();
  for (const [dimensions, value] of entries) {
    const key = JSON.stringify(dimensions);
    found.set(key, (found.get(key) ?? 0n) + value);
  }
  return Object.fromEntries([...found].filter(([, sum]) => sum !== 0n));
}

/** The totals of a series by some of its dimensions. */
function* live(totals: ReadonlyMap<string, bigint>, series: string, by: readonly string[]): Generator<Entry> {
  const { dimensions = [] } = declared[series] ?? {};
  for (const [key, total] of totals) {
    const [name, ...rest] = JSON.parse(key) as string[];
    const values = Object.fromEntries(dimensions.map((dimension, at) => [dimension, rest[at] ?? '']));
    if (name === series && !isElsewhere(series, values)) yield [by.map((one) => values[one] ?? ''), total];
  }
}

test('every live series has a view to be compared with', () => {
  assert.deepEqual(Object.keys(inViews).toSorted(), Object.keys(declared).toSorted());
});

// All that is due has come, and all days of a cost, long after the last event.
const now = Date.parse('2027-12-01T00:00Z');
const range = { from: Date.parse('2026-01-01T00:00Z'), to: Date.parse('2026-07-01T00:00Z') };
const events = [...randomHistories(3, 60, 40, range, families).flat(), ...realisticHistories(3, 80, range)];

test('live series are what their views add up to', () => {
  const driver = new Driver({ definitions, keyOf: (event) => entityKeyOf(event as Event) });
  driver.at(range.to + 86_400_000);
  driver.arrives(...events.map((event) => parsed(event, range.to + 86_400_000)));
  driver.at(now);
  const views = oracle(events, settingsAt(now));
  for (const [series, { by, of }] of Object.entries(inViews)) {
    const inView = summed(of(views));
    assert.notDeepEqual(inView, {}, `${series} has something to compare`);
    assert.deepEqual(summed(live(driver.totals, series, by)), inView, series);
  }
});
