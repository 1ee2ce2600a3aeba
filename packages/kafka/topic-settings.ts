import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@tidemark/service/failures';
import { offsetsRetentionMs, withAdmin } from './admin.ts';
import type { KafkaClient } from './client.ts';
import { topicConfigs } from './configs.ts';
import { type Admin, ConfigResourceTypes } from './kafkajs.ts';
import { authorizationErrors, failureOf, wireCodeOf } from './wire-errors.ts';

/** A topic as the system needs it. */
export type WantedTopic = {
  readonly name: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
  /** Whether what is deleted early is lost: then its retention is vital. */
  readonly isRead?: boolean;
  /** Whether its retention is the operator's choice: then correcting sets it too. */
  readonly isChosen?: boolean;
  /** How many brokers have each partition at least; the broker's default where it is not given. */
  readonly copies?: number | undefined;
};

/** A setting that has another value than it is to have. */
type Wrong = {
  readonly topic: string;
  readonly name: string;
  readonly is: string;
  readonly expected: string;
  readonly isVital: boolean;
  /** Whether it is corrected when somebody asks for that. */
  readonly isCorrected: boolean;
};

/** Settings that change what a topic means. With any other value the system would be wrong, not just slow. */
const meaning: readonly string[] = ['cleanup.policy', 'message.timestamp.type'];
/** Settings that must have at least their value, −1 for no limit: what is deleted earlier may never be counted. */
const lasting: readonly string[] = ['retention.ms', 'retention.bytes'];
/** A setting that must have at least its value: with less, a record that counts as written may be lost with its broker. */
const minInSync = 'min.insync.replicas';
const brokerDefault = -1;
const invalidReplicationFactor = 38;
const appearWaitMs = 10_000;
const correctedPollMs = 100;

/**
 * Creates the topics that are missing, and checks those that are there. Any number of services may do
 * so at the same time.
 *
 * A setting that differs but is not vital is the operator's choice: it is logged and left.
 *
 * @param correct Whether to correct vital settings, and retention that a setting of ours says.
 * @returns The names of the topics made.
 * @throws Failure `kafka.topics`, naming everything wrong at once: another number of partitions, or
 * another value of a vital setting. `kafka.unavailable` when no broker answers.
 */
export async function ensureTopics(
  client: KafkaClient,
  wanted: readonly WantedTopic[],
  correct = false,
): Promise<readonly string[]> {
  return withAdmin(client, 'preparing the topics', async (admin) => {
    const existing = new Set(await admin.listTopics());
    const missing = wanted.filter(({ name }) => !existing.has(name));
    if (missing.length > 0) await create(admin, missing);
    if (correct) await correctSettings(client, admin, wanted);
    // This also waits until new topics are known.
    const counts = await countComplaints(admin, wanted);
    let complaints = await settingComplaints(client, admin, wanted);
    // What was corrected takes a moment to come to the broker that is asked.
    const deadline = performance.now() + appearWaitMs;
    while (correct && complaints.length > 0 && performance.now() < deadline) {
      await sleep(correctedPollMs);
      complaints = await settingComplaints(client, admin, wanted);
    }
    refuse([...counts, ...(await copyComplaints(admin, wanted)), ...complaints]);
    return missing.map(({ name }) => name);
  });
}

/**
 * Checks the settings of topics that a service is about to use, and warns of brokers that forget its offsets too early. A
 * broker that does not let it ask is believed.
 *
 * @param retentionMs How long a service may be stopped, in milliseconds.
 * @throws Failure `kafka.topics`, naming every vital setting that is wrong; `kafka.unavailable` when no broker answers.
 */
export async function checkTopics(
  client: KafkaClient,
  wanted: readonly WantedTopic[],
  retentionMs: number,
): Promise<void> {
  try {
    await withAdmin(client, 'checking the topics', async (admin) =>
      refuse([...(await copyComplaints(admin, wanted)), ...(await settingComplaints(client, admin, wanted))]),
    );
    await warnOfOffsets(client, retentionMs);
  } catch (error) {
    if (!authorizationErrors.has(wireCodeOf(error) ?? 0)) throw error;
    client.log.warn('Settings of topics are not checked: this user may not read them (DescribeConfigs).');
  }
}

/** Warns when brokers forget the offsets of a stopped service before they delete what it has not read. */
export async function warnOfOffsets(client: KafkaClient, retentionMs: number): Promise<void> {
  const keptMs = await offsetsRetentionMs(client);
  const advice = keptMs === undefined ? undefined : offsetsAdvice(keptMs, retentionMs);
  if (advice !== undefined) client.log.warn(advice);
}

/**
 * What to do about brokers that forget the offsets of a stopped service too early; `undefined` when they keep them long
 * enough. Nothing is lost by it: the sink and the processor then go on where the tables and the state stand.
 *
 * @param keptMs How long brokers keep the offsets of a group without members.
 * @param retentionMs How long they keep events and facts.
 */
export function offsetsAdvice(keptMs: number, retentionMs: number): string | undefined {
  if (keptMs >= retentionMs) return undefined;
  return (
    `Kafka forgets the offsets of a stopped service after ${keptMs / 60_000} minutes, before it deletes what that ` +
    `service has not read: set offsets.retention.minutes of the brokers to ${retentionMs / 60_000} at least.`
  );
}

/** Gives topics that exist and have fewer partitions as many as they are to have. */
export async function growTopics(client: KafkaClient, wanted: readonly WantedTopic[]): Promise<void> {
  await withAdmin(client, 'adding partitions', async (admin) => {
    const existing = new Set(await admin.listTopics());
    const there = wanted.filter(({ name }) => existing.has(name));
    const counts = await described(
      admin,
      there.map(({ name }) => name),
    );
    const smaller = there.filter(({ name, partitions }) => (counts.get(name) ?? 0) < partitions);
    if (smaller.length === 0) return;
    const topicPartitions = smaller.map(({ name, partitions }) => ({ topic: name, count: partitions }));
    await admin.createPartitions({ topicPartitions });
  });
}

function refuse(complaints: readonly string[]): void {
  if (complaints.length > 0)
    throw new Failure('kafka.topics', `topics to correct:\n  ${complaints.join('\n  ')}\n`);
}

async function create(admin: Admin, missing: readonly WantedTopic[]): Promise<void> {
  const topics = missing.map(({ name, partitions, config, copies = brokerDefault }) => ({
    topic: name,
    numPartitions: partitions,
    replicationFactor: copies,
    configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
  }));
  // Resolves to false when another service was faster with one of them; the check that follows shows which.
  await admin.createTopics({ topics, waitForLeaders: false, timeout: 15_000 }).catch((error: unknown) => {
    // One error for each topic, in one without words.
    const first = error instanceof Error && 'errors' in error ? (error.errors as unknown[])[0] : error;
    if (wireCodeOf(first) !== invalidReplicationFactor) throw first;
    throw new Failure('kafka.topics', 'REPLICATION is more than there are brokers', { cause: error });
  });
}

/** Names topics that have fewer copies than they are to have. Kafka adds none by itself. */
async function copyComplaints(admin: Admin, wanted: readonly WantedTopic[]): Promise<string[]> {
  const asked = wanted.filter(({ copies }) => copies !== undefined);
  if (asked.length === 0) return [];
  const { topics } = await admin.fetchTopicMetadata({ topics: asked.map(({ name }) => name) });
  return asked.flatMap(({ name, copies = 1 }) => {
    const partitions = topics.find((topic) => topic.name === name)?.partitions ?? [];
    const fewest = Math.min(...partitions.map(({ replicas }) => replicas.length));
    if (fewest >= copies) return [];
    return [
      `${name} is on ${fewest} broker${fewest === 1 ? '' : 's'} instead of ${copies}: give it more with ` +
        `kafka-reassign-partitions.sh, or set REPLICATION to ${fewest}`,
    ];
  });
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
  const most = Math.max(...wanted.map(({ name }) => counts.get(name) ?? 0));
  return wanted
    .filter(({ name, partitions }) => counts.get(name) !== partitions)
    .map(({ name, partitions }) => {
      const has = counts.get(name) ?? 0;
      return (
        `${name} has ${has} partitions instead of ${partitions}: set PARTITIONS to ${has} if all topics have as many, ` +
        `as the data is spread by it; if they differ, give all of them ${most} as docs/runbooks/more-partitions.md says`
      );
    });
}

async function settingComplaints(
  client: KafkaClient,
  admin: Admin,
  wanted: readonly WantedTopic[],
): Promise<string[]> {
  const complaints: string[] = [];
  for (const { topic, name, is, expected, isVital } of await wrongSettings(admin, wanted)) {
    if (!isVital) {
      client.log.warn({ topic, setting: name, is, expected }, 'A topic is set otherwise.');
      continue;
    }
    const own = { 'retention.ms': 'TOPIC_RETENTION', [minInSync]: 'MIN_INSYNC' }[name];
    const choice = own === undefined ? '' : `, or ${own} to less`;
    complaints.push(
      `${topic} has ${name}=${is}: set it to ${expected}${choice}. ` +
        '`npx tidemark topics --correct` does it for all topics, and for one ' +
        `kafka-configs.sh --alter --entity-type topics --entity-name ${topic} --add-config ${name}=${expected}`,
    );
  }
  return complaints;
}

/** Whether a limit is below another one; −1 is no limit. */
export function isLess(is: string, expected: string): boolean {
  return is !== '-1' && (expected === '-1' || Number(is) < Number(expected));
}

async function wrongSettings(admin: Admin, wanted: readonly WantedTopic[]): Promise<Wrong[]> {
  const configs = await topicConfigs(
    admin,
    wanted.map(({ name, config }) => ({ topic: name, names: Object.keys(config) })),
  );
  return wanted.flatMap(({ name: topic, config, isRead = false, isChosen = false }) =>
    Object.entries(configs.get(topic) ?? {}).flatMap(([name, is]) => {
      const expected = config[name];
      if (expected === undefined || expected === is) return [];
      const isVital =
        meaning.includes(name) ||
        (((isRead && lasting.includes(name)) || name === minInSync) && isLess(is, expected));
      const isCorrected = isVital || (isChosen && name === 'retention.ms');
      return [{ topic, name, is, expected, isVital, isCorrected }];
    }),
  );
}

/** Sets what is wrong and vital, or a setting of ours; all else of those topics stays as it is. */
async function correctSettings(
  client: KafkaClient,
  admin: Admin,
  wanted: readonly WantedTopic[],
): Promise<void> {
  const wrong = (await wrongSettings(admin, wanted)).filter(({ isCorrected }) => isCorrected);
  if (wrong.length === 0) return;
  const changes = Map.groupBy(wrong, ({ topic }) => topic);
  await setTopicConfigs(
    admin,
    new Map(
      [...changes].map(([topic, those]) => [
        topic,
        Object.fromEntries(those.map(({ name, expected }) => [name, expected])),
      ]),
    ),
  );
  for (const { topic, name, is, expected } of wrong)
    client.log.warn({ topic, setting: name, was: is, now: expected }, 'A setting of a topic was corrected.');
}

/**
 * Sets some settings of topics, and leaves all others of them as they are.
 *
 * @param changes By topic; `null` sets one back to the broker's default.
 * @returns What they were before, in the same form.
 */
export async function setTopicConfigs(
  admin: Admin,
  changes: ReadonlyMap<string, Readonly<Record<string, string | null>>>,
): Promise<ReadonlyMap<string, Readonly<Record<string, string | null>>>> {
  const names = [...changes.keys()];
  // Kafka replaces all settings of a topic by those that are sent.
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
  });
  const owned = new Map(
    resources.map(({ resourceName, configEntries }) => {
      const own = configEntries.filter(({ configSource }) => configSource === topicSource);
      return [resourceName, new Map(own.map(({ configName, configValue }) => [configName, configValue]))];
    }),
  );
  await admin.alterConfigs({
    validateOnly: false,
    resources: names.map((name) => {
      const entries = Object.entries({ ...Object.fromEntries(owned.get(name) ?? []), ...changes.get(name) });
      const configEntries = entries.flatMap(([key, value]) => (value === null ? [] : [{ name: key, value }]));
      return { type: ConfigResourceTypes.TOPIC, name, configEntries };
    }),
  });
  return new Map(
    [...changes].map(([name, change]) => [
      name,
      Object.fromEntries(Object.keys(change).map((key) => [key, owned.get(name)?.get(key) ?? null])),
    ]),
  );
}

/** Where the value of a setting is from: the topic's own. */
const topicSource = 1;
