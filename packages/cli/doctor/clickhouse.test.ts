import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsOf } from './check.ts';
import { clickHouseAccessChecks, clickHouseChecks, type ClickHouseSeen } from './clickhouse.ts';

const well: ClickHouseSeen = {
  version: '26.7.1.12',
  missing: { tables: [], views: [] },
  unknownMigrations: [],
  editedMigrations: [],
  outdatedViews: [],
  severalServers: [],
  deduplication: [],
  factTables: [],
  aheadMs: -200,
  disks: [{ name: 'default', free: 50, total: 100 }],
  lackingRights: [],
  reader: { user: 'bi', lacking: [], excessive: [] },
  parts: { table: 't', count: 30 },
  failedMutations: [],
  knowsTimeZone: true,
  timeZone: 'UTC',
  generation: { shown: 1, serving: 1 },
};

const named = (changes: Partial<ClickHouseSeen>): readonly string[] =>
  findingsOf(clickHouseChecks, { ...well, ...changes }).map(({ id, problem }) => `${id}: ${problem}`);

test('a ClickHouse that is well has no finding', () => {
  assert.deepEqual(named({}), []);
  assert.deepEqual(named({ generation: { shown: 2, serving: undefined } }), [], 'Kafka is away');
});

// the fault, the finding
const cases: readonly [Partial<ClickHouseSeen>, string][] = [
  [{ version: '25.8.1.1' }, 'clickhouse.version: ClickHouse is 25.8.1.1, and the views are tested with 26.7.'],
  [{ missing: { tables: ['tidemark_store.carts'], views: [] } }, 'clickhouse.tables-missing: Table tidemark_store.carts is missing.'],
  [{ missing: { tables: [], views: ['tidemark.mrr_daily'] } }, 'clickhouse.views-missing: View tidemark.mrr_daily is missing.'],
  [{ outdatedViews: ['cart/views'] }, 'clickhouse.views-outdated: cart/views were written by another version, or with other settings of reports.'],
  [{ unknownMigrations: ['cart/x'] }, 'clickhouse.migrations-unknown: Migration cart/x is applied, and this version does not know it.'],
  [{ editedMigrations: ['cart/carts'] }, 'clickhouse.migrations-edited: Migration cart/carts was applied from another text.'],
  [{ severalServers: ['several servers.'] }, 'clickhouse.servers: several servers.'],
  [{ deduplication: ['t would count twice.'] }, 'clickhouse.deduplication: t would count twice.'],
  [{ factTables: ['a column is missing.'] }, 'clickhouse.columns: a column is missing.'],
  [{ aheadMs: 61_000 }, 'clickhouse.clock: The clock of ClickHouse is 61 s ahead of this machine’s.'],
  [{ aheadMs: -10_000 }, 'clickhouse.clock: The clock of ClickHouse is 10 s behind this machine’s.'],
  [{ disks: [{ name: 'default', free: 9, total: 100 }] }, 'clickhouse.disk: Disk default of ClickHouse has 9 % left.'],
  [{ lackingRights: ['INSERT ON tidemark_store.*'] }, 'clickhouse.rights: The user of the services lacks INSERT ON tidemark_store.*.'],
  [{ reader: { user: 'bi', refused: 'wrong password' } }, 'clickhouse.reader-login: bi cannot log in: wrong password.'],
  [{ reader: { user: 'bi', lacking: ['SELECT ON tidemark.*'], excessive: [] } }, 'clickhouse.reader-lacks: bi lacks SELECT ON tidemark.*.'],
  [{ reader: { user: 'bi', lacking: [], excessive: ['INSERT ON tidemark_store.*'] } }, 'clickhouse.reader-excess: bi has INSERT ON tidemark_store.*.'],
  [{ parts: { table: 't', count: 1_001 } }, 'clickhouse.parts: t has 1001 parts in a partition: inserts are about to be refused.'],
  [{ failedMutations: ['A mutation fails.'] }, 'clickhouse.mutations: A mutation fails.'],
  [{ knowsTimeZone: false, timeZone: 'Mars/Base' }, 'clickhouse.time-zone: ClickHouse does not know the time zone Mars/Base.'],
  [{ generation: { shown: 1, serving: 2 } }, 'generation.differs: The views show generation 1, and live figures and alerts are of generation 2.'],
]; // prettier-ignore

for (const [changes, expected] of cases)
  test(expected.split(':')[0]!, () => assert.deepEqual(named(changes), [expected]));

test('a ClickHouse that lets nobody in is named by its reason', () => {
  const found = (reason: 'away' | 'login' | 'other'): readonly string[] =>
    findingsOf(clickHouseAccessChecks, {
      url: 'u',
      user: 'tidemark',
      refused: { reason, message: 'why' },
    }).map(({ id }) => id);
  assert.deepEqual((['away', 'login', 'other'] as const).map(found), [
    ['clickhouse.unreachable'],
    ['clickhouse.login'],
    ['clickhouse.refused'],
  ]);
});
