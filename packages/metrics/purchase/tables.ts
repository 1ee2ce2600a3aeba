import { bucketOf, factTable, rollup, type Table } from '../sql/table.ts';
import { loyaltyFacts } from './loyalty.ts';
import { salesFacts } from './sales.ts';

/** Facts of purchases and what adds up of them. Sums of times are wider than what they add up (rule 53). */
export const purchaseTables: readonly Table[] = [
  factTable('sale', salesFacts.sale, {
    partitionBy: 'toYear(at)',
    orderBy: 'at',
  }),
  factTable('refund', salesFacts.refund, {
    partitionBy: 'toYear(at)',
    orderBy: 'at',
  }),
  factTable('repeat_purchase', loyaltyFacts.repeat_purchase, {
    partitionBy: 'toYear(at)',
    orderBy: 'at',
  }),
  factTable('lapse', loyaltyFacts.lapse, {
    partitionBy: 'toYear(at)',
    orderBy: 'at',
  }),
  rollup('sale_15m', {
    why: 'Everything about sales that adds up; distinct buyers do not and are counted from the facts (rule 45).',
    columns: `bucket DateTime('UTC'), currency String, purchase_kind String, purchases Int64, revenue Decimal(38, 6),
refunds Decimal(38, 6), first_time_buyers Int64`,
    orderBy: '(bucket, currency, purchase_kind)',
    from: {
      sale: `SELECT ${bucketOf('at')} AS bucket, currency, purchase_kind, sum(toInt64(sign)) AS purchases,
  sum(amount * sign) AS revenue, sum(toInt64(first_purchase) * sign) AS first_time_buyers
FROM tidemark_store.sale
GROUP BY bucket, currency, purchase_kind`,
      refund: `SELECT ${bucketOf('at')} AS bucket, currency, purchase_kind, sum(amount * sign) AS refunds
FROM tidemark_store.refund
GROUP BY bucket, currency, purchase_kind`,
    },
  }),
  rollup('customer_sale', {
    why: 'The same in the order in which it is asked of one customer.',
    columns: `customer_id String, currency String, at DateTime64(3, 'UTC'), purchases Int64, revenue Decimal(38, 6),
refunds Decimal(38, 6)`,
    orderBy: '(customer_id, currency, at)',
    from: {
      sale: `SELECT customer_id, currency, at, sum(toInt64(sign)) AS purchases, sum(amount * sign) AS revenue
FROM tidemark_store.sale
GROUP BY customer_id, currency, at`,
      refund: `SELECT customer_id, currency, at, sum(amount * sign) AS refunds
FROM tidemark_store.refund
GROUP BY customer_id, currency, at`,
    },
  }),
  rollup('second_purchase_15m', {
    why: 'Second purchases by the time of the first.',
    columns: `bucket DateTime('UTC'), returned Int64, milliseconds Int128`,
    orderBy: 'bucket',
    from: {
      repeat_purchase: `SELECT ${bucketOf('first_at')} AS bucket, sum(toInt64(sign)) AS returned,
  sum(toInt128(toUnixTimestamp64Milli(at) - toUnixTimestamp64Milli(first_at)) * sign) AS milliseconds
FROM tidemark_store.repeat_purchase
WHERE number = 2
GROUP BY bucket`,
    },
    widened: { milliseconds: 'Int128' },
  }),
];
