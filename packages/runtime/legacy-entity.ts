import type { AnyEvent } from '@tidemark/metrics/definition/definition';
import { accept, type Entity, type Past } from './entity.ts';
import { fingerprintOf } from './fingerprint.ts';
import { advance } from './fold.ts';
import { legacySegmentId, unpackLegacy, type LegacyHead } from './head.ts';
import { needed, type Store } from './record-store.ts';

/** What reading an entity in the form before needs. */
export type LegacyReading = {
  readonly store: Store;
  readonly decode: (bytes: Uint8Array) => AnyEvent;
  readonly past: Past;
  /** Bytes of entries that fill a segment. */
  readonly segmentBytes: number;
};

/** Takes an entity in the form before in whole, as if all of it had just come; it is stored in today's form. */
export function takeInLegacy(
  entity: Entity,
  { through, wake, segments, published, open }: LegacyHead,
  { store, decode, past, segmentBytes }: LegacyReading,
): void {
  const framed: Uint8Array[] = [];
  for (let index = 0; index < segments; index++)
    framed.push(...unpackLegacy(needed(store, legacySegmentId(entity.id, index))));
  for (const bytes of [...framed, ...open]) {
    const event = decode(bytes);
    // The form before has no receipts.
    accept(entity, { event, bytes, receivedAt: event.occurred_at }, past, segmentBytes);
  }
  entity.through = through;
  entity.wake = wake;
  entity.storedWake = wake;
  entity.legacySegments = segments;
  const known = new Set(published);
  for (const fold of entity.folds) {
    if (!known.has(fingerprintOf(fold.definition))) continue;
    advance(fold, entity.history, through, []);
    fold.published = true;
  }
}
