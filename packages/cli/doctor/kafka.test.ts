import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asSet, topics } from '@tidemark/topics/topics';
import { findingsOf } from './check.ts';
import { brokerChecks, kafkaAccessChecks, type KafkaSeen, type SeenTopic } from './kafka.ts';
import { topicChecks } from './topics.ts';

const day = 86_400_000;
const wanted = topics(2, '');
const asChosen = asSet(wanted, { REPLICATION: 3, MIN_INSYNC: 2, DEAD_LETTER_RETENTION: 400 * day });
const replicated = { leader: 1, replicas: 3, inSync: 3 };
const safe = { 'min.insync.replicas': '2', 'unclean.leader.election.enable': 'false' };
const wellTopics: readonly SeenTopic[] = wanted.map(({ name, partitions, config }) => ({
  name,
  partitions: Array.from({ length: partitions }, () => replicated),
  config: { ...safe, ...config },
}));
const config = { 'offsets.retention.minutes': '43200', 'transaction.max.timeout.ms': '900000' };
const well: KafkaSeen = {
  brokers: [1, 2, 3].map((id) => ({ id, isCurrent: true, config })),
  topics: [...wellTopics, { name: '__transaction_state', partitions: [replicated], config: {} }],
  wanted,
  prefix: { configured: '', others: [] },
  retentionMs: 30 * day,
  groups: [
    { service: 'processor', id: 'tidemark-processor', members: 1, behind: 12 },
    { service: 'sink', id: 'tidemark-sink', members: 1, behind: 0 },
  ],
  transactions: [{ id: 'tidemark-processor-0', openMs: 200, timeoutMs: 30_000 }],
  deadLetters: 0,
  generation: { configured: 1, serving: 1, made: [] },
};

const named = (changes: Partial<KafkaSeen>): readonly string[] => {
  const seen = { ...well, ...changes };
  return [...findingsOf(topicChecks, seen), ...findingsOf(brokerChecks, seen)].map(
    ({ id, problem }) => `${id}: ${problem}`,
  );
};
/** The topics, with one of them otherwise. */
const withTopic = (
  name: string,
  change: (topic: SeenTopic) => SeenTopic | undefined,
): Partial<KafkaSeen> => ({
  topics: well.topics.flatMap((topic) => (topic.name === name ? (change(topic) ?? []) : topic)),
});
const setTo = (name: string, setting: string, value: string): Partial<KafkaSeen> =>
  withTopic(name, (topic) => ({ ...topic, config: { ...topic.config, [setting]: value } }));
const allPartitions = (name: string, change: Partial<SeenTopic['partitions'][number]>): Partial<KafkaSeen> =>
  withTopic(name, (topic) => ({
    ...topic,
    partitions: topic.partitions.map((one) => ({ ...one, ...change })),
  }));
const brokers = (setting: string, value: string): Partial<KafkaSeen> => ({
  brokers: [{ id: 1, isCurrent: true, config: { ...config, [setting]: value } }, ...well.brokers.slice(1)],
});

test('a Kafka that is well has no finding', () => assert.deepEqual(named({}), []));

// the fault, the finding
const cases: readonly [Partial<KafkaSeen>, string][] = [
  [withTopic('state', () => undefined), 'kafka.topics-missing: Topic state is missing.'],
  [withTopic('facts', (topic) => ({ ...topic, partitions: [replicated] })), 'kafka.partitions-unequal: facts has 1 partitions, and others have 2.'],
  [allPartitions('facts', { leader: -1 }), 'kafka.leader-missing: facts has no leader for partition 0, 1.'],
  [allPartitions('events.cart', { inSync: 2 }), 'kafka.out-of-sync: events.cart lacks replicas of partition 0, 1.'],
  [{ ...allPartitions('__transaction_state', { replicas: 1, inSync: 1 }) }, 'kafka.replication: __transaction_state has 1 replicas on 3 brokers: losing one disk loses records.'],
  [setTo('facts', 'min.insync.replicas', '1'), 'kafka.min-insync: facts has min.insync.replicas=1: one broker alone acknowledges, and its loss loses records.'],
  [setTo('facts', 'min.insync.replicas', '3'), 'kafka.min-insync: facts has min.insync.replicas=3 of 3: nothing is written while one broker is away.'],
  [{ ...allPartitions('facts', { replicas: 2, inSync: 2 }), wanted: asChosen }, 'kafka.replication-set: facts has 2 replicas instead of REPLICATION=3: services refuse it.'],
  [{ wanted: asSet(wanted, { REPLICATION: 5, MIN_INSYNC: 2, DEAD_LETTER_RETENTION: 400 * day }) }, 'kafka.replication-set: REPLICATION is 5, more than there are brokers (3): no topic can be made so.'],
  [{ ...setTo('facts', 'min.insync.replicas', '1'), wanted: asChosen }, 'kafka.min-insync-set: facts has min.insync.replicas=1 instead of MIN_INSYNC=2: services refuse it.'],
  [{ topics: [], prefix: { configured: '', others: ['acme.'] } }, 'kafka.prefix: None of the topics of KAFKA_PREFIX="" is there, and those of KAFKA_PREFIX="acme." are.'],
  [setTo('state', 'unclean.leader.election.enable', 'true'), 'kafka.unclean-election: state allows unclean elections: acknowledged records may be lost.'],
  [setTo('events.cart', 'retention.ms', String(day)), `kafka.retention: events.cart has retention.ms=${day} instead of ${30 * day}.`],
  [setTo('facts', 'retention.bytes', '1000'), 'kafka.retention: facts has retention.bytes=1000 instead of -1.'],
  [setTo('state', 'cleanup.policy', 'delete'), 'kafka.cleanup-policy: state has cleanup.policy=delete instead of compact.'],
  [setTo('facts', 'message.timestamp.type', 'CreateTime'), 'kafka.timestamp-type: facts has message.timestamp.type=CreateTime instead of LogAppendTime.'],
  [setTo('state', 'max.message.bytes', '1048588'), 'kafka.message-bytes: state has max.message.bytes=1048588 instead of 4194304.'],
  [setTo('state', 'segment.ms', '7'), 'kafka.settings-differ: state has segment.ms=7 instead of 3600000.'],
  [{ brokers: well.brokers.map((one) => ({ ...one, isCurrent: one.id !== 2 })) }, 'kafka.version: Broker 2 is older than Kafka 3.0.'],
  [brokers('offsets.retention.minutes', '10080'), 'kafka.offsets-retention: Broker 1 forgets offsets after 10080 minutes, before it deletes what was not read.'],
  [brokers('transaction.max.timeout.ms', '20000'), 'kafka.transaction-timeout: Broker 1 allows transactions of 20000 ms, and the processor asks for 30000.'],
  [brokers('auto.create.topics.enable', 'true'), 'kafka.auto-create: Broker 1 makes topics by itself, with settings that services refuse.'],
  [{ transactions: [{ id: 'old', openMs: 90_000, timeoutMs: 30_000 }] }, 'kafka.hanging-transactions: Transaction old is open for 90 s: nobody reads past it.'],
  [{ groups: [{ service: 'sink', id: 's', members: 0, behind: 5 }] }, 'lag.nobody-reads: No sink runs (group s), and 5 records wait for one.'],
  [{ groups: [{ service: 'processor', id: 'p', members: 2, behind: 100_001 }] }, 'lag.processor: The processor is 100001 records behind (group p).'],
  [{ groups: [{ service: 'sink', id: 's', members: 1, behind: 100_001 }] }, 'lag.sink: The sink is 100001 records behind (group s).'],
  [{ deadLetters: 3 }, 'dead-letters.recent: 3 records became dead letters within a day, and were not re-published.'],
  [{ generation: { configured: 2, serving: 2, made: [] } }, 'generation.unknown: GENERATION is 2, and no recount has made it.'],
  [{ generation: { configured: 1, serving: 2, made: [2] } }, 'generation.not-serving: GENERATION is 1, and generation 2 serves.'],
]; // prettier-ignore

for (const [changes, expected] of cases)
  test(expected.split(':')[0]!, () => assert.deepEqual(named(changes), [expected]));

test('topics as REPLICATION and MIN_INSYNC say, and an installation beside them, have no finding', () => {
  assert.deepEqual(named({ wanted: asChosen, prefix: { configured: '', others: ['acme.'] } }), []);
});

test('one broker has one replica, and that is no fault', () => {
  const alone = well.topics.map((topic) => ({
    ...topic,
    partitions: topic.partitions.map((one) => ({ ...one, replicas: 1, inSync: 1 })),
    config: { ...topic.config, 'min.insync.replicas': '1' },
  }));
  assert.deepEqual(named({ topics: alone, brokers: well.brokers.slice(0, 1) }), []);
});

test('a longer retention is the operator’s choice', () => {
  assert.deepEqual(named(setTo('facts', 'retention.ms', '-1')), []);
});

test('a Kafka that lets nobody in is named by its reason', () => {
  const found = (reason: 'away' | 'login' | 'rights' | 'other'): readonly string[] =>
    findingsOf(kafkaAccessChecks, { brokers: ['k:9092'], refused: { reason, message: 'why' } }).map(
      ({ id }) => id,
    );
  assert.deepEqual((['away', 'login', 'rights', 'other'] as const).map(found), [
    ['kafka.unreachable'],
    ['kafka.login'],
    ['kafka.rights'],
    ['kafka.refused'],
  ]);
});
