import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@tidemark/service/failures';
import { within } from '@tidemark/service/shutdown';
import type { KafkaClient } from './client.ts';
import { type Admin, ConfigResourceTypes } from './kafkajs.ts';
import { failureOf } from './wire-errors.ts';

/** A topic as the system needs it. The replication factor is the broker's default. */
export type WantedTopic = {
  readonly name: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
};

/** Settings that change what a topic means. With any other value the system would be wrong, not just slow. */
const vitalSettings: readonly string[] = ['cleanup.policy', 'message.timestamp.type'];
const brokerDefault = -1;
const appearWaitMs = 10_000;

/**
 * Creates the topics that are missing, and checks those that are there. Any number of services may do
 * so at the same time.
 *
 * A setting that differs but is not vital is the operator's choice: it is logged and left.
 *
 * @returns The names of the topics made.
 * @throws Failure `kafka.topics`, naming everything wrong at once: another number of partitions, or
 * another value of a vital setting. `kafka.unavailable` when no broker answers.
 */
export async function ensureTopics(
  client: KafkaClient,
  wanted: readonly WantedTopic[],
): Promise<readonly string[]> {
  return withAdmin(client, 'preparing the topics', async (admin) => {
    const existing = new Set(await admin.listTopics());
    const missing = wanted.filter(({ name }) => !existing.has(name));
    if (missing.length > 0) await create(admin, missing);
    const complaints = [
      ...(await countComplaints(admin, wanted)),
      ...(await configComplaints(client, admin, wanted)),
    ];
    if (complaints.length > 0)
      throw new Failure('kafka.topics', `topics to correct:\n  ${complaints.join('\n  ')}\n`);
    return missing.map(({ name }) => name);
  });
}

/** The number of partitions of each topic that exists. */
export async function partitionCounts(
  client: KafkaClient,
  topics: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  return withAdmin(client, 'counting partitions', async (admin) => {
    const existing = new Set(await admin.listTopics());
    const asked = topics.filter((topic) => existing.has(topic));
    if (asked.length === 0) return new Map();
    const metadata = await admin.fetchTopicMetadata({ topics: asked });
    return new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.length]));
  });
}

/** The cluster's own name for itself, the same for its whole life. */
export async function clusterId(client: KafkaClient): Promise<string> {
  return withAdmin(
    client,
    'asking who the cluster is',
    async (admin) => (await admin.describeCluster()).clusterId,
  );
}

/**
 * For how long the brokers remember the offsets of a group without members, in milliseconds: the shortest of them all.
 * `undefined` when no broker says so.
 */
export async function offsetsRetentionMs(client: KafkaClient): Promise<number | undefined> {
  return withAdmin(client, 'asking how long offsets are kept', async (admin) => {
    const { brokers } = await admin.describeCluster();
    const answers = await Promise.all(
      // Each broker answers for itself alone.
      brokers.map(({ nodeId }) =>
        admin.describeConfigs({
          includeSynonyms: false,
          resources: [
            {
              type: ConfigResourceTypes.BROKER,
              name: String(nodeId),
              configNames: ['offsets.retention.minutes'],
            },
          ],
        }),
      ),
    );
    const minutes = answers
      .flatMap(({ resources }) => resources.flatMap(({ configEntries }) => configEntries))
      .map(({ configValue }) => Number(configValue))
      .filter((value) => value > 0);
    return minutes.length === 0 ? undefined : Math.min(...minutes) * 60_000;
  });
}

/**
 * Deletes a consumer group with all its offsets; one that does not exist is no error.
 *
 * @throws Failure `kafka.refused` while the group has members, `kafka.unavailable`.
 */
export async function deleteGroup(client: KafkaClient, groupId: string): Promise<void> {
  await withAdmin(client, `deleting group ${groupId}`, async (admin) => {
    const { groups } = await admin.listGroups();
    if (!groups.some((group) => group.groupId === groupId)) return;
    const [described] = (await admin.describeGroups([groupId])).groups;
    const members = described?.members.length ?? 0;
    if (members > 0) {
      throw new Failure(
        'kafka.refused',
        `group ${groupId} has ${members} member${members === 1 ? '' : 's'}: stop them, wait ten seconds, try again`,
      );
    }
    await admin.deleteGroups([groupId]);
  });
}

/**
 * Deletes topics with all that is in them, and waits until they are gone; one that does not exist is no error.
 *
 * @throws Failure `kafka.refused`, `kafka.unavailable`.
 */
export async function deleteTopics(client: KafkaClient, names: readonly string[]): Promise<void> {
  await withAdmin(client, `deleting topics ${names.join(', ')}`, async (admin) => {
    const left = async (): Promise<string[]> =>
      (await admin.listTopics()).filter((name) => names.includes(name));
    const found = await left();
    if (found.length === 0) return;
    await admin.deleteTopics({ topics: found });
    for (const deadline = performance.now() + appearWaitMs; (await left()).length > 0; await sleep(50))
      if (performance.now() > deadline)
        throw new Failure('kafka.unavailable', `topics ${found.join(', ')} are not gone yet`);
  });
}

async function create(admin: Admin, missing: readonly WantedTopic[]): Promise<void> {
  const topics = missing.map(({ name, partitions, config }) => ({
    topic: name,
    numPartitions: partitions,
    replicationFactor: brokerDefault,
    configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
  }));
  // Resolves to false when another service was faster with one of them; the check that follows shows which.
  await admin.createTopics({ topics, waitForLeaders: false, timeout: 15_000 });
}

/** Waits until every topic is known and led, which on a busy broker comes a moment after its creation. */
async function described(admin: Admin, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const deadline = performance.now() + appearWaitMs;
  for (;;) {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [...names] });
      const isLed = topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0));
      if (isLed || performance.now() > deadline) {
        return new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
      }
    } catch (error) {
      const isPassing = failureOf(error, 'describing topics').retry === 'backoff';
      if (!isPassing || performance.now() > deadline) throw error;
    }
    await sleep(50);
  }
}

async function countComplaints(admin: Admin, wanted: readonly WantedTopic[]): Promise<string[]> {
  const names = wanted.map(({ name }) => name);
  const counts = await described(admin, names);
  return wanted
    .filter(({ name, partitions }) => counts.get(name) !== partitions)
    .map(({ name, partitions }) => {
      const has = counts.get(name) ?? 0;
      return (
        `${name} has ${has} partitions instead of ${partitions}: set PARTITIONS to ${has}, as the data is spread ` +
        `by it, or begin with new topics`
      );
    });
}

async function configComplaints(
  client: KafkaClient,
  admin: Admin,
  wanted: readonly WantedTopic[],
): Promise<string[]> {
  const resources = wanted.map(({ name, config }) => ({
    type: ConfigResourceTypes.TOPIC,
    name,
    configNames: Object.keys(config),
  }));
  const answer = await admin.describeConfigs({ includeSynonyms: false, resources });
  const complaints: string[] = [];
  for (const { name, config } of wanted) {
    const entries = answer.resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? [];
    for (const { configName, configValue } of entries) {
      const expected = config[configName];
      if (expected === undefined || expected === configValue) continue;
      if (vitalSettings.includes(configName)) {
        complaints.push(
          `${name} has ${configName}=${configValue}: set it to ${expected}, with ` +
            `kafka-configs.sh --alter --entity-type topics --entity-name ${name} --add-config ${configName}=${expected}`,
        );
      } else {
        client.log.warn(
          { topic: name, setting: configName, is: configValue, expected },
          'A topic is set otherwise.',
        );
      }
    }
  }
  return complaints;
}

async function withAdmin<Result>(
  client: KafkaClient,
  doing: string,
  work: (admin: Admin) => Promise<Result>,
): Promise<Result> {
  const admin = client.newAdmin();
  try {
    await admin.connect();
    return await work(admin);
  } catch (error) {
    throw failureOf(error, doing);
  } finally {
    await within(2_000, 'the admin', admin.disconnect()).catch(() => undefined);
  }
}
