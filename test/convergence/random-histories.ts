/** Many small random histories, each with customers and things of its own. */
import type { ContractEvent } from '@tidemark/metrics/oracle/base.oracle';
import { type Range, type HistoryFamily, randomHistory } from '../support/histories.ts';

const names = new Set(
  (
    'event_id voids customer_id purchase_id cart_id case_id mention_id response_id visitor_id engagement_id ' +
    'referral_id referrer_customer_id referred_customer_id cost_id reading_id'
  ).split(' '),
);

/** The same history of other entities: every id begins with `who`. The order of the ids stays. */
export function ofOthers(who: string, history: readonly ContractEvent[]): ContractEvent[] {
  return history.map((event) => {
    const fields = Object.entries(event).map(([field, value]) => [
      field,
      names.has(field) && typeof value === 'string' ? who + value : value,
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
  families: readonly [HistoryFamily, ...HistoryFamily[]],
): ContractEvent[][] {
  return Array.from({ length: histories }, (_, i) => {
    // Half of the histories have one family: in mixed ones, few events belong together.
    const alone = families[i % (2 * families.length)];
    const scope: readonly [HistoryFamily, ...HistoryFamily[]] = alone === undefined ? families : [alone];
    const length = 2 + ((i * 7) % lengthMax);
    return ofOthers(`${i}/`, randomHistory(seed * 1000 + i, length, range, ...scope));
  });
}
