import { createHash } from 'node:crypto';
import type { Family } from '@tidemark/events/families';
import { entityKeyOf } from '@tidemark/events/entity';
import { encodeEvent } from '@tidemark/events/codec';
import type { Event } from '@tidemark/events/types';
import { FoldError } from '@tidemark/runtime/fold';
import { StateError } from '@tidemark/runtime/state-error';
import type { Received } from '@tidemark/runtime/task';
import { Failure, type Blames } from '@tidemark/service/failures';
import type { InboxRecord } from './inbox.ts';

/** Records in one transaction at most; beyond some 2,000 a larger transaction is no cheaper per record. */
export const batchRecordsMax = 4_000;
/** A batch that failed is cut to this part: few steps from the largest to one record. */
const cutTo = 1 / 8;

/** A batch of records could not be counted or published, and it may be their fault; `cause` says why. */
export class BatchFailure extends Error {
  override readonly name = 'BatchFailure';
  /** All that was in it. */
  readonly records: readonly InboxRecord[];
  /** The record that the event at fault came in, where a definition threw for one of the batch. */
  readonly culprit: InboxRecord | undefined;
  readonly blames: Blames;

  constructor(
    blames: Blames,
    records: readonly InboxRecord[],
    culprit: InboxRecord | undefined,
    cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.blames = blames;
    this.records = records;
    this.culprit = culprit;
  }
}

/** The events of a batch, and the records they came in, one for one. */
export type Counted = { readonly received: readonly Received[]; readonly from: readonly InboxRecord[] };

/** The record of the batch that the event came in for which a definition threw; `undefined` for an older event's. */
function culpritOf(error: unknown, { received, from }: Counted): InboxRecord | undefined {
  if (!(error instanceof FoldError)) return undefined;
  return from[received.findIndex(({ event }) => event === error.event)];
}

/** An event of the state that cannot be counted: the task voids it and makes a dead letter of it. */
export type Revoked = {
  readonly family: Family;
  readonly key: string;
  readonly event: Event;
  readonly message: string;
};

/**
 * Finds the records that make a task fail, over the lives of the task, so that no event stops a partition. A batch that
 * fails is made smaller until the record at fault is alone; one that fails alone twice becomes a dead letter. When a
 * definition throws, the event is known at once. Afterwards the batches grow again. Failures of Kafka or the disk blame
 * no record; the table of failures says which do.
 */
export class Suspects {
  #batchMax = batchRecordsMax;
  /** The record that failed alone once. */
  #alone: string | undefined;
  /** Whether the last batch was one of no records. */
  #isTimeDone = false;
  #isRevokedTaken = false;
  readonly #setAside = new Map<string, string>();
  readonly #revoked = new Map<string, Revoked>();
  readonly #revokedBefore = new Set<string>();

  /** A new life of the task begins. */
  begin(): void {
    this.#isTimeDone = false;
    this.#isRevokedTaken = false;
  }

  /** Entities that time alone may wake in one batch of this life. */
  get wakesMax(): number {
    return this.#batchMax;
  }

  /**
   * How many records the next batch may have, and whether time may pass with it. Single records take turns with batches of
   * none. Time passes in the latter alone: a failure of time is no record's fault.
   */
  next(): { readonly recordsMax: number; readonly timePasses: boolean } {
    if (this.#batchMax > 1) return { recordsMax: this.#batchMax, timePasses: true };
    this.#isTimeDone = !this.#isTimeDone;
    return this.#isTimeDone ? { recordsMax: 0, timePasses: true } : { recordsMax: 1, timePasses: false };
  }

  /** Why a record becomes a dead letter; `undefined` for a record that is counted. */
  reasonOf(record: InboxRecord): string | undefined {
    return this.#setAside.size === 0 ? undefined : this.#setAside.get(placeOf(record));
  }

  /** Events of the state that this batch must void; it is the first of a life. */
  takeRevoked(): readonly Revoked[] {
    if (this.#isRevokedTaken) return [];
    this.#isRevokedTaken = true;
    return [...this.#revoked.values()];
  }

  /** A batch was committed. */
  committed(records: readonly InboxRecord[]): void {
    if (records.length > 0) this.#batchMax = Math.min(2 * this.#batchMax, batchRecordsMax);
    for (const identity of this.#revoked.keys()) this.#revokedBefore.add(identity);
    this.#revoked.clear();
    if (this.#setAside.size > 0) for (const record of records) this.#setAside.delete(placeOf(record));
  }

  /** Draws a conclusion from the end of a task; `undefined` when there is none, and only time can help. */
  learn(error: unknown): string | undefined {
    if (!(error instanceof BatchFailure)) return undefined;
    const { blames, records, culprit, cause, message } = error;
    if (cause instanceof FoldError && culprit !== undefined) return this.#blame(culprit, message);
    if (cause instanceof FoldError) return this.#revoke(cause);
    if (records.length === 0 && this.#batchMax === 1) return undefined;
    if (records.length === 0) {
      this.#batchMax = Math.max(1, Math.floor(this.#batchMax * cutTo));
      return `The next batch wakes ${this.#batchMax} entities at most.`;
    }
    if (records.length > 1) {
      this.#batchMax = Math.max(1, Math.floor(records.length * cutTo));
      return `The next batch has ${this.#batchMax} records at most.`;
    }
    if (blames === 'size') return undefined;
    const [record] = records;
    if (this.#alone === placeOf(record!)) return this.#blame(record!, message);
    this.#alone = placeOf(record!);
    this.#batchMax = 1;
    return 'A record failed alone; it gets another chance.';
  }

  #blame(record: InboxRecord, message: string): string {
    this.#setAside.set(placeOf(record), message);
    return 'A record cannot be counted; it will be set aside.';
  }

  #revoke({ event: given, message }: FoldError): string | undefined {
    if (given === undefined) return undefined;
    const event = given as Event;
    const family = event.type.slice(0, event.type.indexOf('.')) as Family;
    const key = entityKeyOf(event);
    const identity = JSON.stringify([family, key, event.event_id]);
    // A void that did not help will not help again.
    if (this.#revokedBefore.has(identity) || this.#revoked.has(identity)) return undefined;
    this.#revoked.set(identity, { family, key, event, message });
    return 'An event of the state cannot be counted; it will be voided and become a dead letter.';
  }
}

/** An error as that of the batch in which it was thrown; the world's stay what they are. */
export function ofBatch(error: unknown, records: readonly InboxRecord[], counted?: Counted): unknown {
  if (error instanceof StateError) return error;
  const blames = error instanceof Failure ? error.blames : 'records';
  if (blames === undefined) return error;
  return new BatchFailure(blames, records, counted && culpritOf(error, counted), error);
}

/** The void by which an event of the state counts as never published; it is marked as the processor's own. */
export function voidOf({ family, key, event }: Revoked, receivedAt: number): Received {
  const voiding = {
    ...event,
    type: `${family}.voided`,
    // Hashed, since the void of a purchase is judged again as that of its cart, where an id has a length (rule 33).
    event_id: `uncountable ${createHash('sha256').update(event.event_id).digest('hex')}`,
    voids: event.event_id,
  } as Event;
  // As a derived event it is neither received nor voided by a publisher.
  return { family, key, event: voiding, bytes: encodeEvent(voiding), receivedAt, hop: 'derived' };
}

function placeOf({ family, record }: InboxRecord): string {
  return `${family}@${record.offset}`;
}
