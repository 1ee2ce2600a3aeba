import assert from 'node:assert/strict';
import fc from 'fast-check';
import { entityKeyOf } from '@tidemark/events/entity';
import type { Event } from '@tidemark/events/types';
import { acceptJson } from '@tidemark/events/validate';
import { definitionsWith } from '@tidemark/metrics';
import type { ContractEvent } from '@tidemark/metrics/oracle/base.oracle';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import { difference } from '@tidemark/runtime/difference';
import { Driver } from '@tidemark/runtime/driver.fixtures';
import type { Json, Translated } from './translated.ts';

const definitions = definitionsWith(defaultMetricSettings);

/** What a source's history becomes: every delivery translated, and every event accepted. */
export function translatedAll<Delivery>(
  deliveries: readonly Delivery[],
  translate: (delivery: Delivery) => Translated,
): ContractEvent[] {
  return deliveries.flatMap((delivery) => {
    const { events, fault } = translate(delivery);
    assert.equal(fault, undefined);
    return events as readonly ContractEvent[];
  });
}

/** The event as the collector takes it. */
export function accepted(event: Json, now: number): Event {
  const verdict = acceptJson(event, { now, defaultSource: 'test' });
  assert.ok(verdict.ok, JSON.stringify([event, verdict]));
  return verdict.event;
}

function driver(): Driver {
  return new Driver({ definitions, keyOf: (event) => entityKeyOf(event as Event) });
}

function shownTotals({ totals }: Driver): readonly string[] {
  return [...totals]
    .filter(([, total]) => total !== 0n)
    .map(([series, total]) => `${series} ${total}`)
    .toSorted();
}

const runs = Number(process.env['PERMUTATIONS'] ?? 200);

/**
 * Many times: the deliveries of one history come in an order of chance, each once to three times, in up to six batches. The facts of all
 * metrics and the live totals are those of the deliveries in their own order. `PERMUTATIONS` says how many times.
 *
 * @param now The clock at the end, after all of the history.
 */
export function assertOneResult<Delivery>(
  deliveries: readonly Delivery[],
  translate: (delivery: Delivery) => Translated,
  now: number,
): void {
  const translated = deliveries.map((delivery) => {
    const first = translate(delivery);
    assert.deepEqual(translate(delivery), first, 'a delivery is translated the same each time');
    return first.events.map((event) => accepted(event, now));
  });
  const straight = driver();
  straight.at(now);
  for (const events of translated) straight.arrives(...events);
  assert.ok(straight.facts.length > 0);
  const size = { minLength: deliveries.length, maxLength: deliveries.length };
  const arrivals = fc.array(fc.integer({ min: 1, max: 3 }), size).chain((times) => {
    const all = translated.flatMap((events, place) => Array.from({ length: times[place]! }, () => events));
    return fc.shuffledSubarray(all, { minLength: all.length });
  });
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 1, max: 6 }), (given, batches) => {
      const shaken = driver();
      // The clock is at the end from the first batch on, so that each further one corrects what was published.
      shaken.at(now);
      const each = Math.ceil(given.length / batches);
      for (let from = 0; from < given.length; from += each)
        shaken.arrives(...given.slice(from, from + each).flat());
      assert.deepEqual(difference(straight.facts, shaken.facts), []);
      assert.deepEqual(shownTotals(shaken), shownTotals(straight));
    }),
    { numRuns: runs },
  );
}
