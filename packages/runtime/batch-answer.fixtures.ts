/** The answer of a batch: one fold over all events at once, for what the tasks publish bit by bit to be compared with. */
import assert from 'node:assert/strict';
import { entityKeyOf, familyOf, thingOf } from '@tidemark/events/entity';
import { compareEvents } from '@tidemark/events/order';
import type { Event } from '@tidemark/events/types';
import type { Definition, Fact, FactKinds } from '@tidemark/metrics/definition/definition';
import { derivedCartEvent } from './derive.ts';
import { advance, startFold } from './fold.ts';

/** What counts of a family, voids gone, each id once. */
function counting(events: readonly Event[]): Event[] {
  const identity = (event: Event, id: string): string =>
    `${familyOf(event.type)} ${entityKeyOf(event)} ${id}`;
  const voided = new Set(
    events.flatMap((event) => (event.voids === null ? [] : [identity(event, event.voids)])),
  );
  return events.filter((event) => event.voids === null && !voided.has(identity(event, event.event_id)));
}

/** The facts of one fold a definition and entity, over the whole history in order, up to `clock`. */
export function foldedOnce(
  definitions: readonly Definition[],
  events: readonly Event[],
  clock: number,
): Fact[] {
  const own = counting(events);
  const derived = own
    .filter((event) => familyOf(event.type) === 'purchase')
    .flatMap((event) => derivedCartEvent(event, { outcome: 'new' }) ?? []);
  const entities = Map.groupBy(
    [...own, ...derived],
    (event) => `${familyOf(event.type)} ${entityKeyOf(event)} ${thingOf(event) ?? ''}`,
  );
  const facts: Fact[] = [];
  for (const history of entities.values()) {
    const ordered = history.toSorted(compareEvents);
    for (const definition of definitions)
      if (definition.on === familyOf(ordered[0]!.type)) advance(startFold(definition), ordered, clock, facts);
  }
  return facts;
}

/** The amounts of money of a fact, without their signs. */
function amountsOf(fact: Fact, kinds: FactKinds): unknown[] {
  return Object.entries(kinds[fact.kind]!)
    .filter(([, type]) => type === 'money')
    .map(([column]) => fact[column] as bigint)
    .map((amount) => (amount < 0n ? -amount : amount));
}

/** Live totals that are not 0, of facts counted one by one. */
export function totalsOf(
  definitions: readonly Definition[],
  facts: readonly Fact[],
): ReadonlyMap<string, bigint> {
  const totals = new Map<string, bigint>();
  for (const fact of facts)
    for (const { counters, count, facts: kinds } of definitions)
      if (fact.kind in kinds && Object.keys(counters).length > 0)
        for (const { series, by } of count(fact)) {
          const [declared, ...dimensions] = series;
          const { type, dimensions: named } = counters[declared]!;
          assert.equal(dimensions.length, named.length, `${declared} as it is declared`);
          // Micros come from a column of money, and from nowhere else.
          assert.equal(type === 'money', amountsOf(fact, kinds).includes(by < 0n ? -by : by), declared);
          const name = JSON.stringify(series);
          totals.set(name, (totals.get(name) ?? 0n) + by);
        }
  return withoutZeros(totals);
}

/** Those that are not 0, by name. */
export const withoutZeros = (totals: ReadonlyMap<string, bigint>): ReadonlyMap<string, bigint> =>
  new Map([...totals].filter(([, total]) => total !== 0n).toSorted(([a], [b]) => (a < b ? -1 : 1)));
