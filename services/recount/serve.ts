import type { ClickHouseClient } from '@clickhouse/client';
import { runStatement } from '@tidemark/clickhouse/client';
import { keepGenerations, serveGeneration, writeShownViews } from '@tidemark/clickhouse/serving';
import { writeVersions } from '@tidemark/clickhouse/version-comments';
import { families } from '@tidemark/events/families';
import { deleteGroup, deleteTopics } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import { IdempotentProducer } from '@tidemark/kafka/idempotent-producer';
import { Failure } from '@tidemark/service/failures';
import { databasesOf, type Generation, generationOf } from '@tidemark/topics/generation';
import { versionsKey } from '@tidemark/topics/definition-versions';
import { type Serving, servingKey } from '@tidemark/topics/serving';
import { journalKey, journalSend, readJournal } from './journal.ts';
import { feedGroup } from '@tidemark/topics/groups';

/** Where generations are switched. */
export type ServeOptions = { readonly client: KafkaClient; readonly clickhouse: ClickHouseClient };

/** From one instant on all views of one ClickHouse show another generation; nothing else does. */
export async function showOnly(clickhouse: ClickHouseClient, generation: number): Promise<void> {
  await keepGenerations(clickhouse);
  // First all views choose, and show what they showed; then the choice changes.
  const areSame = await writeShownViews(clickhouse);
  await serveGeneration(clickhouse, generation);
  if (!areSame) await writeShownViews(clickhouse);
}

/**
 * From one instant on all views show another generation; live figures and alerts follow within a second or so, without ClickHouse.
 *
 * @param now What serves so far.
 */
export async function serve(
  { client, clickhouse }: ServeOptions,
  now: Serving,
  generation: number,
): Promise<void> {
  await keepGenerations(clickhouse);
  // Migrations may have written comments without the versions since the sinks wrote them.
  const { versions } = await readJournal(client);
  for (const one of [now.generation, generation])
    await writeVersions(clickhouse, databasesOf(one), versions(one) ?? {});
  await showOnly(clickhouse, generation);
  const serving: Serving = { generation, before: now.generation };
  await publish(client, servingKey, serving);
}

/**
 * Deletes a generation that does not serve: its tables and views, its topics and its groups. Events that arrive, and dead letters, stay.
 *
 * @throws Failure `kafka.refused` while its services run; `settings.invalid` for the one that serves.
 */
export async function drop(
  { client, clickhouse }: ServeOptions,
  now: Serving,
  number: number,
  groups: { readonly application: string; readonly sinkGroup: string },
): Promise<void> {
  if (number === now.generation)
    throw new Failure('settings.invalid', `generation ${number} serves: promote another one before`);
  const generation = generationOf(number, client.settings.KAFKA_PREFIX);
  for (const group of [groups.application, groups.sinkGroup, feedGroup])
    await deleteGroup(client, generation.own(group));
  const views = `tidemark_g${number}`;
  await writeShownViews(clickhouse, number);
  for (const database of [views, generation.store])
    await runStatement(clickhouse, `DROP DATABASE IF EXISTS ${database} SYNC`);
  await deleteTopics(client, countedTopics(generation));
  await publish(client, journalKey.made(number), null);
  await publish(client, versionsKey(number), null);
  // There is no way back to it.
  if (number === now.before) {
    const serving: Serving = { generation: now.generation, before: now.generation };
    await publish(client, servingKey, serving);
  }
}

/** The topics that are a generation's alone; of the first one, events and dead letters are everybody's. */
function countedTopics({ number, facts, counters, state, archive, eventsOf }: Generation): string[] {
  return [facts, counters, state, archive, ...(number === 1 ? [] : families.map(eventsOf))];
}

async function publish(client: KafkaClient, key: string, value: object | null): Promise<void> {
  const producer = new IdempotentProducer(client);
  try {
    await producer.send([journalSend(client, key, value)]);
  } finally {
    await producer.close();
  }
}
