import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Fact, Instant } from '@tidemark/metrics/definition/definition';
import {
  cartsQuery,
  channelsQuery,
  churnQuery,
  type HistoryQuery,
  mentionsQuery,
  npsQuery,
  spanOf,
} from '../../services/live/history.ts';
import { movedQuery } from '../../services/live/history-filtered.ts';
import { openHistory } from '../../services/live/history-reader.ts';
import { viewBench, type ViewBench } from '../support/views.ts';

// The history adds up days; over a whole month it has the rates that the monthly views have.

let bench: ViewBench;
before(async () => {
  bench = await viewBench();
  await bench.put(facts);
});
after(() => bench.close());

const at = (time: string): Instant => Date.parse(`2026-${time}Z`);
const whole = spanOf('2026-05-01', '2026-05-31');
const month = { grain: 'month' } as const;

const customer = (name: string, time: string, movement: string): Fact => ({
  kind: 'customer_movement',
  at: at(time),
  customer_id: name,
  movement,
  plan_id: '',
  owner: '',
  segment: '',
  country: '',
  reason: '',
  event_id: `${name} ${movement}`,
  announced: false,
});
const cart = (name: string, created: string, outcome: string, time = created): Fact => ({
  kind: 'cart_outcome',
  at: at(time),
  cart_id: name,
  customer_id: '',
  channel: 'web',
  created_at: at(created),
  outcome,
  currency: 'USD',
  value: 1_000_000n,
});
const resolved = (name: string, opened: string, time: string): Fact[] => {
  const shared = {
    kind: 'contact_activity',
    case_id: name,
    customer_id: '',
    channel: 'chat',
    opened_at: at(opened),
    working_ms: null,
    first_working_ms: null,
  };
  return [
    {
      ...shared,
      at: at(opened),
      activity: 'opened',
      resolved_at: null,
      first_resolved_at: null,
      first_contact: 0,
    },
    {
      ...shared,
      at: at(time),
      activity: 'resolved',
      resolved_at: at(time),
      first_resolved_at: at(time),
      first_contact: name === 'quick' ? 1 : 0,
    },
  ];
};
const answer = (name: string, time: string, standing: string): Fact => ({
  kind: 'survey_answer',
  at: at(time),
  response_id: name,
  instrument: 'nps',
  touchpoint: 'shop',
  customer_id: '',
  visitor_id: '',
  answer: '',
  standing,
  score: 0,
  scaled_score: null,
  percent: null,
  sequence: 0,
  event_id: name,
});
const mention = (name: string, sentiment: string): Fact => ({
  kind: 'mention',
  at: at('05-10T10:00'),
  mention_id: name,
  customer_id: '',
  channel: 'x',
  sentiment,
  topic: '',
  reach: 0,
  recommends: false,
});

const moved = (name: string, time: string, movement: string, amount: bigint, owner: string): Fact => ({
  kind: 'mrr_movement',
  at: at(time),
  customer_id: name,
  currency: 'EUR',
  movement,
  amount: amount * 1_000_000n,
  customers: 0,
  plan_id: '',
  owner,
  segment: 'smb',
  country: '',
  reason: '',
  event_id: `${name} ${movement}`,
  announced: false,
});

const facts: readonly Fact[] = [
  moved('a', '05-04T10:00', 'new', 30n, 'ada'),
  moved('b', '05-04T10:00', 'new', 50n, 'bob'),
  moved('a', '05-20T10:00', 'contraction', -10n, 'ada'),
  { ...moved('c', '05-20T10:00', 'new', 70n, 'ada'), currency: 'USD' },
  ...['a', 'b', 'd', 'e'].map((name) => customer(name, '04-10T10:00', 'new')),
  customer('a', '05-03T10:00', 'churn'),
  customer('a', '05-05T10:00', 'reactivation'),
  customer('a', '05-20T10:00', 'churn'),
  cart('left', '05-01T10:00', 'created'),
  cart('left', '05-01T10:00', 'abandoned', '05-01T10:30'),
  cart('bought', '05-02T10:00', 'created'),
  cart('bought', '05-02T10:00', 'converted', '05-02T10:10'),
  cart('open', '05-03T10:00', 'created'),
  ...resolved('quick', '05-01T10:00', '05-01T10:01'),
  ...resolved('slow', '05-02T10:00', '05-02T11:00'),
  ...resolved('other', '05-02T10:00', '05-02T10:30'),
  answer('1', '05-01T10:00', 'promoter'),
  answer('2', '05-01T10:00', 'promoter'),
  answer('3', '05-09T10:00', 'detractor'),
  mention('1', 'positive'),
  mention('2', 'positive'),
  mention('3', 'negative'),
  mention('4', 'unknown'),
];

/** Some columns of what a query of the history reads. */
function ask({ query, query_params }: HistoryQuery, columns: string): Promise<readonly string[]> {
  const filled = query.replaceAll(
    /\{(\w+):(\w+)\}/g,
    (_, name: string, type: string) => `to${type}('${String(query_params[name])}')`,
  );
  return bench.read(`SELECT ${columns} FROM (${filled})`);
}
const ofMonth = (view: string, columns: string): Promise<readonly string[]> =>
  bench.read(`SELECT ${columns} FROM tidemark.${view} WHERE month = '2026-05-01'`);

test('churn, of the customers at the start of the month', async () => {
  const columns = 'customers_at_start, customers_lost, churn_rate';
  assert.deepEqual(await ask(churnQuery(whole, month), columns), ['4 2 0.5']);
  assert.deepEqual(await ofMonth('churn_monthly', columns), ['4 2 0.5']);
});

test('movements of an owner, by week with the quiet ones, and in all', async () => {
  const asked = { from: '2026-05-04', to: '2026-05-24', zone: 'UTC', currency: 'EUR', owner: 'ada' };
  const columns = 'new, contraction';
  assert.deepEqual(await ask(movedQuery(asked, { grain: 'week' }), `toString(period), ${columns}`), [
    '2026-05-04 30 0',
    '2026-05-11 0 0',
    '2026-05-18 0 -10',
  ]);
  assert.deepEqual(await ask(movedQuery(asked, 'all'), columns), ['30 -10']);
  assert.deepEqual(await ask(movedQuery({ ...asked, segment: 'other' }, 'all'), columns), []);
  const toCome = { ...asked, from: '2140-01-01', to: '2140-02-01' };
  for (const grain of ['day', 'week', 'month'] as const)
    assert.equal((await ask(movedQuery(toCome, { grain }), columns)).length, 1);
});

test('abandonment, of the carts that are decided', async () => {
  assert.deepEqual(await ask(cartsQuery(whole, month), 'carts, abandonment_rate'), ['3 0.5']);
});

test('how long cases took, each counted once, and first contacts', async () => {
  const means = 'average_resolution_seconds, average_first_resolution_seconds';
  assert.deepEqual(await ask(channelsQuery(whole), means), ['1820 1820']);
  assert.deepEqual(await ofMonth('contact_resolution_monthly', means), ['1820 1820']);
  const [rate] = await ofMonth('first_contact_resolution_monthly', 'fcr_rate');
  assert.deepEqual(await ask(channelsQuery(whole), 'fcr_rate'), [rate]);
});

test('the score of promoters, and none of a time before the history', async () => {
  const [score] = await ofMonth('nps_monthly', 'nps');
  assert.deepEqual(await ask(npsQuery(whole), 'nps, nps_before'), [`${score} -`]);
});

test('sentiment, of all mentions', async () => {
  assert.deepEqual(await ask(mentionsQuery(whole, month), 'net_sentiment'), ['0.25']);
  assert.deepEqual(await bench.read('SELECT net_sentiment FROM tidemark.sentiment_daily'), ['0.25']);
});

test('the reader of the history gives counts as numbers, and as text where a number is not exact (rule 53)', async () => {
  const reach = Number.MAX_SAFE_INTEGER;
  await bench.put(
    ['5', '6', '7'].map((name) => ({ ...mention(name, 'neutral'), at: at('06-10T10:00'), reach })),
  );
  const { clickhouseUrl, biUser: user, biPassword: password } = bench.server;
  const reader = openHistory({ url: new URL(clickhouseUrl), user, password }, Date.now);
  try {
    const rows = await reader.rows<object>(mentionsQuery(spanOf('2026-06-10', '2026-06-10'), 'spans'));
    const sums = { mentions: 3, positive: 0, neutral: 3, negative: 0, unknown: 0, net_sentiment: 0 };
    assert.deepEqual(rows, [{ current: 1, ...sums, reach: '27021597764222973' }]);
  } finally {
    await reader.close();
  }
});
