import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { factsOf } from '@tidemark/runtime/definition-driver.fixtures';
import { day } from '@tidemark/metrics/definition/history.fixtures';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import { recurringRevenue } from '../../packages/metrics/subscription/index.ts';
import { subscriptionDefinition } from '../../packages/metrics/subscription/subscriptions.fixtures.ts';
import type { SubscriptionEvent } from '../../packages/metrics/subscription/subscription.ts';
import {
  canceled,
  changed,
  paused,
  resumed,
  started,
} from '../../packages/metrics/subscription/subscriptions.fixtures.ts';
import { Registry } from 'prom-client';
import { connectClickHouse } from '@tidemark/clickhouse/client';
import { createLog } from '@tidemark/service/log';
import { watchReconciliation } from '../../services/live/reconciliation-watch.ts';
import { openHistory } from '../../services/live/history-reader.ts';
import { flakyProxy } from '../integration/flaky-proxy.ts';
import { backend } from '../support/backend.ts';
import { seeded } from '../support/histories.ts';
import { viewBench, type ViewBench } from '../support/views.ts';

let bench: ViewBench;
before(async () => {
  bench = await viewBench();
});
after(() => bench.close());
beforeEach(() => bench.empty());

const facts = (...events: readonly SubscriptionEvent[]) =>
  factsOf(subscriptionDefinition, '2026-10-01T00:00', ...events);
const found = (): Promise<readonly string[]> =>
  bench.read('SELECT * FROM tidemark.audit_imbalances ORDER BY assertion, month, customer_id');

/** Puts what no fact says into the rollups. */
async function damage(...statements: readonly string[]): Promise<void> {
  const server = await backend({ only: 'clickhouse' });
  const client = connectClickHouse({
    CLICKHOUSE_URL: new URL(server.clickhouseUrl),
    CLICKHOUSE_USER: server.clickhouseUser,
    CLICKHOUSE_PASSWORD: server.clickhousePassword,
  });
  for (const query of statements) await client.command({ query });
  await client.close();
  await server.close();
}

/** Customers who come, move between currencies, pause, are lost and come back, and are handed over. */
function lively(): readonly SubscriptionEvent[] {
  const draw = seeded(7);
  const pick = <T>(of: readonly T[]): T => of[draw.below(of.length)]!;
  return Array.from({ length: 400 }, () => {
    const at = `0${pick([4, 5, 6, 7])}-${pick(['02', '11', '28'])} ${pick(['00:00', '10:00'])}`;
    const terms = {
      customer: `c${pick([1, 2, 3, 4, 5, 6, 7, 8])}`,
      sub: pick(['a', 'b']),
      owner: pick([null, 'ann', 'bob']),
      segment: pick([null, 'smb']),
    };
    const make = pick([started, changed, canceled, paused, resumed]);
    if (make === canceled || make === paused) return make(at, terms);
    return make(at, { ...terms, currency: pick(['EUR', 'JPY']), price: pick([0, 10, 30]) });
  });
}

test('histories of lively customers have no imbalances', async () => {
  const all = facts(...lively());
  assert.ok(all.length > 100);
  await bench.put(all);
  assert.deepEqual(await found(), []);
});

test('where a pause keeps and a switch takes a month, histories of lively customers have none either', async () => {
  const policy = { ...defaultMetricSettings, pauseCountsAs: 'kept', replacementWindowMs: 30 * day } as const;
  await bench.put(factsOf(recurringRevenue(policy), '2026-10-01T00:00', ...lively()));
  assert.deepEqual(await found(), []);
});

const sound = () =>
  facts(
    started('05-01 10:00', { customer: 'ann' }),
    canceled('06-01 10:00', { customer: 'ann' }),
    started('05-01 10:00', { customer: 'bob', price: 50 }),
  );
const movementOf = (customer: string) =>
  sound().find((fact) => fact.kind === 'mrr_movement' && fact.customer_id === customer)!;

test('a movement counted twice is found, and what follows from it', async () => {
  await bench.put(sound());
  await bench.put([movementOf('ann')]);
  assert.deepEqual(await found(), [
    'customers_net 2026-06-01   0 -1',
    'movement_once 2026-05-01 ann USD 1 2',
    'movement_step 2026-05-01 ann USD 1 2',
    'movement_step 2026-06-01 ann USD 0 -1',
  ]);
});

test('a movement that was lost is found, and what follows from it', async () => {
  await bench.put(sound());
  await bench.put([movementOf('ann')], -1);
  assert.deepEqual(await found(), [
    'customers_net 2026-05-01   1 2',
    'customers_net 2026-06-01   0 -1',
    // Her balance falls to 100 below nothing.
    'movement_step 2026-06-01 ann USD 0 -100',
  ]);
});

test('a rollup that says otherwise than its facts is found', async () => {
  await bench.put(sound());
  await damage(
    "INSERT INTO tidemark_store.mrr_15m (bucket, currency, new, movements) VALUES ('2026-06-02 00:00:00', 'USD', 7, 1)",
    "INSERT INTO tidemark_store.customer_mrr (customer_id, currency, mrr) VALUES ('bob', 'USD', -1)",
    "INSERT INTO tidemark_store.customer_15m (bucket, lost, movements) VALUES ('2026-06-03 00:00:00', 1, 1)",
  );
  assert.deepEqual(await found(), [
    'currency_net 2026-06-01  USD -100 -93',
    'customer_mrr 1970-01-01 bob USD 50 49',
    'customers_net 2026-06-01   -1 -2',
    'customers_placed 2026-06-01   -2 -1',
  ]);
});

test('a customer lost who never came is found', async () => {
  const lost = sound().filter((fact) => fact.kind === 'customer_movement' && fact.movement === 'churn');
  await bench.put(lost);
  assert.deepEqual(await found(), [
    'customer_life 2026-06-01 ann  1 -1',
    'customers_net 2026-06-01   0 -1',
    'customers_placed 2026-06-01   -1 0',
  ]);
});

test('the gauge is the number of imbalances, and it is absent while the number is unknown', async (t) => {
  const server = await backend({ only: 'clickhouse' });
  const proxy = await flakyProxy(
    Number(new URL(server.clickhouseUrl).port),
    { swallow: 0, delay: 0, delayMs: 0 },
    () => 1,
  );
  const url = new URL(`http://127.0.0.1:${proxy.port}`);
  const history = openHistory({ url, user: server.biUser, password: server.biPassword }, Date.now);
  const registry = new Registry();
  const reconciliation = watchReconciliation({ history, registry, log: createLog('test', 'silent') });
  t.after(() => reconciliation.stop());
  t.after(() => history.close());
  t.after(() => proxy.close());
  t.after(() => server.close());
  const exported = async (): Promise<readonly string[]> =>
    (await registry.metrics()).split('\n').filter((line) => /^tidemark_audit_(imb|fail)/.test(line));

  assert.deepEqual(await exported(), ['tidemark_audit_failures_total 0']);
  await bench.put(sound());
  await reconciliation.look();
  assert.deepEqual(await exported(), ['tidemark_audit_failures_total 0', 'tidemark_audit_imbalances 0']);
  await damage(
    "INSERT INTO tidemark_store.customer_mrr (customer_id, currency, mrr) VALUES ('bob', 'USD', -1)",
  );
  await reconciliation.look();
  assert.deepEqual(await exported(), ['tidemark_audit_failures_total 0', 'tidemark_audit_imbalances 1']);

  proxy.up = false;
  await history.look();
  assert.deepEqual(await exported(), ['tidemark_audit_failures_total 0'], 'away');
  await reconciliation.look();
  proxy.up = true;
  await history.look();
  assert.deepEqual(await exported(), ['tidemark_audit_failures_total 1'], 'there, and not counted since');
  await reconciliation.look();
  assert.deepEqual(await exported(), ['tidemark_audit_failures_total 1', 'tidemark_audit_imbalances 1']);
});
