/** The year that is looked at: its events, and the order in which they arrive. */
import { type Arrival, acceptableBy, delivery } from '../../test/convergence/pipeline.ts';
import { realisticHistories, rateFeed, seeded } from '../../test/support/histories.ts';

const day = 86_400_000;

/** Where the year ends, and whose days are counted: summer time begins and ends within it, and a day is under way. */
export const stand = { zone: 'Europe/Berlin', now: Date.parse('2026-11-15T09:41:00Z') } as const;

/**
 * A year of so many customers in five currencies, of all families, with exchange rates, as it comes in: late, repeated,
 * partly voided.
 *
 * @param arrivals In how many batches.
 */
export function year(seed: number, customers: number, arrivals: number): Arrival[] {
  const range = { from: stand.now - 365 * day, to: stand.now };
  const draw = seeded(seed);
  const events = [...realisticHistories(seed, customers, range), ...rateFeed(draw, range, 0)];
  return delivery(draw, acceptableBy(events, stand.now), stand.now, arrivals);
}
