import assert from 'node:assert/strict';
import fc from 'fast-check';
import { entityKeyOf } from '@tidemark/events/entity';
import type { Event } from '@tidemark/events/types';
import { difference } from '@tidemark/runtime/difference';
import { Driver } from '@tidemark/runtime/driver';
import {
  define,
  type AnyEvent,
  type Definition,
  type Fact,
  type FactKinds,
  type FactOf,
  type Instant,
} from './definition.ts';

export const minute = 60_000;
export const hour = 60 * minute;
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

/** The runtime, in memory, with one definition in it. */
export function driverOf<S, E extends AnyEvent, K extends FactKinds>(
  definition: Definition<S, E, K>,
): Driver {
  return new Driver({ definitions: [define(definition)], keyOf: (known) => entityKeyOf(known as Event) });
}

/** The facts that are valid once the events have arrived and the clock is at `clock`, in the order they were published. */
export function factsOf<S, E extends AnyEvent, K extends FactKinds>(
  definition: Definition<S, E, K>,
  clock: string,
  ...events: readonly E[]
): readonly FactOf<K>[] {
  const driver = driverOf(definition);
  driver.at(instant(clock));
  driver.arrives(...events);
  return driver.facts as readonly FactOf<K>[];
}

/** The live series' totals that are not 0, e.g. `{ 'carts_created web': 1n }`. */
export function totalsOf<S, E extends AnyEvent, K extends FactKinds>(
  definition: Definition<S, E, K>,
  clock: string,
  ...events: readonly E[]
): { readonly [series: string]: bigint } {
  const driver = driverOf(definition);
  driver.at(instant(clock));
  driver.arrives(...events);
  const totals = [...driver.totals].filter(([, total]) => total !== 0n);
  return Object.fromEntries(
    totals.map(([series, total]) => [(JSON.parse(series) as string[]).join(' '), total]),
  );
}

/**
 * Whatever the order, repetition, delay or voiding of events, the facts are those of one fold over what is left.
 *
 * @param events Any events within 1 May 2026.
 */
export function assertConverges<S, E extends AnyEvent, K extends FactKinds>(
  definition: Definition<S, E, K>,
  events: fc.Arbitrary<readonly E[]>,
): void {
  const end = instant('2027-01-01T00:00');
  const histories = events.chain((all) =>
    fc.record({
      kept: fc.constant(all.slice(0, Math.ceil(all.length * 0.8))),
      taken: fc.constant(all.slice(Math.ceil(all.length * 0.8))),
      arrivals: fc.shuffledSubarray([...all, ...all, ...all.slice(Math.ceil(all.length * 0.8)).map(voidOf)], {
        minLength: 2 * all.length + all.slice(Math.ceil(all.length * 0.8)).length,
      }),
      clocks: fc.array(fc.integer({ min: 0, max: 2 * day }), { minLength: 1, maxLength: 8 }),
    }),
  );
  fc.assert(
    fc.property(histories, ({ kept, arrivals, clocks }) => {
      const straight = driverOf(definition);
      straight.at(end);
      straight.arrives(...kept);
      const driver = driverOf(definition);
      const steps = clocks.toSorted((a, b) => a - b);
      const size = Math.ceil(arrivals.length / steps.length);
      for (const [index, after] of steps.entries()) {
        driver.at(instant('00:00') + after);
        for (const arrival of arrivals.slice(index * size, (index + 1) * size)) driver.arrives(arrival);
      }
      driver.at(end);
      assert.deepEqual(difference(straight.facts, driver.facts), []);
      assert.deepEqual(shownTotals(driver), shownTotals(straight));
    }),
    { numRuns: 300 },
  );
}

function shownTotals(driver: Driver): readonly string[] {
  return [...driver.totals]
    .filter(([, total]) => total !== 0n)
    .map(([series, total]) => `${series} ${total}`)
    .toSorted();
}

/** Facts as aligned as they need to be to be read: one line each, in order of time, `time` first. */
export function lines<F extends Fact>(facts: readonly F[], line: (fact: F) => string): readonly string[] {
  return facts.toSorted((a, b) => a.at - b.at).map((fact) => `${timeOf(fact.at)} ${line(fact)}`);
}
