import fc from 'fast-check';
import type { PurchaseCompleted, PurchaseRefunded } from '@tidemark/events/types';
import { event } from '../definition/history.fixtures.ts';

type Purchase = PurchaseCompleted | PurchaseRefunded;
type Fields = Partial<
  Pick<PurchaseCompleted, 'customer_id' | 'amount' | 'currency' | 'kind' | 'channel' | 'campaign' | 'segment'>
>;

const defaults = {
  customer_id: 'ann',
  currency: 'EUR',
  cart_id: null,
  channel: null,
  campaign: null,
  segment: null,
} as const;

/** A purchase of €10.00 by default. */
export function purchased(purchase_id: string, time: string, fields: Fields = {}): PurchaseCompleted {
  const terms = { ...defaults, purchase_id, amount: 1000, kind: 'product', ...fields } as const;
  return event<PurchaseCompleted>('purchase.completed', time, terms);
}

/** A refund of so many minor units. */
export function refunded(
  purchase_id: string,
  time: string,
  amount: number,
  currency = 'EUR',
): PurchaseRefunded {
  const terms = { ...defaults, purchase_id, amount, kind: null, currency };
  return event<PurchaseRefunded>('purchase.refunded', time, terms);
}

/** Histories of one customer with few ids and instants, so that everything collides. */
export const histories: fc.Arbitrary<readonly Purchase[]> = fc.array(
  fc
    .record({
      isRefund: fc.boolean(),
      id: fc.constantFrom('p1', 'p2', 'p3'),
      time: fc.constantFrom('08:00', '08:30', '09:00', '12:00', '23:00'),
      amount: fc.integer({ min: 0, max: 3 }),
      currency: fc.constantFrom('EUR', 'JPY'),
    })
    .map(({ isRefund, id, time, amount, currency }) =>
      isRefund ? refunded(id, time, amount, currency) : purchased(id, time, { amount, currency }),
    ),
  { maxLength: 10 },
);
