/** Servers that several files of tests use, one after the other, as new. */
import type { ClickHouseClient } from '@clickhouse/client';
import { connectClickHouse, rowsOf } from '@tidemark/clickhouse/client';
import { openKafka } from '@tidemark/kafka/client';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { createLog } from '@tidemark/service/log';
import { readSettings } from '@tidemark/service/settings';
import type { ClickHouseServer, KafkaServer } from './backend.ts';
import { until } from './until.ts';

/** Deletes all groups and topics. Waits for members of groups that were killed to be missed, and for topics to be gone. */
export async function emptyKafka({ brokers }: KafkaServer): Promise<void> {
  const settings = readSettings(kafkaSettings, { KAFKA_BROKERS: brokers.join(',') });
  const admin = openKafka(settings, createLog('test', 'silent')).newAdmin();
  await admin.connect();
  try {
    await until('the groups to be gone', async () => {
      const groups = (await admin.listGroups()).groups.map(({ groupId }) => groupId);
      if (groups.length > 0) await admin.deleteGroups(groups);
      return groups.length === 0;
    });
    await until('the topics to be gone', async () => {
      const topics = (await admin.listTopics()).filter((topic) => !topic.startsWith('__'));
      if (topics.length > 0) await admin.deleteTopics({ topics });
      return topics.length === 0;
    });
  } finally {
    await admin.disconnect();
  }
}

/** Empties all tables of facts and rollups; tables and views stay, for making them takes seconds. */
export async function emptyClickHouse(server: ClickHouseServer): Promise<void> {
  await withClient(server, emptyTables);
}

/** Drops the project's databases. */
export async function dropDatabases(server: ClickHouseServer): Promise<void> {
  await withClient(server, async (client) => {
    for (const database of ['tidemark', 'tidemark_store'])
      await client.command({ query: `DROP DATABASE IF EXISTS ${database} SYNC` });
  });
}

/** Empties all tables of facts and rollups. */
export async function emptyTables(client: ClickHouseClient): Promise<void> {
  const tables = await rowsOf<{ name: string }>(
    client,
    `SELECT name FROM system.tables
     WHERE database = 'tidemark_store' AND engine LIKE '%MergeTree' AND name NOT LIKE 'migration%'`,
  );
  for (const { name } of tables) await client.command({ query: `TRUNCATE TABLE tidemark_store.${name}` });
}

async function withClient(
  server: ClickHouseServer,
  use: (client: ClickHouseClient) => Promise<void>,
): Promise<void> {
  const client = connectClickHouse({
    CLICKHOUSE_URL: new URL(server.clickhouseUrl),
    CLICKHOUSE_USER: server.clickhouseUser,
    CLICKHOUSE_PASSWORD: server.clickhousePassword,
  });
  try {
    await use(client);
  } finally {
    await client.close();
  }
}
