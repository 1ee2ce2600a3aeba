import type { Logger } from 'pino';
import { Failure } from '@tidemark/service/failures';
import { topicOf, type Family } from '@tidemark/events/families';
import type { Delivery } from '@tidemark/kafka/partition-fetcher';
import { Task, type KeyedRecord } from '@tidemark/runtime/task';
import { takeInBatch } from './batch-intake.ts';
import { traceBatch, type BatchTrace } from './batch-trace.ts';
import { Inbox, type InboxRecord } from './inbox.ts';
import { joinSends, outputSends } from './outgoing.ts';
import { restoreStore } from './restore-store.ts';
import type { ProcessorContext } from './context.ts';
import type { OffsetOf } from '@tidemark/kafka/client';
import { TransactionalProducer, type Send } from '@tidemark/kafka/transactional-producer';
import { startOffsets } from './start-offsets.ts';
import { encodeStamp, partitionsNote, stampId } from './stamp.ts';
import { forgottenVoidDeadLetters, revokedDeadLetters } from './dead-letters.ts';
import type { StorePosition, TaskStore } from './store.ts';
import { batchRecordsMax, ofBatch, voidOf, type Counted, type Suspects } from './suspects.ts';

/** How often a task looks whether something fell due when no records come. */
const wakeEveryMs = 250;
/** How often a task says how far it has counted when nothing else happens. */
const progressEveryMs = 5_000;
/** Committed records that are kept off the disk at most. */
const unwrittenMax = 4_000;
const flushEveryMs = 5_000;
/** What purchases are behind by at most while all goes well: so much later than they, carts do not wait for them. */
const purchasesBehindMaxMs = 5_000;

type Suspension = { readonly parked: PromiseWithResolvers<void>; readonly over: PromiseWithResolvers<void> };

type Work = { readonly task: Task; readonly inbox: Inbox; readonly store: TaskStore };

/** The content of one transaction. */
type Prepared = {
  readonly records: readonly InboxRecord[];
  readonly sends: readonly Send[];
  readonly offsets: readonly OffsetOf[];
  readonly trace: BatchTrace | undefined;
};

/**
 * One task: everything of one partition number, from the start to its first failure. After that another one begins where
 * the last commit was.
 *
 * The order of the start is the guarantee: 1. fence, so that nobody else can commit for this partition any more and what
 * they left open is aborted; 2. read the committed offsets, which are final now; 3. restore the state to the end of the
 * changelog; 4. read on from the offsets.
 */
export class TaskRunner {
  readonly partition: number;
  readonly #context: ProcessorContext;
  readonly #log: Logger;
  readonly #producer: TransactionalProducer;
  readonly #suspects: Suspects;
  /** Entities woken in one batch at most. */
  readonly #wakesMax: number;
  #store: TaskStore | undefined;
  /** Once it is restored. */
  #work: Work | undefined;
  #changelog: StorePosition;
  #paused = false;
  #stopping = false;
  #moreIsDue = false;
  #suspension: Suspension | undefined;
  #loop: Promise<void> = Promise.resolve();
  #wake: () => void = () => undefined;
  #lastFlushAt = 0;
  #lastProgressAt = 0;
  #lastCommitAt = 0;
  /** All purchases received before are counted, and what was derived from them is in this task. */
  #purchasesThrough = -Infinity;

  /** @param suspects What is known of records that made earlier lives of this task fail. */
  constructor(partition: number, context: ProcessorContext, suspects: Suspects) {
    this.partition = partition;
    this.#suspects = suspects;
    this.#wakesMax = suspects.wakesMax;
    this.#context = context;
    this.#log = context.log.child({ partition });
    this.#changelog = { stamp: context.stamp, state: 0, counters: 0 };
    this.#producer = new TransactionalProducer(context.client, {
      transactionalId: `${context.groupId}-${partition}`,
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

  /**
   * Gets ready and starts to work; `onFailed` is called once when it can't go on.
   *
   * @param rebuild Whether to throw the store away first, because it is damaged.
   * @throws Failure, or the signal's reason, when it can't get ready.
   */
  async start(signal: AbortSignal, rebuild: boolean, onFailed: (error: unknown) => void): Promise<void> {
    const { now, partitions } = this.#context;
    await this.#producer.fence();
    const starts = await startOffsets(this.#context, this.partition);
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
    const task = new Task({
      definitions: this.#context.definitions,
      partition: this.partition,
      codec: this.#context.codec,
      entities: { get: (id) => store.get('entities', id) },
      counters: { get: (id) => store.get('counters', id) },
      countersKeptMs: this.#context.countersKeptMs,
      cacheBytes: this.#context.cacheBytes / partitions,
      wakesPerBatchMax: this.#wakesMax,
    });
    for (const key of await store.counterKeys()) task.restoreBucket(key);
    this.#context.telemetry.restoreSeconds.set(
      { partition: String(this.partition) },
      (now() - startedAt) / 1000,
    );
    this.#log.info({ durationMs: now() - startedAt }, 'Task restored.');
    signal.throwIfAborted();
    const work = { task, inbox: new Inbox(starts), store };
    this.#work = work;
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
    const reader = this.#context.reader();
    for (const [family, offset] of inbox.positions) reader.seek(topicOf(family), this.partition, offset);
    if (this.#paused) reader.pause(this.partition);
  }

  async #run(work: Work): Promise<void> {
    let underWay: Promise<void> = Promise.resolve();
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
    }
  }

  /** Waits for records, paced so that a trickle shares transactions; or until it is time to look what fell due. */
  async #untilWork({ inbox }: Work): Promise<void> {
    const { now, commitIntervalMs } = this.#context;
    const lookAt = now() + wakeEveryMs;
    for (;;) {
      if (this.#stopping || this.#suspension !== undefined || this.#moreIsDue) return;
      if (inbox.size >= batchRecordsMax) return;
      const readyAt = inbox.size > 0 ? this.#lastCommitAt + commitIntervalMs : lookAt;
      const waitMs = readyAt - now();
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
    const counted: Counted = { received: [], from: [] };
    try {
      return await this.#count(work, records, timePasses, counted);
    } catch (error) {
      throw ofBatch(error, records, counted);
    }
  }

  async #count(
    { task, inbox, store }: Work,
    records: readonly InboxRecord[],
    timePasses: boolean,
    counted: Counted,
  ): Promise<Prepared | undefined> {
    const { tracing, groupId } = this.#context;
    const now = this.#context.now();
    const origin = { partition: this.partition, groupId, startTime: now };
    const trace = tracing && traceBatch(tracing, records, origin);
    if (this.#paused && inbox.hasRoom) {
      this.#paused = false;
      this.#context.reader().resume(this.partition);
    }
    const { received, from, sends } = takeInBatch(records, {
      partition: this.partition,
      partitions: this.#context.partitions,
      audit: task.audit,
      telemetry: this.#context.telemetry,
      log: this.#log,
      suspects: this.#suspects,
      trace,
    });
    Object.assign(counted, { received, from });
    const revoked = this.#suspects.takeRevoked();
    const context = { partition: this.partition, telemetry: this.#context.telemetry };
    sends.push(...revokedDeadLetters(revoked, now, task.audit, context));
    const progressDue = now - this.#lastProgressAt >= (records.length > 0 ? 1_000 : progressEveryMs);
    const arrival = {
      received: [...revoked.map((one) => voidOf(one, now)), ...received],
      wallClock: now,
      caughtUp: timePasses ? inbox.caughtUp : new Set<Family>(),
      ceilings: this.#ceilings(inbox, now),
    };
    await store.readAhead(task.cold(arrival.received));
    const due = await store.due(task.clocksAfter(arrival), this.#wakesMax);
    const part = task.walk(now);
    const walked = part && (await store.walk(part));
    const output = task.process({ ...arrival, progress: progressDue, due, walked });
    sends.push(...forgottenVoidDeadLetters(output.voidsForgotten, context));
    this.#moreIsDue = output.more;
    if (progressDue) this.#lastProgressAt = now;
    const isNothing = [output.entities, output.counters].every(({ length }) => length === 0);
    if (records.length === 0 && isNothing && output.facts.size === 0) return undefined;
    const entities = [...this.#stampDue(store), ...output.entities];
    store.stage({ entities, wakes: output.wakes, counters: output.counters });
    sends.push(...outputSends({ ...output, entities }, this.partition, now, this.#context, trace));
    trace?.folded(output);
    this.#context.telemetry.observe(output, records, now);
    const offsets = [...inbox.processed].map(([family, offset]) => ({
      topic: topicOf(family),
      partition: this.partition,
      offset,
      metadata: partitionsNote(this.#context.partitions),
    }));
    return { records, sends: joinSends(sends), offsets, trace };
  }

  /** Carts wait for purchases, see `watchPurchases`. */
  #ceilings(inbox: Inbox, now: number): ReadonlyMap<Family, number> {
    const counted = this.#context.purchasesCounted();
    const end = counted?.cartEnds.get(this.partition) ?? Infinity;
    if (counted !== undefined && (inbox.processed.get('cart') ?? 0) >= end)
      this.#purchasesThrough = counted.through;
    const isBehind = now - this.#purchasesThrough > purchasesBehindMaxMs;
    return new Map(isBehind ? [['cart', this.#purchasesThrough]] : []);
  }

  /** The stamp as a record, where the state has none yet or that of an older form. */
  #stampDue(store: TaskStore): readonly KeyedRecord[] {
    const value = encodeStamp(this.#context.stamp);
    const known = store.get('entities', stampId);
    return known !== undefined && Buffer.compare(known, value) === 0 ? [] : [{ id: stampId, value }];
  }

  async #commit(work: Work, { records, sends, offsets, trace }: Prepared): Promise<void> {
    const { now, telemetry, groupId } = this.#context;
    const startedAt = now();
    this.#lastCommitAt = startedAt;
    const committing = this.#producer.commit({ sends, offsets, groupId });
    await (trace?.untilCommitted(committing) ?? committing).catch((error: unknown) => {
      throw ofBatch(error, records);
    });
    this.#suspects.committed(records);
    telemetry.transactionSeconds.observe((now() - startedAt) / 1000);
    work.store.committed();
    const written = (topic: string): number =>
      sends.find((send) => send.topic === topic && send.partition === this.partition)?.records.length ?? 0;
    // This task is the only writer, so its records follow each other; the commit marker makes the true offset larger still.
    this.#changelog = {
      ...this.#changelog,
      state: this.#changelog.state + written('state'),
      counters: this.#changelog.counters + written('counters'),
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
