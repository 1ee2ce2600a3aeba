/** The year that is looked at: its events, and the order in which they arrive. */
import { type Arrival, acceptableBy, delivery } from '../../test/convergence/pipeline.ts';
import type { ContractEvent } from '../../test/oracle/base.ts';
import { type Draw, between, seeded } from '../../test/support/histories/draw.ts';
import { believable } from '../../test/support/histories.ts';

const day = 86_400_000;

/** Where the year ends, and whose days are counted: summer time begins and ends within it, and a day is under way. */
export const stand = { zone: 'Europe/Berlin', now: Date.parse('2026-11-15T09:41:00Z') } as const;

/** About what a unit was worth in dollars. */
const dollars = { EUR: 1.09, GBP: 1.27, JPY: 0.0066, KWD: 3.25 } as const;

/** A rate a day of each currency, so that the views in the reporting currency have something to convert with. */
function rates(draw: Draw, from: number): ContractEvent[] {
  return Object.entries(dollars).flatMap(([currency, worth]) =>
    Array.from({ length: Math.ceil((stand.now - from) / day) }, (_, n) => ({
      event_id: `rate-${currency}-${n}`,
      type: 'reading.observed',
      occurred_at: from + n * day,
      name: `fx:${currency}/USD`,
      reading_id: `rate-${currency}-${n}`,
      value: Number(((worth * between(draw, 950, 1050)) / 1000).toPrecision(6)),
      unit: 'USD',
    })),
  );
}

/**
 * A year of so many customers in five currencies, of all families, as it comes in: late, repeated, partly taken back.
 *
 * @param arrivals In how many batches.
 */
export function year(seed: number, customers: number, arrivals: number): Arrival[] {
  const range = { from: stand.now - 365 * day, to: stand.now };
  const draw = seeded(seed);
  const events = [...believable(seed, customers, range, 'all'), ...rates(draw, range.from - 12 * 3_600_000)];
  return delivery(draw, acceptableBy(events, stand.now), stand.now, arrivals);
}
