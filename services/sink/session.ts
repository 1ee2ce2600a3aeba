import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import type { FactBlockCodec } from '@tidemark/events/fact-block-codec';
import type { KafkaClient, OffsetOf } from '@tidemark/kafka/client';
import { type CommittedOffset, listOffsets } from '@tidemark/kafka/offsets';
import { type Delivery, PartitionFetcher } from '@tidemark/kafka/partition-fetcher';
import { Failure } from '@tidemark/service/failures';
import type { Tracing } from '@tidemark/tracing/tracing';
import { traceBlock } from './block-trace.ts';
import { insertAll } from './clickhouse-writer.ts';
import { type Insert, insertsOf } from './inserts.ts';
import { decodePlan, encodePlan, type Plan } from './plan.ts';
import { type Block, Queue } from './queue.ts';
import { factRecordOf, readPlanned } from './replay.ts';
import type { RowWriter } from './rows.ts';
import type { SinkTelemetry } from './telemetry.ts';

/** The partitions this instance has from one rebalance to the next. */
export type Assignment = {
  readonly partitions: readonly number[];
  readonly committed: () => Promise<readonly CommittedOffset[]>;
  /**
   * Commits all the offsets or none, as a member of this generation of the group; does not return before it is known
   * to have happened. Throws `kafka.generation-over` when the group has rebalanced since.
   */
  readonly commit: (offsets: readonly OffsetOf[]) => Promise<void>;
};

/** What a session works with. */
export type SessionContext = {
  readonly kafka: KafkaClient;
  readonly clickhouse: ClickHouseClient;
  readonly topic: string;
  readonly codec: FactBlockCodec;
  readonly writers: ReadonlyMap<string, RowWriter>;
  readonly telemetry: SinkTelemetry;
  /** `undefined` when traces are off. */
  readonly tracing?: Tracing | undefined;
  readonly limits: SinkLimits;
};

/** How much and how often. */
export type SinkLimits = {
  /** Bytes of facts, as they are in Kafka, in one block. */
  readonly blockBytesMax: number;
  /** Bytes read ahead while a block is being inserted. */
  readonly aheadBytesMax: number;
  /** The least time from one block's begin to the next one's: each block costs ClickHouse a part in each table. */
  readonly blockIntervalMs: number;
};

const unreadableRetryMs = 5_000;
/** How long a block may be finished after its partitions are asked back. */
const graceMs = 2_000;

/**
 * Carries facts from the assigned partitions to ClickHouse until `signal` is aborted. For each block:
 *
 * 1. its plan is committed, with the ends of the block before: from now on this instance or its successor inserts exactly
 *    this block; a fenced instance fails here, before it has inserted anything;
 * 2. its rows are inserted under tokens that only this block has: a second insert changes nothing;
 * 3. its ends are committed, with the next plan or, when nothing waits, alone.
 *
 * @throws Failure `kafka.generation-over` when the group went on without this instance, `kafka.offset-gone`, …
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
  #isFull = false;
  #wake: () => void = () => undefined;

  constructor(context: SessionContext, assignment: Assignment, ending: AbortSignal, hard: AbortSignal) {
    this.#context = context;
    this.#assignment = assignment;
    this.#ending = AbortSignal.any([ending, this.#broken.signal]);
    this.#hard = AbortSignal.any([hard, this.#broken.signal]);
    this.#fetcher = new PartitionFetcher(context.kafka, {
      onDelivery: (delivery) => this.#onDelivery(delivery),
      onFatal: (failure) => this.#broken.abort(failure),
    });
    this.#ending.addEventListener('abort', () => this.#wake(), { once: true });
  }

  async run(): Promise<void> {
    try {
      const committed = await this.#assignment.committed();
      const positions = await this.#finishPlanned(committed);
      for (const [partition, offset] of positions) this.#fetcher.read(this.#at(partition), offset);
      for (const [partition, offset] of positions) this.#inserted.set(partition, offset);
      await this.#carry();
      this.#broken.signal.throwIfAborted();
    } finally {
      await this.#fetcher.stop();
    }
  }

  /** Inserts the planned blocks again, which may not be inserted; returns the offset to read on from, by partition. */
  async #finishPlanned(committed: readonly CommittedOffset[]): Promise<ReadonlyMap<number, number>> {
    const positions = new Map<number, number>();
    const plans = new Map<string, Plan>();
    const untouched: number[] = [];
    for (const { partition, offset, metadata } of committed) {
      const plan = decodePlan(metadata);
      if (offset === undefined) untouched.push(partition);
      else if (plan === undefined) positions.set(partition, offset);
      else {
        const range = plan.find((one) => one.partition === partition);
        assert(range?.first === offset, `the plan of partition ${partition} begins where its offset stands`);
        plans.set(encodePlan(plan), plan);
        positions.set(partition, range.last + 1);
      }
    }
    for (const plan of plans.values()) {
      this.#context.telemetry.replaying(plan);
      const block = await readPlanned(this.#context.kafka, this.#context.topic, plan, this.#hard);
      await this.#insert(block, await this.#insertsOf(block));
      for (const { partition } of plan)
        if (positions.has(partition)) this.#done.set(partition, positions.get(partition)!);
    }
    await this.#commitDone();
    const starts = await listOffsets(this.#context.kafka, this.#context.topic, untouched, 'start');
    return new Map([...positions, ...starts]);
  }

  async #carry(): Promise<void> {
    let notBefore = 0;
    while (!this.#ending.aborted) {
      const block =
        performance.now() >= notBefore ? this.#queue.take(this.#context.limits.blockBytesMax) : undefined;
      this.#readAhead();
      if (block === undefined) {
        if (this.#queue.bytes === 0) await this.#commitDone();
        await this.#somethingToDo(notBefore);
        continue;
      }
      notBefore = performance.now() + this.#context.limits.blockIntervalMs;
      const inserts = await this.#insertsOf(block);
      await this.#commitPlan(block.plan);
      await this.#insert(block, inserts);
      for (const { partition, last } of block.plan) this.#done.set(partition, last + 1);
    }
    await this.#commitDone();
  }

  /** Commits the plan of a block and the ends of the blocks before, in one commit that is applied as a whole. */
  async #commitPlan(plan: Plan): Promise<void> {
    const metadata = encodePlan(plan);
    const planned = plan.map(({ partition, first }) => ({ ...this.#at(partition), offset: first, metadata }));
    for (const { partition } of plan) this.#done.delete(partition);
    await this.#assignment.commit([...planned, ...this.#takeDone()]);
  }

  async #commitDone(): Promise<void> {
    if (this.#done.size > 0) await this.#assignment.commit(this.#takeDone());
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
    const { clickhouse, telemetry, tracing, topic } = this.#context;
    const trace = tracing && traceBlock(tracing, topic, block);
    const inserting = insertAll(clickhouse, inserts, this.#hard, {
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

  /** Waits for records or, when records are there, for the time of the next block. */
  async #somethingToDo(notBefore: number): Promise<void> {
    const waitMs = notBefore - performance.now();
    if (this.#queue.bytes > 0) {
      if (waitMs > 0) await sleep(waitMs, undefined, { signal: this.#ending }).catch(() => undefined);
      return;
    }
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (this.#ending.aborted) resolve();
    });
  }

  #at(partition: number): { topic: string; partition: number } {
    return { topic: this.#context.topic, partition };
  }
}
