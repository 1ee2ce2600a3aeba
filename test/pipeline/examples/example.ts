/** What worked examples are made of. */
import type { ContractEvent, Json, Row } from '@tidemark/metrics/oracle/base.oracle';
import { plan, eventAt } from '@tidemark/metrics/oracle/events.fixtures';

/** An example in words, its events, and the rows it leads to. */
export type Example = {
  readonly says: string;
  readonly events: readonly ContractEvent[];
  readonly reads: readonly Read[];
};
/** Some columns of the one row of a view that `where` names; no row when `row` is null. */
export type Read = { readonly view: string; readonly where: Row; readonly row: Row | null };

/** So many of something. */
export const many = <T>(count: number, of: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => of(n));

/** Subscribes for $59 a month by default. */
export const started = (customer: string, at: string, fields: Record<string, Json> = {}): ContractEvent =>
  eventAt('subscription.started', at, plan({ customer_id: customer, ...fields }));

/** The subscription ends. */
export const canceled = (customer: string, at: string, fields: Record<string, Json> = {}): ContractEvent =>
  eventAt('subscription.canceled', at, { customer_id: customer, subscription_id: 's', ...fields });
