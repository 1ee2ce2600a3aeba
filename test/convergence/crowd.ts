/** Many small histories side by side, each among customers and things of its own. */
import type { ContractEvent } from '@tidemark/metrics/oracle/base.oracle';
import { type Range, type StoryFamily, nastyHistory } from '../support/histories.ts';

const names = new Set(
  (
    'event_id voids customer_id purchase_id cart_id case_id mention_id response_id visitor_id engagement_id ' +
    'referral_id referrer_customer_id referred_customer_id cost_id reading_id'
  ).split(' '),
);

/** The same history told of others: every name in it begins with `who`. The order of ids among themselves stays. */
export function toldOf(who: string, history: readonly ContractEvent[]): ContractEvent[] {
  return history.map((event) => {
    const fields = Object.entries(event).map(([field, value]) => [
      field,
      names.has(field) && typeof value === 'string' ? who + value : value,
    ]);
    return Object.fromEntries(fields) as ContractEvent;
  });
}

/**
 * Nasty histories of up to `lengthMax` events each: short ones, in which a rule is met alone, and long ones.
 *
 * @param seed Another seed, other histories.
 */
export function crowd(
  seed: number,
  histories: number,
  lengthMax: number,
  range: Range,
  families: readonly [StoryFamily, ...StoryFamily[]],
): ContractEvent[][] {
  return Array.from({ length: histories }, (_, i) => {
    // Families one at a time too: mixed, few events meet.
    const alone = families[i % (2 * families.length)];
    const told: readonly [StoryFamily, ...StoryFamily[]] = alone === undefined ? families : [alone];
    const length = 2 + ((i * 7) % lengthMax);
    return toldOf(`${i}/`, nastyHistory(seed * 1000 + i, length, range, ...told));
  });
}
