import type { Logger } from 'pino';
import { Failure } from '@tidemark/service/failures';
import type { Family } from '@tidemark/events/families';
import type { Delivery } from '@tidemark/kafka/partition-fetcher';
import { Task } from '@tidemark/runtime/task';
import { taskId } from '@tidemark/topics/generation';
import { BatchCounter, type Kept, type Prepared } from './batch-counter.ts';
import { nextTick } from './commit-pace.ts';
import { Inbox } from './inbox.ts';
import { restoreStore } from './restore-store.ts';
import type { ProcessorContext } from './context.ts';
import { TransactionalProducer } from '@tidemark/kafka/transactional-producer';
import { decodePositions, positionsId } from './positions.ts';
import { offsetsOfGroup, startOffsets } from './start-offsets.ts';
import type { StorePosition, TaskStore } from './store.ts';
import { batchRecordsMax, ofBatch, type Suspects } from './suspects.ts';

/** How often a task looks whether something fell due when no records come; all at once, so that who reads it is woken once. */
const lookEveryMs = 500;
/** Committed records that are kept off the disk at most. */
const unwrittenMax = 4_000;
const flushEveryMs = 5_000;
type Suspension = { readonly parked: PromiseWithResolvers<void>; readonly over: PromiseWithResolvers<void> };

type Work = Kept & { readonly counter: BatchCounter };

/**
 * One task: everything of one partition number, from the start to its first failure. After that another one begins where
 * the last commit was.
 *
 * The order of the start is the guarantee: 1. fence, so that nobody else can commit for this partition any more and what
 * they left open is aborted; 2. read the committed offsets, which are final now, and who was forgotten; 3. restore the state to the end
 * of the changelog; 4. read on from where the state stands.
 */
export class TaskRunner {
  readonly partition: number;
  readonly #context: ProcessorContext;
  readonly #log: Logger;
  readonly #producer: TransactionalProducer;
  readonly #suspects: Suspects;
  #store: TaskStore | undefined;
  /** Once it is restored. */
  #work: Work | undefined;
  #changelog: StorePosition;
  #paused = false;
  #stopping = false;
  #suspension: Suspension | undefined;
  #loop: Promise<void> = Promise.resolve();
  #wake: () => void = () => undefined;
  #lastFlushAt = 0;
  #lastCommitAt = -Infinity;
  /** @param suspects What is known of records that made earlier lives of this task fail. */
  constructor(partition: number, context: ProcessorContext, suspects: Suspects) {
    this.partition = partition;
    this.#suspects = suspects;
    this.#context = context;
    this.#log = context.log.child({ partition });
    this.#changelog = { stamp: context.stamp, state: 0, counters: 0 };
    this.#producer = new TransactionalProducer(context.client, {
      transactionalId: taskId(context.groupId, partition),
    });
  }

  /** Records received and not yet processed, by family. */
  get lag(): ReadonlyMap<Family, number> {
    return this.#work?.inbox.lag ?? new Map();
  }

  /** Whether it has been restored and works. */
  get isReady(): boolean {
    return this.#work !== undefined;
  }

  /** What is stored of its entities; `undefined` while it is not restored, and once it is to end. */
  get stored(): TaskStore | undefined {
    return this.#stopping ? undefined : this.#work?.store;
  }

  /**
   * Gets ready and starts to work; `onFailed` is called once when it can't go on.
   *
   * @param rebuild Whether to throw the store away first, because it is damaged.
   * @throws Failure, or the signal's reason, when it can't get ready.
   */
  async start(signal: AbortSignal, rebuild: boolean, onFailed: (error: unknown) => void): Promise<void> {
    const { now, partitions } = this.#context;
    await this.#producer.fence();
    const committed = await offsetsOfGroup(this.#context, this.partition);
    const forgotten = await this.#context.forgotten();
    const startedAt = now();
    const { store, position } = await restoreStore({
      directory: `${this.#context.storeDirectory}/${this.partition}`,
      partition: this.partition,
      context: this.#context,
      log: this.#log,
      signal,
      rebuild,
    });
    this.#store = store;
    this.#changelog = position;
    const counted = store.get('entities', positionsId);
    const starts = await startOffsets(
      this.#context,
      this.partition,
      committed,
      counted && decodePositions(counted),
    );
    const task = new Task({
      definitions: this.#context.definitions,
      partition: this.partition,
      codec: this.#context.codec,
      entities: { get: (id) => store.get('entities', id) },
      counters: { get: (id) => store.get('counters', id) },
      countersKeptMs: this.#context.countersKeptMs,
      retention: this.#context.retention,
      cacheBytes: this.#context.cacheBytes / partitions,
      wakesPerBatchMax: this.#suspects.wakesMax,
    });
    for (const key of await store.counterKeys()) task.restoreBucket(key);
    this.#context.telemetry.restoreSeconds.set(
      { partition: String(this.partition) },
      (now() - startedAt) / 1000,
    );
    this.#log.info({ durationMs: now() - startedAt }, 'Task restored.');
    signal.throwIfAborted();
    const kept = { task, inbox: new Inbox(starts), store, forgotten };
    const counter = new BatchCounter(this.partition, this.#context, this.#log, this.#suspects, kept);
    const work = { ...kept, counter };
    // Events that were passed over stay so, whatever comes or does not come next.
    const moved = await counter.count([], false);
    if (moved !== undefined) await this.#commit(work, moved);
    this.#work = work;
    this.#context.announceVersions();
    this.#readOn(work.inbox);
    this.#loop = this.#run(work).catch((error: unknown) => {
      if (!this.#stopping) onFailed(error);
    });
  }

  /** Takes in what was fetched; asks for a pause when there is enough. */
  offer(family: Family, { records, nextOffset, end }: Delivery): void {
    if (this.#stopping || this.#work === undefined) return;
    const { inbox } = this.#work;
    inbox.offer(family, records, nextOffset, end);
    if (inbox.isFull && !this.#paused) {
      this.#paused = true;
      this.#context.reader().pause(this.partition);
    }
    if (records.length > 0) this.#wake();
  }

  /** Finishes the transaction under way, puts the state on disk, and closes. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#suspension?.over.resolve();
    this.#wake();
    await this.#loop;
    await this.#producer.close();
    await this.#store?.close();
  }

  /**
   * Finishes the transaction under way and begins no other before `resume`: between two generations of the group the
   * partition may go to somebody else.
   */
  async suspend(): Promise<void> {
    if (this.#suspension !== undefined || this.#stopping) return;
    this.#suspension = { parked: Promise.withResolvers(), over: Promise.withResolvers() };
    this.#wake();
    if (this.#work !== undefined) await Promise.race([this.#suspension.parked.promise, this.#loop]);
  }

  /** Goes on after `suspend`: the partition is still this task's. */
  resume(): void {
    const suspension = this.#suspension;
    this.#suspension = undefined;
    if (this.#work !== undefined) this.#readOn(this.#work.inbox);
    suspension?.over.resolve();
  }

  /** Asks for what follows what is in the inbox. */
  #readOn(inbox: Inbox): void {
    const { names, reader: readerOf } = this.#context;
    const reader = readerOf();
    for (const [family, offset] of inbox.positions)
      reader.seek(names.eventsOf(family), this.partition, offset);
    if (this.#paused) reader.pause(this.partition);
  }

  async #run(work: Work): Promise<void> {
    let underWay: Promise<void> = Promise.resolve();
    const leave = this.#context.commitPace.join();
    try {
      while (!this.#stopping) {
        await this.#untilWork(work);
        if (this.#stopping) break;
        if (this.#suspension !== undefined) {
          const { parked, over } = this.#suspension;
          await underWay;
          parked.resolve();
          await over.promise;
          continue;
        }
        const batch = await this.#prepare(work);
        // The next batch is computed while this one commits; what either changed is thrown away with the task when one fails.
        await underWay;
        underWay = Promise.resolve();
        if (batch !== undefined) {
          underWay = this.#commit(work, batch);
          underWay.catch(() => undefined);
        }
      }
      await underWay;
      await this.#flush(work);
    } catch (error) {
      await underWay.catch(() => undefined);
      throw error;
    } finally {
      leave();
    }
  }

  /** Waits for records, paced so that a trickle shares transactions; or until it is time to look what fell due. */
  async #untilWork({ inbox, counter }: Work): Promise<void> {
    const { commitPace } = this.#context;
    // Of a clock that is never set: a wall clock that is set back would stop the task until it has caught up.
    const lookAt = nextTick(performance.now(), lookEveryMs);
    for (;;) {
      if (this.#stopping || this.#suspension !== undefined || counter.isMoreDue) return;
      if (inbox.size >= batchRecordsMax) return;
      const readyAt = inbox.size > 0 ? commitPace.nextAt(this.#lastCommitAt, inbox.size) : lookAt;
      const waitMs = readyAt - performance.now();
      if (waitMs <= 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Counts in what waits. Nothing is published yet; `undefined` when there is nothing to publish. */
  async #prepare(work: Work): Promise<Prepared | undefined> {
    const { recordsMax, timePasses } = this.#suspects.next();
    const records = work.inbox.take(recordsMax);
    if (this.#paused && work.inbox.hasRoom) {
      this.#paused = false;
      this.#context.reader().resume(this.partition);
    }
    return work.counter.count(records, timePasses);
  }

  async #commit(work: Work, { records, sends, offsets, trace }: Prepared): Promise<void> {
    const { now, telemetry, groupId, names } = this.#context;
    const startedAt = now();
    this.#lastCommitAt = performance.now();
    const committing = this.#producer.commit({ sends, offsets, groupId });
    await (trace?.untilCommitted(committing) ?? committing).catch((error: unknown) => {
      throw ofBatch(error, records);
    });
    this.#suspects.committed(records);
    this.#context.commitPace.committed(now() - startedAt);
    telemetry.transactionSeconds.observe((now() - startedAt) / 1000);
    work.store.committed();
    const written = (topic: string): number =>
      sends.find((send) => send.topic === topic && send.partition === this.partition)?.records.length ?? 0;
    // This task is the only writer, so its records follow each other; the commit marker makes the true offset larger still.
    this.#changelog = {
      ...this.#changelog,
      state: this.#changelog.state + written(names.state),
      counters: this.#changelog.counters + written(names.counters),
    };
    if (work.store.unwritten > unwrittenMax || now() - this.#lastFlushAt > flushEveryMs)
      await this.#flush(work);
  }

  async #flush({ store }: Work): Promise<void> {
    if (store.unwritten > 0) await store.flush(this.#changelog);
    this.#lastFlushAt = this.#context.now();
  }
}

/** Whether a failed task may be made anew in this process. */
export function mayRestart(error: unknown): boolean {
  return !(error instanceof Failure) || error.retry !== 'never';
}
