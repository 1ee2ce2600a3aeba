/** The pipeline without its servers: events as posted go in, the signed facts that the sink would insert come out. */
import { entityKeyOf } from '@tidemark/events/entity';
import type { Event } from '@tidemark/events/types';
import { acceptJson } from '@tidemark/events/validate';
import { definitionsWith } from '@tidemark/metrics';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import type { SignedFact } from '@tidemark/runtime/difference';
import { Driver } from '@tidemark/runtime/driver.fixtures';
import { type ContractEvent, instant } from '@tidemark/metrics/oracle/base.oracle';
import { type Draw, between, chance } from '@tidemark/metrics/histories/draw.fixtures';
import { permuted } from '../support/histories.ts';

/** Events that arrive while the clock stands at an instant, in this order. */
export type Arrival = { readonly clock: number; readonly events: readonly ContractEvent[] };
/** What one arrival published. */
export type Recorded = { readonly recordedAt: number; readonly facts: readonly SignedFact[] };

/** How far ahead of the clock an event may be (the contract's envelope). */
const aheadMsMax = 5 * 60_000;

/** The events that the collector would have taken by `now`. */
export const acceptableBy = (events: readonly ContractEvent[], now: number): ContractEvent[] =>
  events.filter(({ occurred_at }) => instant(occurred_at) <= now + aheadMsMax);

/**
 * Spreads events over an advancing clock that ends at `now`: none comes long before it happens, many come late, some
 * come again, and within one arrival their order is of chance.
 *
 * @param events All of them acceptable by `now`.
 * @param steps How often the clock advances.
 */
export function delivery(
  draw: Draw,
  events: readonly ContractEvent[],
  now: number,
  steps: number,
): Arrival[] {
  const times = events.map(({ occurred_at }) => instant(occurred_at));
  const from = times.reduce((least, at) => Math.min(least, at), now);
  const clocks = Array.from({ length: steps - 1 }, () => {
    // Half of the clocks stand where something happens or just after, where half-open matters.
    const at = times[draw.below(Math.max(1, times.length))] ?? from;
    return chance(draw, 50) ? at + draw.below(3) - 1 : from + draw.below(now - from);
  });
  const arrivals = [...clocks.map((clock) => Math.min(clock, now)), now]
    .toSorted((a, b) => a - b)
    .map((clock) => ({ clock, events: [] as ContractEvent[] }));
  for (const [i, event] of events.entries()) {
    const first = arrivals.findIndex(({ clock }) => (times[i] ?? now) <= clock + aheadMsMax);
    const place = chance(draw, 50) ? between(draw, first, steps - 1) : first;
    arrivals[place]?.events.push(event);
    if (chance(draw, 20)) arrivals[between(draw, place, steps - 1)]?.events.push(event);
  }
  return arrivals.map(({ clock, events: those }) => ({ clock, events: permuted(draw, those) }));
}

/**
 * Counts arrivals as the processor does, and says what each of them published. The task is thrown away and restored
 * from what it stored every few arrivals.
 *
 * @throws Error when an event is not acceptable as it is.
 */
export function counted(arrivals: readonly Arrival[], settings = defaultMetricSettings): Recorded[] {
  const driver = new Driver({
    definitions: definitionsWith(settings),
    keyOf: (event) => entityKeyOf(event as Event),
    cacheBytes: 50_000,
  });
  return arrivals.map(({ clock, events }, i) => {
    if (i % 3 === 2) driver.restart();
    const accepted = events.map((event) => parsed(event, clock));
    return { recordedAt: clock, facts: [...driver.at(clock), ...driver.arrives(...accepted)] };
  });
}

/** An event as the collector hands it on. Throws an Error when it would refuse it. */
export function parsed(event: ContractEvent, clock: number): Event {
  const verdict = acceptJson(JSON.parse(JSON.stringify(event)), { now: clock, defaultSource: 'test' });
  if (!verdict.ok) throw new Error(`refused: ${JSON.stringify({ event, errors: verdict.errors })}`);
  return verdict.event;
}
