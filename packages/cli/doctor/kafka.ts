import type { WantedTopic } from '@tidemark/kafka/topic-settings';
import { type Check, when } from './check.ts';

/** What is seen before Kafka lets anybody in. */
export type KafkaAccess = {
  readonly brokers: readonly string[];
  /** Why it does not; `undefined` when it does. */
  readonly refused:
    | { readonly reason: 'away' | 'login' | 'rights' | 'other'; readonly message: string }
    | undefined;
};

/** One topic as it is. */
export type SeenTopic = {
  readonly name: string;
  readonly partitions: readonly {
    readonly leader: number;
    readonly replicas: number;
    readonly inSync: number;
  }[];
  readonly config: Readonly<Record<string, string>>;
};

/** A consumer group: how many members it has, and how many records it is behind. */
export type SeenGroup = {
  readonly service: 'processor' | 'sink';
  readonly id: string;
  readonly members: number;
  readonly behind: number;
};

/** What is seen of a Kafka that answers. */
export type KafkaSeen = {
  readonly brokers: readonly {
    readonly id: number;
    /** Whether it knows the requests of Kafka 3. */
    readonly isCurrent: boolean;
    readonly config: Readonly<Record<string, string>>;
  }[];
  readonly topics: readonly SeenTopic[];
  /** `KAFKA_PREFIX`, and what the topics of other installations begin with. */
  readonly prefix: { readonly configured: string; readonly others: readonly string[] };
  /** Topics as they should be; how many partitions is no matter. */
  readonly wanted: readonly WantedTopic[];
  readonly retentionMs: number;
  readonly groups: readonly SeenGroup[];
  readonly transactions: readonly {
    readonly id: string;
    readonly openMs: number;
    readonly timeoutMs: number;
  }[];
  /** Dead letters of the last day that were not re-published. */
  readonly deadLetters: number;
  readonly generation: {
    /** That of the services' settings. */
    readonly configured: number;
    readonly serving: number;
    /** Those that a recount has made. */
    readonly made: readonly number[];
  };
};

const behindMax = 100_000;
const transactionTimeoutMs = 30_000;

/** Checks of whether Kafka can be used at all. */
export const kafkaAccessChecks: readonly Check<KafkaAccess>[] = [
  {
    id: 'kafka.unreachable',
    looksAt: 'whether a broker answers',
    severity: 'fault',
    find: ({ brokers, refused }) =>
      when(
        refused?.reason === 'away',
        `Kafka at ${brokers.join(', ')} does not answer: ${refused?.message}.`,
      ),
    fix: 'Start Kafka (`npx tidemark start` has one), or correct KAFKA_BROKERS; with TLS, KAFKA_SSL.',
    runbook: 'docs/runbooks/service-down.md',
  },
  {
    id: 'kafka.refused',
    looksAt: 'whether Kafka answers what the doctor asks',
    severity: 'fault',
    find: ({ refused }) => when(refused?.reason === 'other', `Kafka refuses to answer: ${refused?.message}.`),
    fix: 'Look at the sentence: it is an error of Kafka.',
  },
  {
    id: 'kafka.login',
    looksAt: 'whether Kafka takes the password',
    severity: 'fault',
    find: ({ refused }) => when(refused?.reason === 'login', `Kafka refuses the login: ${refused?.message}.`),
    fix: 'Correct KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD and KAFKA_SASL_MECHANISM.',
  },
  {
    id: 'kafka.rights',
    looksAt: 'whether the user may look at topics and groups',
    severity: 'fault',
    find: ({ refused }) =>
      when(refused?.reason === 'rights', `Kafka lets this user not look: ${refused?.message}.`),
    fix: 'Grant the user Describe and DescribeConfigs on topics, groups and the cluster.',
  },
];

/** Checks of brokers, groups and transactions. */
export const brokerChecks: readonly Check<KafkaSeen>[] = [
  {
    id: 'kafka.version',
    looksAt: 'the version of the brokers',
    severity: 'fault',
    find: ({ brokers }) =>
      brokers.filter(({ isCurrent }) => !isCurrent).map(({ id }) => `Broker ${id} is older than Kafka 3.0.`),
    fix: 'Upgrade the broker; tidemark is tested with Kafka 4.4.',
  },
  {
    id: 'kafka.offsets-retention',
    looksAt: 'how long brokers remember where a stopped service stood',
    severity: 'warning',
    find: ({ brokers, retentionMs }) =>
      brokers.flatMap(({ id, config }) => {
        const minutes = Number(config['offsets.retention.minutes'] ?? Infinity);
        return when(
          minutes * 60_000 < retentionMs,
          `Broker ${id} forgets offsets after ${minutes} minutes, before it deletes what was not read.`,
        );
      }),
    fix: 'Set offsets.retention.minutes of the brokers to 43200 or more.',
    runbook: 'docs/runbooks/sink-positions.md',
  },
  {
    id: 'kafka.transaction-timeout',
    looksAt: 'how long a transaction may take',
    severity: 'fault',
    find: ({ brokers }) =>
      brokers.flatMap(({ id, config }) => {
        const most = Number(config['transaction.max.timeout.ms'] ?? Infinity);
        return when(
          most < transactionTimeoutMs,
          `Broker ${id} allows transactions of ${most} ms, and the processor asks for ${transactionTimeoutMs}.`,
        );
      }),
    fix: 'Set transaction.max.timeout.ms of the brokers to 60000 or more.',
  },
  {
    id: 'kafka.auto-create',
    looksAt: 'whether a misspelt topic is made by itself',
    severity: 'warning',
    find: ({ brokers }) =>
      brokers
        .filter(({ config }) => config['auto.create.topics.enable'] === 'true')
        .map(({ id }) => `Broker ${id} makes topics by itself, with settings that services refuse.`),
    fix: 'Set auto.create.topics.enable=false on the brokers.',
  },
  {
    id: 'kafka.hanging-transactions',
    looksAt: 'transactions that are open for longer than they may',
    severity: 'fault',
    find: ({ transactions }) =>
      transactions
        .filter(({ openMs, timeoutMs }) => openMs > 2 * timeoutMs)
        .map(
          ({ id, openMs }) =>
            `Transaction ${id} is open for ${Math.round(openMs / 1000)} s: nobody reads past it.`,
        ),
    fix: 'Find it with kafka-transactions.sh find-hanging, and end it with kafka-transactions.sh abort.',
    runbook: 'docs/runbooks/kafka-slow.md',
  },
  {
    id: 'lag.nobody-reads',
    looksAt: 'groups without members that are behind',
    severity: 'fault',
    find: ({ groups }) =>
      groups
        .filter(({ members, behind }) => members === 0 && behind > 0)
        .map(
          ({ service, id, behind }) =>
            `No ${service} runs (group ${id}), and ${behind} records wait for one.`,
        ),
    fix: 'Start it; its log says why it ended.',
    runbook: 'docs/runbooks/service-down.md',
  },
  {
    id: 'lag.processor',
    looksAt: 'events that are not counted yet',
    severity: 'fault',
    find: ({ groups }) => behindOf(groups, 'processor'),
    fix: 'Start more processors, up to one for each partition, or find what makes it slow.',
    runbook: 'docs/runbooks/processor-behind.md',
  },
  {
    id: 'lag.sink',
    looksAt: 'facts that are not in ClickHouse yet',
    severity: 'fault',
    find: ({ groups }) => behindOf(groups, 'sink'),
    fix: 'Look whether ClickHouse refuses inserts or is slow.',
    runbook: 'docs/runbooks/sink-behind.md',
  },
  {
    id: 'dead-letters.recent',
    looksAt: 'records of the last day that could not be counted',
    severity: 'warning',
    find: ({ deadLetters }) =>
      when(
        deadLetters > 0,
        `${deadLetters} records became dead letters within a day, and were not re-published.`,
      ),
    fix: '`npx tidemark dead-letters list` says why.',
    runbook: 'docs/runbooks/dead-letters.md',
  },
  {
    id: 'generation.unknown',
    looksAt: 'whether the generation of the settings exists',
    severity: 'fault',
    find: ({ generation: { configured, made } }) =>
      when(
        configured !== 1 && !made.includes(configured),
        `GENERATION is ${configured}, and no recount has made it.`,
      ),
    fix: 'Correct GENERATION; `npx tidemark recount start` makes the next one.',
    runbook: 'docs/runbooks/recount.md',
  },
  {
    id: 'generation.not-serving',
    looksAt: 'whether the generation of the settings is the one that is shown',
    severity: 'warning',
    find: ({ generation: { configured, serving } }) =>
      when(configured !== serving, `GENERATION is ${configured}, and generation ${serving} serves.`),
    fix: 'Right during a recount; otherwise set GENERATION to the one that serves.',
    runbook: 'docs/runbooks/recount.md',
  },
];

function behindOf(groups: readonly SeenGroup[], service: SeenGroup['service']): readonly string[] {
  return groups
    .filter((group) => group.service === service && group.members > 0 && group.behind > behindMax)
    .map(({ id, behind }) => `The ${service} is ${behind} records behind (group ${id}).`);
}
