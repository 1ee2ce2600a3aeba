/**
 * Reads as a member of a consumer group. Partition n of every topic goes to the same member. The caller
 * keeps the positions.
 *
 * With each rebalance a generation ends and another begins, in this order:
 *
 * 1. Nothing more of the old generation is delivered.
 * 2. `onRevoked` is called and awaited, so that work can be finished before the partitions move.
 * 3. The group is joined, and `onAssigned` is called.
 * 4. The caller calls `seek` for every partition. Nothing is read before that.
 *
 * Exactly-once does not depend on this: the producer of the next owner fences a member that is too slow.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, isFailure } from '@tidemark/service/failures';
import { within } from '@tidemark/service/shutdown';
import type { KafkaClient, OffsetOf } from './client.ts';
import { Membership } from './group-membership.ts';
import { type Delivery, type FetcherOptions, PartitionFetcher } from './partition-fetcher.ts';
import { failureOf } from './wire-errors.ts';

export type { Delivery, KafkaRecord } from './partition-fetcher.ts';

/** Records of one partition, with the generation. */
export type GroupDelivery = Delivery & { readonly generation: number };

/** Which group, and the functions it calls. */
export type GroupOptions = Omit<FetcherOptions, 'onDelivery' | 'onFatal'> & {
  readonly groupId: string;
  /** All with the same number of partitions. */
  readonly topics: readonly string[];
  /** Called when this member owns these partition numbers, of every topic. What it throws is fatal. */
  readonly onAssigned: (partitions: readonly number[], generation: number) => Promise<void> | void;
  /**
   * The generation is over: finish what is under way, begin nothing new before the next `onAssigned`,
   * which may give the same partitions back. Waited for, but no longer than `revokeWaitMs`.
   */
  readonly onRevoked: (generation: number) => Promise<void> | void;
  /** Takes what came; must not wait: `pause` when too much waits. What it throws is fatal. */
  readonly onBatch: (delivery: GroupDelivery) => void;
  /** Called once, when the group cannot go on: end the process, and be started anew. */
  readonly onFatal: (error: unknown) => void;
  /** Name of this instance, for static membership; see `MembershipOptions`. */
  readonly instanceId?: string | undefined;
  readonly sessionTimeoutMs?: number;
  readonly rebalanceTimeoutMs?: number;
  readonly heartbeatMs?: number;
  /** How long this member may be busy with one piece of work; see `MembershipOptions`. */
  readonly busyTimeoutMs?: number;
  readonly revokeWaitMs?: number;
};

/** A membership that runs. */
export type Group = {
  /** Reads a partition from `offset` on. Without effect for one that is not this member's. */
  readonly seek: (topic: string, partition: number, offset: number) => void;
  /** Fetches no more of this partition number, of any topic, until `resume`. */
  readonly pause: (partition: number) => void;
  readonly resume: (partition: number) => void;
  /**
   * Commits offsets (with metadata) as the member of that generation.
   *
   * @throws Failure `kafka.generation-over`: not committed, the partitions have another owner.
   * `kafka.unavailable`: unknown; the same commit may be tried again.
   */
  readonly commitOffsets: (generation: number, offsets: readonly OffsetOf[]) => Promise<void>;
  /**
   * Asks the coordinator whether the generation is still the present one.
   *
   * @throws Failure `kafka.generation-over` when it is not, or a rebalance has begun; `kafka.unavailable`.
   */
  readonly confirm: (generation: number) => Promise<void>;
  /** Whether this generation is still the present one. */
  readonly isCurrent: (generation: number) => boolean;
  /** Calls `onRevoked`, leaves the group and closes the connections, within some ten seconds. */
  readonly stop: () => Promise<void>;
};

const defaults = {
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 30_000,
  heartbeatMs: 1_000,
  revokeWaitMs: 5_000,
};
const joinPauseMs = { first: 50, most: 2_000 };

/** Joins the group and stays in it, whatever happens to brokers, until stopped. Returns at once. */
export function runGroup(client: KafkaClient, options: GroupOptions): Group {
  const running = new RunningGroup(client, { ...defaults, ...options });
  running.start();
  return {
    seek: (topic, partition, offset) => running.seek(topic, partition, offset),
    pause: (partition) => running.each(partition, (fetcher, one) => fetcher.pause(one)),
    resume: (partition) => running.each(partition, (fetcher, one) => fetcher.resume(one)),
    commitOffsets: (generation, offsets) => running.commitOffsets(generation, offsets),
    confirm: (generation) => running.confirm(generation),
    isCurrent: (generation) => running.isCurrent(generation),
    stop: () => running.stop(),
  };
}

class RunningGroup {
  readonly #client: KafkaClient;
  readonly #options: GroupOptions & typeof defaults;
  readonly #membership: Membership;
  readonly #fetcher: PartitionFetcher;
  readonly #stopping = new AbortController();
  #generation = 0;
  /** The partitions of the present generation; `undefined` between two. */
  #assigned: ReadonlySet<number> | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(client: KafkaClient, options: GroupOptions & typeof defaults) {
    this.#client = client;
    this.#options = options;
    const { heartbeatMs, busyTimeoutMs: timeoutMs } = options;
    const busy = timeoutMs === undefined ? undefined : { heartbeatMs, timeoutMs };
    this.#membership = new Membership(client, { ...options, busy });
    this.#fetcher = new PartitionFetcher(client, {
      ...options,
      onDelivery: (delivery) => options.onBatch({ ...delivery, generation: this.#generation }),
      onFatal: (error) => this.#fatal(error),
    });
  }

  start(): void {
    this.#loop = this.#run();
  }

  seek(topic: string, partition: number, offset: number): void {
    if (this.#assigned?.has(partition)) this.#fetcher.read({ topic, partition }, offset);
  }

  each(
    partition: number,
    act: (fetcher: PartitionFetcher, one: { topic: string; partition: number }) => void,
  ): void {
    for (const topic of this.#options.topics) act(this.#fetcher, { topic, partition });
  }

  isCurrent(generation: number): boolean {
    return this.#assigned !== undefined && generation === this.#generation;
  }

  async commitOffsets(generation: number, offsets: readonly OffsetOf[]): Promise<void> {
    this.#assertCurrent(generation, 'committing offsets');
    await this.#membership.commit(offsets);
  }

  async confirm(generation: number): Promise<void> {
    this.#assertCurrent(generation, 'a heartbeat');
    await this.#membership.confirm();
  }

  #assertCurrent(generation: number, doing: string): void {
    if (!this.isCurrent(generation))
      throw new Failure('kafka.generation-over', `${doing} in generation ${generation}`);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await within(this.#options.revokeWaitMs + 2_000, `group ${this.#options.groupId}`, this.#loop).catch(
      (error: unknown) => this.#client.log.warn({ err: error }, 'The group did not end its work in time.'),
    );
    await within(2_000, `leaving ${this.#options.groupId}`, this.#membership.leave()).catch(
      (error: unknown) =>
        this.#client.log.warn({ err: error }, 'The group was not left; the session will time out.'),
    );
    await this.#fetcher.stop();
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopping.signal.aborted) {
      try {
        const partitions = await this.#join();
        if (partitions === undefined) return;
        failures = 0;
        this.#begin(partitions);
        await this.#stay();
      } catch (error) {
        const failure = failureOf(error, 'the group');
        if (failure.retry === 'never') return this.#fatal(failure);
        failures += 1;
        const ms = Math.min(joinPauseMs.first * 2 ** failures, joinPauseMs.most);
        if (!isFailure(failure, 'kafka.generation-over')) {
          this.#client.log.warn({ err: failure, failures }, 'The group is out of reach; trying again.');
        }
        await this.#pause(ms);
      } finally {
        await this.#end();
      }
    }
  }

  /** Joins; `undefined` when stopped meanwhile. */
  async #join(): Promise<readonly number[] | undefined> {
    const stopped = Promise.withResolvers<undefined>();
    const onAbort = (): void => stopped.resolve(undefined);
    this.#stopping.signal.addEventListener('abort', onAbort);
    try {
      const joining = this.#membership.join();
      // When stopped, nobody waits for the join any more.
      joining.catch(() => undefined);
      return await Promise.race([joining, stopped.promise]);
    } finally {
      this.#stopping.signal.removeEventListener('abort', onAbort);
    }
  }

  #begin(partitions: readonly number[]): void {
    // A seek after the end of the last generation has no effect.
    this.#fetcher.forgetAll();
    this.#generation += 1;
    this.#assigned = new Set(partitions);
    const { groupId } = this.#options;
    this.#client.log.info({ groupId, partitions, generation: this.#generation }, 'Partitions assigned.');
    const telling = async (): Promise<void> => this.#options.onAssigned(partitions, this.#generation);
    // It does not wait: a restore may take longer than a session, and heartbeats must go on.
    telling().catch((error: unknown) => this.#fatal(error));
  }

  /** Heartbeats until the generation is over. */
  async #stay(): Promise<void> {
    let heardAt = performance.now();
    while (!this.#stopping.signal.aborted) {
      await this.#pause(this.#options.heartbeatMs);
      if (this.#stopping.signal.aborted) return;
      const pulse = await this.#membership.beat();
      if (pulse === 'over') return;
      if (pulse === 'steady') heardAt = performance.now();
      // After a session without an answer, Kafka takes this member for dead and gives its partitions to others.
      else if (performance.now() - heardAt > this.#options.sessionTimeoutMs) return;
    }
  }

  /** Ends the generation, if one is under way: stops delivering, lets the caller finish. */
  async #end(): Promise<void> {
    if (this.#assigned === undefined) return;
    this.#fetcher.forgetAll();
    const telling = async (): Promise<void> => this.#options.onRevoked(this.#generation);
    // The group waits for this member while it heartbeats; and until then its commits are still taken.
    const beating = setInterval(() => {
      this.#membership.beat().catch(() => undefined);
    }, this.#options.heartbeatMs);
    try {
      await within(this.#options.revokeWaitMs, 'what was under way', telling());
    } catch (error) {
      this.#client.log.warn({ err: error, generation: this.#generation }, 'A generation ended in disorder.');
    } finally {
      clearInterval(beating);
      this.#assigned = undefined;
    }
  }

  #fatal(error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    this.#options.onFatal(error);
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}
