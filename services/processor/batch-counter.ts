import type { Logger } from 'pino';
import type { Family } from '@tidemark/events/families';
import type { OffsetOf } from '@tidemark/kafka/client';
import type { Send } from '@tidemark/kafka/transactional-producer';
import type { KeyedRecord, Task } from '@tidemark/runtime/task';
import type { Forgotten } from '@tidemark/topics/forgotten';
import { takeInBatch } from './batch-intake.ts';
import { traceBatch, type BatchTrace } from './batch-trace.ts';
import type { ProcessorContext } from './context.ts';
import { forgottenVoidDeadLetters, revokedDeadLetters } from './dead-letters.ts';
import type { Inbox, InboxRecord } from './inbox.ts';
import { joinSends, outputSends } from './outgoing.ts';
import { assertNoNewerSchema } from './newer-schemas.ts';
import { encodePositions, positionsId } from './positions.ts';
import { encodeStamp, partitionsNote, stampId } from './stamp.ts';
import type { TaskStore } from './store.ts';
import { ofBatch, voidOf, type Counted, type Suspects } from './suspects.ts';

/** How often a task says how far it has counted, while records come and when nothing else happens. */
const progressEveryMs = { busy: 1_000, idle: 5_000 };
/** What purchases are behind by at most while all goes well: so much later than they, carts do not wait for them. */
const purchasesBehindMaxMs = 5_000;

/** What one life of a task works on. */
export type Kept = {
  readonly task: Task;
  readonly inbox: Inbox;
  readonly store: TaskStore;
  /** Whose events are refused. */
  readonly forgotten: Forgotten;
};

/** The content of one transaction. */
export type Prepared = {
  readonly records: readonly InboxRecord[];
  readonly sends: readonly Send[];
  readonly offsets: readonly OffsetOf[];
  readonly trace: BatchTrace | undefined;
};

/** Makes transactions of what a task takes in. */
export class BatchCounter {
  readonly #partition: number;
  readonly #context: ProcessorContext;
  readonly #log: Logger;
  readonly #suspects: Suspects;
  /** Entities woken in one batch at most. */
  readonly #wakesMax: number;
  readonly #kept: Kept;
  #isMoreDue = false;
  #progressAt = 0;
  /** All purchases received before are counted, and what was derived from them is in this task. */
  #purchasesThrough = -Infinity;

  constructor(partition: number, context: ProcessorContext, log: Logger, suspects: Suspects, kept: Kept) {
    this.#partition = partition;
    this.#context = context;
    this.#log = log;
    this.#suspects = suspects;
    this.#wakesMax = suspects.wakesMax;
    this.#kept = kept;
  }

  /** Whether more fell due than the last batch had room for. */
  get isMoreDue(): boolean {
    return this.#isMoreDue;
  }

  /**
   * Counts records in. Nothing is published yet.
   *
   * @param timePasses Whether clocks may go on with this batch.
   * @returns `undefined` when there is nothing to publish.
   * @throws BatchFailure when it may be the records' fault.
   */
  async count(records: readonly InboxRecord[], timePasses: boolean): Promise<Prepared | undefined> {
    const counted: Counted = { received: [], from: [] };
    try {
      return await this.#count(records, timePasses, counted);
    } catch (error) {
      throw ofBatch(error, records, counted);
    }
  }

  async #count(
    records: readonly InboxRecord[],
    timePasses: boolean,
    counted: Counted,
  ): Promise<Prepared | undefined> {
    const { task, inbox, store, forgotten } = this.#kept;
    const { client, tracing, groupId } = this.#context;
    await assertNoNewerSchema(client, records);
    const now = this.#context.now();
    const origin = { partition: this.#partition, groupId, startTime: now };
    const trace = tracing && traceBatch(tracing, records, origin);
    const { received, from, sends } = takeInBatch(records, {
      partition: this.#partition,
      partitions: this.#context.partitions,
      retention: this.#context.retention,
      keepsFreeText: this.#context.keepsFreeText,
      audit: task.audit,
      names: this.#context.names,
      telemetry: this.#context.telemetry,
      log: this.#log,
      suspects: this.#suspects,
      forgotten,
      trace,
    });
    Object.assign(counted, { received, from });
    const revoked = this.#suspects.takeRevoked();
    const { names, telemetry } = this.#context;
    const context = { partition: this.#partition, names, telemetry };
    sends.push(...revokedDeadLetters(revoked, now, task.audit, context));
    const progressDue = this.#isProgressDue(now, records.length > 0);
    const arrival = {
      received: [...revoked.map((one) => voidOf(one, now)), ...received],
      wallClock: now,
      caughtUp: timePasses ? inbox.caughtUp : new Set<Family>(),
      ceilings: this.#ceilings(now),
    };
    await store.readAhead(task.cold(arrival.received));
    const due = await store.due(task.clocksAfter(arrival), this.#wakesMax);
    const part = task.walk(now);
    const walked = part && (await store.walk(part));
    const output = task.process({ ...arrival, progress: progressDue, due, walked });
    sends.push(...forgottenVoidDeadLetters(output.voidsForgotten, context));
    this.#isMoreDue = output.more;
    if (progressDue) this.#progressAt = now;
    const processed = inbox.processed;
    const positions = this.#changed(positionsId, encodePositions(processed));
    const isNothing = [output.entities, output.counters, positions].every(({ length }) => length === 0);
    if (records.length === 0 && isNothing && output.facts.size === 0) return undefined;
    const entities = [
      ...this.#changed(stampId, encodeStamp(this.#context.stamp)),
      ...output.entities,
      ...positions,
    ];
    store.stage({ entities, wakes: output.wakes, counters: output.counters });
    sends.push(...outputSends({ ...output, entities }, this.#partition, now, this.#context, trace));
    trace?.folded(output);
    this.#context.telemetry.observe(output, records, now);
    const offsets = [...processed].map(([family, offset]) => ({
      topic: this.#context.names.eventsOf(family),
      partition: this.#partition,
      offset,
      metadata: partitionsNote(this.#context.partitions),
    }));
    return { records, sends: joinSends(sends), offsets, trace };
  }

  /** Of all tasks at the same ticks of the clock: so the sink has all of it in one block. */
  #isProgressDue(now: number, isBusy: boolean): boolean {
    const everyMs = isBusy ? progressEveryMs.busy : progressEveryMs.idle;
    return Math.floor(now / everyMs) > Math.floor(this.#progressAt / everyMs);
  }

  /** Carts wait for purchases, see `watchPurchases`. */
  #ceilings(now: number): ReadonlyMap<Family, number> {
    const counted = this.#context.purchasesCounted();
    const end = counted?.cartEnds.get(this.#partition) ?? Infinity;
    if (counted !== undefined && (this.#kept.inbox.processed.get('cart') ?? 0) >= end)
      this.#purchasesThrough = counted.through;
    const isBehind = now - this.#purchasesThrough > purchasesBehindMaxMs;
    return new Map(isBehind ? [['cart', this.#purchasesThrough]] : []);
  }

  /** A record of the whole partition, where the state has another value or none. */
  #changed(id: string, value: Uint8Array): readonly KeyedRecord[] {
    const known = this.#kept.store.get('entities', id);
    return known !== undefined && Buffer.compare(known, value) === 0 ? [] : [{ id, value }];
  }
}
