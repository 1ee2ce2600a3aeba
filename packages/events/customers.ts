import type { Event } from './types.ts';

/** The fields of events that name a customer. */
export const customerFields = ['customer_id', 'referrer_customer_id', 'referred_customer_id'] as const;

/** The customers that an event names. */
export function customersOf(event: Event): readonly string[] {
  const fields = event as { readonly [field in (typeof customerFields)[number]]?: string | null };
  return customerFields.flatMap((field) => fields[field] ?? []);
}
