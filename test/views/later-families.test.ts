import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { MentionObserved } from '@tidemark/events/types';
import { costs } from '../../packages/metrics/cost/index.ts';
import { incurred } from '../../packages/metrics/cost/incurred.fixtures.ts';
import { engagements } from '../../packages/metrics/engagement/index.ts';
import { recorded } from '../../packages/metrics/engagement/recorded.fixtures.ts';
import type { FactOf, FactKinds, AnyEvent, Definition, Fact } from '@tidemark/metrics/definition/definition';
import { event } from '@tidemark/metrics/definition/history.fixtures';
import { factsOf } from '@tidemark/runtime/definition-driver.fixtures';
import { mentions } from '../../packages/metrics/mention/index.ts';
import { purchased } from '../../packages/metrics/purchase/purchases.fixtures.ts';
import { sales } from '@tidemark/metrics/purchase';
import { readings } from '../../packages/metrics/reading/index.ts';
import { observed } from '../../packages/metrics/reading/observed.fixtures.ts';
import { referrals } from '../../packages/metrics/referral/index.ts';
import { converted, invited } from '../../packages/metrics/referral/referred.fixtures.ts';
import { subscriptionDefinition } from '../../packages/metrics/subscription/subscriptions.fixtures.ts';
import { canceled, started } from '../../packages/metrics/subscription/subscriptions.fixtures.ts';
import { answered } from '../../packages/metrics/survey/answers.fixtures.ts';
import { surveys } from '../../packages/metrics/survey/index.ts';
import { viewBench, type ViewBench } from '../support/views.ts';

// The expected numbers are worked out by hand from the contract; the time of now is after all of them.

let bench: ViewBench;
before(async () => {
  bench = await viewBench();
});
after(() => bench.close());
beforeEach(async () => {
  await bench.zone('UTC');
  await bench.empty();
});

const facts = <S, E extends AnyEvent, K extends FactKinds>(
  definition: Definition<S, E, K>,
  ...events: readonly E[]
): readonly FactOf<K>[] => factsOf(definition, '2026-10-01T00:00', ...events);
const recommended = (time: string): MentionObserved =>
  event<MentionObserved>('mention.observed', time, {
    mention_id: 'm1',
    channel: 'reddit',
    sentiment: 'positive',
    reach: null,
    recommends: true,
    topic: null,
    customer_id: null,
  });
const times = <T>(count: number, of: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => of(n));
/** Inserts facts, and others that are retracted. */
const putAmong = async (lasting: readonly Fact[], passing: readonly Fact[]): Promise<void> => {
  await bench.put([...lasting, ...passing]);
  await bench.put(passing, -1);
};

test('60 % promoters and 10 % detractors are an NPS of 50, only detractors one of -100, in rows of their own', async () => {
  const shop = { touchpoint: 'shop' };
  await putAmong(
    facts(
      surveys,
      ...times(6, (n) => answered('10:00', { ...shop, score: 9 + (n % 2) })),
      ...times(3, () => answered('11:00', { ...shop, score: 7 })),
      answered('23:59:59.999', { ...shop, score: 6 }),
      answered('05-02 00:00', { touchpoint: 'phone', score: 0 }),
      answered('05-03 00:00', { score: 6 }),
    ),
    facts(surveys, answered('10:00', { ...shop, score: 0 }), answered('05-04 10:00', { score: 10 })),
  );
  assert.deepEqual(await bench.read('SELECT * FROM tidemark.nps_daily ORDER BY date, touchpoint'), [
    '2026-05-01 shop 10 6 3 1 50',
    '2026-05-02 phone 1 0 0 1 -100',
    '2026-05-03  1 0 0 1 -100',
  ]);
  assert.deepEqual(await bench.read('SELECT * FROM tidemark.nps_monthly ORDER BY touchpoint'), [
    '2026-05-01  1 0 0 1 -100',
    '2026-05-01 phone 1 0 0 1 -100',
    '2026-05-01 shop 10 6 3 1 50',
  ]);
});

test('days and months are those of the reporting zone', async () => {
  await bench.put(
    facts(surveys, answered('05-31 21:59:59.999', { score: 10 }), answered('05-31 22:00', { score: 0 })),
  );
  await bench.zone('Europe/Berlin');
  assert.deepEqual(await bench.read('SELECT date, responses, nps FROM tidemark.nps_daily ORDER BY date'), [
    '2026-05-31 1 100',
    '2026-06-01 1 -100',
  ]);
  assert.deepEqual(await bench.read('SELECT month, nps FROM tidemark.nps_monthly ORDER BY month'), [
    '2026-05-01 100',
    '2026-06-01 -100',
  ]);
});

test('satisfaction: the share of positive answers on whatever scale, the mean on 1 to 10', async () => {
  const csat = { instrument: 'csat', touchpoint: 'shop' } as const;
  const answers = [
    answered('10:00', { ...csat, score: 6 }),
    answered('10:01', { ...csat, score: 5 }),
    answered('10:02', { ...csat, score: 4, scale_min: 1, scale_max: 5 }),
    answered('10:03', { ...csat, score: 10, touchpoint: null }),
    answered('10:04', { instrument: 'employee_satisfaction', score: 3 }),
  ];
  await putAmong(facts(surveys, ...answers), facts(surveys, answered('10:05', { ...csat, score: 1 })));
  // (6 + 5 + 7.75) / 3
  const rows = ['2026-05-01  1 1 100 10', `2026-05-01 shop 3 2 ${200 / 3} 6.25`];
  assert.deepEqual(await bench.read('SELECT * FROM tidemark.csat_daily ORDER BY touchpoint'), rows);
  assert.deepEqual(await bench.read('SELECT * FROM tidemark.csat_monthly ORDER BY touchpoint'), rows);
  assert.deepEqual(await bench.read('SELECT * FROM tidemark.employee_satisfaction_monthly'), [
    '2026-05-01  1 0 0 3',
  ]);
});

test('effort: the mean on 1 to 5 and the share that found it easy', async () => {
  const scores = [1, 3, 4, 5];
  await bench.put(facts(surveys, ...scores.map((score) => answered('10:00', { instrument: 'ces', score }))));
  assert.deepEqual(await bench.read('SELECT * FROM tidemark.ces_daily'), ['2026-05-01  4 3.25 0.5']);
  assert.deepEqual(await bench.read('SELECT * FROM tidemark.ces_monthly'), ['2026-05-01  4 3.25 0.5']);
});

test('tasks, intents, and of an intent whether its visitor got it done there and then (rule 37)', async () => {
  const intent = (answer: string, who: object, time = '10:00') =>
    answered(time, { instrument: 'visitor_intent', touchpoint: 'home', answer, ...who });
  const task = (answer: 'yes' | 'no', who: object, time = '11:00') =>
    answered(time, { instrument: 'task_completion', touchpoint: 'home', answer, ...who });
  await putAmong(
    facts(
      surveys,
      intent('buy', { visitor_id: 'v1' }),
      task('yes', { visitor_id: 'v1' }),
      // Only the first of two answers of one visitor says.
      intent('buy', { visitor_id: 'v2' }),
      task('yes', { visitor_id: 'v2' }, '11:01'),
      task('no', { visitor_id: 'v2' }, '11:00'),
      // A customer stands in where no visitor is named; a visitor of that name is somebody else.
      intent('buy', { customer_id: 'ann' }),
      task('yes', { customer_id: 'ann' }),
      task('no', { visitor_id: 'ann' }),
      // On another day, at another touchpoint, or by nobody known: no answer of the same.
      intent('learn', { visitor_id: 'v3' }),
      task('yes', { visitor_id: 'v3' }, '05-02 00:00'),
      task('yes', { visitor_id: 'v3', touchpoint: 'help' }),
      intent('learn', {}),
      task('yes', {}),
    ),
    facts(surveys, intent('steal', { visitor_id: 'v9' }), task('no', { visitor_id: 'v1' }, '10:30')),
  );
  assert.deepEqual(await bench.read('SELECT * FROM tidemark.visitor_intent_daily ORDER BY answer'), [
    `2026-05-01 home buy 3 0.6 ${2 / 3}`,
    '2026-05-01 home learn 2 0.4 -',
  ]);
  assert.deepEqual(
    await bench.read('SELECT * FROM tidemark.task_completion_daily ORDER BY date, touchpoint'),
    ['2026-05-01 help 1 1 1', `2026-05-01 home 6 4 ${4 / 6}`, '2026-05-02 home 1 1 1'],
  );
});

test('feedback is counted under each of its themes (rule 38)', async () => {
  const feedback = (themes: readonly string[], sentiment: 'negative' | null) =>
    answered('10:00', { instrument: 'feedback', themes, sentiment });
  await bench.put(
    facts(
      surveys,
      feedback(['price', 'speed'], 'negative'),
      feedback(['price'], 'negative'),
      feedback([], null),
    ),
  );
  assert.deepEqual(await bench.read('SELECT * FROM tidemark.feedback_daily ORDER BY theme'), [
    '2026-05-01   1',
    '2026-05-01 price negative 2',
    '2026-05-01 speed negative 1',
  ]);
});

test('engagement: visitors are distinct, the mean duration is over those that carry one (rule 42)', async () => {
  const web = { channel: 'web' };
  await putAmong(
    facts(
      engagements,
      recorded('10:00', { ...web, visitor_id: 'v1', duration_ms: 1500, clicks: 2, page_views: 3 }),
      recorded('11:00', { ...web, visitor_id: 'v1', customer_id: 'ann', duration_ms: 500 }),
      recorded('11:00', { ...web, customer_id: 'ann' }),
      recorded('11:00', web),
      recorded('12:00', { ...web, kind: 'login', visitor_id: 'v7', duration_ms: 1000, clicks: 1 }),
      recorded('12:00', { ...web, kind: 'feature_use' }),
      recorded('12:00', { kind: 'communication' }),
    ),
    facts(engagements, recorded('10:00', { ...web, visitor_id: 'v8', duration_ms: 9, clicks: 9 })),
  );
  assert.deepEqual(await bench.read('SELECT * FROM tidemark.engagement_daily ORDER BY channel'), [
    '2026-05-01  0 0 0 - 0 0 1 0 0',
    '2026-05-01 web 4 2 3 1 3 3 0 1 1',
  ]);
});

test('referrals against the customers acquired, each once, at the earlier of subscription and purchase (rule 40)', async () => {
  await bench.put([
    ...facts(referrals, invited('05-01 10:00'), converted('06-02 10:00')),
    ...facts(sales, purchased('p1', '05-20 10:00', { customer_id: 'bob' }), purchased('p2', '06-20 10:00')),
    ...facts(subscriptionDefinition, started('06-01 10:00', { customer: 'bob' }), started('06-10 10:00')),
    ...facts(mentions, recommended('07-01 10:00')),
  ]);
  assert.deepEqual(await bench.read('SELECT * FROM tidemark.referrals_monthly ORDER BY month'), [
    '2026-05-01 1 0 1 0 0',
    '2026-06-01 0 1 2 0.5 0',
    '2026-07-01 0 0 0 - 1',
  ]);
});

test('costs are spread over their days, by the segment they were spent on, beside the customers they won (rule 40)', async () => {
  await putAmong(
    [
      // 10 days in May and 20 in June.
      ...facts(
        costs,
        incurred('10:00', {
          amount: 30_00,
          period_start: '2026-05-22',
          period_end: '2026-06-20',
          segment: 'smb',
        }),
        incurred('10:00', { category: 'sales', amount: 5_00, period_start: '2026-05-31', segment: 'smb' }),
        incurred('10:00', { category: 'service', amount: 8_00, period_start: '2026-05-31' }),
        incurred('10:00', { category: 'retention', amount: 1_00, period_start: '2026-06-01' }),
      ),
      ...facts(
        sales,
        purchased('p1', '05-20 10:00', { customer_id: 'ann', segment: 'smb' }),
        purchased('p2', '05-20 10:00', { customer_id: 'bob', segment: 'smb' }),
        purchased('p3', '06-20 10:00', { customer_id: 'bob', segment: 'smb' }),
        // Eve subscribes at the very instant of her first purchase: a subscriber, in dollars and of no segment.
        purchased('p4', '05-21 10:00', { customer_id: 'eve', segment: 'smb' }),
      ),
      ...facts(
        subscriptionDefinition,
        started('05-21 10:00', { customer: 'eve' }),
        canceled('06-10 10:00', { customer: 'eve' }),
      ),
    ],
    [
      ...facts(costs, incurred('10:00', { amount: 7_00, period_end: '2026-08-31' })),
      ...facts(sales, purchased('p9', '05-02 10:00', { customer_id: 'zoe' })),
    ],
  );
  assert.deepEqual(await bench.read('SELECT * FROM tidemark.acquisition_monthly ORDER BY month, currency'), [
    '2026-05-01 EUR smb 15 2 7.5',
    '2026-05-01 USD  0 1 0',
    '2026-06-01 EUR smb 20 0 -',
  ]);
  // Ann, Bob and Eve bought in May, Bob in June. Eve subscribes at the end of May alone, and in dollars.
  const rows = await bench.read('SELECT * FROM tidemark.retention_cost_monthly ORDER BY month, currency');
  assert.deepEqual(rows, ['2026-05-01 EUR 8 3 2.666667', '2026-05-01 USD 0 1 0', '2026-06-01 EUR 1 1 1']);
});

test('a day of a cost counts once it has begun (rule 52)', async () => {
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  const cost = incurred('10:00', { amount: 5_00, period_start: tomorrow, period_end: tomorrow });
  await bench.put(facts(costs, cost, incurred('10:00')));
  assert.deepEqual(await bench.read('SELECT month, acquisition_cost FROM tidemark.acquisition_monthly'), [
    '2026-05-01 10',
  ]);
});

test('readings: open and close go by the order of events, whatever the order of arrival (rule 43)', async () => {
  const same = '11:00';
  await putAmong(
    facts(
      readings,
      { ...observed(same, 3), sequence: 2 },
      { ...observed(same, 7), sequence: 1 },
      observed('10:00', 5),
      observed('09:00', 4.5, { customer_id: 'ann' }),
      observed('05-02 09:00', 1.1, { name: 'fx:EUR/USD' }),
    ),
    facts(readings, observed('08:00', 99)),
  );
  assert.deepEqual(await bench.read('SELECT * FROM tidemark.readings_daily ORDER BY date, customer_id'), [
    '2026-05-01 stock_price  5 7 3 3 3',
    '2026-05-01 stock_price ann 4.5 4.5 4.5 4.5 1',
    '2026-05-02 fx:EUR/USD  1.1 1.1 1.1 1.1 1',
  ]);
});

test('sums beyond 64 bits never wrap: reach, clicks, page views, durations (rule 53)', async () => {
  const most = Number.MAX_SAFE_INTEGER;
  const one = { at: Date.parse('2026-05-10T10:00Z'), customer_id: '', channel: 'x' };
  const mention = { ...one, kind: 'mention', mention_id: '', sentiment: '', topic: '', reach: most };
  const visit = { ...one, kind: 'engagement', engagement_id: '', engagement_kind: 'visit', visitor_id: 'v' };
  const many: Fact[] = times(1_100, () => [
    { ...mention, recommends: false },
    { ...visit, duration_ms: most, clicks: most, page_views: most },
  ]).flat();
  // In one block and in several, merged and not, more of them than there are in the end.
  await bench.put(many);
  await bench.put(many);
  await bench.put(many, -1);
  for (const isMerged of [false, true]) {
    if (isMerged) await bench.merge('mention_15m', 'engagement_15m');
    for (const grain of ['daily', 'hourly'])
      assert.deepEqual(await bench.read(`SELECT mentions, reach FROM tidemark.mentions_${grain}`), [
        '1100 9907919180215090100',
      ]);
    const columns = 'visits, clicks, page_views, total_duration_seconds, round(average_duration_seconds)';
    assert.deepEqual(await bench.read(`SELECT ${columns} FROM tidemark.engagement_daily`), [
      '1100 9907919180215090100 9907919180215090100 9907919180215090 9007199254741',
    ]);
  }
});
