import { families } from '@tidemark/events/families';
import { readDeadLetters } from '@tidemark/dead-letters/dead-letters';
import { withAdmin } from '@tidemark/kafka/admin';
import { type KafkaClient, openKafka, type TopicPartition } from '@tidemark/kafka/client';
import { brokerConfigs, topicConfigs } from '@tidemark/kafka/configs';
import { committedOffsets, listOffsets } from '@tidemark/kafka/offsets';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { openTransactions } from '@tidemark/kafka/transactions';
import { authorizationErrors, wireCodeOf } from '@tidemark/kafka/wire-errors';
import { readJournal } from '@tidemark/recount/journal';
import { isFailure } from '@tidemark/service/failures';
import type { Log } from '@tidemark/service/log';
import type { SettingsOf } from '@tidemark/service/settings';
import { generationOf, generationSettings, sharedTopics } from '@tidemark/topics/generation';
import { groupSettings } from '@tidemark/topics/groups';
import { asSet, topics, topicSettings, topicsOfGeneration } from '@tidemark/topics/topics';
import type { KafkaAccess, KafkaSeen, SeenGroup, SeenTopic } from './kafka.ts';
import { internal } from './topics.ts';

/** What is read of the settings. */
export const kafkaSeenSettings = {
  ...kafkaSettings,
  ...topicSettings,
  ...groupSettings,
  ...generationSettings,
};

type Settings = SettingsOf<typeof kafkaSeenSettings>;

const day = 86_400_000;
const brokerSettings = [
  'offsets.retention.minutes',
  'transaction.max.timeout.ms',
  'auto.create.topics.enable',
];
const topicSettingNames = ['min.insync.replicas', 'unclean.leader.election.enable'];
/** How many partitions the topics have is no matter here: more than one for those that are spread. */
const anyPartitions = 2;

/** Looks at Kafka; `seen` is absent when it lets nobody in. */
export async function lookAtKafka(
  settings: Settings,
  log: Log,
  now: () => number,
): Promise<{ readonly access: KafkaAccess; readonly seen?: KafkaSeen }> {
  const client = openKafka(settings, log);
  const brokers = settings.KAFKA_BROKERS;
  try {
    return { access: { brokers, refused: undefined }, seen: await look(client, settings, now) };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { access: { brokers, refused: { reason: reasonOf(error), message: error.what } } };
  }
}

function reasonOf(error: Error): 'away' | 'login' | 'rights' | 'other' {
  for (let one: unknown = error; one instanceof Error; one = one.cause ?? Reflect.get(one, 'originalError'))
    if (/SASL|Authentication/i.test(one.name)) return 'login';
  if (authorizationErrors.has(wireCodeOf(error) ?? 0)) return 'rights';
  return isFailure(error, 'kafka.unavailable') ? 'away' : 'other';
}

async function look(client: KafkaClient, settings: Settings, now: () => number): Promise<KafkaSeen> {
  const names = generationOf(settings.GENERATION, settings.KAFKA_PREFIX);
  const retentionMs = settings.TOPIC_RETENTION;
  const wanted = asSet(
    settings.GENERATION === 1
      ? topics(anyPartitions, settings.KAFKA_PREFIX, retentionMs)
      : topicsOfGeneration(anyPartitions, names, retentionMs),
    settings,
  );
  const [configs, all, seenTopics] = await withAdmin(client, 'looking at Kafka', async (admin) => {
    const listed = await admin.listTopics();
    return [
      await brokerConfigs(admin, brokerSettings),
      listed,
      await lookAtTopics(admin, listed, wanted),
    ] as const;
  });
  const open = await openTransactions(client, [...configs.keys()]).catch((error: unknown) => {
    if (isFailure(error, 'kafka.refused')) return undefined;
    throw error;
  });
  const has = (topic: string): boolean => seenTopics.some(({ name }) => name === topic);
  const journal = has(sharedTopics(settings.KAFKA_PREFIX).generations)
    ? await readJournal(client)
    : undefined;
  return {
    brokers: [...configs].map(([id, config]) => ({ id, config, isCurrent: open !== undefined })),
    topics: seenTopics,
    prefix: { configured: settings.KAFKA_PREFIX, others: otherPrefixes(all, settings.KAFKA_PREFIX) },
    wanted,
    retentionMs,
    groups: await lookAtGroups(client, settings, seenTopics),
    transactions: (open ?? []).map(({ transactionalId: id, startedAt, timeoutMs }) => ({
      id,
      openMs: now() - startedAt,
      timeoutMs,
    })),
    deadLetters: has(names.deadLetters) ? await recentDeadLetters(client, settings, now()) : 0,
    generation: {
      configured: settings.GENERATION,
      serving: journal?.serving.generation ?? 1,
      made: [...(journal?.made.keys() ?? [])],
    },
  };
}

type Admin = Parameters<Parameters<typeof withAdmin>[2]>[0];

/** What the topics of other installations begin with: each has those that all generations share. */
function otherPrefixes(all: readonly string[], own: string): string[] {
  const there = new Set(all);
  const suffix = sharedTopics('').generations;
  return all
    .filter((name) => name.endsWith(suffix))
    .map((name) => name.slice(0, -suffix.length))
    .filter((prefix) => prefix !== own)
    .filter((prefix) => Object.values(sharedTopics(prefix)).filter((name) => there.has(name)).length > 1);
}

async function lookAtTopics(
  admin: Admin,
  listed: readonly string[],
  wanted: KafkaSeen['wanted'],
): Promise<SeenTopic[]> {
  const names = new Set([...wanted.map(({ name }) => name), ...internal]);
  const there = listed.filter((name) => names.has(name));
  if (there.length === 0) return [];
  const metadata = await admin.fetchTopicMetadata({ topics: there });
  const configs = await topicConfigs(
    admin,
    there.map((topic) => ({
      topic,
      names: [...topicSettingNames, ...Object.keys(wanted.find(({ name }) => name === topic)?.config ?? {})],
    })),
  );
  return metadata.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions
      .toSorted((a, b) => a.partitionId - b.partitionId)
      .map(({ leader, replicas, isr }) => ({ leader, replicas: replicas.length, inSync: isr.length })),
    config: configs.get(name) ?? {},
  }));
}

async function lookAtGroups(
  client: KafkaClient,
  settings: Settings,
  seen: readonly SeenTopic[],
): Promise<SeenGroup[]> {
  const names = generationOf(settings.GENERATION, settings.KAFKA_PREFIX);
  const groups = [
    { service: 'processor', id: names.own(settings.APPLICATION_ID), reads: families.map(names.eventsOf) },
    { service: 'sink', id: names.own(settings.SINK_GROUP), reads: [names.facts] },
  ] as const;
  const ids = groups.map(({ id }) => id);
  const described = await withAdmin(client, 'looking at groups', (admin) => admin.describeGroups([...ids]));
  const members = new Map(described.groups.map(({ groupId, members: all }) => [groupId, all.length]));
  return Promise.all(
    groups.map(async ({ service, id, reads }) => {
      const read = seen.filter(({ name }) => (reads as readonly string[]).includes(name));
      return { service, id, members: members.get(id) ?? 0, behind: await behindOf(client, id, read) };
    }),
  );
}

/** Records that a group has not read; from the first that is there where it never committed. */
async function behindOf(client: KafkaClient, group: string, read: readonly SeenTopic[]): Promise<number> {
  const asked: TopicPartition[] = read.flatMap(({ name, partitions }) =>
    partitions.map((_, partition) => ({ topic: name, partition })),
  );
  if (asked.length === 0) return 0;
  const committed = await committedOffsets(client, group, asked);
  let behind = 0;
  for (const { name, partitions } of read) {
    const all = partitions.map((_, partition) => partition);
    const [starts, ends] = await Promise.all([
      listOffsets(client, name, all, 'start'),
      listOffsets(client, name, all, 'stable-end'),
    ]);
    for (const { topic, partition, offset } of committed)
      if (topic === name) behind += Math.max(0, ends.get(partition)! - (offset ?? starts.get(partition)!));
  }
  return behind;
}

async function recentDeadLetters(client: KafkaClient, settings: Settings, now: number): Promise<number> {
  const recent = await readDeadLetters(client, generationOf(settings.GENERATION, settings.KAFKA_PREFIX), {
    from: now - day,
  });
  return recent.filter(({ republished }) => !republished).length;
}
