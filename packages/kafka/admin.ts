import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@tidemark/service/failures';
import { discard, type KafkaClient } from './client.ts';
import { brokerConfigs } from './configs.ts';
import type { Admin } from './kafkajs.ts';
import { failureOf } from './wire-errors.ts';

const goneWaitMs = 10_000;

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
    const name = 'offsets.retention.minutes';
    const configs = await brokerConfigs(admin, [name]);
    const minutes = [...configs.values()].map((config) => Number(config[name])).filter((value) => value > 0);
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
    if (await isThereWithoutMembers(admin, groupId)) await admin.deleteGroups([groupId]);
  });
}

/**
 * Refuses a consumer group that is at work.
 *
 * @throws Failure `kafka.refused` while the group has members, `kafka.unavailable`.
 */
export async function assertNoMembers(client: KafkaClient, groupId: string): Promise<void> {
  await withAdmin(client, `looking for members of group ${groupId}`, (admin) =>
    isThereWithoutMembers(admin, groupId),
  );
}

async function isThereWithoutMembers(admin: Admin, groupId: string): Promise<boolean> {
  const { groups } = await admin.listGroups();
  if (!groups.some((group) => group.groupId === groupId)) return false;
  const [described] = (await admin.describeGroups([groupId])).groups;
  const members = described?.members.length ?? 0;
  if (members === 0) return true;
  throw new Failure(
    'kafka.refused',
    `group ${groupId} has ${members} member${members === 1 ? '' : 's'}: stop them, wait ten seconds, try again`,
  );
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
    for (const deadline = performance.now() + goneWaitMs; (await left()).length > 0; await sleep(50))
      if (performance.now() > deadline)
        throw new Failure('kafka.unavailable', `topics ${found.join(', ')} are not gone yet`);
  });
}

/** Does work with an admin of kafkajs, connected and let go of; its errors become a `Failure`. */
export async function withAdmin<Result>(
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
    await discard(admin);
  }
}
