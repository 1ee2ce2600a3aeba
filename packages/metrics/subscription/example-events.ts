import type { ExampleRun } from '../definition/page.ts';

/** An event of a worked example on a page. */
export type ExampleEvent = ExampleRun['events'][number];

/**
 * An event of a worked example, of a customer whose one subscription bears the customer's name.
 *
 * @param at A time of May 2026, `10` or `10T12:00`, UTC.
 * @param fields Others than the terms.
 */
export function exampleEvent(
  verb: string,
  customer: string,
  at: string,
  fields: { readonly [field: string]: string | number } = {},
): ExampleEvent {
  const time = at.includes('T') ? at : `${at}T00:00`;
  return {
    type: `subscription.${verb}`,
    occurred_at: `2026-05-${time}Z`,
    customer_id: customer,
    subscription_id: customer,
    ...fields,
  };
}

/** Monthly terms in whole dollars. */
export function exampleTerms(dollars: number): { readonly [field: string]: string | number } {
  return { plan_id: 'basic', interval: 'month', unit_amount: dollars * 100, currency: 'USD' };
}
