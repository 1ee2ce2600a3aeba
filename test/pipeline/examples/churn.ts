import type { ContractEvent, Json } from '@tidemark/metrics/oracle/base.oracle';
import { plan, eventAt } from '@tidemark/metrics/oracle/events.fixtures';
import { type Example, canceled, many, started } from './example.ts';

const changed = (customer: string, at: string, fields: Record<string, Json> = {}): ContractEvent =>
  eventAt('subscription.changed', at, plan({ customer_id: customer, ...fields }));
const renewed = (customer: string, at: string, fields: Record<string, Json> = {}): ContractEvent =>
  eventAt('subscription.renewed', at, plan({ customer_id: customer, ...fields }));

/**
 * Who leaves, and what revenue is lost. Each example has months of its own, and whoever stays is gone before the next begins,
 * for views are of all customers.
 */
export const churn = (): Example[] => [
  {
    says: '1000 customers at the start of May, 64 leave: 0.064',
    events: [
      ...many(1000, (n) => started(`thousand ${n}`, '2023-04-01')),
      ...many(64, (n) => canceled(`thousand ${n}`, '2023-05-20')),
      ...many(936, (n) => canceled(`thousand ${64 + n}`, '2023-06-10')),
    ],
    reads: [
      {
        view: 'churn_monthly',
        where: { month: '2023-05-01' },
        row: { customers_at_start: 1000, customers_lost: 64, customers_at_end: 936, churn_rate: 0.064 },
      },
    ],
  },
  {
    says: '100 at the start, 5 lost, 10 gained: 0.05, not 5/110; retention (105 − 10)/100 = 0.95',
    events: [
      ...many(100, (n) => started(`hundred ${n}`, '2023-09-15')),
      ...many(5, (n) => canceled(`hundred ${n}`, '2023-10-10')),
      ...many(10, (n) => started(`hundred ${100 + n}`, '2023-10-20')),
      ...many(105, (n) => canceled(`hundred ${5 + n}`, '2023-11-10')),
    ],
    reads: [
      {
        view: 'churn_monthly',
        where: { month: '2023-10-01' },
        row: { customers_at_start: 100, customers_at_end: 105, churn_rate: 0.05, retention_rate: 0.95 },
      },
    ],
  },
  {
    says: '$100k recurring last month, the same customers pay $90k now: net revenue churn 0.10',
    events: many(10, (n) => `big ${n}`).flatMap((customer) => [
      started(customer, '2024-01-10', { unit_amount: 1_000_000 }),
      changed(customer, '2024-02-10', { unit_amount: 900_000 }),
      canceled(customer, '2024-03-10'),
    ]),
    reads: [
      {
        view: 'revenue_churn_monthly',
        where: { month: '2024-02-01', currency: 'USD' },
        row: { mrr_at_start: '100000.000000', nrr: 0.9, net_revenue_churn_rate: 0.1 },
      },
    ],
  },
  {
    says: 'a cancellation on the 10th for the 31st churns on the 31st; a renewal on the 20th takes it back',
    events: [
      ...['leaves', 'stays'].flatMap((customer) => [
        started(customer, '2024-07-01'),
        canceled(customer, '2024-07-10', { effective_at: '2024-07-31T00:00:00Z', reason: 'voluntary' }),
      ]),
      renewed('stays', '2024-07-20'),
      canceled('stays', '2024-08-20'),
    ],
    reads: [
      { view: 'churn_daily', where: { date: '2024-07-10' }, row: { customers_lost: 0, customers_at_end: 2 } },
      {
        view: 'churn_daily',
        where: { date: '2024-07-31' },
        row: { customers_at_start: 2, customers_lost: 1, customers_at_end: 1, lost_voluntary: 1 },
      },
      {
        view: 'cancellations_daily',
        where: { date: '2024-07-10', currency: 'USD', reason: 'voluntary' },
        row: { scheduled: 2, scheduled_mrr: '118.000000', taken_back: 0 },
      },
      {
        view: 'cancellations_daily',
        where: { date: '2024-07-20', currency: 'USD', reason: 'voluntary' },
        row: { scheduled: 0, taken_back: 1, taken_back_mrr: '59.000000' },
      },
    ],
  },
  {
    says: 'a renewal at the very millisecond the paid period ends takes the cancellation back (rule 3)',
    events: [
      started('just in time', '2024-09-01'),
      canceled('just in time', '2024-09-10', { effective_at: '2024-09-20T12:00:00Z' }),
      renewed('just in time', '2024-09-20T12'),
      canceled('just in time', '2024-10-05'),
    ],
    reads: [
      {
        view: 'churn_monthly',
        where: { month: '2024-09-01' },
        row: { customers_lost: 0, customers_at_end: 1 },
      },
    ],
  },
  {
    says: 'lost twice in a month counts twice; leaving two currencies at once is one lost customer (rule 4)',
    events: [
      started('twice', '2024-10-20'),
      started('both', '2024-10-20', { subscription_id: 'dollars' }),
      started('both', '2024-10-20', { subscription_id: 'euros', currency: 'EUR' }),
      canceled('twice', '2024-11-02'),
      eventAt('subscription.resumed', '2024-11-03', plan({ customer_id: 'twice' })),
      canceled('twice', '2024-11-04'),
      canceled('both', '2024-11-05', { subscription_id: 'dollars' }),
      canceled('both', '2024-11-05', { subscription_id: 'euros' }),
    ],
    reads: [
      {
        view: 'churn_monthly',
        where: { month: '2024-11-01' },
        row: {
          customers_at_start: 2,
          customers_reactivated: 1,
          customers_lost: 3,
          customers_at_end: 0,
          lost_of_start: 2,
          churn_rate_of_start: 1,
        },
      },
    ],
  },
];
