import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type {
  ContactEvent,
  ContactVoided,
  PurchaseCompleted,
  PurchaseRefunded,
} from '@tidemark/events/types';
import { contacts } from '../../packages/metrics/contact/index.ts';
import { costs } from '../../packages/metrics/cost/index.ts';
import { incurred } from '../../packages/metrics/cost/incurred.fixtures.ts';
import { engagements } from '../../packages/metrics/engagement/index.ts';
import { recorded } from '../../packages/metrics/engagement/recorded.fixtures.ts';
import type { AnyEvent, Definition, FactKinds, FactOf } from '@tidemark/metrics/definition/definition';
import { day, event } from '@tidemark/metrics/definition/history.fixtures';
import { factsOf } from '@tidemark/runtime/definition-driver.fixtures';
import { loyalty, sales } from '@tidemark/metrics/purchase';
import { purchased, refunded } from '../../packages/metrics/purchase/purchases.fixtures.ts';
import { subscriptionDefinition } from '../../packages/metrics/subscription/subscriptions.fixtures.ts';
import { canceled, changed, started } from '../../packages/metrics/subscription/subscriptions.fixtures.ts';
import { answered } from '../../packages/metrics/survey/answers.fixtures.ts';
import { surveys } from '../../packages/metrics/survey/index.ts';
import { viewBench, type ViewBench } from '../support/views.ts';

// The expected numbers are worked out by hand from the contract.

let bench: ViewBench;
before(async () => {
  bench = await viewBench();
});
after(() => bench.close());
beforeEach(() => bench.empty());

const present = Date.now();
const facts = <S, E extends AnyEvent, K extends FactKinds>(
  definition: Definition<S, E, K>,
  ...events: readonly E[]
): readonly FactOf<K>[] => factsOf(definition, new Date(present).toISOString().slice(0, -1), ...events);
const times = <T>(count: number, of: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => of(n));
/** So many days before now. */
const ago = (days: number): string => new Date(present - days * day).toISOString().slice(0, -1);

/** 24 subscribers of $59 at the start of May, one of whom leaves in May: a lifespan of 24 months. */
const subscribers = () =>
  facts(
    subscriptionDefinition,
    ...times(24, (n) => started('04-15 00:00', { customer: `s${n}`, price: 59 })),
    canceled('05-20 00:00', { customer: 's0' }),
  );

const bought = (...events: readonly (PurchaseCompleted | PurchaseRefunded)[]) => [
  ...facts(sales, ...events),
  ...facts(loyalty(180 * day), ...events),
];

/** So many buyers in May, each with so many purchases at a price in minor units. */
const buyers = (count: number, each: number, amount: number, currency: string) =>
  bought(
    ...times(count * each, (n) => {
      const customer_id = `${currency} ${n % count}`;
      return purchased(`${currency} ${n}`, '05-10 10:00', { customer_id, amount, currency });
    }),
  );

const clvOf = async (month: string, currency: string): Promise<readonly string[]> =>
  bench.read(
    `SELECT * EXCEPT (month, currency) FROM tidemark.clv_monthly WHERE month = '${month}' AND currency = '${currency}'`,
  );

test('$50 three times a month for 24 months are $3,600; ($59 - $40) for 24 months are $456 (rule 41)', async () => {
  await bench.put([
    ...subscribers(),
    ...buyers(2, 3, 50_00, 'USD'),
    ...facts(costs, incurred('05-05 10:00', { category: 'service', amount: 23 * 40_00, currency: 'USD' })),
  ]);
  // Of 24 customers for 47 days, less one for 12 days.
  const recurring = (59 * (24 * 47 - 12)) / (365 / 12);
  const discounted = (19 * (1 - 1.1 ** -2)) / (1.1 ** (1 / 12) - 1);
  const [row] = await clvOf('2026-05-01', 'USD');
  const [value, frequency, lifespan, purchase, contribution, contributed, discount, net] = row!.split(' ');
  assert.deepEqual(
    [value, frequency, lifespan, purchase, contribution, contributed],
    ['50', '3', '24', '3600', '19', '456'],
  );
  assert.ok(Math.abs(Number(discount) - discounted) <= 1e-6, `${discount} is not ${discounted}`);
  assert.ok(Math.abs(Number(net) - (300 + recurring - 920) / 26) <= 1e-6, `${net}`);
});

test('without churn the lifespan is as observed among the buyers, and refunds and retractions are subtracted (rule 41)', async () => {
  await bench.put(
    bought(
      purchased('p1', '03-01 00:00', { amount: 10_00 }),
      refunded('p1', '03-05 00:00', 4_00),
      purchased('p2', '05-31 06:00', { amount: 20_00 }),
      purchased('p3', '05-10 00:00', { customer_id: 'bob', amount: 6_00 }),
    ),
  );
  const taken = facts(sales, purchased('p4', '08-10 00:00', { customer_id: 'bob', amount: 600_00 }));
  await bench.put(taken);
  await bench.put(taken, -1);
  // Ann for 91.25 days, which are 3 months, Bob for none: 1.5. Three purchases of two buyers in three months.
  assert.deepEqual(await clvOf('2026-05-01', 'EUR'), ['12 0.5 1.5 9 - - - 16']);
  // While nobody had bought twice, nobody had shown a lifespan (rule 51).
  assert.deepEqual(await clvOf('2026-04-01', 'EUR'), ['10 0.5 - - - - - 6']);
  // In the third month after, the frequency is over more months.
  assert.deepEqual(await clvOf('2026-08-01', 'EUR'), ['12 0.25 1.5 4.5 - - - 16']);
});

test('a buyer is among those of the last 12 months until nothing was bought for 12 months (rule 41)', async () => {
  await bench.put(
    bought(
      purchased('p1', '2024-01-10T00:00'),
      purchased('p2', '2024-12-10T00:00'),
      purchased('p3', '2024-01-10T00:00', { customer_id: 'bob' }),
      purchased('p4', '2026-03-10T00:00'),
    ),
  );
  const rows = await bench.read(
    `SELECT month, round(purchase_frequency * 12, 3) FROM tidemark.clv_monthly
     WHERE month IN ('2024-12-01', '2025-01-01', '2025-11-01', '2025-12-01', '2026-03-01') ORDER BY month`,
  );
  // Purchases / buyers of the window, times 12 / 12 months: 3/2, 1/1, 1/1, 0/0, 1/1.
  assert.deepEqual(rows, ['2024-12-01 1.5', '2025-01-01 1', '2025-11-01 1', '2025-12-01 -', '2026-03-01 1']);
});

test('a CLV of 600 at a CAC of 200 is 3, healthy; above 1 is thin, 1 losing (rule 41)', async () => {
  await bench.put([
    ...subscribers(),
    ...buyers(2, 1, 25_00, 'EUR'),
    ...buyers(2, 1, 1000, 'JPY'),
    ...buyers(2, 1, 1_000, 'KWD'),
    ...buyers(1, 1, 1_00, 'GBP'),
    ...facts(
      costs,
      incurred('05-05 10:00', { amount: 300_00 }),
      incurred('05-05 10:00', { amount: 100_00, category: 'sales', segment: 'smb' }),
      incurred('05-05 10:00', { amount: 24_000, currency: 'JPY' }),
      incurred('05-05 10:00', { amount: 48_000, currency: 'KWD' }),
    ),
  ]);
  const rows = await bench.read(
    `SELECT * EXCEPT month FROM tidemark.unit_economics_monthly WHERE month = '2026-05-01' AND currency != 'USD' ORDER BY currency`,
  );
  assert.deepEqual(rows, [
    'EUR 600 200 3 healthy 400',
    'GBP 24 0 -  24',
    'JPY 24000 12000 2 thin 12000',
    'KWD 24 24 1 losing 0',
  ]);
});

test('until somebody leaves or buys twice there is no lifespan, and no verdict (rule 51)', async () => {
  await bench.put([
    ...facts(subscriptionDefinition, started('04-15 00:00', { customer: 'ann', price: 59, currency: 'USD' })),
    ...buyers(2, 1, 25_00, 'EUR'),
    ...facts(
      costs,
      incurred('04-20 10:00', { amount: 100_00, currency: 'USD', period_start: '2026-04-20' }),
      incurred('05-05 10:00', { amount: 10_00 }),
    ),
  ]);
  const clv =
    'currency, lifespan_months, clv_purchase, contribution_per_period, clv_contribution, clv_discounted';
  const economics = 'currency, clv, cac, clv_cac, verdict, profit_per_customer';
  for (const suffix of ['', '_reporting'])
    assert.deepEqual(
      await bench.read(
        `SELECT ${clv} FROM tidemark.clv_monthly${suffix} WHERE month = '2026-04-01' ORDER BY currency`,
      ),
      ['USD - - 59 - -'],
    );
  const eur = `WHERE month = '2026-05-01' AND currency = 'EUR'`;
  assert.deepEqual(await bench.read(`SELECT ${clv} FROM tidemark.clv_monthly ${eur}`), ['EUR - - - - -']);
  assert.deepEqual(await bench.read(`SELECT ${economics} FROM tidemark.unit_economics_monthly ${eur}`), [
    'EUR - 5 -  -',
  ]);
  const april = `WHERE month = '2026-04-01'`;
  for (const suffix of ['', '_reporting'])
    assert.deepEqual(
      await bench.read(`SELECT ${economics} FROM tidemark.unit_economics_monthly${suffix} ${april}`),
      ['USD - 100 -  -'],
    );
});

type Case = Exclude<ContactEvent, ContactVoided>;
const contact = (type: Case['type'], time: string, case_id: string): Case =>
  event<Case>(type, time, {
    case_id,
    customer_id: 'ann',
    channel: 'email',
    direction: null,
    topic: null,
    agent: null,
  } as Omit<Case, keyof AnyEvent | 'voids'>);

test('health is the weighted mean of the parts that are known (rule 44)', async () => {
  const ann = { customer_id: 'ann' };
  await bench.put([
    ...facts(
      subscriptionDefinition,
      started(ago(200), { customer: 'ann' }),
      changed(ago(50), { customer: 'ann', price: 150 }),
      canceled(ago(5), { customer: 'ann', effective_at: present + 20 * day }),
      started(ago(10), { customer: 'bob' }),
      started(ago(200), { customer: 'eve' }),
      canceled(ago(10), { customer: 'eve' }),
    ),
    ...facts(
      engagements,
      ...times(2, () => recorded(ago(29.9), ann)),
      ...times(9, () => recorded(ago(119.9), ann)),
      ...times(9, () => recorded(ago(120.1), ann)),
    ),
    ...facts(
      surveys,
      answered(ago(30), { ...ann, score: 0 }),
      answered(ago(20), { ...ann, score: 10 }),
      answered(ago(20), { ...ann, instrument: 'csat', score: 1 }),
      answered(ago(181), { ...ann, instrument: 'ces', score: 1 }),
    ),
    ...facts(
      contacts({ fcrWindowMs: 7 * day, supportHours: null }),
      contact('contact.opened', ago(50), 'k1'),
      contact('contact.resolved', ago(40), 'k1'),
      contact('contact.reopened', ago(20), 'k1'),
      contact('contact.opened', ago(60), 'k2'),
      contact('contact.resolved', ago(50), 'k2'),
    ),
  ]);
  const rows = await bench.read(
    `SELECT customer_id, round(health, 6), round(usage, 3), satisfaction, support, payment, growth, band
     FROM tidemark.customer_health ORDER BY customer_id`,
  );
  assert.deepEqual(rows, [
    // (30 * 200/3 + 20 * 50 + 15 * 70 + 20 * 50 + 15 * 75) / 100
    'ann 61.75 66.667 50 70 50 75 watch',
    'bob 100 - - - 100 - healthy',
    'eve 0 - - - 0 0 at_risk',
  ]);
});
