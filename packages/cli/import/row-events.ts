import { families, type Retention } from '@tidemark/events/families';
import { acceptJson } from '@tidemark/events/validate';
import type { Mapping } from '@tidemark/sources/mapping';
import { filled } from '@tidemark/sources/mapping/filled';
import type { Row } from './row.ts';

/** An event as it is sent. */
export type SentEvent = Readonly<Record<string, unknown>>;

/** What a row becomes: events, or why not. Neither when no event of the mapping is meant for it. */
export type RowEvents = { readonly events: readonly SentEvent[]; readonly faults: readonly string[] };

/** Events of any age: the collector knows how old they may be. */
export const anyAge = Object.fromEntries(families.map((family) => [family, undefined])) as Retention;

/**
 * The events of a row by a mapping. All of them are valid, or none is sent: half a row would be a wrong history.
 *
 * @param now The clock, milliseconds.
 * @param retention How old events may be.
 */
export function eventsOfRow(
  { cells, fault }: Row,
  mapping: Mapping,
  { now, retention }: { readonly now: number; readonly retention: Retention },
): RowEvents {
  if (fault !== undefined) return { events: [], faults: [fault] };
  const events: SentEvent[] = [];
  const faults: string[] = [];
  for (const one of filled(cells, mapping)) {
    if ('faults' in one) {
      faults.push(...one.faults.map(({ field, message }) => `${one.type} $.${field}: ${message}`));
      continue;
    }
    const verdict = acceptJson(one.event, { now, defaultSource: 'import', retention });
    if (verdict.ok) events.push(one.event);
    else faults.push(...verdict.errors.map(({ path, message }) => `${one.type} ${path}: ${message}`));
  }
  return faults.length > 0 ? { events: [], faults } : { events, faults };
}

/** The type of an event that is sent. */
export function typeOf(event: SentEvent): string {
  return String(event['type']);
}
