import { bucketOf, factTable, rollup, type Table } from '../sql/table.ts';
import { cartFacts } from './cart-outcomes.ts';

/** Facts of carts and what adds up of them. */
export const cartTables: readonly Table[] = [
  factTable('cart_outcome', cartFacts.cart_outcome, { partitionBy: 'toYear(at)', orderBy: 'at' }),
  factTable('shopper_cart', cartFacts.shopper_cart, { partitionBy: 'toYear(at)', orderBy: 'at' }),
  rollup('cart_outcome_15m', {
    why: 'By the time it happened. A recovered cart is a converted one too.',
    columns: `bucket DateTime('UTC'), channel String,
created Int64, converted Int64, abandoned Int64, recovered Int64`,
    orderBy: '(bucket, channel)',
    from: {
      cart_outcome: `SELECT ${bucketOf('at')} AS bucket, channel,
  sumIf(toInt64(sign), outcome = 'created') AS created,
  sumIf(toInt64(sign), outcome IN ('converted', 'recovered')) AS converted,
  sumIf(toInt64(sign), outcome = 'abandoned') AS abandoned,
  sumIf(toInt64(sign), outcome = 'recovered') AS recovered
FROM tidemark_store.cart_outcome
WHERE outcome != 'reopened'
GROUP BY bucket, channel`,
    },
  }),
  rollup('cart_standing_15m', {
    why: `What became, until now, of the carts created in a quarter of an hour. Every outcome moves a cart from one standing to
another: created into open, abandoned from open, reopened from abandoned back to open, the checkouts from open.`,
    columns: `bucket DateTime('UTC'), channel String, currency String,
carts Int64, open Int64, abandoned Int64, converted Int64, recovered Int64,
abandoned_value Decimal(38, 6), converted_value Decimal(38, 6), recovered_value Decimal(38, 6)`,
    orderBy: '(bucket, channel, currency)',
    from: {
      cart_outcome: `SELECT ${bucketOf('created_at')} AS bucket, channel, currency,
  sumIf(toInt64(sign), outcome = 'created') AS carts,
  sumIf(toInt64(sign), outcome IN ('created', 'reopened'))
    - sumIf(toInt64(sign), outcome IN ('abandoned', 'converted', 'recovered')) AS open,
  sumIf(toInt64(sign), outcome = 'abandoned') - sumIf(toInt64(sign), outcome = 'reopened') AS abandoned,
  sumIf(toInt64(sign), outcome IN ('converted', 'recovered')) AS converted,
  sumIf(toInt64(sign), outcome = 'recovered') AS recovered,
  sumIf(value * sign, outcome = 'abandoned') - sumIf(value * sign, outcome = 'reopened') AS abandoned_value,
  sumIf(value * sign, outcome IN ('converted', 'recovered')) AS converted_value,
  sumIf(value * sign, outcome = 'recovered') AS recovered_value
FROM tidemark_store.cart_outcome
GROUP BY bucket, channel, currency`,
    },
  }),
  rollup('shopper_15m', {
    why: 'What became, until now, of the carts that a customer created in a quarter of an hour.',
    columns: `bucket DateTime('UTC'), customer_id String, carts Int64, open Int64, converted Int64`,
    orderBy: '(bucket, customer_id)',
    from: {
      shopper_cart: `SELECT ${bucketOf('created_at')} AS bucket, customer_id, sum(delta * sign) AS carts,
  sumIf(delta * sign, standing = 'open') AS open, sumIf(delta * sign, standing = 'converted') AS converted
FROM tidemark_store.shopper_cart
GROUP BY bucket, customer_id`,
    },
  }),
];
