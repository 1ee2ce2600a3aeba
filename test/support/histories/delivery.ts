/** Deliveries of the same events: in any order, more than once, long after they happened. */
import fc from 'fast-check';
import { type Draw, between, chance } from '@tidemark/metrics/histories/draw.fixtures';

/** In an order of chance. */
export function permuted<T>(draw: Draw, events: readonly T[]): T[] {
  const shuffled = [...events];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = draw.below(i + 1);
    const kept = shuffled[i];
    const other = shuffled[j];
    if (kept === undefined || other === undefined) continue;
    [shuffled[i], shuffled[j]] = [other, kept];
  }
  return shuffled;
}

/** With about `percent` of a hundred sent again at some later place. */
export function repeated<T>(draw: Draw, events: readonly T[], percent: number): T[] {
  const again = events.flatMap((event, place) =>
    chance(draw, percent) ? [{ event, place: between(draw, place, events.length) }] : [],
  );
  return placed([...events.map((event, place) => ({ event, place })), ...again]);
}

/** With about `percent` of a hundred delayed by up to `places` others. */
export function delayed<T>(draw: Draw, events: readonly T[], percent: number, places: number): T[] {
  return placed(
    events.map((event, place) => ({
      event,
      place: chance(draw, percent) ? place + between(draw, 1, places) : place,
    })),
  );
}

const placed = <T>(those: readonly { readonly event: T; readonly place: number }[]): T[] =>
  those.toSorted((a, b) => a.place - b.place).map(({ event }) => event);

/** A history together with a delivery of it: permuted, some of it repeated. Shrinks to the history's own order. */
export const shaken = <T>(history: fc.Arbitrary<T[]>): fc.Arbitrary<{ history: T[]; delivery: T[] }> =>
  history.chain((events) =>
    fc
      .record({
        places: fc.array(fc.nat({ max: 0xffff }), { minLength: events.length, maxLength: events.length }),
        again: fc.array(fc.record({ event: fc.nat(), place: fc.nat({ max: 0xffff }) }), {
          maxLength: events.length,
        }),
      })
      .map(({ places, again }) => {
        const first = events.map((event, i) => ({ event, place: places[i] ?? 0 }));
        const repeats = again.flatMap(({ event, place }) => {
          const chosen = events[event % events.length];
          return chosen === undefined ? [] : [{ event: chosen, place }];
        });
        return { history: events, delivery: placed([...first, ...repeats]) };
      }),
  );
