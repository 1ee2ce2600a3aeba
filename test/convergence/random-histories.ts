/** Many small random histories, each with customers and things of its own. */
import type { ContractEvent } from '@tidemark/metrics/oracle/base.oracle';
import type { Family } from '@tidemark/events/families';
import { type Range, randomHistory } from '../support/histories.ts';

/** All customers have the same plans, and the id of a subscription says nothing without its customer. */
const isShared = (field: string): boolean => field === 'plan_id' || field === 'subscription_id';
const isId = (field: string): boolean => field === 'voids' || (field.endsWith('_id') && !isShared(field));

/** The same history of other entities: every id begins with `who`. The order of the ids stays. */
export function ofOthers(who: string, history: readonly ContractEvent[]): ContractEvent[] {
  return history.map((event) => {
    const fields = Object.entries(event).map(([field, value]) => [
      field,
      isId(field) && typeof value === 'string' ? who + value : value,
    ]);
    return Object.fromEntries(fields) as ContractEvent;
  });
}

/**
 * Random histories of up to `lengthMax` events each: short ones, in which a rule applies alone, and long ones.
 *
 * @param seed Another seed, other histories.
 */
export function randomHistories(
  seed: number,
  histories: number,
  lengthMax: number,
  range: Range,
  families: readonly [Family, ...Family[]],
): ContractEvent[][] {
  return Array.from({ length: histories }, (_, i) => {
    // Half of the histories have one family: in mixed ones, few events belong together.
    const alone = families[i % (2 * families.length)];
    const scope: readonly [Family, ...Family[]] = alone === undefined ? families : [alone];
    const length = 2 + ((i * 7) % lengthMax);
    return ofOthers(`${i}/`, randomHistory(seed * 1000 + i, length, range, ...scope));
  });
}
