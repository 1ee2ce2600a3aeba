import { isLess, type WantedTopic } from '@tidemark/kafka/topic-settings';
import { type Check, when } from './check.ts';
import type { KafkaSeen, SeenTopic } from './kafka.ts';

/** Topics of Kafka's own. */
export const internal: readonly string[] = ['__consumer_offsets', '__transaction_state'];

const there = ({ topics }: KafkaSeen, name: string): SeenTopic | undefined =>
  topics.find((one) => one.name === name);

/** Topics of ours that are there, each with how it should be. */
function ours(seen: KafkaSeen): readonly (readonly [SeenTopic, WantedTopic])[] {
  return seen.wanted.flatMap((wanted) => {
    const topic = there(seen, wanted.name);
    return topic === undefined ? [] : [[topic, wanted] as const];
  });
}

/** A check of one setting of topics. */
function settingOf(
  names: readonly string[],
  isWrong: (is: string, expected: string, wanted: WantedTopic) => boolean,
): Check<KafkaSeen>['find'] {
  return (seen) =>
    ours(seen).flatMap(([{ name, config }, wanted]) =>
      names.flatMap((setting) => {
        const [is, expected] = [config[setting], wanted.config[setting]];
        if (is === undefined || expected === undefined || !isWrong(is, expected, wanted)) return [];
        return [`${name} has ${setting}=${is} instead of ${expected}.`];
      }),
    );
}

const correctTopics = 'Run `npx tidemark topics --correct`.';
const partitionsOf = (topic: SeenTopic, bad: (one: SeenTopic['partitions'][number]) => boolean): string =>
  topic.partitions.flatMap((one, index) => (bad(one) ? [index] : [])).join(', ');

const vital = new Set([
  'cleanup.policy',
  'message.timestamp.type',
  'retention.ms',
  'retention.bytes',
  'max.message.bytes',
  'min.insync.replicas',
]);

const fewestOf = ({ partitions }: SeenTopic): number =>
  Math.min(...partitions.map(({ replicas }) => replicas));
const isTooFew = (topic: SeenTopic, { copies = 1 }: WantedTopic): boolean => fewestOf(topic) < copies;
/** Whether fewer brokers acknowledge a record than `MIN_INSYNC` says. */
const isTooLax = ({ config: is }: SeenTopic, { config: wanted }: WantedTopic): boolean =>
  isLess(is['min.insync.replicas'] ?? '1', wanted['min.insync.replicas'] ?? '1');
/** Whether none of our topics is there, and another installation is. */
const isElsewhere = (seen: KafkaSeen): boolean => ours(seen).length === 0 && seen.prefix.others.length > 0;
const named = (prefix: string): string => JSON.stringify(prefix);

/** Checks of the topics. */
export const topicChecks: readonly Check<KafkaSeen>[] = [
  {
    id: 'kafka.topics-missing',
    looksAt: 'whether all topics are there',
    severity: 'fault',
    find: (seen) =>
      isElsewhere(seen)
        ? []
        : seen.wanted
            .filter(({ name }) => there(seen, name) === undefined)
            .map(({ name }) => `Topic ${name} is missing.`),
    fix: 'Run `npx tidemark topics` with the PARTITIONS of the other topics.',
  },
  {
    id: 'kafka.prefix',
    looksAt: 'whether the topics begin as KAFKA_PREFIX says',
    severity: 'fault',
    find: (seen) =>
      when(
        isElsewhere(seen),
        `None of the topics of KAFKA_PREFIX=${named(seen.prefix.configured)} is there, and those of KAFKA_PREFIX=${seen.prefix.others.map(named).join(' and ')} are.`,
      ),
    fix: 'Set KAFKA_PREFIX as the topics were made, for all services; run `npx tidemark topics` if this is to be an installation of its own.',
    runbook: 'docs/operate/shared-kafka.md',
  },
  {
    id: 'kafka.partitions-unequal',
    looksAt: 'the number of partitions of the topics of a generation',
    severity: 'fault',
    find: (seen) => {
      const spread = ours(seen).filter(([, { partitions }]) => partitions > 1);
      const counts = spread.map(([{ partitions }]) => partitions.length);
      const most = Math.max(0, ...counts);
      return spread
        .filter(([{ partitions }]) => partitions.length !== most)
        .map(
          ([{ name, partitions }]) => `${name} has ${partitions.length} partitions, and others have ${most}.`,
        );
    },
    fix: 'Give all of them as many; what was counted has to be counted anew.',
    runbook: 'docs/runbooks/more-partitions.md',
  },
  {
    id: 'kafka.leader-missing',
    looksAt: 'whether every partition has a leader',
    severity: 'fault',
    find: ({ topics }) =>
      topics
        .filter(({ partitions }) => partitions.some(({ leader }) => leader < 0))
        .map(
          (topic) =>
            `${topic.name} has no leader for partition ${partitionsOf(topic, ({ leader }) => leader < 0)}.`,
        ),
    fix: 'Start the brokers that have these partitions.',
    runbook: 'docs/runbooks/kafka-slow.md',
  },
  {
    id: 'kafka.out-of-sync',
    looksAt: 'replicas that are behind',
    severity: 'warning',
    find: ({ topics }) =>
      topics
        .filter(({ partitions }) => partitions.some(({ inSync, replicas }) => inSync < replicas))
        .map(
          (topic) =>
            `${topic.name} lacks replicas of partition ${partitionsOf(topic, ({ inSync, replicas }) => inSync < replicas)}.`,
        ),
    fix: 'Find the broker that is away or slow.',
    runbook: 'docs/runbooks/kafka-slow.md',
  },
  {
    id: 'kafka.replication',
    looksAt: 'how many brokers have each record',
    severity: 'fault',
    find: (seen) => {
      const due = Math.min(3, seen.brokers.length);
      return [
        ...ours(seen).flatMap(([topic, wanted]) => (isTooFew(topic, wanted) ? [] : [topic])),
        ...seen.topics.filter(({ name }) => internal.includes(name)),
      ]
        .filter((topic) => fewestOf(topic) < due)
        .map(
          (topic) =>
            `${topic.name} has ${fewestOf(topic)} replicas on ${seen.brokers.length} brokers: losing one disk loses records.`,
        );
    },
    fix: 'Raise it with kafka-reassign-partitions.sh, and default.replication.factor of the brokers to 3.',
  },
  {
    id: 'kafka.replication-set',
    looksAt: 'whether topics have the copies that REPLICATION says',
    severity: 'fault',
    find: (seen) => {
      const copies = Math.max(1, ...seen.wanted.map((wanted) => wanted.copies ?? 1));
      if (copies > seen.brokers.length)
        return [
          `REPLICATION is ${copies}, more than there are brokers (${seen.brokers.length}): no topic can be made so.`,
        ];
      return ours(seen).flatMap(([topic, wanted]) =>
        when(
          isTooFew(topic, wanted),
          `${topic.name} has ${fewestOf(topic)} replicas instead of REPLICATION=${wanted.copies}: services refuse it.`,
        ),
      );
    },
    fix: 'Give the topics more with kafka-reassign-partitions.sh, or set REPLICATION to what they have. `npx tidemark topics` adds none.',
  },
  {
    id: 'kafka.min-insync',
    looksAt: 'how many brokers must have a record before it is acknowledged',
    severity: 'fault',
    find: (seen) =>
      ours(seen).flatMap(([topic, wanted]) => {
        // Named by the checks of what is set.
        if (isTooLax(topic, wanted) || isTooFew(topic, wanted)) return [];
        const { name, config } = topic;
        const least = Number(config['min.insync.replicas'] ?? 1);
        const replicas = fewestOf(topic);
        if (replicas >= 3 && least < 2)
          return [
            `${name} has min.insync.replicas=${least}: one broker alone acknowledges, and its loss loses records.`,
          ];
        return when(
          replicas > 1 && least >= replicas,
          `${name} has min.insync.replicas=${least} of ${replicas}: nothing is written while one broker is away.`,
        );
      }),
    fix: 'Set min.insync.replicas to 2 with 3 replicas, and to 1 with 2.',
  },
  {
    id: 'kafka.min-insync-set',
    looksAt: 'whether as many brokers acknowledge a record as MIN_INSYNC says',
    severity: 'fault',
    find: (seen) =>
      ours(seen).flatMap(([topic, wanted]) =>
        when(
          isTooLax(topic, wanted),
          `${topic.name} has min.insync.replicas=${topic.config['min.insync.replicas'] ?? 1} instead of MIN_INSYNC=${wanted.config['min.insync.replicas']}: services refuse it.`,
        ),
      ),
    fix: `${correctTopics} Or set MIN_INSYNC to less, if REPLICATION is less than 3.`,
  },
  {
    id: 'kafka.unclean-election',
    looksAt: 'whether a broker that lacks records may become leader',
    severity: 'fault',
    find: (seen) =>
      ours(seen)
        .filter(([{ config }]) => config['unclean.leader.election.enable'] === 'true')
        .map(([{ name }]) => `${name} allows unclean elections: acknowledged records may be lost.`),
    fix: 'Set unclean.leader.election.enable=false on the topics and the brokers.',
  },
  {
    id: 'kafka.retention',
    looksAt: 'how long events and facts are kept',
    severity: 'fault',
    find: settingOf(
      ['retention.ms', 'retention.bytes'],
      (is, expected, { isRead = false }) => isRead && isLess(is, expected),
    ),
    fix: `${correctTopics} Or set TOPIC_RETENTION to less, if no pause is ever that long.`,
  },
  {
    id: 'kafka.cleanup-policy',
    looksAt: 'whether topics are compacted or deleted, as they must be',
    severity: 'fault',
    find: settingOf(['cleanup.policy'], (is, expected) => is !== expected),
    fix: correctTopics,
  },
  {
    id: 'kafka.timestamp-type',
    looksAt: 'whose clock stamps records',
    severity: 'fault',
    find: settingOf(['message.timestamp.type'], (is, expected) => is !== expected),
    fix: correctTopics,
  },
  {
    id: 'kafka.message-bytes',
    looksAt: 'how large a record may be',
    severity: 'warning',
    find: settingOf(['max.message.bytes'], isLess),
    fix: 'Set max.message.bytes of the topic to the value named, and replica.fetch.max.bytes of the brokers to as much.',
  },
  {
    id: 'kafka.settings-differ',
    looksAt: 'other settings of topics',
    severity: 'warning',
    find: (seen) => {
      const names = new Set(
        seen.wanted.flatMap(({ config }) => Object.keys(config)).filter((name) => !vital.has(name)),
      );
      return settingOf([...names], (is, expected) => is !== expected)(seen);
    },
    fix: 'Nothing is wrong if this is meant; otherwise set it as named.',
  },
];
