import { bucketOf, factTable, rollup, type Table } from '../sql/table.ts';
import { subscriptionFacts } from './facts.ts';

const monthBucket = `if(toStartOfMonth(at - toIntervalHour(12)) = toStartOfMonth(at + toIntervalHour(14)),
    toDateTime(toStartOfMonth(at), 'UTC') + toIntervalDay(14), ${bucketOf('at')})`;

const cameAndLost = `sumIf(toInt64(sign), movement = 'new') AS new,
  sumIf(toInt64(sign), movement = 'reactivation') AS reactivated,
  sumIf(toInt64(sign), movement = 'churn') AS lost,
  sumIf(toInt64(sign), movement = 'churn' AND reason = 'voluntary') AS lost_voluntary,
  sumIf(toInt64(sign), movement = 'churn' AND reason = 'involuntary') AS lost_involuntary,`;

/** Facts of recurring revenue and what adds up of them. */
export const subscriptionTables: readonly Table[] = [
  factTable('mrr_movement', subscriptionFacts.mrr_movement, {
    why: "Net changes of a customer's MRR in a currency at an instant; customers is +1 when it rises from 0, -1 when it falls to 0.",
    orderBy: '(at, customer_id)',
  }),
  factTable('customer_movement', subscriptionFacts.customer_movement, {
    why: 'Customers who come, come back and are lost, once an instant whatever the currencies.',
    orderBy: '(at, customer_id)',
  }),
  factTable('customer_placement', subscriptionFacts.customer_placement, {
    why: 'Where active customers are counted: +1 under an owner, segment and country, -1 when no longer; a hand-over is both.',
    orderBy: '(at, customer_id)',
  }),
  factTable('cancellation', subscriptionFacts.cancellation, {
    why: 'Cancellations scheduled and withdrawn, at the time of the event.',
    orderBy: '(at, customer_id)',
  }),
  factTable('payment_standing', subscriptionFacts.payment_standing, {
    why: "How sure a customer's payments are; the last one holds.",
    orderBy: '(customer_id, at)',
  }),
  factTable('past_due', subscriptionFacts.past_due, {
    why: 'Subscriptions that become past due, recover or end so, net per customer, currency and instant.',
    orderBy: '(at, customer_id)',
  }),
  factTable('commitment', subscriptionFacts.commitment, {
    why: 'Changes of what is pending of MRR, net per customer, currency and instant.',
    orderBy: '(at, customer_id)',
  }),
  rollup('mrr_15m', {
    why: `Rollups have what adds up, for the views that live dashboards read (rule 45). Where movements is 0
all facts of the bucket were retracted; amounts alone may cancel out.`,
    columns: `bucket DateTime('UTC'), currency String, new Decimal(38, 6), expansion Decimal(38, 6),
contraction Decimal(38, 6), churn Decimal(38, 6), reactivation Decimal(38, 6), customers Int64, movements Int64,
-- Amounts times the milliseconds from the start of the bucket: what MRR summed over time needs to know of when.
amount_ms Decimal(76, 6)`,
    orderBy: '(currency, bucket)',
    from: {
      mrr_movement: `SELECT ${bucketOf('at')} AS bucket, currency,
  sumIf(amount * sign, movement = 'new') AS new,
  sumIf(amount * sign, movement = 'expansion') AS expansion,
  sumIf(amount * sign, movement = 'contraction') AS contraction,
  sumIf(amount * sign, movement = 'churn') AS churn,
  sumIf(amount * sign, movement = 'reactivation') AS reactivation,
  sum(mrr_movement.customers * sign) AS customers,
  sum(toInt64(sign)) AS movements,
  sum(toDecimal256(amount, 6) * sign * (toUnixTimestamp64Milli(at) % 900000)) AS amount_ms
FROM tidemark_store.mrr_movement
GROUP BY bucket, currency`,
    },
  }),
  rollup('customer_15m', {
    columns: `bucket DateTime('UTC'), new Int64, reactivated Int64, lost Int64, lost_voluntary Int64, lost_involuntary Int64,
movements Int64`,
    orderBy: 'bucket',
    from: {
      customer_movement: `SELECT ${bucketOf('at')} AS bucket,
  ${cameAndLost}
  sum(toInt64(sign)) AS movements
FROM tidemark_store.customer_movement
GROUP BY bucket`,
    },
  }),
  rollup('cancellation_15m', {
    columns: `bucket DateTime('UTC'), currency String, reason String, scheduled Int64,
scheduled_mrr Decimal(38, 6), taken_back Int64, taken_back_mrr Decimal(38, 6)`,
    orderBy: '(bucket, currency, reason)',
    from: {
      cancellation: `SELECT ${bucketOf('at')} AS bucket, currency, reason,
  sumIf(toInt64(sign), action = 'scheduled') AS scheduled,
  sumIf(amount * sign, action = 'scheduled') AS scheduled_mrr,
  sumIf(toInt64(sign), action = 'taken_back') AS taken_back,
  sumIf(amount * sign, action = 'taken_back') AS taken_back_mrr
FROM tidemark_store.cancellation
GROUP BY bucket, currency, reason`,
    },
  }),
  rollup('commitment_15m', {
    columns: `bucket DateTime('UTC'), currency String, pending_churn Decimal(38, 6), pending_change Decimal(38, 6), facts Int64`,
    orderBy: '(bucket, currency)',
    from: {
      commitment: `SELECT ${bucketOf('at')} AS bucket, currency, sum(c.pending_churn * sign) AS pending_churn,
  sum(c.pending_change * sign) AS pending_change, sum(toInt64(sign)) AS facts
FROM tidemark_store.commitment AS c
GROUP BY bucket, currency`,
    },
  }),
  rollup('past_due_15m', {
    why: 'What turned, and changes of the number and the MRR of what is past due. Over all currencies a customer counts in payers.',
    columns: `bucket DateTime('UTC'), currency String, entered Int64, recovered Int64, ended Int64, subscriptions Int64,
customers Int64, payers Int64, mrr Decimal(38, 6), facts Int64`,
    orderBy: '(bucket, currency)',
    from: {
      past_due: `SELECT ${bucketOf('at')} AS bucket, currency, sum(p.entered * sign) AS entered,
  sum(p.recovered * sign) AS recovered, sum(p.ended * sign) AS ended, sum(p.subscriptions * sign) AS subscriptions,
  sum(p.customers * sign) AS customers, sum(any_currency * sign) AS payers, sum(amount * sign) AS mrr,
  sum(toInt64(sign)) AS facts
FROM tidemark_store.past_due AS p
GROUP BY bucket, currency`,
    },
  }),
  rollup('placement_month', {
    why: `Customers by owner and segment, of which there are many: whole months of UTC, but by the quarter of an hour near their
ends, for no zone is further from UTC than 12 hours behind and 14 ahead. placed are those counted less those no longer.`,
    columns: `bucket DateTime('UTC'), owner String, segment String, new Int64, reactivated Int64, lost Int64, lost_voluntary Int64,
lost_involuntary Int64, placed Int64, facts Int64`,
    orderBy: '(bucket, owner, segment)',
    from: {
      customer_movement: `SELECT ${monthBucket} AS bucket,
  owner, segment,
  ${cameAndLost}
  sum(toInt64(sign)) AS facts
FROM tidemark_store.customer_movement
GROUP BY bucket, owner, segment`,
      customer_placement: `SELECT ${monthBucket} AS bucket,
  owner, segment, sum(delta * sign) AS placed, sum(toInt64(sign)) AS facts
FROM tidemark_store.customer_placement
GROUP BY bucket, owner, segment`,
    },
  }),
];
