import type { ContractEvent, Json, Row } from '@tidemark/metrics/oracle/base.oracle';
import { eventAt } from '@tidemark/metrics/oracle/events.fixtures';
import { type Example, type Read, started } from './example.ts';

// In francs, which no other example uses.

const bought = (customer: string, at: string, amount: number, currency = 'CHF'): ContractEvent =>
  eventAt('purchase.completed', at, {
    customer_id: customer,
    purchase_id: at,
    amount,
    currency,
    kind: 'product',
  });

/** Buyers who come again, or do not. */
export const loyalty = (): Example => ({
  says: 'three purchases in 12 months are loyal; no purchase for 180 days is lapsed; 30 days from the first to the second',
  events: [
    bought('loyal', '2022-01-01', 10_000),
    bought('loyal', '2022-01-31', 5000),
    bought('loyal', '2022-03-02', 3000),
    eventAt('purchase.refunded', '2022-03-05', {
      customer_id: 'loyal',
      purchase_id: '2022-03-02',
      amount: 2000,
      currency: 'CHF',
    }),
    bought('once', '2022-01-10', 2000),
  ],
  reads: [
    {
      view: 'loyalty_monthly',
      where: { month: '2022-03-01' },
      row: {
        active_buyers: 2,
        loyal_buyers: 1,
        purchase_frequency: 2,
        average_days_between_purchases: 30,
        lapsed: 0,
      },
    },
    // 180 days after 10 January.
    { view: 'loyalty_monthly', where: { month: '2022-07-01' }, row: { active_buyers: 2, lapsed: 1 } },
    {
      view: 'repeat_purchase_monthly',
      where: { month: '2022-01-01' },
      row: { customers: 2, returned: 1, repeat_rate: 0.5, average_days_to_second: 30 },
    },
    {
      view: 'sales_monthly',
      where: { month: '2022-03-01', currency: 'CHF' },
      row: { purchases: 1, revenue: '30.000000', refunds: '20.000000', net_revenue: '10.000000', buyers: 1 },
    },
    {
      view: 'customer_value',
      where: { customer_id: 'loyal', currency: 'CHF' },
      row: { purchases: 3, revenue: '180.000000', value_to_date: '160.000000' },
    },
  ],
});

/** Customers who bring others, in a month of their own. */
export function referred(month: string): Example {
  const referral = (type: string, id: string): ContractEvent =>
    eventAt(`referral.${type}`, `${month}-11`, { referral_id: id, referrer_customer_id: 'loyal' });
  return {
    says: '2 invited, 1 converted, of 4 customers acquired: a referral rate of 0.25',
    events: [
      ...['1', '2'].map((id) => referral('invited', id)),
      referral('converted', '1'),
      ...['a', 'b', 'c', 'd'].map((name) => bought(`acquired ${name}`, `${month}-12`, 100)),
      eventAt('mention.observed', `${month}-13`, { mention_id: 'worked', channel: 'blog', recommends: true }),
    ],
    reads: [
      {
        view: 'referrals_monthly',
        where: { month: `${month}-01` },
        row: {
          invited: 2,
          converted: 1,
          customers_acquired: 4,
          referral_rate: 0.25,
          recommending_mentions: 1,
        },
      },
    ],
  };
}

/**
 * What rates make of a balance. It is the month of the 24 subscribers of $59, one of whom leaves.
 *
 * @param month As `YYYY-MM`.
 */
export function currencies(month: string): Example {
  const read = (day: string, id: string, fields: Record<string, Json>): ContractEvent =>
    eventAt('reading.observed', `${month}-${day}`, { reading_id: id, ...fields });
  const sold = (day: string, row: Row): Read => ({
    view: 'sales_daily_reporting',
    where: { date: `${month}-${day}` },
    row,
  });
  return {
    says: 'CHF 100 come in at 1.0 and stand at 1.2 in the end: fx is 20, and opening + new + churn + fx = closing',
    events: [
      read('09', 'first', { name: 'fx:CHF/USD', value: 1 }),
      read('16', 'second', { name: 'fx:CHF/USD', value: 1.1 }),
      read('24', 'third', { name: 'fx:CHF/USD', value: 1.2 }),
      read('25', 'open', { name: 'worked', value: 5 }),
      read('25', 'high', { name: 'worked', value: 7 }),
      read('25', 'close', { name: 'worked', value: 6 }),
      started('francs', `${month}-10`, { currency: 'CHF', unit_amount: 10_000 }),
      bought('francs', `${month}-17`, 10_000),
      // The rate of the 16th holds for 7 days; kronor have none.
      bought('francs', `${month}-23`, 10_000),
      bought('kronor', `${month}-18`, 100, 'SEK'),
    ],
    reads: [
      {
        view: 'mrr_monthly_reporting',
        where: { month: `${month}-01` },
        row: {
          currency: 'USD',
          new: '100.000000',
          churn: '-59.000000',
          net: '41.000000',
          fx: '20.000000',
          mrr: '1477.000000',
          customers: 24,
        },
      },
      sold('17', { revenue: '110.000000' }),
      sold('18', { revenue: null, purchases: 1 }),
      sold('23', { revenue: '110.000000' }),
      {
        view: 'fx_missing',
        where: { date: `${month}-18`, currency: 'SEK' },
        row: { reading: 'fx:SEK/USD', needed_for: 'sales' },
      },
      {
        view: 'readings_daily',
        where: { date: `${month}-25`, name: 'worked' },
        row: { open: 5, high: 7, low: 5, close: 6, readings: 3 },
      },
    ],
  };
}
