import assert from 'node:assert/strict';
import fc from 'fast-check';
import { entityKeyOf } from '@tidemark/events/entity';
import type { Event } from '@tidemark/events/types';
import {
  define,
  type AnyEvent,
  type Definition,
  type FactKinds,
  type FactOf,
} from '@tidemark/metrics/definition/definition';
import { day, instant, voidOf } from '@tidemark/metrics/definition/history.fixtures';
import { difference } from './difference.ts';
import { Driver } from './driver.fixtures.ts';

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
