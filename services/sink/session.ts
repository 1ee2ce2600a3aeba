import { setTimeout as sleep } from 'node:timers/promises';
import type { OffsetOf } from '@tidemark/kafka/client';
import { type Delivery, PartitionFetcher } from '@tidemark/kafka/partition-fetcher';
import { Failure } from '@tidemark/service/failures';
import { traceBlock } from './block-trace.ts';
import { insertAll } from './insert-all.ts';
import { type Insert, insertsOf } from './inserts.ts';
import { Pace } from './pace.ts';
import { encodePlan, type Plan } from './plan.ts';
import { recordPositions } from './positions.ts';
import { type Block, Queue } from './queue.ts';
import { factRecordOf, readPlanned } from './replay.ts';
import { resume } from './resume.ts';
import type { Assignment, SessionContext } from './session-context.ts';
import type { Origin, Start } from './start.ts';

const unreadableRetryMs = 5_000;
/** The facts of all tasks come at the same time: two fetches bring them, before a block begins. */
const restMs = 40;
/** How long a block may be finished after its partitions are asked back. */
const graceMs = 2_000;

/**
 * Carries facts from the assigned partitions to ClickHouse until `signal` is aborted. For each block:
 *
 * 1. its plan is committed, with the ends of the block before: from now on this instance or its successor inserts exactly
 *    this block; a fenced instance fails here, before it has inserted anything;
 * 2. its rows are inserted under tokens that only this block has: a second insert changes nothing;
 * 3. its ends are committed, with the next plan or, when none comes in its time, alone.
 *
 * Each commit is recorded with the tables too, before the next step: see `resume`.
 *
 * @throws Failure `sink.positions` when the tables and the offsets disagree, `kafka.generation-over` when the group went
 *   on without this instance, `kafka.offset-gone`, …
 */
export async function runSession(
  context: SessionContext,
  assignment: Assignment,
  signal: AbortSignal,
): Promise<void> {
  const hard = new AbortController();
  const expire = (): void => {
    setTimeout(
      () => hard.abort(new Failure('kafka.generation-over', 'the partitions were asked back')),
      graceMs,
    ).unref();
  };
  if (signal.aborted) return;
  signal.addEventListener('abort', expire, { once: true });
  try {
    await new Session(context, assignment, signal, hard.signal).run();
  } finally {
    signal.removeEventListener('abort', expire);
  }
}

class Session {
  readonly #context: SessionContext;
  readonly #assignment: Assignment;
  /** When it is aborted, no further block begins. */
  readonly #ending: AbortSignal;
  /** When it is aborted, work that has begun is given up. */
  readonly #hard: AbortSignal;
  readonly #queue = new Queue();
  readonly #fetcher: PartitionFetcher;
  /** Aborted, with the failure, when nothing more can be read. */
  readonly #broken = new AbortController();
  /** Next offsets of partitions whose records are inserted and not yet committed as such. */
  readonly #done = new Map<number, number>();
  /** Next offset to be inserted, and how far each partition was read and reaches, for the lag. */
  readonly #inserted = new Map<number, number>();
  readonly #read = new Map<
    number,
    { readonly lastRecord: number; readonly next: number; readonly end: number }
  >();
  #origin: Origin | undefined;
  readonly #recoveries = new Map<number, number>();
  #isFull = false;
  #wake: () => void = () => undefined;

  constructor(context: SessionContext, assignment: Assignment, ending: AbortSignal, hard: AbortSignal) {
    this.#context = context;
    this.#assignment = assignment;
    this.#ending = AbortSignal.any([ending, this.#broken.signal]);
    this.#hard = AbortSignal.any([hard, this.#broken.signal]);
    this.#fetcher = new PartitionFetcher(context.kafka, {
      // Nothing is read later than at the start, so nothing has to wait for a fetch that waits.
      maxWaitMs: 2_000,
      restMs,
      onDelivery: (delivery) => this.#onDelivery(delivery),
      onFatal: (failure) => this.#broken.abort(failure),
    });
    this.#ending.addEventListener('abort', () => this.#wake(), { once: true });
  }

  async run(): Promise<void> {
    try {
      const { origin, starts } = await resume(this.#context, this.#assignment, this.#hard);
      this.#origin = origin;
      for (const { partition, recoveries } of starts) this.#recoveries.set(partition, recoveries);
      await this.#finishPlanned(starts);
      const positions = starts.map(({ partition, next }) => [partition, next] as const);
      for (const [partition, offset] of positions) this.#fetcher.read(this.#at(partition), offset);
      for (const [partition, offset] of positions) this.#inserted.set(partition, offset);
      await this.#carry();
      this.#broken.signal.throwIfAborted();
    } finally {
      await this.#fetcher.stop();
    }
  }

  /** Inserts again what was planned and perhaps not inserted, and commits it. */
  async #finishPlanned(starts: readonly Start[]): Promise<void> {
    const plans = new Map(
      starts.flatMap(({ plan }) => (plan === undefined ? [] : [[encodePlan(plan), plan] as const])),
    );
    for (const plan of plans.values()) {
      this.#context.telemetry.replaying(plan);
      const block = await readPlanned(this.#context.kafka, this.#context.topic, plan, this.#hard);
      await this.#insert(block, await this.#insertsOf(block));
    }
    for (const { partition, next, plan, by } of starts)
      if (plan !== undefined || by !== 'offset') this.#done.set(partition, next);
    await this.#commitDone();
  }

  async #carry(): Promise<void> {
    const pace = new Pace(this.#context.limits);
    while (!this.#ending.aborted) {
      const waitMs = pace.waitMs(performance.now(), this.#queue.bytes);
      const block = waitMs > 0 ? undefined : this.#queue.take(this.#context.limits.blockBytesMax);
      this.#readAhead();
      if (block === undefined) {
        // As long as the next plan may take them along, the ends wait for it.
        if (waitMs === 0) await this.#commitDone();
        const isAnyWaiting = this.#queue.bytes > 0 || this.#done.size > 0;
        await this.#newsOr(isAnyWaiting ? waitMs : Infinity);
        continue;
      }
      const beganAt = performance.now();
      const inserts = await this.#insertsOf(block);
      await this.#commitPlan(block.plan);
      await this.#insert(block, inserts);
      for (const { partition, last } of block.plan) this.#done.set(partition, last + 1);
      pace.inserted(beganAt, performance.now());
    }
    await this.#commitDone();
  }

  /** Commits the plan of a block and the ends of the blocks before, in one commit that is applied as a whole. */
  async #commitPlan(plan: Plan): Promise<void> {
    const metadata = encodePlan(plan);
    // Where the block before ended, not where this one's first record is: between them stand markers of transactions, and
    // the offsets must follow one another without a gap to be compared with what is recorded.
    const planned = plan.map(({ partition, first }) => ({
      ...this.#at(partition),
      offset: this.#inserted.get(partition) ?? first,
      metadata,
    }));
    for (const { partition } of plan) this.#done.delete(partition);
    await this.#commit([...planned, ...this.#takeDone()]);
  }

  async #commitDone(): Promise<void> {
    if (this.#done.size > 0) await this.#commit(this.#takeDone());
  }

  /** Recorded second: an instance that the group has overtaken fails at the commit, and records nothing. */
  async #commit(offsets: readonly OffsetOf[]): Promise<void> {
    await this.#assignment.commit(offsets);
    const { tables, telemetry } = this.#context;
    const positions = offsets.map((one) => ({ ...one, recoveries: this.#recoveries.get(one.partition)! }));
    await recordPositions(tables, this.#origin!, positions, this.#hard, telemetry);
  }

  #takeDone(): OffsetOf[] {
    const offsets = [...this.#done].map(([partition, offset]) => ({
      ...this.#at(partition),
      offset,
      metadata: '',
    }));
    this.#done.clear();
    return offsets;
  }

  /** A block that cannot be read stops its partitions and is reported: skipping it would lose facts. */
  async #insertsOf(block: Block): Promise<Insert[]> {
    const { topic, codec, writers, telemetry } = this.#context;
    for (;;) {
      try {
        return insertsOf(topic, block, codec, writers);
      } catch (error) {
        telemetry.unreadable(error, block.plan);
      }
      await sleep(unreadableRetryMs, undefined, { signal: this.#hard }).catch(() => undefined);
      this.#hard.throwIfAborted();
    }
  }

  async #insert(block: Block, inserts: readonly Insert[]): Promise<void> {
    const { tables, telemetry, tracing, topic } = this.#context;
    const trace = tracing && traceBlock(tracing, topic, block);
    const inserting = insertAll(tables, inserts, this.#hard, {
      inserted: (insert, tookMs) => {
        telemetry.inserted(insert, tookMs);
        trace?.inserted(insert, tookMs);
      },
      failed: (insert, failure, attempt) => {
        telemetry.insertFailed(insert, failure, attempt);
        trace?.failed(insert, failure.code, attempt);
      },
    });
    await (trace?.untilInserted(inserting) ?? inserting);
    telemetry.blockDone();
    for (const { partition, last } of block.plan) {
      this.#inserted.set(partition, last + 1);
      this.#reportLag(partition);
    }
  }

  /** Reports how many records are not inserted, without control records behind the last record read. */
  #reportLag(partition: number): void {
    const read = this.#read.get(partition);
    const inserted = this.#inserted.get(partition);
    if (read === undefined || inserted === undefined) return;
    const from = inserted > read.lastRecord ? read.next : inserted;
    this.#context.telemetry.lag(partition, Math.max(0, read.end - from));
  }

  #onDelivery({ partition, records, nextOffset: next, end }: Delivery): void {
    const lastRecord = records.at(-1)?.offset ?? this.#read.get(partition)?.lastRecord ?? -1;
    this.#read.set(partition, { lastRecord, next, end });
    this.#reportLag(partition);
    this.#queue.push(partition, records.map(factRecordOf));
    this.#context.telemetry.waiting(this.#queue.bytes);
    if (!this.#isFull && this.#queue.bytes > this.#context.limits.aheadBytesMax) {
      this.#isFull = true;
      for (const one of this.#assignment.partitions) this.#fetcher.pause(this.#at(one));
    }
    this.#wake();
  }

  #readAhead(): void {
    this.#context.telemetry.waiting(this.#queue.bytes);
    if (!this.#isFull || this.#queue.bytes > this.#context.limits.aheadBytesMax / 2) return;
    this.#isFull = false;
    for (const one of this.#assignment.partitions) this.#fetcher.resume(this.#at(one));
  }

  /** Waits for records, but no longer than so many milliseconds. */
  async #newsOr(waitMs: number): Promise<void> {
    if (this.#ending.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = waitMs === Infinity ? undefined : setTimeout(resolve, waitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #at(partition: number): { topic: string; partition: number } {
    return { topic: this.#context.topic, partition };
  }
}
