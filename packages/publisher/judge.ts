import { sizeFault } from '@tidemark/events/codec';
import type { Retention } from '@tidemark/events/families';
import { acceptJson, type Fault } from '@tidemark/events/validate';
import { recordOf, type EventRecord } from './event-sender.ts';

/** A `Date` as text: as a number, one of 1970 to 1973 would be taken for seconds. */
function plain(event: unknown): unknown {
  if (typeof event !== 'object' || event === null) return event;
  let copy: Record<string, unknown> | undefined;
  for (const [name, value] of Object.entries(event))
    if (value instanceof Date)
      (copy ??= { ...event })[name] = Number.isNaN(value.getTime()) ? String(value) : value.toISOString();
  return copy ?? event;
}

/** By what an event is judged. */
export type Judging = {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The source of an event that names none. */
  readonly defaultSource: string;
  /** How old events may be; as the contract says when it is not given. */
  readonly retention?: Retention | undefined;
};

/** One event as a record, or what is wrong with it first; unknown fields are wrong (rule 49, rule 50). */
export function judged(given: unknown, { now, defaultSource, retention }: Judging): EventRecord | Fault {
  const verdict = acceptJson(plain(given), { now, defaultSource, retention, strict: true });
  if (!verdict.ok) return verdict.errors[0]!;
  const record = recordOf(verdict.event);
  return sizeFault(record.value.length) ?? record;
}
