import type { AnyEvent, Instant } from '@tidemark/metrics/definition/definition';
import type { Cause } from '@tidemark/metrics/definition/cause';
import { lateAfterMs } from './audit.ts';

/** Instants, the end excluded, at which what happens is published late: from a late event's own until an hour before its receipt. */
export type Stretch = { readonly from: Instant; readonly to: Instant };

/** The instants of which an event makes the facts late; `undefined` for one that came in time (rule 29). */
export function lateStretch({ occurred_at }: AnyEvent, receivedAt: Instant): Stretch | undefined {
  const to = receivedAt - lateAfterMs;
  return occurred_at < to ? { from: occurred_at, to } : undefined;
}

/** How far to fold next, up to `until`, and the cause of the facts on the way, where nothing counted before changes. */
export function causesUpTo(
  late: readonly Stretch[],
  until: Instant,
): readonly { readonly to: Instant; readonly cause: Cause }[] {
  const parts: { to: Instant; cause: Cause }[] = [];
  let at = -Infinity;
  for (const { from, to } of late.toSorted((a, b) => a.from - b.from)) {
    if (to <= at) continue;
    parts.push({ to: Math.min(from, until), cause: 'arrived' }, { to: Math.min(to, until), cause: 'late' });
    at = to;
  }
  return [...parts, { to: until, cause: 'arrived' }];
}

/** What a batch changed of what an entity had published already. */
export type Revision = {
  /** Counted events that were voided. */
  readonly voided: AnyEvent[];
  /** Whether a late event came among what was counted. */
  isLate: boolean;
};

/**
 * The one cause of all that a batch changed of what was published. Of several the strongest: a void says more than an
 * event that came late.
 *
 * @param accepted The events that the batch brought, voids among them.
 */
export function causeOf(
  { voided, isLate }: Readonly<Revision>,
  accepted: readonly { readonly event: AnyEvent }[],
): Cause {
  if (voided.length === 0) return isLate ? 'late' : 'arrived';
  const gone = new Set(voided.map(({ event_id }) => event_id));
  const places = new Set(voided.map(placeOf));
  const isReplaced = accepted.some(({ event }) => !gone.has(event.event_id) && places.has(placeOf(event)));
  return isReplaced ? 'corrected' : 'voided';
}

const placeOf = ({ type, occurred_at }: AnyEvent): string => `${occurred_at} ${type}`;
