/** Few customers, few things, few instants: random histories in which every rule applies, most of them at once. */
import fc from 'fast-check';
import { entityKeyFields, type Family } from '@tidemark/events/families';
import { familyOf } from '@tidemark/events/entity';
import type { ContractEvent } from '@tidemark/metrics/oracle/base.oracle';
import { type Draw, chance, listed, maybe, pick, seeded } from '@tidemark/metrics/histories/draw.fixtures';
import { present } from '@tidemark/metrics/histories/family.fixtures';
import { type Range, instantIn, written } from '@tidemark/metrics/histories/instants.fixtures';
import { familyHistories } from '@tidemark/metrics/histories.fixtures';

/** An id no other event of the history has; where it sorts depends on code points, not on UTF-16 units. */
const eventId = (draw: Draw, place: number): string => `${pick(draw, ['e', 'Z', '｡', '😀', '~'])}${place}`;

function eventOf(
  draw: Draw,
  range: Range,
  place: number,
  families: readonly [Family, ...Family[]],
): ContractEvent {
  const family = pick(draw, families);
  const { type, ...fields } = familyHistories[family].random(draw, range);
  return {
    event_id: eventId(draw, place),
    type,
    occurred_at: written(draw, instantIn(draw, range)),
    ...present({ sequence: maybe(draw, 20, () => draw.below(3)), ...fields }),
  };
}

/** Turns some events into voids of others: of theirs, of strangers', of other voids, of what never came. */
function withVoids(events: readonly ContractEvent[], draws: readonly Draw[]): ContractEvent[] {
  return events.map((event, i) => {
    const draw = draws[i];
    const target = draw && chance(draw, 12) ? events[draw.below(events.length)] : undefined;
    if (!draw || !target) return event;
    const family = familyOf(target.type)!;
    const key = entityKeyFields[family];
    const stray = chance(draw, 10);
    return {
      event_id: event.event_id,
      type: `${family}.voided`,
      occurred_at: event.occurred_at,
      [key]: target[key] ?? '',
      voids: stray ? 'never published' : target.event_id,
    };
  });
}

function historyOf(
  draws: readonly Draw[],
  range: Range,
  families: readonly [Family, ...Family[]],
): ContractEvent[] {
  const events = draws.map((draw, place) => eventOf(draw, range, place, families));
  return withVoids(events, draws);
}

/** A random history of some length from a seed, of one family or several mixed. */
export function randomHistory(
  seed: number,
  length: number,
  range: Range,
  ...families: readonly [Family, ...Family[]]
): ContractEvent[] {
  const draw = seeded(seed);
  return historyOf(
    Array.from({ length }, () => draw),
    range,
    families,
  );
}

/** Random histories that shrink: to fewer events, plainer fields and earlier choices. */
export const historyArbitrary = (
  range: Range,
  lengthMax: number,
  ...families: readonly [Family, ...Family[]]
): fc.Arbitrary<ContractEvent[]> =>
  fc
    .array(fc.array(fc.nat({ max: 0xffff }), { maxLength: 32, size: 'max' }), {
      maxLength: lengthMax,
      size: 'max',
    })
    .map((numbers) => historyOf(numbers.map(listed), range, families));
