import type { AnyEvent, Fact, Instant } from './definition.ts';

/** In milliseconds. */
export const minute = 60_000;
/** In milliseconds. */
export const hour = 60 * minute;
/** In milliseconds. */
export const day = 24 * hour;

/** `10:00` or `10:00:00.001` on 1 May 2026, `05-09 10:00` on another day of that year, or a whole `2026-05-09T10:00`. */
export function instant(time: string): Instant {
  const dated = time.includes(' ') ? time.replace(' ', 'T') : `05-01T${time}`;
  return Date.parse(time.includes('T') ? `${time}Z` : `2026-${dated}Z`);
}

/** The inverse of `instant`, as short as it can be. */
export function timeOf(at: Instant): string {
  const [date, time] = new Date(at)
    .toISOString()
    .slice(5, -1)
    .replace(/:00\.000$/, '')
    .replace('.000', '')
    .split('T');
  return date === '05-01' ? `${time}` : `${date} ${time}`;
}

let count = 0;

/** An event of 1 May 2026 or as `time` says; its id sorts by when it was made. */
export function event<E extends AnyEvent>(type: E['type'], time: string, fields: Omit<E, keyof Envelope>): E {
  const event_id = `e${String(++count).padStart(6, '0')}`;
  const envelope: Envelope = {
    event_id,
    type,
    occurred_at: instant(time),
    source: 'test',
    sequence: 0,
    voids: null,
  };
  return { ...envelope, ...fields } as unknown as E;
}

type Envelope = AnyEvent & { readonly source: string; readonly voids: string | null };

/** The event that takes another back. */
export function voidOf<E extends AnyEvent>(taken: E): E {
  const type = taken.type.replace(/\..*/, '.voided');
  return { ...taken, type, event_id: `void of ${taken.event_id}`, voids: taken.event_id };
}

/** Facts as aligned as they need to be to be read: one line each, in order of time, `time` first. */
export function lines<F extends Fact>(facts: readonly F[], line: (fact: F) => string): readonly string[] {
  return facts.toSorted((a, b) => a.at - b.at).map((fact) => `${timeOf(fact.at)} ${line(fact)}`);
}
