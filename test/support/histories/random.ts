/** Few customers, few things, few instants: random histories in which every rule applies, most of them at once. */
import fc from 'fast-check';
import type { ContractEvent, Json } from '@tidemark/metrics/oracle/base.oracle';
import { type Draw, chance, listed, maybe, pick, seeded } from './draw.ts';
import { type Range, instantIn, written } from './instants.ts';
import { type Fields, mainFamilies } from './main-families.ts';
import { otherFamilies } from './other-families.ts';

const generators = { ...mainFamilies, ...otherFamilies };

/** The families of random histories. */
export type HistoryFamily = keyof typeof generators;

/** An id no other event of the history has; where it sorts depends on code points, not on UTF-16 units. */
const eventId = (draw: Draw, place: number): string => `${pick(draw, ['e', 'Z', '｡', '😀', '~'])}${place}`;

/** Absent fields are left out, as a publisher would. */
function plain(fields: Fields): Record<string, Json> {
  const present: Record<string, Json> = {};
  for (const [field, value] of Object.entries(fields)) if (value !== undefined) present[field] = value;
  return present;
}

function eventOf(
  draw: Draw,
  range: Range,
  place: number,
  families: readonly [HistoryFamily, ...HistoryFamily[]],
): ContractEvent {
  const family = pick(draw, families);
  const { type = '', ...fields } = generators[family].generate(draw, range);
  return {
    event_id: eventId(draw, place),
    type: String(type),
    occurred_at: written(draw, instantIn(draw, range)),
    ...plain({ sequence: maybe(draw, 20, () => draw.below(3)), ...fields }),
  };
}

/** Turns some events into voids of others: of theirs, of strangers', of other voids, of what never came. */
function withVoids(events: readonly ContractEvent[], draws: readonly Draw[]): ContractEvent[] {
  return events.map((event, i) => {
    const draw = draws[i];
    const target = draw && chance(draw, 12) ? events[draw.below(events.length)] : undefined;
    if (!draw || !target) return event;
    const family = target.type.slice(0, target.type.indexOf('.')) as HistoryFamily;
    const { key } = generators[family];
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
  families: readonly [HistoryFamily, ...HistoryFamily[]],
): ContractEvent[] {
  const events = draws.map((draw, place) => eventOf(draw, range, place, families));
  return withVoids(events, draws);
}

/** A random history of some length from a seed, of one family or several mixed. */
export function randomHistory(
  seed: number,
  length: number,
  range: Range,
  ...families: readonly [HistoryFamily, ...HistoryFamily[]]
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
  ...families: readonly [HistoryFamily, ...HistoryFamily[]]
): fc.Arbitrary<ContractEvent[]> =>
  fc
    .array(fc.array(fc.nat({ max: 0xffff }), { maxLength: 32, size: 'max' }), {
      maxLength: lengthMax,
      size: 'max',
    })
    .map((numbers) => historyOf(numbers.map(listed), range, families));
