/** A cluster of brokers on the virtual clock. What is written to it stays; leaders and coordinators come and go. */
import { between, chance, type Draw, pick } from '@tidemark/metrics/histories/draw.fixtures';
import { type OffsetOf, partitionKey, type TopicPartition } from '@tidemark/kafka/client';
import type { Clock } from '../clock.ts';
import { GroupCoordinator, type GroupRules } from './groups.ts';
import { type LogRules, PartitionLog, type Read } from './log.ts';
import { TransactionCoordinator, type TransactionRules } from './transactions.ts';

/** A topic of the cluster. */
export type SimulatedTopic = {
  readonly name: string;
  readonly partitions: number;
  readonly isCompacted: boolean;
  readonly hasAppendTime: boolean;
};

/** Rules of Kafka that the cluster keeps. A planted fault turns one off, of all topics or of some. */
export type KafkaRules = TransactionRules & GroupRules & LogRules;

/** Kafka as it is. */
export const kafkaRules: KafkaRules = {
  fences: true,
  raisesEpoch: true,
  fenceWaits: true,
  offsetsInTransaction: true,
  keepsDecisions: true,
  checksGeneration: true,
  keepsMetadata: true,
  endsAtOpenTransactions: true,
  namesAborted: true,
  knowsRepeats: true,
  keepsNewest: true,
};

/** One broker. */
export type SimulatedBroker = { readonly nodeId: number; isUp: boolean };

const brokersCount = 3;
/** Nobody leads. */
const nobody = -1;

/** See the head of the file. */
export class SimulatedCluster {
  readonly brokers: readonly SimulatedBroker[];
  readonly transactions: TransactionCoordinator;
  readonly groups: GroupCoordinator;
  /** Which transactions its brokers have. */
  readonly transactionVersion: 1 | 2;
  readonly #clock: Clock;
  /** No answer has more bytes of a partition, unless its first batch alone has. */
  readonly #bytesMax: number;
  readonly #epochMs: number;
  readonly #draw: Draw;
  readonly #topics = new Map<string, number>();
  readonly #logs = new Map<string, PartitionLog>();
  readonly #leaders = new Map<string, number>();
  readonly #coordinators = new Map<string, number>();
  readonly #waiting = new Set<{ readonly partitions: ReadonlySet<string>; readonly look: () => void }>();

  /**
   * @param epochMs The begin of the run, in milliseconds since the epoch, by the brokers' clocks.
   * @param rulesOf The rules that a topic's partitions keep.
   */
  constructor(
    clock: Clock,
    draw: Draw,
    epochMs: number,
    topics: readonly SimulatedTopic[],
    rules: KafkaRules,
    rulesOf: (topic: string) => LogRules = () => rules,
  ) {
    this.#clock = clock;
    this.#draw = draw;
    this.#epochMs = epochMs;
    this.#bytesMax = pick(draw, [500, 5_000, 1_000_000]);
    this.transactionVersion = pick<1 | 2>(draw, [1, 2, 2]);
    this.brokers = Array.from({ length: brokersCount }, (_, nodeId) => ({ nodeId, isUp: true }));
    for (const topic of topics) {
      this.#topics.set(topic.name, topic.partitions);
      for (let partition = 0; partition < topic.partitions; partition++) {
        const key = partitionKey({ topic: topic.name, partition });
        this.#logs.set(key, new PartitionLog(topic, rulesOf(topic.name)));
        this.#leaders.set(key, draw.below(brokersCount));
      }
    }
    this.groups = new GroupCoordinator(clock, rules);
    this.transactions = new TransactionCoordinator(
      clock,
      {
        mark: (key, producerId, epoch, isCommit) => {
          this.#logs.get(key)!.mark(producerId, epoch, isCommit, this.wallClock);
          this.#changed(key);
        },
        markOffsets: (group, producerId, isCommit) => this.groups.mark(group, producerId, isCommit),
        commitOffsets: (group, producerId, offsets) =>
          this.groups.commitInTransaction(group, producerId, offsets),
      },
      rules,
      {
        markerMs: () => (chance(draw, 1) ? between(draw, 200, 4_000) : between(draw, 1, 40) / 10),
        forgets: () => draw.below(20) === 0,
        epochMax: pick(draw, [3, 10, 32_766]),
      },
    );
  }

  /** Milliseconds since the epoch, by the brokers' clocks. */
  get wallClock(): number {
    return Math.floor(this.#epochMs + this.#clock.now);
  }

  partitionsOf(topic: string): number {
    return this.#topics.get(topic) ?? 0;
  }

  log(where: TopicPartition): PartitionLog | undefined {
    return this.#logs.get(partitionKey(where));
  }

  /** The broker that leads a partition; −1 for nobody. */
  leaderOf(where: TopicPartition): number {
    return this.#leaders.get(partitionKey(where)) ?? nobody;
  }

  /** The broker that coordinates a group or the transactions of an id; `undefined` while none does. */
  coordinatorOf(name: string): SimulatedBroker | undefined {
    let nodeId = this.#coordinators.get(name);
    if (nodeId === undefined) {
      nodeId = this.#anyUp().nodeId;
      this.#coordinators.set(name, nodeId);
    }
    const broker = this.brokers[nodeId];
    return broker?.isUp === true ? broker : undefined;
  }

  /** Appends a batch to a partition, as its leader does. */
  append(where: TopicPartition, bytes: Buffer): { readonly errorCode: number; readonly baseOffset: number } {
    const appended = this.log(where)!.append(bytes, this.wallClock);
    this.#changed(partitionKey(where));
    return appended;
  }

  /** Reads when there is something to read, or at the end of the wait. */
  readWhenThere(
    asked: readonly (TopicPartition & { readonly offset: number; readonly bytesMax: number })[],
    maxWaitMs: number,
    answer: (read: readonly (TopicPartition & Read)[]) => void,
  ): void {
    const read = (): (TopicPartition & Read)[] =>
      asked.map(({ topic, partition, offset, bytesMax }) => ({
        topic,
        partition,
        ...this.log({ topic, partition })!.read(offset, Math.min(bytesMax, this.#bytesMax)),
      }));
    const isSomething = (found: readonly Read[]): boolean =>
      found.some(({ errorCode, bytes }) => errorCode !== 0 || bytes.length > 0);
    const found = read();
    if (isSomething(found)) return answer(found);
    const waiting = {
      partitions: new Set(asked.map(partitionKey)),
      look: (): void => {
        const now = read();
        if (isSomething(now)) end(now);
      },
    };
    const timeout = this.#clock.after(maxWaitMs, () => end(read()));
    const end = (now: (TopicPartition & Read)[]): void => {
      timeout.isCancelled = true;
      this.#waiting.delete(waiting);
      answer(now);
    };
    this.#waiting.add(waiting);
  }

  /** Where a group stands, whatever broker one asks. */
  committed(group: string, where: TopicPartition): OffsetOf | undefined {
    const kept = this.groups.offset(group, partitionKey(where));
    return kept && { ...where, ...kept };
  }

  /** A broker ends; what it led and coordinated is taken over a little later. */
  stop(broker: SimulatedBroker): void {
    broker.isUp = false;
    for (const places of [this.#leaders, this.#coordinators])
      for (const [key, nodeId] of places)
        if (nodeId === broker.nodeId) {
          places.set(key, nobody);
          this.#clock.after(between(this.#draw, 50, 1_500), () => {
            if (places.get(key) === nobody) places.set(key, this.#anyUp().nodeId);
          });
        }
  }

  start(broker: SimulatedBroker): void {
    broker.isUp = true;
  }

  /** Another broker leads, or coordinates, one of what it could. */
  move(): void {
    const places = pick(this.#draw, [this.#leaders, this.#coordinators]);
    const keys = [...places.keys()];
    const key = keys[this.#draw.below(keys.length)];
    if (key !== undefined) places.set(key, this.#anyUp().nodeId);
  }

  /** Compacts one of the compacted partitions. */
  compact(oldBeforeMs: number): void {
    const logs = [...this.#logs.values()].filter(({ isCompacted }) => isCompacted);
    const log = logs[this.#draw.below(logs.length)];
    log?.compact(log.stableEnd - this.#draw.below(20), this.wallClock - oldBeforeMs);
  }

  #anyUp(): SimulatedBroker {
    const up = this.brokers.filter(({ isUp }) => isUp);
    return up[this.#draw.below(up.length)]!;
  }

  #changed(key: string): void {
    for (const waiting of this.#waiting) if (waiting.partitions.has(key)) waiting.look();
  }
}
