/** Rollups against the facts behind them: docs/runbooks/rollup-differs.md, its command taken from the page. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { pino } from 'pino';
import type { ClickHouseClient } from '@clickhouse/client';
import { difference } from '@tidemark/runtime/difference';
import { connectClickHouse } from '@tidemark/clickhouse/client';
import { plainDatabases } from '@tidemark/clickhouse/databases';
import { thingFieldOf } from '@tidemark/events/entity';
import { entityKeyFields, families } from '@tidemark/events/families';
import { definitionsWith, metricFamilies } from '@tidemark/metrics';
import { summedKinds } from '@tidemark/metrics/catalogue/summed';
import type { Fact } from '@tidemark/metrics/definition/definition';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import { rollupChecks, type RollupCheck } from '@tidemark/metrics/sql/verification';
import { type Expected, factTables, textOfName } from '../../services/processor/facts-in-tables.ts';
import { applyFactRetention, limitedKinds } from '../../services/sink/fact-retention.ts';
import { checksIn, partsOf, standingDifferences, verifyRollups } from '../../services/sink/verification.ts';
import { type Bench, convergenceBench } from '../convergence/bench.ts';
import { acceptableBy, counted } from '../convergence/pipeline.ts';
import { randomHistories } from '../convergence/random-histories.ts';
import { backend, type ClickHouseServer, type Closable, type KafkaServer } from '../support/backend.ts';

const now = Date.parse('2026-10-01T00:00:00Z');
const checks = rollupChecks(metricFamilies.flatMap(({ tables }) => tables));
const signal = new AbortController().signal;
const root = new URL('../..', import.meta.url).pathname;
const command = /^npx tidemark sink rebuild-rollups$/m.exec(
  readFileSync(new URL('../../docs/runbooks/rollup-differs.md', import.meta.url), 'utf8').replaceAll(
    /^ +/gm,
    '',
  ),
)![0];

let servers: KafkaServer & ClickHouseServer & Closable;
let bench: Bench;
let client: ClickHouseClient;
let facts: readonly Fact[];
before(async () => {
  servers = await backend();
  bench = await convergenceBench();
  client = connectClickHouse({
    CLICKHOUSE_URL: new URL(servers.clickhouseUrl),
    CLICKHOUSE_USER: servers.clickhouseUser,
    CLICKHOUSE_PASSWORD: servers.clickhousePassword,
  });
  await bench.stand('UTC', now);
  await bench.empty();
  const histories = randomHistories(7, 60, 60, { from: now - 20 * 86_400_000, to: now }, families);
  const recorded = counted([{ clock: now, events: acceptableBy(histories.flat(), now) }]);
  const signed = recorded.flatMap((one) => one.facts);
  const of = (wanted: number): Fact[] => signed.filter(({ sign }) => sign === wanted).map(({ fact }) => fact);
  // What was taken away again is not to be there.
  facts = difference(of(-1), of(1)).map(({ fact }) => fact);
  await bench.put(recorded);
});
after(async () => {
  await client.close();
  await bench.close();
  await servers.close();
});

async function differing(among: readonly RollupCheck[]): Promise<string[]> {
  const names: string[] = [];
  for (const check of among)
    for (const part of await partsOf(client, check))
      if ((await standingDifferences(client, check, part, signal)).length > 0) names.push(check.table);
  return [...new Set(names)];
}

/** The first report on a rollup while the sink verifies. */
async function reportOn(rollup: string, among: readonly RollupCheck[]): Promise<number> {
  const ending = new AbortController();
  const reported = Promise.withResolvers<number>();
  const telemetry = {
    checked: (table: string, differences: number) => {
      if (table === rollup) reported.resolve(differences);
    },
  };
  const options = { client, checks: among, telemetry, log: pino({ level: 'silent' }), random: () => 0 };
  const verifying = verifyRollups(options, 1, ending.signal);
  const differences = await reported.promise;
  ending.abort();
  await verifying;
  return differences;
}

test('every rollup is what its facts add up to', async () => {
  assert.deepEqual(await differing(checks), []);
});

/** What names the entity of a fact. */
function nameIn(
  { keyColumn, thingColumn }: Pick<Expected, 'keyColumn' | 'thingColumn'>,
  fact: Fact,
): Pick<Expected['entities'][number], 'key' | 'thing'> {
  return {
    key: String(fact[keyColumn]),
    thing: thingColumn === undefined ? '' : String(fact[thingColumn]),
  };
}

/** All facts of each kind, of all their entities. */
function expectedFacts(): Expected[] {
  return definitionsWith(defaultMetricSettings).flatMap(({ on, facts: kinds }) =>
    Object.entries(kinds).map(([kind, columns]) => {
      const [keyColumn, thingColumn] = [entityKeyFields[on], thingFieldOf(on)];
      const ofKind = facts.filter((fact) => fact.kind === kind);
      const named = { keyColumn, thingColumn };
      const entities = [...Map.groupBy(ofKind, (fact) => textOfName(nameIn(named, fact))).values()].map(
        (own) => ({ ...nameIn(named, own[0]!), from: Math.min(...own.map(({ at }) => at)) }),
      );
      return { kind, columns, ...named, entities, facts: ofKind, to: now + 1 };
    }),
  );
}

test('facts in ClickHouse are compared with those that events give, exactly, whatever the type of a column', async () => {
  const reader = connectClickHouse({
    CLICKHOUSE_URL: new URL(servers.clickhouseUrl),
    CLICKHOUSE_USER: servers.explainUser,
    CLICKHOUSE_PASSWORD: servers.explainPassword,
  });
  const { differences } = factTables(reader, 'tidemark_store');
  const all = expectedFacts().filter(({ facts: of }) => of.length > 0);
  assert.ok(all.some(({ kind }) => kind === 'reading'));
  assert.ok(all.length > 15, `${all.length} kinds have facts`);
  for (const expected of all) {
    assert.deepEqual(await differences(expected), [], expected.kind);
    const [first, ...others] = expected.facts;
    const entityOf = (fact: Fact): string => textOfName(nameIn(expected, fact));
    const entity = entityOf(first!);
    const tooMany = await differences({ ...expected, facts: others });
    assert.deepEqual(tooMany.map((one) => [one.entity, one.surplus]), [[entity, 1]], expected.kind); // prettier-ignore
    const missing = await differences({ ...expected, facts: [...expected.facts, first!] });
    assert.deepEqual(missing.map((one) => [one.entity, one.surplus]), [[entity, -1]], expected.kind); // prettier-ignore
    // Facts of before an entity was begun anew are no surplus.
    const later = expected.facts.filter((fact) => entityOf(fact) !== entity);
    const entities = expected.entities.map((one) =>
      textOfName(one) === entity ? { ...one, from: now } : one,
    );
    assert.deepEqual(await differences({ ...expected, entities, facts: later }), [], expected.kind);
  }
  await reader.close();
});

test('a rollup that was changed is noticed, and the runbook makes it right again', async () => {
  const first = await client.query({
    query: 'SELECT toString(min(bucket)) AS bucket FROM tidemark_store.mrr_15m',
    format: 'JSONEachRow',
  });
  const [{ bucket }] = (await first.json<{ bucket: string }>()) as [{ bucket: string }];
  const mrr = checks.filter(({ table }) => table === 'mrr_15m');
  const changed = checks.filter(({ table }) => ['mrr_15m', 'customer_open_cases'].includes(table));
  const before = await bench.read('mrr_daily');
  assert.equal(await reportOn('mrr_15m', mrr), 0);

  await bench.command(
    `INSERT INTO tidemark_store.mrr_15m (bucket, currency, new) VALUES ('${bucket}', 'USD', 1)`,
  );
  await bench.command(
    "INSERT INTO tidemark_store.customer_open_cases (customer_id, open) VALUES ('nobody', 2)",
  );
  assert.equal(await reportOn('mrr_15m', mrr), 1);
  assert.deepEqual(await differing(changed), ['mrr_15m', 'customer_open_cases']);

  const [program = '', ...args] = command.split(' ');
  await promisify(execFile)(program, args, {
    cwd: root,
    env: {
      ...process.env,
      KAFKA_BROKERS: servers.brokers.join(','),
      CLICKHOUSE_URL: servers.clickhouseUrl,
      CLICKHOUSE_USER: servers.clickhouseUser,
      CLICKHOUSE_PASSWORD: servers.clickhousePassword,
    },
  });
  assert.deepEqual(await differing(changed), []);
  assert.deepEqual(await bench.read('mrr_daily'), before);
});

/** How many facts there are of the kinds that may have an end. */
async function summedFacts(): Promise<number> {
  const counts = summedKinds.map((kind) => `(SELECT count() FROM tidemark_store.${kind})`);
  const result = await client.query({
    query: `SELECT ${counts.join(' + ')} AS facts`,
    format: 'JSONEachRow',
  });
  const [{ facts }] = (await result.json<{ facts: string }>()) as [{ facts: string }];
  return Number(facts);
}

test('facts that have come to their end are gone, and every view has the same numbers', async () => {
  const views = metricFamilies
    .flatMap((family) => family.views)
    .filter(({ database }) => database === 'tidemark')
    .map(({ name }) => name);
  const rowsOf = async (view: string): Promise<string[]> =>
    (await bench.read(view)).map((row) => JSON.stringify(row)).toSorted();
  const numbers = await Promise.all(views.map(rowsOf));
  const before = await summedFacts();
  const keptMs = Date.now() - (now - 10 * 86_400_000);
  await applyFactRetention(client, 'tidemark_store', new Map(summedKinds.map((kind) => [kind, keptMs])));
  for (const kind of summedKinds) await bench.command(`OPTIMIZE TABLE tidemark_store.${kind} FINAL`);
  const left = await summedFacts();
  assert.ok(left > 0 && left < before, `${left} of ${before}`);
  for (const [index, view] of views.entries()) assert.deepEqual(await rowsOf(view), numbers[index], view);

  const limited = await limitedKinds(client, 'tidemark_store');
  assert.deepEqual([...limited].toSorted(), summedKinds.toSorted());
  const verified = checksIn(plainDatabases, limited);
  assert.ok(verified.length > 0 && !verified.some(({ table }) => table === 'cart_outcome_15m'));
  await applyFactRetention(client, 'tidemark_store', new Map());
  assert.equal((await limitedKinds(client, 'tidemark_store')).size, 0);
});
