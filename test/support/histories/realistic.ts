/** Realistic customers: they try, subscribe, upgrade, pause, leave and come back; buy, abandon carts, ask, speak. */
import { familyOf } from '@tidemark/events/entity';
import { entityKeyFields, families } from '@tidemark/events/families';
import type { ContractEvent } from '@tidemark/metrics/oracle/base.oracle';
import { type Draw, chance, pick, seeded } from '@tidemark/metrics/histories/draw.fixtures';
import { currencies, type Life, present, type Publish } from '@tidemark/metrics/histories/family.fixtures';
import type { Range } from '@tidemark/metrics/histories/instants.fixtures';
import { familyHistories } from '@tidemark/metrics/histories.fixtures';
import { permuted } from './delivery.ts';

/** Publishers make mistakes: some events are voided, and half of these are published again with a new id. */
function corrected(draw: Draw, events: readonly ContractEvent[]): ContractEvent[] {
  return events.flatMap((event) => {
    if (!chance(draw, 1)) return [event];
    const family = familyOf(event.type)!;
    const key = entityKeyFields[family];
    const taken: ContractEvent = {
      event_id: `${event.event_id}-void`,
      type: `${family}.voided`,
      occurred_at: event.occurred_at,
      [key]: event[key] ?? '',
      voids: event.event_id,
    };
    return chance(draw, 50)
      ? [event, taken]
      : [event, taken, { ...event, event_id: `${event.event_id}-again` }];
  });
}

/**
 * The events of some customers over a range of time, of every family, in the order of their time. Five currencies, JPY
 * and KWD among them.
 */
export function realisticHistories(seed: number, customers: number, range: Range): ContractEvent[] {
  const draw = seeded(seed);
  const events: ContractEvent[] = [];
  const publish: Publish = (type, at, fields) => {
    if (at <= range.to)
      events.push({ event_id: `${seed}-${events.length}`, type, occurred_at: at, ...present(fields) });
  };
  for (let number = 0; number < customers; number++) {
    const currency = pick(draw, currencies);
    const life: Life = { draw, range, customer: `customer-${number}`, number, currency, publish };
    for (const family of families) familyHistories[family].customer?.(life);
  }
  for (const family of families) familyHistories[family].company?.({ draw, range, publish });
  const when = (event: ContractEvent): number => Number(event.occurred_at);
  return corrected(draw, permuted(draw, events)).toSorted((a, b) => when(a) - when(b));
}
