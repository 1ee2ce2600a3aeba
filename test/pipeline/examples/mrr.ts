import type { ContractEvent, Row } from '@tidemark/metrics/oracle/base.oracle';
import { eventAt, plan } from '@tidemark/metrics/oracle/events.fixtures';
import { type Example, type Read, canceled, started } from './example.ts';

const moved = (customer: string, at: string, currency: string, row: Row): Read => ({
  view: 'mrr_movements',
  where: { customer_id: customer, occurred_at: `${at}T00:00:00.000Z`, currency },
  row,
});

const of = (verb: string, customer: string, at: string): ContractEvent =>
  eventAt(`subscription.${verb}`, at, { customer_id: customer, subscription_id: 's' });

/** What a subscription is worth a month. */
export const worth = (): Example[] => [
  {
    says: 'a yearly $1,200 plan is $100 of MRR; 3 seats at $59 monthly are $177',
    events: [
      started('yearly', '2025-01-10', { interval: 'year', unit_amount: 120_000 }),
      started('seats', '2025-01-10', { quantity: 3 }),
      canceled('yearly', '2025-02-10'),
      canceled('seats', '2025-02-10'),
    ],
    reads: [
      moved('yearly', '2025-01-10', 'USD', { movement: 'new', amount: '100.000000' }),
      moved('seats', '2025-01-10', 'USD', { movement: 'new', amount: '177.000000' }),
      {
        view: 'mrr_monthly',
        where: { month: '2025-01-01', currency: 'USD' },
        row: { new: '277.000000', mrr: '277.000000', customers: 2, arpa: '138.500000' },
      },
    ],
  },
  {
    says: '5900 is $59.00, ¥5900 and 5.900 dinars (events)',
    events: ['USD', 'JPY', 'KWD'].flatMap((currency) => [
      started(`in ${currency}`, '2025-02-15', { currency }),
      canceled(`in ${currency}`, '2025-02-20'),
    ]),
    reads: [
      moved('in USD', '2025-02-15', 'USD', { amount: '59.000000' }),
      moved('in JPY', '2025-02-15', 'JPY', { amount: '5900.000000' }),
      moved('in KWD', '2025-02-15', 'KWD', { amount: '5.900000' }),
    ],
  },
  {
    says: 'a plan that ends and another that starts in the same millisecond are one expansion',
    events: [
      started('switch', '2025-03-01', { subscription_id: 'small' }),
      canceled('switch', '2025-03-10', { subscription_id: 'small' }),
      started('switch', '2025-03-10', { subscription_id: 'large', unit_amount: 9900 }),
      canceled('switch', '2025-03-20', { subscription_id: 'large' }),
    ],
    reads: [
      moved('switch', '2025-03-10', 'USD', { movement: 'expansion', amount: '40.000000' }),
      { view: 'churn_daily', where: { date: '2025-03-10' }, row: { customers_lost: 0, customers_new: 0 } },
    ],
  },
  {
    says: 'a trial that ends at the instant of its cancellation was never worth anything (rule 6)',
    events: [
      started('trial', '2025-04-01', { trial_ends_at: '2025-04-15T00:00:00Z' }),
      canceled('trial', '2025-04-10', { effective_at: '2025-04-15T00:00:00Z' }),
    ],
    reads: [
      { view: 'mrr_movements', where: { customer_id: 'trial' }, row: null },
      { view: 'churn_monthly', where: { month: '2025-04-01' }, row: { customers_new: 0, customers_lost: 0 } },
    ],
  },
  {
    says: 'MRR of $159, $59 of it canceled ahead and $100 to be $150: committed are $150 (rule 56)',
    events: [
      started('leaves', '2025-06-01'),
      started('grows', '2025-06-01', { unit_amount: 10_000 }),
      canceled('leaves', '2025-06-10', { effective_at: '2025-06-30T00:00:00Z' }),
      eventAt('subscription.changed', '2025-06-10', {
        ...plan({ customer_id: 'grows', unit_amount: 15_000 }),
        effective_at: '2025-06-20T00:00:00Z',
      }),
      canceled('grows', '2025-06-30'),
    ],
    reads: [
      {
        view: 'mrr_committed_daily',
        where: { date: '2025-06-10', currency: 'USD' },
        row: {
          mrr: '159.000000',
          pending_churn: '59.000000',
          pending_change: '50.000000',
          committed_mrr: '150.000000',
        },
      },
    ],
  },
  {
    says: 'three payments fail; the next day one is made good, one ends, one stays past due (rule 57)',
    events: [
      started('pays late', '2025-05-01'),
      started('gives up', '2025-05-01', { unit_amount: 1000 }),
      started('owes', '2025-05-01', { unit_amount: 3100 }),
      ...['pays late', 'gives up', 'owes'].map((customer) => of('past_due', customer, '2025-05-02')),
      of('payment_recovered', 'pays late', '2025-05-03'),
      canceled('gives up', '2025-05-03'),
      canceled('pays late', '2025-05-04'),
      canceled('owes', '2025-05-04'),
    ],
    reads: [
      {
        view: 'past_due_daily',
        where: { date: '2025-05-02', currency: 'USD' },
        row: { entered: 3, past_due_customers: 3, past_due_mrr: '100.000000' },
      },
      {
        view: 'past_due_daily',
        where: { date: '2025-05-03', currency: 'USD' },
        row: { recovered: 1, ended: 1, past_due_subscriptions: 1, past_due_mrr: '31.000000' },
      },
    ],
  },
];
