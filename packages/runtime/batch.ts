import type { Family } from '@tidemark/events/families';
import type { CartEvent } from '@tidemark/events/types';
import type { AnyEvent, Instant } from '@tidemark/metrics/definition/definition';
import type { SignedFact } from './difference.ts';
import type { WaitingVoid } from './entity-store.ts';
import type { KeyedRecord } from './record-store.ts';

/**
 * How a record came to the task: at its first receipt, moved from another partition, derived from a purchase,
 * re-published from the dead letters, or out of the history of the generation before, which accepted it.
 */
export type Hop = 'first' | 'stray' | 'derived' | 'again' | 'recounted';

/** A valid event in the partition it belongs to. */
export type Received = {
  readonly family: Family;
  /** The entity key. */
  readonly key: string;
  readonly event: AnyEvent;
  /** The event as framed on the wire; kept as it is. */
  readonly bytes: Uint8Array;
  readonly receivedAt: Instant;
  readonly hop: Hop;
};

/** What a task processes in one transaction. */
export type Batch = {
  readonly received: readonly Received[];
  readonly wallClock: Instant;
  /** Families of which everything received is in this batch or before it. */
  readonly caughtUp: ReadonlySet<Family>;
  /** How far the clocks of some families may go, which wait for others. */
  readonly ceilings?: ReadonlyMap<Family, Instant>;
  /** Whether to publish how far each family is counted. */
  readonly progress: boolean;
  /** Entities that want waking before the clocks that `clocksAfter` gives, earliest first. */
  readonly due: readonly string[];
  /** What the walk over all that is stored came to, where `walk` asked for it. */
  readonly walked?: Walked | undefined;
};

/** A part of the walk over all records stored: keys in their order. */
export type Walked = { readonly ids: readonly string[]; readonly isEnd: boolean };

/** When an entity wanted waking, and when it does now; `Infinity` for never. */
export type WakeChange = { readonly id: string; readonly was: Instant; readonly is: Instant };

/** What one batch changes. All of it is committed together, or none. */
export type Output = {
  readonly facts: ReadonlyMap<string, readonly SignedFact[]>;
  readonly entities: readonly KeyedRecord[];
  readonly wakes: readonly WakeChange[];
  /** The accepted events of entities that leave the state, as they were stored. */
  readonly archive: readonly KeyedRecord[];
  /** Voids that leave the state with their entity and whose target never came; each is counted as set aside (rule 25). */
  readonly voidsForgotten: readonly WaitingVoid[];
  readonly counters: readonly KeyedRecord[];
  readonly derived: readonly CartEvent[];
  /** Changes of counters that were counted as `other`, since there were too many values of a dimension. */
  readonly others: number;
  /** Entities are due that this batch had no room for. */
  readonly more: boolean;
};
